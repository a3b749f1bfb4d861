import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, decodeBatch, encodeBatch } from '../../model/batch.ts';
import { dateReading } from '../../model/dating.ts';
import { BAD_REASONS, FLAGS, type Flag, type Reading } from '../../model/reading.ts';
import { condense, firstRun } from './condense.ts';
import { BUCKET_MS, type KindOf, thinReadings } from './thin.ts';

const START = 1_782_864_000_000;
const kindOf: KindOf = (id) => (id.startsWith('rain') ? 'increment' : id.startsWith('level') ? 'gauge' : 'unknown');
const stamp = fc.record({
  sensorId: fc.constantFrom('rain-1', 'rain-2', 'level-1', 'strange'),
  measuredAtMs: fc.integer({ min: START, max: START + 4 * BUCKET_MS }),
  timeQuality: fc.constant('synced' as const),
  raw: fc.integer({ min: 0, max: 1_000_000 }),
});
const flags = fc.subarray(FLAGS.filter((flag) => flag !== 'thinned') as Flag[], { maxLength: 2 });
const anyReading: fc.Arbitrary<Reading> = fc
  .oneof(
    { weight: 5, arbitrary: fc.tuple(stamp, fc.constant('good' as const), fc.nat(3_000_000), flags) },
    { weight: 1, arbitrary: fc.tuple(stamp, fc.constant('suspect' as const), fc.integer(), flags) },
    { weight: 1, arbitrary: fc.tuple(stamp, fc.constant('bad' as const), fc.constantFrom(...BAD_REASONS), flags) },
  )
  .map(([at, quality, what, marks]) =>
    quality === 'bad'
      ? { ...at, quality, reason: what as (typeof BAD_REASONS)[number], flags: marks }
      : { ...at, quality, value: what as number, flags: marks },
  );
const inOrder = fc
  .array(anyReading, { maxLength: 120 })
  .map((list) => [...list].sort((a, b) => a.measuredAtMs - b.measuredAtMs));

const bucketKey = (reading: Reading): string =>
  [reading.sensorId, Math.floor(reading.measuredAtMs / BUCKET_MS), reading.quality].join(' ');
/** Naive: sums of what bears a value, by sensor, ten minutes and quality. */
function sumsOf(readings: readonly Reading[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const reading of readings)
    if (reading.quality !== 'bad' && kindOf(reading.sensorId) === 'increment')
      sums.set(bucketKey(reading), (sums.get(bucketKey(reading)) ?? 0) + reading.value);
  return sums;
}
const grouped = (readings: readonly Reading[], id: string): ReadonlyMap<string, readonly Reading[]> =>
  Map.groupBy(
    readings.filter(({ sensorId }) => sensorId === id),
    bucketKey,
  );
const valuesOf = (readings: readonly Reading[]): readonly number[] =>
  readings.flatMap((reading) => (reading.quality === 'bad' ? [] : [reading.value]));
const bare = (reading: Reading): string =>
  JSON.stringify({ ...reading, flags: reading.flags.filter((flag) => flag !== 'thinned') });

describe('thinned readings', () => {
  it('bear the exact sums of every increment in every ten minutes, against adding them one by one', () => {
    fc.assert(
      fc.property(inOrder, (readings) => {
        expect(sumsOf(thinReadings(readings, kindOf))).toEqual(sumsOf(readings));
      }),
    );
  });

  it('of a gauge are real readings: first, lowest, highest and last, at most four of each quality', () => {
    fc.assert(
      fc.property(inOrder, (readings) => {
        const before = grouped(readings, 'level-1');
        const after = grouped(thinReadings(readings, kindOf), 'level-1');
        expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
        for (const [key, all] of before) {
          const kept = after.get(key) ?? [];
          const real = new Set(all.map(bare));
          expect(kept.every((one) => real.has(bare(one)))).toBe(true);
          if (key.endsWith('bad')) continue;
          expect(kept.length).toBeLessThanOrEqual(4);
          expect(bare(kept[0] as Reading)).toBe(bare(all[0] as Reading));
          expect(bare(kept.at(-1) as Reading)).toBe(bare(all.at(-1) as Reading));
          expect(Math.min(...valuesOf(kept))).toBe(Math.min(...valuesOf(all)));
          expect(Math.max(...valuesOf(kept))).toBe(Math.max(...valuesOf(all)));
        }
      }),
    );
  });

  it('keep one missing value of each reason, everything of a sensor that nobody knows, and the order', () => {
    fc.assert(
      fc.property(inOrder, (readings) => {
        const thin = thinReadings(readings, kindOf);
        expect(thin.filter(({ sensorId }) => sensorId === 'strange')).toEqual(
          readings.filter(({ sensorId }) => sensorId === 'strange'),
        );
        const reasons = (list: readonly Reading[]) =>
          list.flatMap((one) =>
            one.quality === 'bad' && one.sensorId !== 'strange' ? [`${bucketKey(one)} ${one.reason}`] : [],
          );
        expect(reasons(thin).sort()).toEqual([...new Set(reasons(readings))].sort());
        expect(thin.map(({ measuredAtMs }) => measuredAtMs)).toEqual(
          thin.map(({ measuredAtMs }) => measuredAtMs).sort((a, b) => a - b),
        );
      }),
    );
  });

  it('say that they stand for several exactly when something was left out', () => {
    const at = (minute: number, value: number, id: string): Reading => ({
      sensorId: id,
      measuredAtMs: START + minute * 60_000,
      timeQuality: 'synced',
      quality: 'good',
      value,
      raw: minute,
      flags: [],
    });
    const two = [at(0, 1, 'level-1'), at(1, 2, 'level-1')];
    expect(thinReadings(two, kindOf)).toEqual(two);
    const rain = [at(0, 100, 'rain-1'), at(1, 200, 'rain-1'), at(9, 0, 'rain-1'), at(10, 100, 'rain-1')];
    expect(thinReadings(rain, kindOf)).toEqual([
      { ...at(9, 300, 'rain-1'), flags: ['thinned'] },
      at(10, 100, 'rain-1'),
    ]);
  });

  it('begin a new sum rather than one that 32 bits do not hold', () => {
    const huge = [0, 1, 2].map(
      (minute): Reading => ({
        sensorId: 'rain-1',
        measuredAtMs: START + minute,
        timeQuality: 'synced',
        quality: 'good',
        value: 2 ** 30 - 1,
        flags: [],
      }),
    );
    expect(valuesOf(thinReadings(huge, kindOf))).toEqual([2 ** 31 - 2, 2 ** 30 - 1]);
  });
});

describe('several batches condensed into one', () => {
  const batch = (seq: number, more: Partial<Batch> = {}): Batch => ({
    edgeId: 'e',
    epoch: 'p',
    seq,
    bootId: 'b',
    monoMs: seq * 1_000,
    writtenAtMs: START + seq * 1_000,
    timeQuality: 'synced',
    inventoryVersion: 'i',
    readings: [],
    events: [],
    ...more,
  });

  it('keep every event in order and add up what was told to be dropped', () => {
    const bus = { kind: 'bus', busId: 'a', state: 'closed', detail: '' } as const;
    const drop = { kind: 'drop', count: 3, reason: 'full' } as const;
    const made = condense([batch(1, { events: [drop, bus] }), batch(2, { events: [drop] })], kindOf);
    expect(made?.events).toEqual([bus, { ...drop, count: 6 }]);
    expect(made?.replaces).toEqual([[1, 2]]);
    expect(condense([], kindOf)).toBeUndefined();
  });

  it('replace what their sources had replaced as well', () => {
    expect(condense([batch(9, { replaces: [[2, 4]] }), batch(7)], null)?.replaces).toEqual([
      [2, 4],
      [7, 7],
      [9, 9],
    ]);
  });

  it('are joined only with those of the same boot, clock quality and inventory', () => {
    const all = [batch(1), batch(2), batch(3, { bootId: 'c' }), batch(4)];
    expect(firstRun(all, (one) => one).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(firstRun([batch(1), batch(2, { timeQuality: 'unsure' })], (one) => one)).toHaveLength(1);
    expect(firstRun([batch(1), batch(2, { inventoryVersion: 'j' })], (one) => one)).toHaveLength(1);
  });

  it('date an unsure reading as its own batch would have, whatever the wall clock did in between', () => {
    const unsure = { timeQuality: 'unsure' } as const;
    const one = (atMs: number): Reading => ({
      sensorId: 'strange',
      measuredAtMs: atMs,
      timeQuality: 'unsure',
      quality: 'good',
      value: 1,
      flags: [],
    });
    const early = batch(1, { ...unsure, writtenAtMs: 5_000, monoMs: 60_000, readings: [one(4_000)] });
    const late = batch(2, { ...unsure, writtenAtMs: START, monoMs: 90_000, readings: [one(START - 500)] });
    const made = condense([early, late], kindOf);
    if (made === undefined) throw new Error('nothing was made');
    const joined = { ...made.header, epoch: 'p', seq: 3, readings: made.readings, events: [] };
    const back = decodeBatch(encodeBatch(joined));
    if (!back.ok) throw new Error(back.error.message);
    const trueMs = (from: Batch, reading: Reading) =>
      dateReading(from, reading.measuredAtMs - from.writtenAtMs, 0, START).atMs;
    expect(back.value.readings.map((reading) => trueMs(back.value, reading))).toEqual(
      [early, late].flatMap((from) => from.readings.map((reading) => trueMs(from, reading))),
    );
  });
});
