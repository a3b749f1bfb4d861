import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareExpression } from '../expression/prepare.ts';
import { expression } from './expression.ts';
import type { Figure } from './hazard-model.ts';
import { HOUR, MINUTE, messUp, openPlace, type SensorGiven } from './place.support.ts';

const SLOPE: readonly SensorGiven[] = [
  { quantity: 'displacement', id: 'crack', staleAfterMs: 15 * MINUTE },
  { quantity: 'rain', id: 'gauge', role: 'values', staleAfterMs: 15 * MINUTE },
  { quantity: 'rain', id: 'other-gauge', role: 'values', staleAfterMs: 15 * MINUTE },
  { quantity: 'soilMoisture', id: 'soil', role: 'values', staleAfterMs: 15 * MINUTE },
];
const RAIN3H = { name: 'rain3h', quantity: 'rain', stat: 'sum', window: '3h' };

function open(source: string, values: readonly object[], more: object = {}, sensors = SLOPE) {
  const given = prepareExpression({ expression: source, values, ...more }, []);
  if (given === undefined) throw new Error(`${source} does not compile`);
  return openPlace(expression, given, sensors);
}

const [CRACK, GAUGE, OTHER, SOIL] = [0, 1, 2, 3] as const;

describe('an expression over the sensors of a point', () => {
  it('gives the figure of its values and names them', () => {
    const values = [
      RAIN3H,
      { name: 'speed', quantity: 'displacement', stat: 'rate', window: '2h', per: '1d' },
      { name: 'wet', quantity: 'soilMoisture', stat: 'mean', window: '1h' },
    ];
    const { step } = open('rain3h >= 30.0 && speed > 2.0 && wet > 35.0 ? 2.0 : 0.0', values);
    let figure: Figure | undefined;
    for (let minute = 0; minute <= 300; minute += 5) {
      step(minute, 1_000, GAUGE);
      step(minute, 400, SOIL);
      figure = step(minute, minute * 2, CRACK);
    }
    expect(figure).toMatchObject({ value: 2, mayLower: true, mayBeMore: false });
    expect(figure?.say()).toEqual({
      zh: '3 小时降雨量 36.0 mm，2 小时位移速率 28.8 mm/d，1 小时土壤含水率平均值 40.0 %',
      en: 'rainfall in 3 hours 36.0 mm, rate of displacement over 2 hours 28.8 mm/d, mean of soil moisture over 1 hour 40.0 %',
    });
  });

  it('gives none while it touches a value without data, and none again when its sensor falls silent', () => {
    const { step } = open('wet + 1.0', [{ name: 'wet', quantity: 'soilMoisture', stat: 'last' }]);
    expect(step(0, 100, CRACK)).toBeUndefined();
    expect(step(1, 400, SOIL)?.value).toBe(41);
    expect(step(16, 100, CRACK)?.value).toBe(41);
    expect(step(17, 100, CRACK)).toBeUndefined();
  });

  it('asks with has() for data, and goes on without', () => {
    const { step } = open('has(values.wet) && wet > 30.0 ? 2.0 : 1.0', [
      { name: 'wet', quantity: 'soilMoisture', stat: 'last' },
    ]);
    const said = step(0, 100, CRACK);
    expect(said).toMatchObject({ value: 1, mayLower: true });
    expect(said?.say().zh).toBe('土壤含水率最新值无数据');
    expect(step(0, 400, SOIL)?.value).toBe(2);
  });

  it('takes a sum with a hole as the least that it can be: it may raise and never lowers', () => {
    const { step } = open('rain3h >= 30.0', [RAIN3H]);
    expect(step(0, 12_000, GAUGE)).toMatchObject({ value: 0, mayLower: false, mayBeMore: true });
    const enough = step(5, 20_000, GAUGE);
    expect(enough).toMatchObject({ value: 1, mayLower: true, mayBeMore: false });
    expect(enough?.say().zh).toBe('3 小时降雨量 不少于 32.0 mm');
    const lower = open('rain3h', [RAIN3H], { worse: 'lower' });
    expect(lower.step(0, 12_000, GAUGE)).toBeUndefined();
  });

  it('lowers nothing by a doubted value', () => {
    const { step } = open('wet', [{ name: 'wet', quantity: 'soilMoisture', stat: 'last' }]);
    expect(step(0, 400, SOIL, { suspect: true })).toMatchObject({ value: 40, mayLower: false, mayBeMore: true });
    expect(step(1, 300, SOIL)).toMatchObject({ value: 30, mayLower: true });
    const sum = open('rain3h', [RAIN3H]);
    sum.step(0, 400, GAUGE, { suspect: true });
    let last: Figure | undefined;
    for (let minute = 5; minute <= 180; minute += 5) last = sum.step(minute, 0, GAUGE);
    expect(last?.mayLower).toBe(false);
    for (let minute = 185; minute <= 400; minute += 5) last = sum.step(minute, 0, GAUGE);
    expect(last).toMatchObject({ value: 0, mayLower: true });
  });

  it('takes the highest of several sensors of a quantity, or the lowest, or the one that it names', () => {
    for (const [more, expected] of [
      [{}, 7],
      [{ pick: 'lowest' }, 3],
      [{ sensor: 'gauge' }, 3],
      [{ sensor: 'nobody' }, undefined],
    ] as const) {
      const { step } = open('rain3h', [{ ...RAIN3H, ...more }]);
      step(0, 3_000, GAUGE);
      expect(step(0, 7_000, OTHER)?.value).toBe(expected);
    }
  });

  it('says nothing when it has no number: a division by what may be 0', () => {
    const { step } = open('1.0 / wet', [{ name: 'wet', quantity: 'soilMoisture', stat: 'last' }]);
    expect(step(0, 0, SOIL)).toBeUndefined();
    expect(step(1, 40, SOIL)?.value).toBe(0.25);
  });

  it('has rows that mean something', () => {
    const bad = (row: object) => () => open('1.0', [{ ...RAIN3H, ...row }]);
    expect(bad({ quantity: 'wind' })).toThrow('rain3h: "wind" is no quantity');
    expect(bad({ stat: 'rate' })).toThrow('rain comes as amounts, which are summed');
    expect(bad({ quantity: 'level' })).toThrow('level is no amount that could be summed');
    expect(() => open('1.0', [RAIN3H, RAIN3H])).toThrow('this name is there twice');
  });
});

type Row = { readonly minute: number; readonly input: number; readonly steps: number; readonly suspect: boolean };

/** The instant that the rain's window has been moved on to because the gauge was silent; 0 for never. */
const movedTo = (rows: readonly Row[], staleMinutes: number): number => {
  const rain = rows.filter(({ input }) => input === GAUGE);
  const now = Math.max(...rows.map(({ minute }) => minute));
  return rain.length > 0 && now - Math.max(...rain.map(({ minute }) => minute)) > staleMinutes ? now : 0;
};

/** The figure of `rain + 100·peak + 10000·last` again from all samples; the sum is exact or a lower bound. */
function naive(rows: readonly Row[], staleMinutes: number, moved: number): number | undefined {
  const of = (input: number) => rows.filter((row) => row.input === input);
  const newest = (some: readonly Row[]) => Math.max(...some.map(({ minute }) => minute));
  const now = newest(rows);
  const [rain, soil] = [of(GAUGE), of(SOIL)];
  if (rain.length === 0 || soil.length === 0 || now - newest(soil) > staleMinutes) return undefined;
  // A late row of the gauge does not move the window back again.
  const end = Math.max(newest(rain), moved);
  const fallen = rain.filter(({ minute }) => minute > end - 60).reduce((sum, { steps }) => sum + steps, 0);
  const window = soil.filter(({ minute }) => minute > newest(soil) - 60);
  const peak = Math.max(...window.map(({ steps }) => steps));
  const last = soil.reduce((latest, row) => (row.minute >= latest.minute ? row : latest)).steps;
  return fallen / 1_000 + (100 * peak) / 10 + (10_000 * last) / 10;
}

/** Rain, an hour of silence of the gauge, then a row of it that was under way: the window has moved on for good. */
const lateStep = (step: number, input: number, steps: number) => ({ step, input, steps, suspect: false });
const LATE_AFTER_SILENCE: [ReturnType<typeof lateStep>[], number[]] = [
  [
    ...[1, 0, 0, 0, 0].map((input, index) => lateStep(index === 3 ? 6 : 1, input, input)),
    ...[lateStep(6, 3, 0), lateStep(20, 1, 0), lateStep(20, 3, 0), lateStep(3, 0, 0)],
    ...[0, 0, 0].map(() => lateStep(1, 0, 0)),
  ],
  [4, 0],
];

describe('the values of an expression', () => {
  it('are those of all samples again, out of order, late, missing and suspect', () => {
    let told = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            step: fc.oneof({ weight: 14, arbitrary: fc.integer({ min: 1, max: 6 }) }, fc.constantFrom(20, 70)),
            input: fc.constantFrom(CRACK, GAUGE, GAUGE, SOIL, SOIL),
            steps: fc.nat(900),
            suspect: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
          }),
          { minLength: 10, maxLength: 80 },
        ),
        fc.array(fc.nat(6), { minLength: 1, maxLength: 7 }),
        (steps, keys) => {
          let minute = 0;
          const rows = steps.map(({ step, ...row }): Row => {
            minute += step;
            return { minute, ...row };
          });
          // The greatest value needs half of its window; an allowance of an hour bridges every gap that is no silence.
          const sensors = SLOPE.map((sensor) => ({ ...sensor, staleAfterMs: HOUR }));
          const { step } = open(
            'rain + 100.0 * peak + 10000.0 * last',
            [
              { name: 'rain', quantity: 'rain', stat: 'sum', window: '1h' },
              { name: 'peak', quantity: 'soilMoisture', stat: 'max', window: '1h' },
              { name: 'last', quantity: 'soilMoisture', stat: 'last' },
            ],
            {},
            sensors,
          );
          const came: Row[] = [];
          let moved = 0;
          for (const row of messUp(rows, keys)) {
            came.push(row);
            const figure = step(row.minute, row.steps, row.input, { suspect: row.suspect });
            moved = Math.max(moved, movedTo(came, 60));
            const expected = naive(came, 60, moved);
            // Before half an hour of soil the greatest value is not told.
            if (figure === undefined) continue;
            told++;
            expect(figure.value).toBeCloseTo(expected ?? Number.NaN, 6);
          }
        },
      ),
      { numRuns: 120, verbose: 1, examples: [LATE_AFTER_SILENCE] },
    );
    expect(told).toBeGreaterThan(500);
  });
});
