import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { type ReplayOptions, replay } from '#cli/io/replay.ts';
import { changesOf } from '#cli/io/replay-command.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { decodeBatch } from '#model/batch.ts';
import { type Level, rankOf } from '#model/level.ts';
import { formatInZone } from '#model/time.ts';
import { isNote, type Transition } from '#model/transition.ts';
import { openTransitionReader } from '#rules/io/transition-reader.ts';
import { top } from '#test/support/command.ts';

const shared = process.env['FENGSUI_SHARED'] ?? join(top, '..', 'shared');
const boulder = join(shared, 'data', 'boulder-2013', '805325-precip-daily-2003-2013.csv');
const mukilteo = join(shared, 'data', 'usgs-mukilteo', 'waMVD116_rain.txt');
const preonzo = join(shared, 'data', 'preonzo-2012', 'preonzo_E1_digitised.csv');
const fire = join(shared, 'data', 'fsri-compartments-2018', '100kW_Closed_Center_1.csv');
const dir = mkdtempSync(join(tmpdir(), 'fengsui-replay-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const dirs = { countyDir: join(top, 'county'), devicesDir: join(top, 'devices') };

/** What one rule said, whatever the county's other rules say of the same sensor. */
function saidBy(dataDir: string, ruleId: string): readonly Transition[] {
  const log = openTransitionReader(dataDir);
  const found = log.read(0, 100_000).map(({ entry }) => entry);
  log.close();
  return found.flatMap((one) => (!isNote(one) && one.rule.startsWith(`${ruleId}@`) ? [one] : []));
}

// Side by side: a step is mostly waiting for the next acknowledgement.
describe.skipIf(!existsSync(boulder)).concurrent('a recorded series through the whole chain', () => {
  it('raises the four colours of Boulder 2013 at the hours that the record gives, and names the people of each level', {
    timeout: 120_000,
  }, async ({ expect }) => {
    const outcome = await replay({
      ...dirs,
      file: boulder,
      dataDir: join(dir, 'boulder'),
      sensorId: 'taoshuwan-rain',
      fromMs: Date.parse('2013-09-09T00:00:00-07:00'),
      toMs: Date.parse('2013-09-14T00:00:00-07:00'),
    });
    if (!outcome.ok) throw new Error(outcome.error);
    // The county's own tables of rain speak of floods and slopes as well; this is about the national signals.
    const changes = changesOf(outcome.value, 'Etc/GMT+7').filter(({ hazard }) => hazard === 'rainstorm');
    const alerts = outcome.value.alerts
      .list({ gridCodes: ['451099'] }, 10, null)
      .items.filter(({ hazard }) => hazard === 'rainstorm');
    outcome.value.alerts.close();
    expect(outcome.value.report.failure).toBeNull();
    expect(changes.map(({ at, level }) => `${at.slice(0, 16)} ${level}`)).toEqual([
      '2013-09-11T19:00 blue',
      '2013-09-11T21:00 yellow',
      '2013-09-11T23:00 orange',
      '2013-09-12T00:00 red',
      '2013-09-12T02:00 orange',
      '2013-09-12T04:00 yellow',
      '2013-09-12T07:00 blue',
      '2013-09-12T20:00 yellow',
      '2013-09-13T00:00 blue',
      '2013-09-13T07:00 none',
    ]);
    const people = changes.map((change) => new Set(change.recipients.map((recipient) => recipient.personId)));
    const [blue, yellow, orange, red] = people;
    const tiers = (index: number) => [...new Set(changes[index]?.recipients.map((recipient) => recipient.tier))].sort();
    expect([tiers(0), tiers(1), tiers(2), tiers(3)]).toEqual([[3], [2, 3], [1, 2, 3], [1, 2, 3]]);
    expect(blue).toEqual(new Set(['luo-yongfu', 'luo-caixia', 'wei-dashan', 'huang-xiaomei']));
    for (const person of blue ?? []) expect(yellow?.has(person)).toBe(true);
    for (const person of yellow ?? []) expect(orange?.has(person)).toBe(true);
    expect(red?.has('wei-guoping')).toBe(true);
    // What only falls calls nobody.
    expect(people.slice(4, 7).map((told) => told.size)).toEqual([0, 0, 0]);
    expect(changes[3]?.reason.zh).toBe('3 小时降雨量 109.22 mm，达到红色阈值 100.0 mm');
    expect(alerts.map((alert) => [alert.subject.id, alert.hazard, alert.origin, alert.condition])).toEqual([
      ['taoshuwan', 'rainstorm', 'replay', 'cleared'],
    ]);
  });

  it('raises nothing for an autumn of the Mukilteo gauges, whose sums reach no Chinese colour', {
    timeout: 120_000,
  }, async ({ expect }) => {
    const outcome = await replay({
      ...dirs,
      file: mukilteo,
      dataDir: join(dir, 'mukilteo'),
      sensorId: 'longtan-rain',
      fromMs: Date.parse('2015-12-08T00:00:00-08:00'),
      toMs: Date.parse('2015-12-10T00:00:00-08:00'),
    });
    if (!outcome.ok) throw new Error(outcome.error);
    const changes = changesOf(outcome.value, 'Etc/GMT+8');
    outcome.value.alerts.close();
    expect(outcome.value.report.polls.row).toBeGreaterThan(150);
    expect(outcome.value.report.total).toBeGreaterThan(40_000);
    expect(changes).toEqual([]);
  });

  it('raises the four colours of Preonzo for a meter that was set five days before the collapse', {
    timeout: 120_000,
  }, async ({ expect }) => {
    const dataDir = join(dir, 'preonzo');
    const outcome = await replay({
      ...dirs,
      file: preonzo,
      dataDir,
      zero: true,
      fromMs: Date.parse('2012-05-10T00:00:00+01:00'),
    });
    if (!outcome.ok) throw new Error(outcome.error);
    const changes = changesOf(outcome.value, 'Etc/GMT-1');
    outcome.value.alerts.close();
    expect(outcome.value.report).toMatchObject({ failure: null, polls: { row: 115 } });
    // The second hourly value at or above each limit; the mountain fell on 15 May.
    const said = saidBy(dataDir, 'slope-displacement').map(
      ({ atMs, to, reason }) => `${formatInZone(atMs, 'Etc/GMT-1').slice(0, 16)} ${to} ${reason.en}`,
    );
    expect(said).toEqual([
      expect.stringMatching(/^2012-05-11T08:00 blue displacement of 10\.39 mm/),
      expect.stringMatching(/^2012-05-12T09:00 yellow displacement of 21\.18 mm/),
      expect.stringMatching(/^2012-05-13T14:00 orange displacement of 41\.14 mm/),
      expect.stringMatching(/^2012-05-14T17:00 red displacement of 87\.93 mm/),
    ]);
    // The rules about how it moves may be sooner with a colour; the alert has each one at the latest when this rule has.
    const ranks = changes.map(({ level }) => rankOf(level));
    expect(ranks).toEqual([...ranks].sort());
    for (const line of said) {
      const [at = '', colour] = line.split(' ');
      const reached = changes.find(({ level }) => rankOf(level) >= rankOf(colour as Level));
      expect((reached?.at ?? 'never').slice(0, 16) <= at, line).toBe(true);
    }
    expect(new Set(changes.map(({ subject, hazard }) => `${subject} ${hazard}`))).toEqual(
      new Set(['taoshuwan landslide']),
    );
    const people = changes.map((change) => change.recipients.map((recipient) => recipient.personId));
    expect(people[0]?.length).toBeGreaterThanOrEqual(3);
    expect(people.at(-1)).toContain('wei-guoping');
    // Hourly values are too few for the rate rule, and the replay says so instead of leaving a silence to be guessed at.
    const mute = outcome.value.watching.map(({ rule, mute: reason }) => [rule.split('@')[0], reason]);
    expect(mute).toContainEqual(['slope-displacement', null]);
    expect(mute).toContainEqual(['slope-rate', expect.stringMatching(/60 samples in 2 h, .* at most 3$/)]);
  });

  it('plays a fire on the county’s heat detector: the fixed limit tells it, to the second, and the rise has no past to go by', {
    timeout: 120_000,
  }, async ({ expect }) => {
    const dataDir = join(dir, 'fire');
    const outcome = await replay({
      ...dirs,
      file: fire,
      dataDir,
      seriesId: 'B-Temperature-25-mm',
      pointId: 'cangku-3',
      fromMs: Date.parse('2018-12-01T21:24:00Z'),
      toMs: Date.parse('2018-12-01T21:24:30Z'),
    });
    if (!outcome.ok) throw new Error(outcome.error);
    const { report, sensor, isVirtual, watching, seriesCount } = outcome.value;
    const changes = changesOf(outcome.value, 'UTC').map(({ at, level, subject, hazard }) => [
      at,
      level,
      subject,
      hazard,
    ]);
    expect(changes).toEqual([['2018-12-01T21:24:12+00:00', 'orange', 'cangku-3', 'fire']]);
    outcome.value.alerts.close();
    expect(report).toMatchObject({ failure: null, polls: { row: 31 } });
    expect([isVirtual, seriesCount, sensor.id]).toEqual([false, 32, 'cangku-3-heat']);
    expect(watching.map(({ rule, mute }) => [rule.split('@')[0], mute])).toEqual([
      ['fire-heat-fixed', null],
      ['fire-heat-rise', null],
    ]);
    const journal = openJournalReader(dataDir);
    const bodies = [...journal.heads().keys()].flatMap((partition) =>
      journal.read(partition, 0, 1_000).flatMap((row) => (row.kind === 'batch' ? [row] : [])),
    );
    journal.close();
    expect(bodies.length).toBeGreaterThanOrEqual(31);
    expect(new Set(bodies.map(({ origin }) => origin))).toEqual(new Set(['replay']));
    const values = bodies.flatMap(({ body }) => {
      const batch = decodeBatch(body);
      if (!batch.ok) throw new Error(batch.error.message);
      return batch.value.readings;
    });
    expect(new Set(values.map(({ sensorId }) => sensorId))).toEqual(new Set([sensor.id]));
    // 57 °C eleven seconds after ignition, as the record has it.
    expect(values.find((reading) => reading.quality !== 'bad' && reading.value >= 570)?.measuredAtMs).toBe(
      Date.parse('2018-12-01T21:24:12Z'),
    );
  });

  it('names what there is when a sensor, a point or a series is not', async ({ expect }) => {
    const ask = async (wish: Partial<ReplayOptions>) => {
      const outcome = await replay({ ...dirs, file: fire, dataDir: join(dir, 'none'), ...wish });
      return outcome.ok ? 'played' : outcome.error;
    };
    expect(await ask({ pointId: 'nowhere' })).toMatch(/no point nowhere; it has: taoshuwan, /);
    expect(await ask({ sensorId: 'longtan-level' })).toMatch(
      /of temperature; sensors of the county that measure it: cangku-3-heat/,
    );
    expect(await ask({ seriesId: 'Quadrant-B' })).toMatch(
      /several series; name one of:\n {2}Quadrant-B-Temperature-25-mm/,
    );
    expect(await ask({ file: boulder, zero: true })).toMatch(/--zero is for a gauge's reading/);
  });

  it('says what is wrong with a file that it cannot play', async ({ expect }) => {
    const outcome = await replay({ ...dirs, file: join(top, 'README.md'), dataDir: join(dir, 'none') });
    expect(outcome.ok).toBe(false);
    if (!outcome.ok) expect(outcome.error).toMatch(/known formats/);
  });
});
