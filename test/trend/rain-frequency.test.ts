/** `rainFrequency:` of points.yaml: read as the handbook prints it, and a slip in it is told with its place. */
import { describe, expect, test } from 'vitest';
import { checkCounty } from '#cli/load/county.ts';
import { formatLint } from '#model/result.ts';
import { edited, placeOf, shippedFiles, shippedProfiles } from '#test/county/shipped.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');
const profiles = shippedProfiles();
const HOUR = '1h: { mean: 45, cv: 0.4, csOverCv: 3.5 }';
const DAY = '24h: { mean: 100, cv: 0.52, csOverCv: 3.5 }';

describe('the frequency of rains at a point', { timeout: 30_000 }, () => {
  test('is read with Cs from Cs/Cv, durations ascending', () => {
    const { county, lints } = checkCounty(shippedFiles(), NOW, profiles);
    expect(lints.map(formatLint)).toEqual([]);
    const table = county?.registry.points.get('taoshuwan')?.rainFrequency;
    expect(table?.rows.map(({ hours }) => hours)).toEqual([1, 3, 6, 12, 24]);
    expect(table?.rows[0]).toMatchObject({ meanMm: 45, cv: 0.4 });
    expect(table?.rows[0]?.cs).toBeCloseTo(1.4, 9);
  });

  test.for([
    [
      'two sorts of skew',
      HOUR,
      '1h: { mean: 45, cv: 0.4, cs: 1.4, csOverCv: 3.5 }',
      '{ mean: 45',
      'value',
      'either cs or csOverCv',
    ],
    ['too small a skew', HOUR, '1h: { mean: 45, cv: 0.4, cs: 0.7 }', '{ mean: 45', 'frequency', 'rains below zero'],
    [
      'a day with less rain than twelve hours',
      DAY,
      '24h: { mean: 80, cv: 0.52, csOverCv: 3.5 }',
      '80, cv',
      'frequency',
      'not more than 12h',
    ],
    [
      'a day that rains as hard as an hour',
      DAY,
      '24h: { mean: 1080, cv: 0.52, csOverCv: 3.5 }',
      '1080',
      'frequency',
      'rains as hard an hour as 12h',
    ],
    [
      'a duration that nobody asks',
      DAY,
      '25h: { mean: 100, cv: 0.52, csOverCv: 3.5 }',
      '25h',
      'unknown-duration',
      'did you mean "24h"',
    ],
    ['a Cv in per cent', HOUR, '1h: { mean: 45, cv: 40, csOverCv: 3.5 }', '40,', 'type', '<=2'],
  ] as const)('is refused with its place: %s', ([, from, to, at, kind, says]) => {
    const files = edited('points.yaml', from, to);
    const { lints, county } = checkCounty(files, NOW, profiles);
    const lint = lints.find((one) => one.kind === kind);
    expect(lint === undefined ? lints.map(formatLint) : []).toEqual([]);
    if (lint === undefined) return;
    expect(formatLint(lint)).toContain(says);
    expect(`${lint.line}:${lint.column}`).toBe(Object.values(placeOf(files.get('points.yaml') ?? '', at)).join(':'));
    expect(county).toBeNull();
  });
});
