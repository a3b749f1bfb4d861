import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLineBytes } from './line-bytes.ts';
import { createLineGroup } from './line-group.ts';
import { createSeries, type Placed } from './series.ts';

const placed = (name: string): Placed => {
  const series = createSeries('live', name, undefined);
  return Object.assign(series, { prefix: new TextEncoder().encode(`live_rain,sensor=${name}`), decimals: 3 });
};
const aLine = fc.record({
  series: fc.nat(5),
  atMs: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  value: fc.option(fc.integer({ min: -1_000_000, max: 1_000_000 }), { nil: Number.NaN }),
  raw: fc.option(fc.nat(1_000_000), { nil: Number.NaN }),
  bits: fc.nat(1_000),
  offset: fc.nat(999_999),
});

it('gives every line that went in, those of a series together and in their order, in bodies of the length asked', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(aLine, { maxLength: 60 }), { maxLength: 3 }),
      fc.integer({ min: 1, max: 20 }),
      (rounds, most) => {
        const all = ['a', 'b', 'c', 'd', 'e', 'f'].map(placed);
        const group = createLineGroup(8);
        for (const lines of rounds) {
          const expected = all.flatMap((series, index) => {
            const bytes = createLineBytes(64);
            for (const { atMs, value, raw, bits, offset, ...line } of lines)
              if (line.series === index) bytes.add(series, { value, raw, bits, code: 0 }, atMs, offset);
            return bytes.take().split('\n').filter(Boolean);
          });
          for (const { atMs, value, raw, bits, offset, series } of lines)
            group.add(all[series] as Placed, { value, raw, bits, code: 0 }, atMs, offset);
          expect(group.count()).toBe(lines.length);
          const bodies = group.take(most).map((body) => body.split('\n').filter(Boolean));
          expect(bodies.every((body, at) => body.length === most || at === bodies.length - 1)).toBe(true);
          const got = bodies.flat();
          const nameOf = (line: string) => line.slice(0, line.indexOf(' '));
          expect(new Set(got.filter((line, at) => nameOf(line) !== nameOf(got[at - 1] ?? ' ')).map(nameOf)).size).toBe(
            got.filter((line, at) => nameOf(line) !== nameOf(got[at - 1] ?? ' ')).length,
          );
          const bySeries = (lines: readonly string[]) =>
            [...lines]
              .map((line, at) => [nameOf(line), at, line] as const)
              .sort((a, b) => a[0].localeCompare(b[0]) || a[1] - b[1])
              .map(([, , line]) => line);
          expect(bySeries(got)).toEqual(bySeries(expected));
        }
      },
    ),
    { numRuns: 100, verbose: 1 },
  );
});
