/** Recorded rain: the figures of the Boulder flood, of the Mukilteo season and of the Seattle line, through the live engine. */
import { describe, expect, it } from 'vitest';
import { formatInZone } from '#model/time.ts';
import type { RecordingSeries } from '#rules/backtest/recording.ts';
import { scoreSkill } from '#rules/backtest/skill.ts';
import { withDryGaps } from '#simulators/recorded/dry-gaps.ts';
import { loadTruth } from '#simulators/recorded/io/load.ts';
import {
  changesIn,
  hasData,
  hoursUp,
  national,
  play,
  recordingOf,
  skillRule,
  sound,
  within,
} from '#test/rules/golden.ts';

const HOUR = 3_600_000;
const BOULDER = 'boulder-2013';
const floodDays = () => within(recordingOf(BOULDER), flood.fromMs, flood.toMs);
const flood = { fromMs: Date.UTC(2013, 8, 9, 7), toMs: Date.UTC(2013, 8, 19, 6) };

/** Hours of the windows that end at a whole hour, or hours between two rows; naive on purpose. */
function sums(
  { columns }: RecordingSeries,
  hours: number,
  from = Number.NEGATIVE_INFINITY,
  to = Number.POSITIVE_INFINITY,
) {
  const out: { atMs: number; steps: number }[] = [];
  for (let i = 0; i < columns.count; i++) {
    const atMs = columns.atMs[i] as number;
    if (atMs < from || atMs > to) continue;
    let steps = 0;
    for (let j = i; j >= 0 && (columns.atMs[j] as number) > atMs - hours * HOUR; j--)
      steps += columns.values[j] as number;
    out.push({ atMs, steps });
  }
  return out;
}

describe.skipIf(!hasData)('Boulder 2013', () => {
  it('has the maxima of 1 to 72 hours at their hours, hours left out as dry', () => {
    const [series] = recordingOf(BOULDER).series;
    if (series === undefined) throw new Error('no series');
    const best = (hours: number) => {
      const all = sums(series, hours, flood.fromMs, flood.toMs);
      const top = all.reduce((most, one) => (one.steps > most.steps ? one : most));
      return `${top.steps / 1_000} ${formatInZone(top.atMs, 'Etc/GMT+7').slice(5, 16)}`;
    };
    expect([1, 3, 6, 12, 24, 72].map(best)).toEqual([
      '55.88 09-12T00:00',
      '109.22 09-12T00:00',
      '154.94 09-12T00:00',
      '193.04 09-12T04:00',
      '248.92 09-12T17:00',
      '360.68 09-13T05:00',
    ]);
  });

  it('goes blue, yellow, orange and red under the national table, to the hour, and a red that is true for one hour holds by its delay', () => {
    const run = play(floodDays(), national());
    expect(changesIn(run, 'Etc/GMT+7').slice(0, 4)).toEqual([
      '09-11T19:00 blue',
      '09-11T21:00 yellow',
      '09-11T23:00 orange',
      '09-12T00:00 red',
    ]);
    expect(hoursUp(run, (level) => level === 'red')).toBe(2);
  });

  it('has 32, 12, 4 and 1 hours at the four limits when nothing delays or holds a level', () => {
    const bare = national()
      .text.replaceAll(/deadband: 2/g, 'deadband: 0.001')
      .replaceAll(/offDelay: 1h/g, 'offDelay: 0s');
    const only = (id: string) =>
      bare
        .split(/(?=^ {2}- id: )/m)
        .filter((part) => !part.startsWith('  - id: ') || part.includes(`id: ${id}\n`))
        .join('');
    const hours = (id: string, level?: string) =>
      hoursUp(play(floodDays(), { file: 'bare.yaml', text: only(id) }), (now) =>
        level === undefined ? now !== 'none' : now === level,
      );
    expect([
      hours('rainstorm-12h'),
      hours('rainstorm-6h'),
      hours('rainstorm-3h'),
      hours('rainstorm-3h', 'red'),
    ]).toEqual([32, 12, 4, 1]);
  });

  it('goes through the colours of the Jianghua table by 24 hours, within the same three hours', () => {
    const run = play(floodDays(), skillRule('rain-county'));
    expect(changesIn(run, 'Etc/GMT+7').slice(0, 4)).toEqual([
      '09-11T21:00 blue',
      '09-11T22:00 yellow',
      '09-11T23:00 orange',
      '09-12T00:00 red',
    ]);
    expect(run.changes.slice(0, 4).map(({ reason }) => /in (\d+) hours/.exec(reason.en)?.[1])).toEqual([
      '24',
      '24',
      '24',
      '24',
    ]);
  });
});

describe.skipIf(!hasData)('Mukilteo 2015', () => {
  const MUKILTEO = 'usgs-mukilteo';
  it.each([
    ['waMLP', 409.448, 38.86, 64.52],
    ['waMWWD', 407.924, 40.13, 65.02],
    ['waMVD116', 433.324, 44.7, 71.37],
    ['waWatertonA', 559.816, 45.21, 81.28],
  ])('%s: %d mm in all, %d in 24 h and %d in 72 h at most', (name, mm, day, three) => {
    const [series] = recordingOf(MUKILTEO, new RegExp(`^${name}$`)).series;
    if (series === undefined) throw new Error('no series');
    const most = (hours: number) => Math.max(...sums(series, hours).map(({ steps }) => steps)) / 1_000;
    expect(
      series.columns.values.subarray(0, series.columns.count).reduce((sum, steps) => sum + steps, 0) / 1_000,
    ).toBeCloseTo(mm, 3);
    expect([most(24), most(72)].map((value) => value.toFixed(2))).toEqual([day.toFixed(2), three.toFixed(2)]);
  });

  it('reaches no Chinese colour, and one gauge is doubted while its neighbours are dry', () => {
    const run = play(recordingOf(MUKILTEO), national(), skillRule('rain-county'), skillRule('lone-gauge'));
    expect(run.changes).toEqual([]);
    const doubts = run.flags.filter(({ flag }) => flag === 'lone-gauge');
    expect(doubts.map(({ sensor, atMs }) => `${sensor} ${formatInZone(atMs, 'Etc/GMT+8').slice(0, 16)}`)).toEqual([
      'waMLP 2015-11-08T04:15',
    ]);
    expect(doubts[0]?.reason?.en).toMatch(/18\.288 mm in 1 hour while 2 neighbours/);
    expect(run.flags.filter(({ flag }) => flag === 'clock-back')).toHaveLength(2);
  });
});

describe.skipIf(!hasData)('the Seattle line at Paine Field (KPAE)', () => {
  const truth = () =>
    sound(
      loadTruth(
        new URL('../../simulators/recorded/truth/usgs-seattle-2010-2011.yaml', import.meta.url).pathname,
        undefined,
      ),
    );
  const kpae = () => recordingOf('usgs-seattle-2010-2011', /^KPAE/);

  it('stands for 198 hours in three periods, 4 of 11 landslide days inside, 7 missed and one period false', () => {
    const run = play(withDryGaps(kpae()), skillRule('rain-seattle-line'));
    expect(hoursUp(run)).toBe(198);
    const { hits, misses, falseAlarms, alarmHours } = scoreSkill(run, truth());
    expect([hits, misses, falseAlarms, alarmHours]).toEqual([4, 7, 1, 198]);
  });

  it('stands for 612 hours without its validity range', () => {
    expect(hoursUp(play(withDryGaps(kpae()), skillRule('rain-seattle-line-unbounded')))).toBe(612);
  });

  it('is kept up by hours that are missing, where they are not taken for dry ones: the same days, and more hours', () => {
    const run = play(kpae(), skillRule('rain-seattle-line'));
    const { hits, misses, falseAlarms, alarmHours } = scoreSkill(run, truth());
    expect([hits, misses, falseAlarms]).toEqual([4, 7, 1]);
    expect(alarmHours).toBeGreaterThan(198);
  });
});
