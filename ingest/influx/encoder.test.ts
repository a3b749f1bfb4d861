import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '#model/batch.ts';
import { measurementOf } from '#model/influx.ts';
import type { JournalRow } from '#model/journal.ts';
import { formatSteps } from '#model/quantity.ts';
import { BAD_REASONS, FLAGS, type Origin, type Reading } from '#model/reading.ts';
import { addRange, type SeqRange } from '#model/seen.ts';
import { createEncoder, type EncoderState, type Portion } from './encoder.ts';
import { createLineBytes } from './line-bytes.ts';
import { decimalText, escapeTag, fieldsText, isWritable, lineOf, nsText, type Places } from './lines.ts';

const T0 = 1_780_000_000_000;
const SENSORS = ['a', 'b', 'c'] as const;
const PLACES: Places = new Map(
  SENSORS.map((id, at) => [
    id,
    { quantity: (['level', 'rain', 'battery'] as const)[at] ?? 'rain', tags: `,county=1,sensor=${id}`, origin: 'live' },
  ]),
);

type Given = {
  readonly edge: number;
  readonly partition: number;
  readonly origin: Origin;
  readonly readings: readonly Reading[];
};
const aReading: fc.Arbitrary<Reading> = fc
  .record({
    sensorId: fc.constantFrom(...SENSORS),
    // Few instants, so that many readings of a series share one.
    ago: fc.integer({ min: 0, max: 6 }),
    value: fc.integer({ min: -3, max: 3 }),
    kind: fc.constantFrom('good', 'suspect', 'bad'),
    reason: fc.constantFrom(...BAD_REASONS),
    flags: fc.subarray([...FLAGS].filter((flag) => flag !== 'injected')),
  })
  .map(({ sensorId, ago, value, kind, reason, flags }) => {
    const stamp = { sensorId, measuredAtMs: T0 - ago, timeQuality: 'synced' as const, flags };
    return kind === 'bad' ? { ...stamp, quality: 'bad', reason } : { ...stamp, quality: kind as 'good', value };
  });
const aRow: fc.Arbitrary<Given> = fc.record({
  edge: fc.integer({ min: 0, max: 2 }),
  partition: fc.integer({ min: 0, max: 1 }),
  origin: fc.constantFrom('live', 'drill'),
  readings: fc.array(aReading, { minLength: 1, maxLength: 5 }),
});

function rowsOf(given: readonly Given[]): JournalRow[] {
  return given.map(({ edge, partition, origin, readings }, at) => {
    const identity = { edgeId: `e-${edge}`, epoch: 'p', seq: at + 1 };
    const body = encodeBatch({
      ...{ ...identity, bootId: 'boot', monoMs: 1_000, writtenAtMs: T0, timeQuality: 'synced', inventoryVersion: 'v' },
      ...{ readings, events: [] },
    });
    return { kind: 'batch', ...identity, partition, pos: at + 1, receivedAtMs: T0, origin, body };
  });
}

const EMPTY: EncoderState = { cursors: new Map(), taken: new Map(), newest: new Map(), clocks: new Map() };
/** As the state file does when a portion is committed. */
function afterPortion(state: EncoderState, { effects }: Portion): EncoderState {
  const taken = new Map(state.taken);
  for (const [stream, ranges] of effects.taken)
    taken.set(stream, ranges.reduce<readonly SeqRange[]>(addRange, taken.get(stream) ?? []));
  const newest = new Map(state.newest);
  for (const [series, newestMs] of effects.newest) newest.set(series.key, { home: series.home, newestMs });
  const merge = <K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>) => new Map([...a, ...b]);
  return { taken, newest, cursors: merge(state.cursors, effects.cursors), clocks: merge(state.clocks, effects.clocks) };
}
const linesOf = (portion: Portion | undefined): string[] =>
  (portion?.bodies ?? []).flatMap((body) => body.split('\n').filter(Boolean));

describe('the journal as lines', () => {
  it('makes the same points again wherever it is ended and begins anew, and never two readings one point', () => {
    fc.assert(
      fc.property(fc.array(aRow, { maxLength: 25 }), fc.array(fc.nat(100), { maxLength: 6 }), (given, ends) => {
        const rows = rowsOf(given);
        // Each sensor's rows come by one partition; the other is its own journal.
        const homes = new Map(rows.flatMap((row) => (row.kind === 'batch' ? [[row.edgeId, row.partition]] : [])));
        const all = rows.map((row) => ({ ...row, partition: row.kind === 'batch' ? (homes.get(row.edgeId) ?? 0) : 0 }));
        const straight = createEncoder(EMPTY, PLACES);
        for (const row of all) straight.take(row);
        const expected = linesOf(straight.cut());
        const points = expected.map((line) => `${line.split(' ')[0]} ${line.split(' ')[2]}`);
        // Two numbers of a million may be the same once in all these runs; twice in one they are not.
        expect(new Set(points).size).toBeGreaterThanOrEqual(expected.length - 1);

        const sent = new Set<string>();
        let state = EMPTY;
        for (const end of [...ends, 100]) {
          const encoder = createEncoder(state, PLACES);
          const left = all.filter(({ pos, partition }) => pos > (state.cursors.get(partition) ?? 0));
          const committed = Math.floor((left.length * end) / 100);
          for (const row of left.slice(0, committed)) encoder.take(row);
          const portion = encoder.cut();
          for (const line of linesOf(portion)) sent.add(line);
          // More was sent than is committed when the process ends.
          for (const row of left.slice(committed, committed + 3)) encoder.take(row);
          for (const line of linesOf(encoder.cut())) sent.add(line);
          if (portion !== undefined) state = afterPortion(state, portion);
        }
        expect([...sent].sort()).toEqual([...expected].sort());
      }),
      { numRuns: 100, verbose: 1 },
    );
  });

  it('takes a batch once that comes again in another row, and the part of it that came out of quarantine besides', () => {
    const good = { sensorId: 'a', measuredAtMs: T0, timeQuality: 'synced', quality: 'good', value: 1 } as const;
    const given = { edge: 0, partition: 0, origin: 'live' } as const;
    const [row] = rowsOf([{ ...given, readings: [{ ...good, flags: [] }] }]);
    const [part] = rowsOf([{ ...given, readings: [{ ...good, flags: ['injected'] }] }]);
    if (row === undefined || part === undefined) throw new Error('no rows');
    const encoder = createEncoder(EMPTY, PLACES);
    for (const [at, one] of [row, row, part].entries()) encoder.take({ ...one, pos: at + 1 });
    const portion = encoder.cut();
    expect([portion?.lines, portion?.rows]).toEqual([2, 3]);
    expect(new Set(linesOf(portion).map((line) => line.split(' ')[2])).size).toBe(2);
    const later = createEncoder(portion === undefined ? EMPTY : afterPortion(EMPTY, portion), PLACES);
    later.take({ ...row, pos: 4 });
    expect(later.cut()?.lines).toBe(0);
  });

  it('writes bytes as the plain functions write text, to the last digit', () => {
    const aField = fc.record({
      decimals: fc.integer({ min: 0, max: 3 }),
      value: fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constant(Number.NaN)),
      raw: fc.oneof(fc.maxSafeInteger(), fc.constant(Number.NaN)),
      bits: fc.integer({ min: 0, max: 65_535 }),
      code: fc.integer({ min: 0, max: BAD_REASONS.length - 1 }),
      atMs: fc.integer({ min: 1_000_000, max: 9_223_372_036_853 }),
      offset: fc.integer({ min: 0, max: 999_999 }),
    });
    const bytes = createLineBytes(64);
    fc.assert(
      fc.property(fc.array(aField, { maxLength: 8 }), (lines) => {
        const prefix = new TextEncoder().encode('live_rain,point=雨量');
        for (const { decimals, atMs, offset, ...fields } of lines)
          bytes.add({ prefix, decimals }, fields, atMs, offset);
        expect(bytes.take()).toBe(
          lines
            .map(({ decimals, atMs, offset, ...fields }) => {
              return `live_rain,point=雨量${fieldsText(decimals, fields)} ${nsText(atMs, offset)}\n`;
            })
            .join(''),
        );
      }),
      { numRuns: 300, verbose: 1 },
    );
    for (const steps of [0, 1, -1, 999, 1_000, -1_001, 14_420, 2_147_483_647])
      expect(decimalText(3, steps)).toBe(formatSteps('level', steps));
  });

  it('writes one point as the documentation shows it', () => {
    const place = {
      quantity: 'level',
      tags: ',county=330100,edge=e,point=p,sensor=s,township=-,village=-',
      origin: 'live',
    } as const;
    const point = { atMs: T0, value: -14_420, raw: 7, quality: 'suspect', flags: ['range'] } as const;
    expect(lineOf('drill', place, point, 42)).toBe(
      `${measurementOf('drill', 'level')},county=330100,edge=e,point=p,sensor=s,township=-,village=- suspect=-14.420,raw=7i,flags=1i 1780000000000000042`,
    );
    expect(['a b', 'a,b=c', '', 'end\\'].map(escapeTag)).toEqual(['a\\ b', 'a\\,b\\=c', '-', 'end\\\\ ']);
    expect(['二号\n坡', 'a\r\nb', '\n'].map(escapeTag)).toEqual(['二号\\ 坡', 'a\\ \\ b', '\\ ']);
  });

  it('sets aside what InfluxDB has no number or instant for, and whose place nobody knows', () => {
    const fields = { value: 1, raw: Number.NaN, bits: 0, code: -1 };
    expect(
      [Number.POSITIVE_INFINITY, 1.5, Number('1e400')].map((value) => isWritable(T0, { ...fields, value })),
    ).toEqual([false, false, false]);
    expect(isWritable(T0, { ...fields, value: Number.NaN })).toBe(false);
    expect([0, -1, 9_223_372_036_855, Number.NaN].map((atMs) => isWritable(atMs, fields))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const encoder = createEncoder(EMPTY, new Map());
    const [row] = rowsOf([
      {
        edge: 0,
        partition: 0,
        origin: 'live',
        readings: [{ sensorId: 'a', measuredAtMs: T0, timeQuality: 'synced', quality: 'good', value: 1, flags: [] }],
      },
    ]);
    if (row !== undefined) encoder.take(row);
    const portion = encoder.cut();
    expect([portion?.lines, portion?.effects.aside.map(({ reason }) => reason)]).toEqual([0, ['unknown-sensor']]);
  });
});
