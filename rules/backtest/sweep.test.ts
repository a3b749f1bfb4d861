import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Comparable, diffRuns } from './diff.ts';
import { parseSweep, withLimit } from './sweep.ts';

describe('a sweep', () => {
  it('takes whole decimals from one end to the other', () => {
    const spec = parseSweep('slope-rate.yellow=0.1..0.5/0.1');
    expect(spec.ok && spec.value).toEqual({ rule: 'slope-rate', level: 'yellow', limits: [0.1, 0.2, 0.3, 0.4, 0.5] });
    const negative = parseSweep('frost.blue=-5..-3/1');
    expect(negative.ok && negative.value.limits).toEqual([-5, -4, -3]);
  });

  it.each([
    ['rain.red=60..120', 'no sweep'],
    ['rain.pink=60..120/10', 'no level'],
    ['rain.red=120..60/10', 'not below'],
    ['rain.red=60..120/0', 'above 0'],
    ['rain.red=0..1000000/0.1', 'at most'],
  ])('refuses %s', (text, why) => {
    const spec = parseSweep(text);
    expect(spec.ok ? '' : spec.error).toContain(why);
  });

  it('leaves the rule alone with that level, its delays kept, and the rules that doubt', () => {
    const text = `
rules:
  - id: rain
    levels: { blue: 10, red: { limit: 50, onDelay: 5m } }
    overrides: [{ points: [p], levels: { red: 40 } }]
  - id: other
    levels: { red: 1 }
  - id: lone
    doubt: { limit: 10, hold: 6h }
`;
    const files = withLimit([{ file: 'a.yaml', text }], { rule: 'rain', level: 'red' }, 70) ?? [];
    expect(parse(files[0]?.text ?? '')).toEqual({
      rules: [
        { id: 'rain', levels: { red: { limit: 70, onDelay: '5m' } } },
        { id: 'lone', doubt: { limit: 10, hold: '6h' } },
      ],
    });
    expect(withLimit([{ file: 'a.yaml', text }], { rule: 'rian', level: 'red' }, 70)).toBeUndefined();
  });
});

const result = (changes: readonly (readonly [at: string, level: 'blue' | 'red' | 'none'])[]): Comparable => ({
  changes: changes.map(([at, level]) => ({
    ...{ at: `2026-06-01T${at}:00:00+08:00`, level, from: 'none', subject: 'p', hazard: 'flood', rule: 'r@1' },
  })),
  skill: { hits: changes.length, pod: null },
  readings: 10,
});

describe('two backtests compared', () => {
  it('tells what only one has and how much later a level was first reached', () => {
    const difference = diffRuns(
      result([
        ['03', 'blue'],
        ['05', 'red'],
      ]),
      result([
        ['04', 'blue'],
        ['05', 'red'],
      ]),
    );
    expect(difference.onlyA.map(({ at }) => at)).toEqual(['2026-06-01T03:00:00+08:00']);
    expect(difference.onlyB.map(({ at }) => at)).toEqual(['2026-06-01T04:00:00+08:00']);
    expect(difference.first).toEqual([
      {
        ...{ subject: 'p', hazard: 'flood', level: 'blue', laterMs: 3_600_000 },
        ...{ a: '2026-06-01T03:00:00+08:00', b: '2026-06-01T04:00:00+08:00' },
      },
    ]);
    expect(difference.same).toBe(false);
  });

  it('finds the same decisions the same though the rules have other versions or another zone wrote them', () => {
    const a = result([['03', 'blue']]);
    const b = {
      ...a,
      changes: a.changes.map((change) => ({ ...change, rule: 'r@2', at: '2026-05-31T19:00:00+00:00' })),
    };
    expect(diffRuns(a, b).same).toBe(true);
  });
});
