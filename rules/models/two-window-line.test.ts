import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bench, en, HOUR, MINUTE, paramsOf, START, storms, zh } from '#test/support/rain.ts';
import { naiveSums } from './kit/naive-sums.ts';
import { twoWindowLine } from './two-window-line.ts';

const LINE = { intercept: 88.9, slope: 0.67 };
const SEATTLE = { ...LINE, minAntecedent: 12.7, maxAntecedent: 120.65, bucket: '1h' };

const shared = process.env['FENGSUI_SHARED'] ?? new URL('../../../shared/', import.meta.url).pathname;
const recorded = `${shared}/data/usgs-seattle-2010-2011/KPAE_t.txt`;

/** Hourly rain of KPAE: local hours read as UTC, hundredths of an inch. */
const readHours = (): readonly { readonly hour: number; readonly hundredths: number }[] =>
  readFileSync(recorded, 'utf8')
    .split('\n')
    .filter((line) => line.length >= 15)
    .map((line) => ({
      hour: Date.UTC(+line.slice(2, 6), +line.slice(6, 8) - 1, +line.slice(8, 10), +line.slice(10, 12)) / HOUR,
      hundredths: Number(line.slice(12, 15)),
    }));

/** Hours at which the figure is on the line or above, and the stretches they make. An hour without a row goes on as the last. */
function hoursAbove(params: object): { readonly hours: number; readonly periods: readonly string[] } {
  const { feed } = bench(twoWindowLine, params, 120);
  const above: number[] = [];
  const rows = readHours();
  for (const [index, { hour, hundredths }] of rows.entries()) {
    const figure = feed((hour * HOUR - START) / MINUTE, hundredths * 0.254);
    if (figure === undefined || figure.value < 0) continue;
    for (let at = hour; at < (rows[index + 1]?.hour ?? hour + 1); at++) above.push(at);
  }
  const periods: [number, number][] = [];
  for (const hour of above) {
    const last = periods.at(-1);
    if (last !== undefined && hour - last[1] <= 24) last[1] = hour;
    else periods.push([hour, hour]);
  }
  const stamp = (hour: number): string => new Date(hour * HOUR).toISOString().slice(0, 13);
  return { hours: above.length, periods: periods.map(([from, to]) => `${stamp(from)} ${stamp(to)}`) };
}

describe.skipIf(!existsSync(recorded))('the line of two windows on the rain of Everett, 2010 and 2011', () => {
  it('is crossed for 198 hours in three periods within its validity range', () => {
    expect(hoursAbove(SEATTLE)).toEqual({
      hours: 198,
      periods: ['2010-12-24T23 2010-12-25T18', '2011-03-14T23 2011-03-19T16', '2011-11-23T03 2011-11-26T13'],
    });
  });

  it('is crossed for 612 hours without the range, the last two periods running on', () => {
    const { hours, periods } = hoursAbove({ ...LINE, bucket: '1h' });
    expect(hours).toBe(612);
    expect(periods.map((period) => period.slice(14))).toEqual(
      expect.arrayContaining(['2011-03-27T20', '2011-12-05T03']),
    );
  });
});

describe('the line of two windows', () => {
  const SMALL = { ...LINE, recent: '1h', antecedent: '2h', bucket: '5m' };

  it('is reached by rain exactly on it, and not by a thousandth of a millimetre less', () => {
    for (const [last, value] of [
      [75.5, 0],
      [75.499, -0.001],
    ] as const) {
      const { feed } = bench(twoWindowLine, SMALL);
      feed(5, 20);
      expect(feed(125, last)?.value).toBe(value);
    }
  });

  it('says its windows, the line and the distance in both languages', () => {
    const { feed } = bench(twoWindowLine, SMALL);
    feed(5, 20);
    const figure = feed(125, 80);
    expect(zh(figure)).toBe(
      '近 1 小时雨量 80.0 mm、此前 2 小时 20.0 mm，高于判别线 75.5 mm 4.5 mm；数据仅 5%，实际不少于此值',
    );
    expect(en(figure)).toContain(
      'rain of 80.0 mm in 1 hour after 20.0 mm in the 2 hours before, 4.5 mm above the line at 75.5 mm',
    );
  });

  it('raises nothing outside its range, says so, and lowers there only as the rule allows', () => {
    for (const outside of ['lower', 'hold']) {
      const { feed } = bench(twoWindowLine, { ...SMALL, minAntecedent: 10, maxAntecedent: 50, outside }, 200);
      for (let minute = 5; minute <= 120; minute += 5) feed(minute, 5);
      const figure = feed(180, 500);
      expect(figure?.value).toBe(-88.9);
      expect(en(figure)).toContain("outside the line's range of 10–50 mm");
      expect(figure?.mayLower).toBe(outside === 'lower');
      expect(figure?.coverage).toBe(1);
    }
  });

  it('refuses an empty range and a window that is no whole number of buckets', () => {
    const broken = { ...LINE, minAntecedent: 20, maxAntecedent: 10, recent: '61m', bucket: '5m' };
    expect(paramsOf(twoWindowLine, broken).faults).toEqual([
      'recent: 61 minutes are not a whole number of buckets of 5 minutes',
      'maxAntecedent: the range of antecedent rain is empty',
    ]);
  });

  it('agrees with adding everything up anew, out of order, late, twice, missing and suspect', () => {
    fc.assert(
      fc.property(storms(200), (steps) => {
        const { feed } = bench(twoWindowLine, SMALL);
        const naive = naiveSums(5 * MINUTE, 36, 2);
        for (const { minute, steps: value, suspect, first } of steps) {
          const figure = feed(minute, value / 1_000, { suspect, first });
          if (!naive.add({ atMs: START + minute * MINUTE, value, suspect, first })) {
            expect(figure).toBeUndefined();
            continue;
          }
          const hundredths = 100 * naive.sum(0, 12) + 67 * naive.sum(12, 36) - 8_890_000;
          const whole = naive.covered(0, 36) === 36 && !suspect;
          expect(figure?.value).toBe(Math.floor(hundredths / 100) / 1_000);
          expect([figure?.mayLower, figure?.mayBeMore, figure?.coverage]).toEqual([
            whole,
            !whole,
            naive.covered(0, 36) / 36,
          ]);
        }
      }),
      { numRuns: 150, seed: 315, verbose: 1 },
    );
  });
});
