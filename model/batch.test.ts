import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, decodeBatch, encodeBatch, openVerified } from '#model/batch.ts';
import { BAD_REASONS, FLAGS, type Reading } from '#model/reading.ts';

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
const flags = fc.subarray([...FLAGS]);
const raw = fc.option(fc.maxSafeInteger(), { nil: undefined });

const batch: fc.Arbitrary<Batch> = fc
  .record({
    edgeId: token,
    epoch: token,
    seq: fc.integer({ min: 1, max: 2 ** 40 }),
    bootId: token,
    monoMs: fc.integer({ min: 0, max: 2 ** 40 }),
    writtenAtMs: instant,
    timeQuality: fc.constantFrom('synced' as const, 'unsure' as const),
    inventoryVersion: token,
    rows: fc.array(
      fc.record({
        sensorId: token,
        measuredAtMs: instant,
        flags,
        raw,
        said: fc.oneof(
          fc.record({ quality: fc.constantFrom('good' as const, 'suspect' as const), value: fc.maxSafeInteger() }),
          fc.record({ quality: fc.constant('bad' as const), reason: fc.constantFrom(...BAD_REASONS) }),
        ),
      }),
      { maxLength: 30 },
    ),
    events: fc.array(
      fc.oneof(
        fc.record({
          kind: fc.constant('clock' as const),
          bootId: token,
          utcAtMonoZeroMs: instant,
          stepMs: fc.integer(),
        }),
        fc.record({ kind: fc.constant('drop' as const), count: fc.nat(), reason: fc.string() }),
        fc.record({
          kind: fc.constant('gap' as const),
          busId: token,
          fromMs: instant,
          toMs: instant,
          reason: fc.string(),
        }),
      ),
      { maxLength: 3 },
    ),
  })
  .map(({ rows, ...rest }) => ({
    ...rest,
    readings: rows.map(({ said, raw: given, ...row }): Reading => {
      const stamp = { ...row, timeQuality: rest.timeQuality, ...(given === undefined ? {} : { raw: given }) };
      return said.quality === 'bad'
        ? { ...stamp, quality: 'bad', reason: said.reason }
        : { ...stamp, quality: said.quality, value: said.value };
    }),
  }));

describe('the batch codec', () => {
  it('gives back every batch that it wrote', () => {
    fc.assert(
      fc.property(batch, (given) => {
        expect(decodeBatch(encodeBatch(given))).toEqual({ ok: true, value: given });
      }),
    );
  });

  it('keeps a usual reading under 25 bytes', () => {
    const readings: Reading[] = Array.from({ length: 100 }, (_, index) => ({
      sensorId: `s${index}`,
      measuredAtMs: 1_790_000_000_000 - index,
      timeQuality: 'synced',
      quality: 'good',
      value: 14_420,
      flags: [],
    }));
    const text = encodeBatch({
      edgeId: 'e',
      epoch: 'p',
      seq: 1,
      bootId: 'b',
      monoMs: 1,
      writtenAtMs: 1_790_000_000_000,
      timeQuality: 'synced',
      inventoryVersion: 'i',
      readings,
      events: [],
    });
    expect(text.length / 100).toBeLessThan(25);
  });

  it('answers every mutilated payload with a reason and never throws', () => {
    fc.assert(
      fc.property(batch, fc.nat(), fc.string({ maxLength: 4 }), fc.nat({ max: 6 }), (given, at, put, cut) => {
        const text = encodeBatch(given);
        const from = at % text.length;
        const result = decodeBatch(text.slice(0, from) + put + text.slice(from + cut));
        if (!result.ok) expect(result.error.message).not.toBe('');
      }),
    );
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', '{"v":1', /JSON/],
    ['another version', '{"v":2}', /version 2/],
    ['a list', '[]', /object/],
    ['a NaN', '{"v":1,"e":"e","p":"p","s":1,"b":"b","m":1,"t":1,"q":1,"i":"i","k":["a"],"r":[[0,0,NaN]]}', /JSON/],
    [
      'a fraction',
      '{"v":1,"e":"e","p":"p","s":1,"b":"b","m":1,"t":1,"q":1,"i":"i","k":["a"],"r":[[0,0,1.5]]}',
      /whole number/,
    ],
    [
      '1e400',
      '{"v":1,"e":"e","p":"p","s":1,"b":"b","m":1,"t":1,"q":1,"i":"i","k":["a"],"r":[[0,0,1e400]]}',
      /whole number/,
    ],
    [
      'an index out of range',
      '{"v":1,"e":"e","p":"p","s":1,"b":"b","m":1,"t":1,"q":1,"i":"i","k":["a"],"r":[[1,0,1]]}',
      /sensor index/,
    ],
    [
      'no value and no reason',
      '{"v":1,"e":"e","p":"p","s":1,"b":"b","m":1,"t":1,"q":1,"i":"i","k":["a"],"r":[[0,0,null]]}',
      /reason/,
    ],
    [
      'a name that is no token',
      '{"v":1,"e":"e e","p":"p","s":1,"b":"b","m":1,"t":1,"q":1,"i":"i","k":[],"r":[]}',
      /token/,
    ],
    ['sequence zero', '{"v":1,"e":"e","p":"p","s":0,"b":"b","m":1,"t":1,"q":1,"i":"i","k":[],"r":[]}', /from 1/],
    [
      'an unknown event',
      '{"v":1,"e":"e","p":"p","s":1,"b":"b","m":1,"t":1,"q":1,"i":"i","k":[],"r":[],"x":[{"kind":"y"}]}',
      /event kind/,
    ],
  ];
  it.each(refused)('refuses %s', (_, text, says) => {
    const result = decodeBatch(text);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.error.message).toMatch(says);
  });

  it('opens its own bytes without an object per reading', () => {
    fc.assert(
      fc.property(batch, (given) => {
        const opened = openVerified(encodeBatch(given));
        expect(opened.rows.length).toBe(given.readings.length);
        for (const [index, row] of opened.rows.entries()) {
          const reading = given.readings[index];
          expect(opened.ids[row[0] ?? -1]).toBe(reading?.sensorId);
          expect(opened.writtenAtMs + (row[1] ?? 0)).toBe(reading?.measuredAtMs);
        }
      }),
    );
  });
});
