import { describe, expect, it } from 'vitest';
import { formatLint } from '#model/result.ts';
import { compileRules } from '../compile.ts';
import { placeOfTests } from './place.ts';
import { lintReach, type SensorReach } from './reach.ts';
import { readTestFile } from './read.ts';

const PLACE = `rules: [a.yaml]
sensors:
  - { id: crack, quantity: displacement, point: slope }
  - { id: rain, quantity: rain, point: slope }
tests: [{ name: none, inputSeries: [{ sensor: crack, values: "1" }], changes: [] }]
`;
const REACH: SensorReach = { min: -50, max: 100, maxPerMinute: 1, everyMs: 60_000 };

function findings(quantity: string, measure: string, levels: string, reach: Partial<SensorReach> = {}): string[] {
  const text = `rules:
  - id: one
    title: { zh: 一, en: one }
    hazard: landslide
    quantity: ${quantity}
    measure: { ${measure} }
    levels: { ${levels} }
`;
  const source = readTestFile('a.test.yaml', PLACE, []);
  if (source.content === undefined) throw new Error('the place cannot be read');
  const compiled = compileRules([{ file: 'a.yaml', text }], placeOfTests(source.content, [], undefined), {
    tickMs: 1_000,
  });
  if (!compiled.ok) throw new Error(compiled.error.map(formatLint).join('\n'));
  const reaches = new Map(['crack', 'rain'].map((id) => [id, { ...REACH, ...reach }]));
  return lintReach([{ file: 'a.yaml', text }], compiled.value, reaches).map(formatLint);
}

describe('what can be seen of a rule without data', () => {
  it('is nothing when every limit is within what the device can say', () => {
    expect(findings('displacement', 'kind: value', 'blue: 10, red: 100')).toEqual([]);
    expect(findings('rain', 'kind: rollingSum, window: 1h', 'blue: 10, red: 60')).toEqual([]);
    expect(findings('displacement', 'kind: rate, window: 1h', 'blue: 10, red: 60')).toEqual([]);
  });

  it.each([
    [
      'a value above the range',
      'displacement',
      'kind: value',
      'blue: 10, red: 101',
      /a\.yaml:7:\d+: warning: .*red at 101 mm is above .*\(100 mm\): this level can never fire/,
    ],
    [
      'a sum of more than can fall',
      'rain',
      'kind: rollingSum, window: 1h',
      'blue: 10, red: 61',
      /warning: .*red at 61 mm is above/,
    ],
    [
      'a speed that the device cannot show',
      'displacement',
      'kind: rate, window: 1h',
      'blue: 10, red: 61',
      /red at 61 mm\/h is above .*\(60 mm\/h\)/,
    ],
    ['all levels above the range', 'displacement', 'kind: value', 'red: 101', /error: .*the rule can never fire there/],
    [
      'a window with too few samples',
      'displacement',
      'kind: rate, window: 5m, minSamples: 8',
      'red: 1',
      /a\.yaml:6:\d+: error: .*a window of 5m holds 6 readings of crack, which comes every 1m; it needs 8/,
    ],
  ])('is %s', (_, quantity, measure, levels, message) => {
    expect(findings(quantity, measure, levels).join('\n')).toMatch(message);
  });

  it('is a sum over a window in which an hourly station does not report', () => {
    expect(findings('rain', 'kind: rollingSum, window: 30m', 'red: 30', { everyMs: 3_600_000 }).join()).toMatch(
      /error: .*a window of 30m holds 0 readings of rain/,
    );
  });
});
