import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bench, en, HOUR, MINUTE, paramsOf, START, storms, zh } from '#test/support/rain.ts';
import { flashFlood, onScale } from './flash-flood.ts';
import { naiveSums } from './kit/naive-sums.ts';
import { cut } from './kit/rain.ts';

/** 双河1组 of the example, move now; prepare ten below. */
const TABLE = [
  { duration: '1h', dry: [30, 40], normal: [25, 35], wet: [20, 30] },
  { duration: '3h', dry: [55, 65], normal: [50, 60], wet: [40, 50] },
  { duration: '6h', dry: [85, 95], normal: [80, 90], wet: [70, 80] },
];
const VILLAGE = { table: TABLE, dryBelow: 30, wetFrom: 60, whenUnknown: 'dry' };

describe("a village's flood table", () => {
  it('puts both limits of every duration on one continuous scale', () => {
    expect([0, 15, 30, 35, 40, 60, 80].map((mm) => onScale(mm, 30, 40))).toEqual([0, 50, 100, 150, 200, 250, 300]);
  });

  it('is at 100 exactly at the limit to prepare and at 200 exactly at the limit to move', () => {
    for (const [mm, value] of [
      [29.999, 99.9],
      [30, 100],
      [39.999, 199.9],
      [40, 200],
    ] as const)
      expect(bench(flashFlood, VILLAGE).feed(0, mm)?.value).toBe(value);
  });

  it('takes the worst duration, and says it with sum, state, Pa and both limits', () => {
    const { feed } = bench(flashFlood, VILLAGE);
    let figure = feed(0, 0);
    for (let minute = 5; minute <= 180; minute += 5) figure = feed(minute, 56 / 36);
    expect(figure?.value).toBe(cut(onScale(36 * Math.round(56_000 / 36), 55_000, 65_000), 1));
    expect(en(figure)).toMatch(/^rain of 56\.\d+ mm in 3 hours \(dry before, Pa 0 mm; prepare at 55 mm, move at 65 mm/);
    expect(zh(figure)).toContain('3 小时雨量 56');
    expect(zh(figure)).toContain('（前期干旱，Pa 0 mm；准备转移 55 mm，立即转移 65 mm');
  });

  it('asks for less rain when more has fallen in the days before', () => {
    const state = (mm: number): string => {
      const { feed } = bench(flashFlood, VILLAGE, 120);
      for (let hour = 0; hour < 16 * 24; hour++) feed(hour * 60, hour === 15 * 24 ? mm : 0);
      return en(feed(16 * 24 * 60, 25));
    };
    // A day later K leaves 84 parts of 100.
    expect(state(35)).toContain('(dry before, Pa 29.');
    expect(state(36)).toContain('(normal before, Pa 30.');
    expect(state(72)).toContain('(wet before, Pa 60.');
  });

  it('does not count rain of its windows as rain before', () => {
    const { feed } = bench(flashFlood, VILLAGE, 120);
    for (let hour = 0; hour < 16 * 24; hour++) feed(hour * 60, 0);
    for (let hour = 16 * 24; hour < 16 * 24 + 5; hour++) feed(hour * 60, 20);
    expect(en(feed((16 * 24 + 5) * 60, 0))).toContain('(dry before, Pa 0 mm');
  });

  it('takes the ground as wet when too little is known of the days before, and says so', () => {
    const { feed } = bench(flashFlood, { ...VILLAGE, whenUnknown: 'wet' });
    const figure = feed(0, 20);
    expect(figure?.value).toBe(100);
    expect(zh(figure)).toContain('前期资料仅 0%，按湿润计，Pa 不少于 0 mm');
    expect(en(figure)).toContain('0% of the time before is known, taken as wet, Pa at least 0 mm');
  });

  it('is a lower bound while a window has a hole', () => {
    const { feed } = bench(flashFlood, VILLAGE);
    const figure = feed(0, 50);
    expect([figure?.mayLower, figure?.mayBeMore]).toEqual([false, true]);
    let whole = figure;
    for (let minute = 5; minute <= 360; minute += 5) whole = feed(minute, 0);
    expect([whole?.mayLower, whole?.mayBeMore, whole?.coverage]).toEqual([true, false, 1]);
  });

  it('agrees with the table applied to all samples, out of order, late, twice, missing and suspect', () => {
    const table = [
      { duration: '10m', dry: [10, 20], normal: [8, 16], wet: [4, 8] },
      { duration: '60m', dry: [30, 50], normal: [25, 40], wet: [20, 35] },
    ];
    const hourly = 0.84 ** (HOUR / (24 * HOUR));
    fc.assert(
      fc.property(storms(900, 60), (steps) => {
        const raw = { table, dryBelow: 5, wetFrom: 20, memory: '24h', whenUnknown: 'normal', minKnown: 0.5 };
        const { feed } = bench(flashFlood, raw);
        const fine = naiveSums(5 * MINUTE, 12, 2);
        const hours = naiveSums(HOUR, 24, 1);
        for (const { minute, steps: value, suspect, first } of steps) {
          const figure = feed(minute, value / 1_000, { suspect, first });
          const sample = { atMs: START + minute * MINUTE, value, suspect, first };
          const inRing = fine.add(sample);
          hours.add(sample);
          let [pa, known, all] = [0, 0, 0];
          for (let back = 1; back < 24; back++) {
            pa += hours.sum(back, back + 1) * hourly ** back;
            known += hours.covered(back, back + 1) * hourly ** back;
            all += hourly ** back;
          }
          const mm = Math.round(pa) / 1_000;
          const seen = mm < 5 ? 0 : mm < 20 ? 1 : 2;
          const state = (['dry', 'normal', 'wet'] as const)[known / all >= 0.5 ? seen : Math.max(1, seen)] ?? 'wet';
          const values = [2, 12].map((length, index) => {
            const [prepare, move] = table[index]?.[state] ?? [];
            return onScale(fine.sum(0, length), (prepare ?? 0) * 1_000, (move ?? 0) * 1_000);
          });
          const coverage = Math.min(fine.covered(0, 2) / 2, fine.covered(0, 12) / 12);
          expect(figure?.value).toBe(cut(Math.max(...values), 1));
          expect([figure?.coverage, figure?.mayLower]).toEqual([coverage, coverage === 1 && inRing && !suspect]);
        }
      }),
      { numRuns: 120, seed: 1_234, verbose: 1 },
    );
  });

  it('refuses limits that contradict each other', () => {
    const faults = (change: object): readonly string[] => paramsOf(flashFlood, { ...VILLAGE, ...change }).faults;
    expect(faults({ table: [{ duration: '1h', dry: [40, 30], normal: [25, 35], wet: [20, 30] }] })).toEqual([
      'table: the row of 60 minutes: dry must be [prepare, move], the first above 0 and below the second',
      'table: the row of 60 minutes: wetter ground needs more rain than drier ground',
    ]);
    expect(faults({ table: [{ duration: '1h', dry: [30, 40], normal: [25, 35], wet: [26, 36] }] })).toEqual([
      'table: the row of 60 minutes: wetter ground needs more rain than drier ground',
    ]);
    expect(faults({ dryBelow: 60 })).toEqual(['wetFrom: wet begins where dry has not ended']);
    expect(faults({ table: [...TABLE, ...TABLE] })).toEqual(['table: a duration stands there twice']);
    expect(faults({ memory: '24h', table: [{ ...TABLE[0], duration: '1d' }] })).toEqual([
      'memory: is no longer than the longest duration of the table',
    ]);
  });
});
