import { describe, expect, it } from 'vitest';
import type { JournalRow } from '#model/journal.ts';
import { createEngine } from '#rules/engine.ts';
import {
  HOUR,
  limits,
  MINUTE,
  rowMaker,
  rule,
  type SensorSpec,
  setOf,
  sum,
  T0,
  tell,
  type Value,
} from '#test/rules/rows.ts';

const CRACK: SensorSpec = { id: 'crack', quantity: 'displacement', staleAfterMs: 30 * MINUTE };
const RAIN: SensorSpec = { id: 'rain', quantity: 'rain', staleAfterMs: 30 * MINUTE };
const four = limits({ blue: 1000, yellow: 2000, orange: 4000, red: 8000 }, { deadband: 100 });
const at = (minute: number) => T0 + minute * MINUTE;
const crack = (minute: number, value?: number, suspect = false): Value =>
  value === undefined ? { id: 'crack', atMs: at(minute) } : { id: 'crack', atMs: at(minute), value, suspect };
const rain = (minute: number, value: number, suspect = false): Value => ({
  id: 'rain',
  atMs: at(minute),
  value,
  suspect,
});

type Make = ReturnType<typeof rowMaker>;
/** What a rule at the crack meter says to these rows. */
function story(
  levels: typeof four,
  rows: (make: Make) => JournalRow[],
  measure: Parameters<typeof rule>[2] = { kind: 'value' },
) {
  const make = rowMaker();
  const engine = createEngine(3);
  engine.apply(
    make.rules(setOf([CRACK, RAIN], [rule('r@1', measure.kind === 'rollingSum' ? 'rain' : 'crack', measure, levels)])),
  );
  engine.apply(make.edge(T0, 'online'));
  return tell(engine, rows(make));
}
const each = (make: Make, values: readonly Value[]) => values.map((value) => make.batch([value]));

describe('a level', () => {
  it('is raised at exactly its limit, and goes through the colours one by one', () => {
    expect(
      story(four, (make) =>
        each(make, [crack(1, 999), crack(2, 1000), crack(3, 2000), crack(4, 4000), crack(5, 8000)]),
      ),
    ).toEqual([
      'r 2m none→blue active',
      'r 3m blue→yellow active',
      'r 4m yellow→orange active',
      'r 5m orange→red active',
    ]);
  });
  it('goes from nothing to red at once when the value does', () => {
    expect(story(four, (make) => each(make, [crack(1, 9000)]))).toEqual(['r 1m none→red active']);
  });
  it('is lowered only at its limit less the deadband, so that a value at the limit does not flap', () => {
    const flapping = Array.from({ length: 40 }, (_, index) => crack(1 + index, index % 2 === 0 ? 1000 : 901));
    expect(story(four, (make) => each(make, [...flapping, crack(50, 900)]))).toEqual([
      'r 1m none→blue active',
      'r 50m blue→none cleared',
    ]);
  });
  it('falls to the level whose own deadband still holds', () => {
    expect(story(four, (make) => each(make, [crack(1, 4000), crack(2, 1950), crack(3, 1899), crack(4, 0)]))).toEqual([
      'r 1m none→orange active',
      'r 2m orange→yellow active',
      'r 3m yellow→blue active',
      'r 4m blue→none cleared',
    ]);
  });
  it('waits for the on-delay, shown by a sample, and begins anew when the value falls below', () => {
    const slow = limits({ blue: 1000 }, { onDelayMs: 5 * MINUTE });
    expect(
      story(slow, (make) =>
        each(make, [crack(1, 1000), crack(4, 1000), crack(5, 999), crack(6, 1000), crack(10, 1000), crack(11, 1000)]),
      ),
    ).toEqual(['r 11m none→blue active']);
  });
  it('waits for no timer: without a sample that shows the delay nothing is raised', () => {
    const slow = limits({ blue: 1000 }, { onDelayMs: 5 * MINUTE });
    expect(story(slow, (make) => [...each(make, [crack(1, 1000)]), make.tick(at(20))])).toEqual([]);
  });
  it('waits for the off-delay, which a single higher sample begins anew', () => {
    const slow = limits({ blue: 1000 }, { offDelayMs: 10 * MINUTE, deadband: 100 });
    expect(
      story(slow, (make) =>
        each(make, [crack(1, 1000), crack(2, 0), crack(11, 950), crack(12, 0), crack(21, 0), crack(22, 0)]),
      ),
    ).toEqual(['r 1m none→blue active', 'r 22m blue→none cleared']);
  });
  it('counts no delay across a hole in the data', () => {
    const slow = limits({ blue: 1000 }, { onDelayMs: 5 * MINUTE });
    expect(story(slow, (make) => each(make, [crack(1, 1000), crack(60, 1000), crack(65, 1000)]))).toEqual([
      'r 65m none→blue active',
    ]);
  });
  it('is raised by a suspect value and never lowered by one', () => {
    expect(story(four, (make) => each(make, [crack(1, 1000, true), crack(2, 0, true), crack(3, 0)]))).toEqual([
      'r 1m none→blue active',
      'r 3m blue→none cleared',
    ]);
  });
  it('is not touched by a reading without a value', () => {
    expect(story(four, (make) => each(make, [crack(1, 1000), crack(2), crack(3)]))).toEqual(['r 1m none→blue active']);
  });
});

describe('a rolling sum', () => {
  const hour = sum(HOUR);
  const levels = limits({ blue: 30, red: 60 }, { deadband: 0 });
  const steady = (from: number, to: number, value: number) =>
    Array.from({ length: (to - from) / 5 + 1 }, (_, index) => rain(from + index * 5, value));
  it('is raised as soon as the increments reach the limit and falls when they leave the window', () => {
    expect(
      story(levels, (make) => each(make, [...steady(5, 60, 0), rain(65, 30), ...steady(70, 130, 0)]), hour),
    ).toEqual(['r 65m none→blue active', 'r 125m blue→none cleared']);
  });
  it('counts a stamp on the hour in the hour that it ends', () => {
    expect(
      story(levels, (make) => each(make, [...steady(5, 60, 0), rain(60, 30), ...steady(65, 120, 0)]), hour),
    ).toEqual(['r 60m none→blue active', 'r 120m blue→none cleared']);
  });
  it('may raise on a window with a hole, which never lowers', () => {
    expect(story(levels, (make) => each(make, [rain(5, 30), rain(100, 0), rain(105, 0)]), hour)).toEqual([
      'r 5m none→blue active',
    ]);
  });
  it('judges again now when a late increment takes the present window over the limit', () => {
    expect(
      story(levels, (make) => [...each(make, steady(5, 60, 2)), make.batch([rain(52, 40)], at(61))], hour),
    ).toEqual(['r 60m none→red active']);
  });
  it('tells once of a late increment that would have crossed only in the past, and calls nobody', () => {
    expect(
      story(
        levels,
        (make) => [
          ...each(make, steady(5, 300, 0)),
          make.batch([rain(52, 40)], at(301)),
          make.batch([rain(53, 10)], at(302)),
          make.batch([rain(54, 10)], at(303)),
        ],
        hour,
      ),
    ).toEqual(['r 52m none→blue active late', 'r 54m none→red active late']);
  });
});

describe('a rate of change', () => {
  const perHour = limits({ yellow: 200, red: 1000 }, { deadband: 50 });
  const measure = { kind: 'rate', windowMs: HOUR, minSamples: 6 } as const;
  const line = (from: number, to: number, slope: number, base = 0) =>
    Array.from({ length: to - from + 1 }, (_, index) => crack(from + index, Math.round(base + (index * slope) / 60)));
  it('is a fit over the window: a single wrong sample among many raises nothing', () => {
    expect(
      story(perHour, (make) => each(make, [...line(1, 59, 0), crack(60, 60), ...line(61, 120, 0)]), measure),
    ).toEqual([]);
  });
  it('is raised by a steady slope above the limit, with the slope in the reason', () => {
    const make = rowMaker();
    const engine = createEngine(3);
    engine.apply(make.rules(setOf([CRACK], [rule('r@1', 'crack', measure, perHour)])));
    const found = each(make, line(1, 60, 600)).flatMap((row) => engine.apply(row));
    expect(found.map(({ to }) => to)).toEqual(['yellow']);
    expect(found[0]?.reason.zh).toMatch(/位移速率 [56]\.\d+ mm\/h（1 小时回归），达到黄色阈值 2\.0 mm\/h/);
  });
  it('says nothing below the least number of samples', () => {
    expect(story(perHour, (make) => each(make, line(1, 5, 6000)), measure)).toEqual([]);
  });
});

describe('late samples of a value', () => {
  it('are findings about the past, one for each stretch of time, and leave the present alone', () => {
    expect(
      story(four, (make) => [
        ...each(make, [crack(300, 0)]),
        make.batch([crack(10, 1000), crack(11, 1500), crack(12, 2100), crack(13, 1000), crack(200, 1000)], at(301)),
      ]),
    ).toEqual(['r 10m none→blue active late', 'r 12m none→yellow active late', 'r 200m none→blue active late']);
  });
  it('inside an episode that was raised in its time are no news', () => {
    expect(
      story(four, (make) => [
        ...each(make, [crack(10, 1000), crack(30, 0), crack(50, 0)]),
        make.batch([crack(20, 1000)], at(51)),
      ]),
    ).toEqual(['r 10m none→blue active', 'r 30m blue→none cleared']);
  });
});

describe('silence', () => {
  it('of a sensor that never reported is missed too, when its gateway is there', () => {
    expect(story(four, (make) => [make.tick(at(29)), make.tick(at(31)), make.tick(at(32))])).toEqual([
      'sensor-silent 31m none→blue active',
      'sensor-silent 31m none→blue active',
    ]);
  });
  it('keeps an alert as data lost, never clears it, and says when the data are back', () => {
    expect(
      story(four, (make) => [
        ...each(make, [crack(1, 1000), rain(40, 0)]),
        make.tick(at(40)),
        ...each(make, [crack(41, 1000)]),
        make.tick(at(42)),
      ]),
    ).toEqual([
      'r 1m none→blue active',
      'sensor-silent 40m none→blue active',
      'r 40m blue→blue dataLost',
      'sensor-silent 41m blue→none cleared',
      'r 41m blue→blue active',
    ]);
  });
  it('is not ended by readings without a value', () => {
    expect(story(four, (make) => [...each(make, [crack(40), rain(40, 0)]), make.tick(at(41))])).toEqual([
      'sensor-silent 41m none→blue active',
    ]);
  });
  it('of a lost gateway is one condition, and none of its sensors', () => {
    expect(
      story(four, (make) => [
        ...each(make, [crack(1, 1000), rain(1, 0)]),
        make.edge(at(2), 'lost'),
        make.tick(at(3)),
        make.tick(at(4)),
        make.tick(at(90)),
        make.edge(at(91), 'online'),
        make.tick(at(92)),
        ...each(make, [crack(93, 1000), rain(93, 0)]),
        make.tick(at(94)),
      ]),
    ).toEqual([
      'r 1m none→blue active',
      'gateway-lost 4m none→yellow active',
      'r 4m blue→blue dataLost',
      'gateway-lost 91m yellow→none cleared',
      'r 93m blue→blue active',
    ]);
  });
  it('is called on nobody by a centre that was away itself', () => {
    const upAt = at(600);
    expect(
      story(four, (make) => [
        ...each(make, [crack(1, 0), rain(1, 0)]),
        make.tick(at(601), upAt),
        make.tick(at(629), upAt),
      ]),
    ).toEqual([]);
  });
});

describe('a rule set switch', () => {
  const two = setOf(
    [CRACK, RAIN],
    [rule('keep@1', 'crack', { kind: 'value' }, four), rule('edit@1', 'crack', { kind: 'value' }, four)],
  );
  it('keeps what is unchanged, closes what vanished with a reason, and judges what is new at once', () => {
    const make = rowMaker();
    const engine = createEngine(3);
    const next = setOf(
      [CRACK, RAIN],
      [
        rule('keep@1', 'crack', { kind: 'value' }, four),
        rule('edit@2', 'crack', { kind: 'value' }, limits({ red: 1000 })),
      ],
      'v2',
    );
    const rows = [make.rules(two), make.batch([crack(1, 1000)]), make.rules(next, at(2)), make.batch([crack(3, 1000)])];
    expect(tell(engine, rows)).toEqual([
      'keep 1m none→blue active',
      'edit 1m none→blue active',
      'edit 2m blue→none closed',
      'edit 1m none→red active',
    ]);
  });
  const version = (of: string, levels: typeof four) =>
    setOf([CRACK], [rule(`edit@${of}`, 'crack', { kind: 'value' }, levels)], of);
  it('raises nothing on what a gateway said before it was lost, long ago', () => {
    const make = rowMaker();
    const engine = createEngine(3);
    const rows = [
      make.rules(version('1', limits({ red: 8000 }))),
      make.edge(T0, 'online'),
      make.batch([crack(1, 5000)]),
      make.edge(at(2), 'lost'),
      make.tick(at(300)),
      make.rules(version('2', limits({ red: 4000 })), at(301)),
    ];
    expect(tell(engine, rows)).toEqual(['gateway-lost 300m none→yellow active']);
    expect(tell(engine, [make.edge(at(310), 'online'), make.batch([crack(311, 5000)])])).toEqual([
      'gateway-lost 310m yellow→none cleared',
      'edit 311m none→red active',
    ]);
  });
  it.each(['its gateway is lost', 'it is silent'] as const)('clears nothing of a sensor while %s', (how) => {
    const make = rowMaker();
    const engine = createEngine(3);
    tell(engine, [make.rules(version('1', four)), make.edge(T0, 'online'), make.batch([crack(1, 4100)])]);
    tell(engine, [...(how === 'it is silent' ? [] : [make.edge(at(2), 'lost')]), make.tick(at(60))]);
    expect(tell(engine, [make.rules(version('2', limits({ orange: 4000 })), at(61)), make.tick(at(62))])).toEqual([
      'edit 61m orange→none closed',
      'edit 1m none→orange active',
      'edit 61m orange→orange dataLost',
    ]);
    tell(engine, [make.edge(at(63), 'online')]);
    expect(tell(engine, [make.batch([crack(64, 4100)])]).at(-1)).toBe('edit 64m orange→orange active');
  });
  it('asks no on-delay of the next version of a rule that stands, but of a level that did not', () => {
    const make = rowMaker();
    const engine = createEngine(3);
    const slow = (red: number) => limits({ blue: 1000, red }, { onDelayMs: 5 * MINUTE });
    tell(engine, [make.rules(version('1', slow(9000))), make.batch([crack(1, 5000)]), make.batch([crack(7, 5000)])]);
    const rows = [
      make.rules(version('2', slow(4000)), at(8)),
      make.batch([crack(10, 5000)]),
      make.batch([crack(15, 5000)]),
    ];
    expect(tell(engine, rows)).toEqual([
      'edit 8m blue→none closed',
      'edit 7m none→blue active',
      'edit 15m blue→red active',
    ]);
  });
  it('starts a new sum from the window that exists', () => {
    const make = rowMaker();
    const engine = createEngine(3);
    const before = setOf([RAIN], [rule('h1@1', 'rain', sum(HOUR), limits({ blue: 1000 }))]);
    const after = setOf([RAIN], [rule('h6@1', 'rain', sum(6 * HOUR), limits({ blue: 90 }))], 'v2');
    const wet = Array.from({ length: 20 }, (_, index) => make.batch([rain(10 + index * 15, 5)]));
    expect(tell(engine, [make.rules(before), ...wet, make.rules(after, at(300))])).toEqual([
      'h6 295m none→blue active',
    ]);
  });
});

it('lets data of one origin count for no other', () => {
  const make = rowMaker();
  const engine = createEngine(3);
  const set = setOf([RAIN], [rule('h1@1', 'rain', sum(HOUR), limits({ blue: 30 }))]);
  const rows = [
    make.rules(set),
    make.batch([rain(5, 29)], at(5), { origin: 'simulated' }),
    make.batch([rain(6, 29)], at(6), { origin: 'live' }),
  ];
  expect(tell(engine, rows)).toEqual([]);
  const [raised] = engine.apply(make.batch([rain(7, 1)], at(7), { origin: 'live' }));
  expect([raised?.to, raised?.origin, raised?.evidence.value]).toEqual(['blue', 'live', 30]);
});

it('ends the loss of a gateway under the origin under which it was told', () => {
  const make = rowMaker();
  const engine = createEngine(3);
  const rows = [
    make.rules(setOf([CRACK], [])),
    make.tick(at(10)),
    make.batch([crack(11, 1)], at(11), { origin: 'simulated' }),
  ];
  const said = rows.flatMap((row) => engine.apply(row)).map(({ origin, condition }) => [origin, condition]);
  expect(said).toEqual([
    ['live', 'active'],
    ['live', 'closed'],
  ]);
});

it('judges a device whose clock is not set by the time of receipt, and says so', () => {
  const make = rowMaker();
  const engine = createEngine(3);
  engine.apply(make.rules(setOf([CRACK], [rule('r@1', 'crack', { kind: 'value' }, four)])));
  const wrong = make.batch([{ id: 'crack', atMs: 1_000, value: 1000 }], 2_000, { unsure: true });
  const [raised] = engine.apply({ ...wrong, receivedAtMs: at(5) });
  expect(raised?.atMs).toBe(at(5) - 1_000);
  expect(raised?.reason.en).toMatch(/clock is not set/);
});

it('writes reasons with value, unit, limit, window and coverage in both languages', () => {
  const make = rowMaker();
  const engine = createEngine(3);
  engine.apply(make.rules(setOf([RAIN], [rule('r@1', 'rain', sum(HOUR), limits({ yellow: 45_000 }))])));
  const [raised] = engine.apply(make.batch([rain(5, 47_200)]));
  expect(raised?.reason).toEqual({
    zh: '1 小时降雨量 47.2 mm，达到黄色阈值 45.0 mm（窗口数据仅 8%，实际不少于此值）',
    en: 'rainfall of 47.2 mm in 1 hour reached the yellow limit of 45.0 mm (only 8% of the window has data, the true sum is not less)',
  });
  expect(raised?.id).toBe('r@1|point:p1|3:2:0');
});
