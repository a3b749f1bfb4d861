import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSeries, type SeriesSample } from './series.ts';

const say = (sample: SeriesSample): string => {
  if (sample.kind === 'missing') return '_';
  if (sample.kind === 'bad') return `!${sample.reason}`;
  return `${sample.first ? 'first ' : ''}${sample.value}${sample.suspect ? '?' : ''}`;
};
const read = (text: string): string => {
  const samples = parseSeries(text);
  return samples.ok ? samples.value.map(say).join(' ') : samples.error.message;
};

describe('the notation of series', () => {
  it.each([
    ['1 2.5 -3', '1 2.5 -3', 'plain values'],
    ['0+1x10', '0 1 2 3 4 5 6 7 8 9 10', 'as promtool: the first and ten more'],
    ['-2+4x3', '-2 2 6 10', 'as promtool'],
    ['1-2x4', '1 -1 -3 -5 -7', 'as promtool: steps down'],
    ['1x4', '1 1 1 1 1', 'as promtool: the first and four more'],
    ['1 _x3 2', '1 _ _ _ 2', 'as promtool: three missing ones'],
    ['5? 6', '5? 6', 'a suspect value'],
    ['5?x2', '5? 5? 5?', 'suspect values'],
    ['0?+1x2', '0? 1? 2?', 'suspect values that climb'],
    ['0+1x2?', '0? 1? 2?', 'the mark may stand at the end'],
    ['!timeout !sentinelx2', '!timeout !sentinel !sentinel', 'readings without a value'],
    ['stale stalex2', '!stale !stale !stale', 'an old block'],
    ['first 0.2', 'first 0 0.2', 'the first count of a counter'],
    ['  1\n  2\t3 ', '1 2 3', 'over several lines'],
  ])('reads %j as %s: %s', (text, samples) => {
    expect(read(text)).toBe(samples);
  });

  it.each([
    ['', /is empty/],
    ['1 two 3', /"two" is no sample/],
    ['1+2', /has a step and no count/],
    ['1x', /"1x" is no sample/],
    ['!late', /no reason "late"/],
    ['1x200001', /more than 200000 samples/],
    ['_x999999999', /more than 200000 samples/],
    ['NaN', /is no sample/],
    ['1e9', /is no sample/],
  ])('refuses %j and says why', (text, message) => {
    expect(read(text)).toMatch(message);
  });

  it('reads back what it would write, whatever the runs', () => {
    const step = fc.integer({ min: -50, max: 50 });
    const run = fc.record({ start: step, by: step, more: fc.nat({ max: 20 }), suspect: fc.boolean() });
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 8 }), (runs) => {
        const text = runs
          .map(({ start, by, more, suspect }) => `${start}${suspect ? '?' : ''}${by < 0 ? '' : '+'}${by}x${more}`)
          .join(' ');
        const naive = runs.flatMap(({ start, by, more, suspect }) =>
          Array.from({ length: more + 1 }, (_, index) => `${start + by * index}${suspect ? '?' : ''}`),
        );
        expect(read(text)).toBe(naive.join(' '));
      }),
    );
  });
});
