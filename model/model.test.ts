import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelOfRank, rankOf, worse } from '#model/level.ts';
import { PARTITIONS, partitionOf } from '#model/partition.ts';
import { formatSteps, fromSteps, QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import { formatLint } from '#model/result.ts';
import { addRange, addSeq, countSeqs, hasSeq, type SeqRange } from '#model/seen.ts';
import { formatClockSpec, formatInZone, parseClockSpec } from '#model/time.ts';
import { edgeTopic, gridTopic, parseTopic } from '#model/topics.ts';

describe('sets of sequence numbers', () => {
  it('agree with a plain set of numbers', () => {
    const piece = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat({ max: 8 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        let ranges: readonly SeqRange[] = [];
        const oracle = new Set<number>();
        for (const [from, length] of pieces) {
          ranges = length === 0 ? addSeq(ranges, from) : addRange(ranges, [from, from + length]);
          for (let seq = from; seq <= from + length; seq++) oracle.add(seq);
        }
        expect(countSeqs(ranges)).toBe(oracle.size);
        for (let seq = 0; seq <= 70; seq++) expect(hasSeq(ranges, seq)).toBe(oracle.has(seq));
        for (let index = 1; index < ranges.length; index++) {
          expect(ranges[index]?.[0]).toBeGreaterThan((ranges[index - 1]?.[1] ?? 0) + 1);
        }
      }),
    );
  });
});

describe('quantities', () => {
  it('hold tips of 0.1, 0.2, 0.254 and 0.28 mm as whole steps', () => {
    expect([0.1, 0.2, 0.254, 0.28].map((mm) => toSteps('rain', mm))).toEqual([100, 200, 254, 280]);
  });

  it('come back from steps as they went in, and print exactly', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(QUANTITIES) as QuantityCode[])),
        fc.integer({ min: -1e9, max: 1e9 }),
        (quantity, steps) => {
          expect(toSteps(quantity, fromSteps(quantity, steps))).toBe(steps);
          expect(Number(formatSteps(quantity, steps))).toBeCloseTo(fromSteps(quantity, steps), 9);
        },
      ),
    );
    expect(formatSteps('level', 14_420)).toBe('14.420');
    expect(formatSteps('level', -15)).toBe('-0.015');
  });
});

describe('topics', () => {
  it('are parsed back into what they were made of', () => {
    expect(parseTopic(edgeTopic('451099101', 'edge-1', 'up'))).toEqual({
      ok: true,
      value: { kind: 'edge', township: '451099101', edgeId: 'edge-1', channel: 'up' },
    });
    expect(parseTopic(gridTopic('451099', '451099101', '', 'p', 'alert'))).toEqual({
      ok: true,
      value: { kind: 'grid', county: '451099', township: '451099101', village: '-', point: 'p', channel: 'alert' },
    });
  });

  it.each([
    'fengsui/v1/edge/a/b',
    'fengsui/v1/edge/a/b/up/x',
    'fengsui/v1/edge/a/+/up',
    'fengsui/v2/edge/a/b/up',
    'fengsui/v1/edge/a/b c/up',
    'fengsui/v1/grid/a/b/c/d/up',
    '$SYS/x/new/clients',
    '',
  ])('refuse %j', (topic) => {
    expect(parseTopic(topic).ok).toBe(false);
  });
});

describe('partitions', () => {
  it('never move, or a county would lose its order', () => {
    expect(['451099101', '451099102', '451099103', '-'].map(partitionOf)).toEqual([7, 10, 13, 8]);
  });

  it('spread townships over all sixteen', () => {
    const used = new Set(Array.from({ length: 200 }, (_, index) => partitionOf(`451099${100 + index}`)));
    expect(used.size).toBe(PARTITIONS);
  });
});

describe('levels', () => {
  it('are ordered from none to red', () => {
    expect(worse('blue', 'red')).toBe('red');
    expect(worse('none', 'none')).toBe('none');
    expect([0, 1, 2, 3, 4].map((rank) => rankOf(levelOfRank(rank)))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('clock specifications', () => {
  it('read the virtual form with and without an anchor', () => {
    expect(parseClockSpec('virtual:2026-07-01T00:00:00Z×60')).toEqual({
      kind: 'virtual',
      startMs: Date.parse('2026-07-01T00:00:00Z'),
      speed: 60,
      anchorMs: undefined,
    });
    const spec = parseClockSpec('virtual:2026-07-01T00:00:00.000Z×0.5@1790000000000');
    expect(spec === undefined ? '' : formatClockSpec(spec)).toBe('virtual:2026-07-01T00:00:00.000Z×0.5@1790000000000');
  });

  it.each(['virtual', 'virtual:×60', 'virtual:2026-07-01T00:00:00Z×0', 'fast'])('refuse %j', (raw) => {
    expect(parseClockSpec(raw)).toBeUndefined();
  });

  it("print an instant in the county's zone with its offset", () => {
    expect(formatInZone(Date.parse('2022-06-03T06:05:09Z'), 'Asia/Shanghai')).toBe('2022-06-03T14:05:09+08:00');
  });
});

describe('lints', () => {
  it('print as file:line:column with the mend', () => {
    const lint = {
      file: 'points.yaml',
      line: 3,
      column: 5,
      path: 'points[0].lon',
      kind: 'range',
      message: 'longitude 1070 is not on this planet',
      mend: 'write degrees, e.g. 107.0',
      severity: 'error',
    } as const;
    expect(formatLint(lint)).toBe(
      'points.yaml:3:5: error: points[0].lon: longitude 1070 is not on this planet — write degrees, e.g. 107.0',
    );
  });
});
