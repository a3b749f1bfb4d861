import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, decodeBatch, encodeBatch } from '#model/batch.ts';
import { createBatchScanner, type ScannedBatch } from '#model/batch-scan.ts';
import { BAD_REASONS, FLAGS, flagBits, flagsOfBits, type Reading } from '#model/reading.ts';

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const whole = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
const flags = fc.subarray([...FLAGS]);
const aReading = (writtenAtMs: number): fc.Arbitrary<Reading> =>
  fc
    .record({
      sensorId: fc.constantFrom('a', 'b-1', 'c_2', 'd'),
      measuredAtMs: fc.integer({ min: -1_000_000, max: 0 }).map((dt) => writtenAtMs + dt),
      quality: fc.constantFrom('good', 'suspect', 'bad'),
      value: whole,
      raw: fc.option(whole),
      reason: fc.constantFrom(...BAD_REASONS),
      flags,
    })
    .map(({ quality, value, raw, reason, ...stamp }) => {
      const base = { ...stamp, timeQuality: 'synced' as const, ...(raw === null ? {} : { raw }) };
      return quality === 'bad' ? { ...base, quality, reason } : { ...base, quality: quality as 'good', value };
    });
const aBatch: fc.Arbitrary<Batch> = fc
  .record({
    edgeId: token,
    epoch: token,
    seq: fc.integer({ min: 1, max: 2 ** 40 }),
    bootId: token,
    monoMs: fc.nat(),
    inventoryVersion: token,
    readings: fc.array(aReading(1_700_000_000_000), { maxLength: 30 }),
    events: fc.constantFrom([], [{ kind: 'drop', count: 3, reason: 'full ]}' }] as const),
  })
  .map((parts) => ({ ...parts, writtenAtMs: 1_700_000_000_000, timeQuality: 'synced' }));

function readingsOf(batch: ScannedBatch): Reading[] {
  return Array.from({ length: batch.count }, (_, at) => {
    const raw = batch.raw[at] ?? Number.NaN;
    const stamp = {
      sensorId: batch.ids[batch.index[at] ?? -1] ?? '?',
      measuredAtMs: batch.writtenAtMs + (batch.dt[at] ?? 0),
      timeQuality: batch.timeQuality,
      flags: flagsOfBits(batch.bits[at] ?? 0),
      ...(Number.isNaN(raw) ? {} : { raw }),
    };
    const value = batch.value[at] ?? Number.NaN;
    const code = batch.code[at] ?? -1;
    if (Number.isNaN(value)) return { ...stamp, quality: 'bad', reason: BAD_REASONS[code] ?? 'decode' };
    return { ...stamp, quality: code === 2 ? 'suspect' : 'good', value };
  });
}

describe('the batch scanner', () => {
  it('reads every batch that the codec writes, as the codec does', () => {
    const scan = createBatchScanner();
    fc.assert(
      fc.property(aBatch, (batch) => {
        const text = encodeBatch(batch);
        const scanned = scan(text);
        const decoded = decodeBatch(text);
        if (scanned === undefined || !decoded.ok) throw new Error(`not read: ${text}`);
        const normal = (readings: readonly Reading[]) =>
          readings.map((reading) => ({ ...reading, flags: flagBits(reading.flags) }));
        expect(normal(readingsOf(scanned))).toEqual(normal(decoded.value.readings));
        const { edgeId, epoch, seq, bootId, monoMs, writtenAtMs, inventoryVersion, events } = scanned;
        expect({ edgeId, epoch, seq, bootId, monoMs, writtenAtMs, inventoryVersion, events }).toEqual({
          edgeId: batch.edgeId,
          epoch: batch.epoch,
          seq: batch.seq,
          bootId: batch.bootId,
          monoMs: batch.monoMs,
          writtenAtMs: batch.writtenAtMs,
          inventoryVersion: batch.inventoryVersion,
          events: batch.events,
        });
      }),
      { verbose: 1 },
    );
  });

  it('never reads what the codec refuses, whatever one character is changed', () => {
    const scan = createBatchScanner();
    fc.assert(
      fc.property(aBatch, fc.nat(), fc.constantFrom(...'[]{},"0123456789-.enul k'), (batch, place, char) => {
        const text = encodeBatch({ ...batch, events: [] });
        const at = place % text.length;
        const broken = text.slice(0, at) + char + text.slice(at + 1);
        if (scan(broken) !== undefined) expect(decodeBatch(broken), broken).toMatchObject({ ok: true });
      }),
      { numRuns: 3_000, verbose: 1 },
    );
  });

  it('gives the same list of names as the same array, so that lookups can be remembered by it', () => {
    const scan = createBatchScanner();
    const text = '{"v":1,"e":"a","p":"b","s":1,"b":"c","m":0,"t":5,"q":1,"i":"d","k":["x","y"],"r":[[1,0,7]]}';
    const first = scan(text)?.ids;
    expect(first).toEqual(['x', 'y']);
    expect(scan(text.replace('"s":1', '"s":2'))?.ids).toBe(first);
  });
});
