import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#model/time.ts';
import { type StagedCreep, stagedCreepAt } from './creep.ts';
import { alphaOf, type FireStory, fireTable, headStates } from './fire.ts';
import { fallenShare, hyetographOf, type StormShape } from './hyetograph.ts';
import { balanceOf, levelAt, type Reservoir, volumeAt } from './reservoir.ts';
import { drivenBy, fallBetween, rainBetween, type StepSlide, stepSlideAt } from './step-slide.ts';
import { tableAt, tabulate } from './table.ts';

const chicago: StormShape = { kind: 'chicago', peak: 0.4, bMinutes: 10, c: 0.75 };
const shapes: readonly Exclude<StormShape, { kind: 'steps' }>[] = [{ kind: 'uniform' }, { kind: 'scs2' }, chicago];

describe('a storm', () => {
  it('falls to its total, whatever its shape, duration and step', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...shapes),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 10, max: 2_000 }),
        fc.integer({ min: 1, max: 60 }),
        (shape, totalMm, minutes, step) => {
          const atMs = 3 * HOUR_MS;
          const durationMs = minutes * MINUTE_MS;
          const rain = hyetographOf({ atMs, totalMm, durationMs, stepMs: step * MINUTE_MS, shape });
          expect(rainBetween(rain, 0, atMs + durationMs + HOUR_MS)).toBeCloseTo(totalMm, 6);
          expect(rainBetween(rain, 0, atMs)).toBe(0);
          for (const { perHour } of rain) expect(perHour).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it('of Chicago is heaviest at its peak, and as heavy around it as its curve says', () => {
    const rain = hyetographOf({ atMs: 0, totalMm: 100, durationMs: 6 * HOUR_MS, stepMs: MINUTE_MS, shape: chicago });
    const worst = rain.reduce((best, one) => (one.perHour > best.perHour ? one : best));
    expect(Math.abs(worst.atMs - 0.4 * 6 * HOUR_MS)).toBeLessThanOrEqual(MINUTE_MS);
    // The heaviest T minutes lie at T·r before and T·(1 − r) after the peak: T/(T + b)^c of it, over that of the whole.
    const depth = (minutes: number) => minutes / (minutes + 10) ** 0.75;
    const [fromMs, toMs] = [(0.4 * 360 - 0.4 * 60) * MINUTE_MS, (0.4 * 360 + 0.6 * 60) * MINUTE_MS];
    expect(rainBetween(rain, fromMs, toMs)).toBeCloseTo((100 * depth(60)) / depth(360), 6);
  });

  it('of SCS type II has two thirds of a day fallen at noon, two fifths of it in the half hour before', () => {
    const share = (hour: number) => fallenShare({ kind: 'scs2' }, hour / 24, DAY_MS);
    expect([share(0), share(11.5), share(12), share(20), share(24)]).toEqual([0, 0.283, 0.663, 0.952, 1]);
    expect(share(18)).toBeCloseTo(0.916, 9);
  });

  it('by steps falls as it is written', () => {
    const steps = [
      { atMs: 0, perHour: 6 },
      { atMs: HOUR_MS, perHour: 0 },
    ];
    const storm = { atMs: HOUR_MS, totalMm: 0, durationMs: 0, stepMs: 0, shape: { kind: 'steps', steps } } as const;
    expect(rainBetween(hyetographOf(storm), 0, 5 * HOUR_MS)).toBe(6);
    expect(rainBetween(hyetographOf(storm), 0, 1.5 * HOUR_MS)).toBe(3);
  });
});

const creep: StagedCreep = {
  ...{ kind: 'stagedCreep', from: 4, primaryMm: 6, primaryMs: 2 * DAY_MS, mmPerDay: 1.5 },
  ...{ onsetMs: 18 * DAY_MS, failureMs: 30 * DAY_MS, alpha: 2, after: 'torn' },
};
const speed = (one: StagedCreep, day: number): number => {
  const [before, after] = [stagedCreepAt(one, (day - 0.001) * DAY_MS), stagedCreepAt(one, (day + 0.001) * DAY_MS)];
  return ((after ?? 0) - (before ?? 0)) / 0.002;
};

describe('creep in three stages', () => {
  it('begins at its first reading, slows to its steady speed, and never goes back', () => {
    expect(stagedCreepAt(creep, 0)).toBe(4);
    expect(speed(creep, 0.01)).toBeGreaterThan(4);
    expect(speed(creep, 17)).toBeCloseTo(1.5, 2);
    let last = 0;
    for (let hour = 0; hour < 30 * 24; hour++) {
      const value = stagedCreepAt(creep, hour * HOUR_MS) ?? Number.NaN;
      expect(value).toBeGreaterThanOrEqual(last);
      last = value;
    }
  });

  it('has an inverse speed that is a straight line to 0 at the failure', () => {
    const bare = { ...creep, primaryMm: 0 };
    for (const day of [19, 22, 25, 28, 29.5]) expect(1 / speed(bare, day)).toBeCloseTo((30 - day) / (1.5 * 12), 4);
  });

  it("accelerates by Voight's law for another α", () => {
    for (const alpha of [1.5, 1.8, 2.4]) {
      const bare = { ...creep, primaryMm: 0, alpha };
      for (const day of [20, 26, 29])
        expect(speed(bare, day) / (1.5 * ((30 - day) / 12) ** (-1 / (alpha - 1)))).toBeCloseTo(1, 3);
    }
  });

  it('takes its meter with it, or leaves it where it came to rest', () => {
    expect(stagedCreepAt(creep, 30 * DAY_MS)).toBeNull();
    const rests = { ...creep, after: 'rests' } as const;
    expect(stagedCreepAt(rests, 60 * DAY_MS)).toBeCloseTo(stagedCreepAt(rests, 31 * DAY_MS) ?? 0, 5);
  });
});

describe('a slope that moves by steps', () => {
  it('settles after each step to what the step is', () => {
    const steps = [
      { atMs: DAY_MS, mm: 10, settleMs: 6 * HOUR_MS },
      { atMs: 5 * DAY_MS, mm: 4, settleMs: 6 * HOUR_MS },
    ];
    const slide: StepSlide = { kind: 'stepSlide', from: 1, mmPerDay: 0.5, steps, driven: null };
    expect(stepSlideAt(slide, DAY_MS)).toBeCloseTo(1.5, 9);
    expect(stepSlideAt(slide, DAY_MS + 6 * HOUR_MS)).toBeCloseTo(1.625 + 10 * (1 - Math.exp(-1)), 9);
    expect(stepSlideAt(slide, 15 * DAY_MS)).toBeCloseTo(1 + 7.5 + 14, 6);
  });

  it('moves in all by what rain and drawdown give it, and by nothing when the water rises', () => {
    const rain = [
      { atMs: 0, perHour: 10 },
      { atMs: 10 * HOUR_MS, perHour: 0 },
    ];
    const response = { gain: 0.2, lagMs: 3 * HOUR_MS, settleMs: 12 * HOUR_MS };
    const wet = drivenBy((from, to) => rainBetween(rain, from, to), response, MINUTE_MS, 10 * DAY_MS);
    expect(tableAt(wet, 3 * HOUR_MS)).toBe(0);
    expect(tableAt(wet, 10 * DAY_MS)).toBeCloseTo(20, 4);
    const level = tabulate(HOUR_MS, 4 * DAY_MS, (tMs) => 20 + Math.sin((tMs / DAY_MS) * Math.PI) * 2);
    const moved = drivenBy((from, to) => fallBetween(level, from, to), response, MINUTE_MS, 10 * DAY_MS);
    // The level falls by 4 m from noon of the first day to noon of the second, and by 2 m again at the end.
    expect(tableAt(moved, 10 * DAY_MS)).toBeCloseTo(0.2 * (4 + 4), 2);
  });
});

const lake: Reservoir = {
  level: 12,
  storage: [
    [4, 60],
    [10, 420],
    [16, 1_080],
  ],
  inflow: [{ atMs: 0, m3PerS: 5 }],
  catchment: null,
  gates: [],
  spillway: null,
};

describe('a reservoir', () => {
  it('finds volume and level in its table, there and back', () => {
    for (const level of [4, 7, 10, 13.5, 16, 17])
      expect(levelAt(lake.storage, volumeAt(lake.storage, level))).toBeCloseTo(level, 9);
    expect(volumeAt(lake.storage, 13)).toBe(750);
  });

  it('loses no water: what came in and did not go out is in it', () => {
    const catchment = {
      rainBetween: (from: number, to: number) => ((to - from) / HOUR_MS) * 12,
      areaKm2: 20,
      runoff: 0.7,
    };
    const gates = [
      { atMs: 0, m3PerS: 2 },
      { atMs: 5 * HOUR_MS, m3PerS: 80 },
    ];
    const busy = {
      ...lake,
      gates,
      catchment: { ...catchment, lagMs: 2 * HOUR_MS },
      spillway: { crestM: 13, widthM: 10, c: 1.7 },
    };
    const { level, in10k, out10k } = balanceOf(busy, DAY_MS);
    const [first = 0, last = 0] = [level.values[0], level.values.at(-1)];
    expect(volumeAt(lake.storage, last) - volumeAt(lake.storage, first)).toBeCloseTo(in10k - out10k, 6);
    // 12 mm/h on 20 km², of which 0.7 runs off, is 168 000 m³ an hour; what fell last is still on its way.
    expect(in10k).toBeGreaterThan(24 * (16.8 + 1.8) - 3 * 16.8);
    expect(in10k).toBeLessThan(24 * (16.8 + 1.8));
  });

  it('rises by what flows in, and lets out no more than there is', () => {
    const { level } = balanceOf(lake, 10 * HOUR_MS);
    // 5 m³/s for ten hours are 18 × 10⁴ m³, on 110 × 10⁴ m³ a metre.
    expect((level.values.at(-1) ?? 0) - 12).toBeCloseTo(18 / 110, 6);
    const dry = balanceOf({ ...lake, inflow: [], gates: [{ atMs: 0, m3PerS: 1_000 }] }, DAY_MS);
    expect(dry.level.values.at(-1)).toBeCloseTo(4, 6);
    expect(dry.out10k).toBeCloseTo(volumeAt(lake.storage, 12) - 60, 6);
  });
});

const flaming: FireStory = {
  fire: { kind: 'flaming', atMs: 0, alpha: alphaOf('fast'), peakKw: 1_055, dbPerMPerMj: 0.02, ceilingM: 4 },
  outMs: null,
  clearMs: 60_000,
};
const above = { radiusM: 0, delayMs: 0, lagMs: 0 };

describe('a fire', () => {
  it('that is fast has 1055 kW after 150 s, and warms the ceiling above it by Alpert', () => {
    const rise = fireTable(flaming, above, 'riseC', 200 * SECOND_MS);
    expect(rise.values[150]).toBeCloseTo((16.9 * 1_055 ** (2 / 3)) / 4 ** (5 / 3), 6);
    expect(rise.values[200]).toBe(rise.values[150]);
    const aside = fireTable(flaming, { ...above, radiusM: 3 }, 'riseC', 200 * SECOND_MS);
    expect(aside.values[150]).toBeCloseTo((5.38 * (1_055 / 3) ** (2 / 3)) / 4, 6);
  });

  it('smokes by what has burnt: a third of the full power until it is grown', () => {
    const smoke = fireTable(flaming, above, 'dbPerM', 200 * SECOND_MS);
    expect(smoke.values[150]).toBeCloseTo(0.02 * ((1.055 * 150) / 3), 6);
    expect((smoke.values[200] ?? 0) - (smoke.values[150] ?? 0)).toBeCloseTo(0.02 * 1.055 * 50, 6);
  });

  it('that is put out leaves its smoke for a while, and a head stays in alarm', () => {
    const out: FireStory = { ...flaming, outMs: 100 * SECOND_MS };
    const smoke = fireTable(out, above, 'dbPerM', 600 * SECOND_MS);
    expect(Math.max(...smoke.values)).toBe(smoke.values[100]);
    expect(smoke.values[160]).toBeCloseTo((smoke.values[100] ?? 0) / Math.E, 6);
    const states = headStates(smoke, 0.05, 0.15);
    expect([states.values[0], states.values[100], states.values[600]]).toEqual([0, 2, 2]);
  });

  it('that smoulders reaches its smoke when it says, and a head with a lag follows', () => {
    const fire = { kind: 'smouldering', atMs: 60_000, durationMs: 600_000, power: 2, dbPerM: 0.4, riseC: 3 } as const;
    const story: FireStory = { fire, outMs: null, clearMs: 60_000 };
    const plain = fireTable(story, above, 'dbPerM', 900_000);
    expect([plain.values[60], plain.values[360], plain.values[660]]).toEqual([0, 0.1, 0.4]);
    const slow = fireTable(story, { ...above, lagMs: 30_000 }, 'dbPerM', 900_000);
    expect(slow.values[660]).toBeLessThan(0.4);
    expect(slow.values[700]).toBeGreaterThan(0.4);
  });
});
