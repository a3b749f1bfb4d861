import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Columns, createChunkEncoder, decodeChunk, isBadCode, sortColumns } from './chunk.ts';
import { emptyReadingColumns, readChunkInto, stateOfCode } from './chunk-columns.ts';

/** Mostly the same step and value, as stations have it; sometimes anything. */
const rowArb = fc.record({
  step: fc.oneof({ weight: 6, arbitrary: fc.constant(60_000) }, fc.integer({ min: 0, max: 10 ** 11 })),
  value: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  raw: fc.integer({ min: 0, max: 2 ** 40 }),
  code: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.integer({ min: 0, max: 1_023 * 64 + 19 })),
});

function columnsOf(rows: readonly { step: number; value: number; raw: number; code: number }[]): Columns {
  let atMs = 1_700_000_000_000;
  const hasRaw = (code: number) => (code & 1) === 1;
  return sortColumns({
    times: rows.map(({ step }) => (atMs += step)),
    values: rows.map(({ value, code }) => (isBadCode(code) ? 0 : value)),
    raws: rows.map(({ raw, code }) => (hasRaw(code) ? raw : 0)),
    codes: rows.map(({ code }) => code),
  });
}

describe('a chunk', () => {
  it('opened into typed arrays at any place holds what it holds opened number by number', () => {
    const encode = createChunkEncoder();
    fc.assert(
      fc.property(fc.array(rowArb, { minLength: 1, maxLength: 300 }), fc.nat(5), (rows, from) => {
        const columns = columnsOf(rows);
        const bytes = encode(columns);
        const fromMs = columns.times[0] ?? 0;
        const plain = decodeChunk(bytes, fromMs);
        expect(plain).toEqual(columns);
        const read = emptyReadingColumns(from + rows.length);
        expect(readChunkInto(read, from, bytes, fromMs)).toBe(rows.length);
        const states = plain.codes.map(stateOfCode);
        const there = (_: number, row: number) => !isBadCode(plain.codes[row] ?? 0);
        expect([...read.atMs.subarray(from)]).toEqual(plain.times);
        expect([...read.values.subarray(from)].filter(there)).toEqual(plain.values.filter(there));
        expect([...(read.states?.subarray(from) ?? new Array(rows.length).fill(0))]).toEqual(states);
      }),
      { numRuns: 300, verbose: 1 },
    );
  });
});
