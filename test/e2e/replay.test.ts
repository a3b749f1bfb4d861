import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { replay } from '#cli/io/replay.ts';
import { changesOf } from '#cli/io/replay-command.ts';
import { top } from '#test/support/command.ts';

const shared = process.env['FENGSUI_SHARED'] ?? join(top, '..', 'shared');
const boulder = join(shared, 'data', 'boulder-2013', '805325-precip-daily-2003-2013.csv');
const mukilteo = join(shared, 'data', 'usgs-mukilteo', 'waMVD116_rain.txt');
const dir = mkdtempSync(join(tmpdir(), 'fengsui-replay-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const dirs = { countyDir: join(top, 'county'), devicesDir: join(top, 'devices') };

describe.skipIf(!existsSync(boulder))('a recorded storm through the whole chain', () => {
  it('raises the four colours of Boulder 2013 at the hours that the record gives, and names the people of each level', {
    timeout: 120_000,
  }, async () => {
    const outcome = await replay({
      ...dirs,
      file: boulder,
      dataDir: join(dir, 'boulder'),
      sensorId: 'taoshuwan-rain',
      fromMs: Date.parse('2013-09-09T00:00:00-07:00'),
      toMs: Date.parse('2013-09-14T00:00:00-07:00'),
    });
    if (!outcome.ok) throw new Error(outcome.error);
    const changes = changesOf(outcome.value, 'Etc/GMT+7');
    const alerts = outcome.value.alerts.list({ gridCodes: ['451099'] }, 10, null).items;
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
  }, async () => {
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

  it('says what is wrong with a file that it cannot play', async () => {
    const outcome = await replay({ ...dirs, file: join(top, 'README.md'), dataDir: join(dir, 'none') });
    expect(outcome.ok).toBe(false);
    if (!outcome.ok) expect(outcome.error).toMatch(/known formats/);
  });
});
