import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareTallies } from '#cli/history/compare.ts';
import { copyHistory } from '#cli/history/io/copy.ts';
import { openSink } from '#cli/history/io/influx-sink.ts';
import { openMoment } from '#cli/history/io/moment.ts';
import { openInflux, openPlaces } from '#cli/history/io/stores.ts';
import { influxAddress } from '#cli/io/influx-target.ts';
import { parseSettings } from '#cli/settings.ts';
import { placesOf } from '#ingest/influx/lines.ts';
import { openBulkStore } from '#ingest/io/transfer/bulk-store.ts';
import type { DayTally } from '#model/history.ts';
import { ORIGINS, type Reading } from '#model/reading.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { runFengsui, top } from '#test/support/command.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';

const T0 = Date.parse('2026-06-01T00:00:00Z');
const DAYS = 6;
const SENSORS = ['taoshuwan-crack', 'taoshuwan-rain'];
const EVERY_MS = 10 * MINUTE_MS;
const A_DAY = DAY_MS / EVERY_MS;

const reading = (sensorId: string, measuredAtMs: number, index: number): Reading => {
  const stamp = { sensorId, measuredAtMs, timeQuality: 'synced' as const, flags: [], raw: index };
  return index % 17 === 3
    ? { ...stamp, quality: 'bad', reason: 'timeout' }
    : { ...stamp, quality: index % 19 === 5 ? 'suspect' : 'good', value: index * 3 - 500 };
};

describe.skipIf(!needs('influxd'))('fengsui history copy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-copy-'));
  const county = join(folder, 'county');
  const data = join(folder, 'data');
  let influx: Database;

  const ask = async (q: string, method: 'GET' | 'POST' = 'GET') => {
    const answer = await fetch(`${influx.url}/query?${new URLSearchParams({ db: 'fengsui', q })}`, { method });
    const text = await answer.text();
    if (!answer.ok || text.includes('"error"')) throw new Error(text);
    return JSON.parse(text) as { results: { series?: { values: unknown[][] }[] }[] };
  };
  const inInflux = async (measurement: string): Promise<number> => {
    const { results } = await ask(`SELECT count(raw) FROM ${measurement}`);
    return Number(results[0]?.series?.[0]?.values[0]?.[1] ?? 0);
  };
  const run = async (...args: readonly string[]) => {
    const one = runFengsui(['history', ...args], { FENGSUI_DATA: data, FENGSUI_COUNTY: county });
    return { code: await one.exited, output: one.output() };
  };

  beforeAll(async () => {
    influx = await startInflux();
    cpSync(join(top, 'county'), county, { recursive: true });
    const named = `\nhistory: { kind: influxdb, version: 1, url: '${influx.url}', database: fengsui }\n`;
    writeFileSync(join(county, 'county.yaml'), named, { flag: 'a' });
    mkdirSync(data);
    const store = openBulkStore(data, 'Asia/Shanghai', 'fill', T0 + DAYS * DAY_MS);
    const all = SENSORS.flatMap((sensorId) =>
      Array.from({ length: DAYS * A_DAY }, (_, index) => reading(sensorId, T0 + index * EVERY_MS, index)),
    );
    // Two readings of one instant are two, of another origin as well.
    const twin = [...all.slice(0, 5), ...all.slice(0, 5)];
    store.add(1, 'live', [...all, ...twin]);
    store.add(2, 'drill', all.slice(0, 100));
    store.close();
  }, 60_000);
  afterAll(async () => {
    await influx?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    if (influx !== undefined) await ask('DROP DATABASE fengsui', 'POST');
  });

  it('makes both stores equal though it dies on the way, and has nothing to do the second time', {
    timeout: 90_000,
  }, async () => {
    // It dies as it writes the third day that holds anything; what it did until then is not done again.
    const parsed = parseSettings({ FENGSUI_DATA: data, FENGSUI_COUNTY: county }, '/');
    const places = parsed.ok ? openPlaces(parsed.value) : parsed;
    if (!places.ok) throw new Error(String(places.error));
    const moment = await openMoment(places.value, 0);
    const query = openInflux(places.value);
    if (!moment.ok || !query.ok) throw new Error('the stores do not open');
    const stopping = new AbortController();
    const target = { version: 1, url: influx.url, database: 'fengsui' } as const;
    const sink = openSink(target, stopping.signal, () => {});
    await sink.make();
    const copy = (write: typeof sink.write, onDay: (what: string) => void = () => {}) =>
      copyHistory(
        {
          ...{ dataDir: data, target: influxAddress(target), source: moment.value.source, days: moment.value.days },
          ...{ sink: { query: query.value, write }, places: placesOf(places.value.registry), signal: stopping.signal },
          ...{ fromMs: 0, toMs: T0 + 100 * DAY_MS },
        },
        onDay,
      );
    let days = 0;
    const dying = copy(
      async (lines) => {
        if (days >= 2) throw new Error('the power fails');
        await sink.write(lines);
      },
      () => {
        days++;
      },
    );
    await expect(dying).rejects.toThrow('power');
    expect([await inInflux('live_displacement'), existsSync(join(data, 'history', 'copy.json'))]).toEqual([
      2 * A_DAY,
      true,
    ]);
    let again = 0;
    const counting = async (lines: readonly string[]) => {
      again += lines.length;
      await sink.write(lines);
    };
    const second = await copy(counting);
    expect(second).toMatchObject({ isWhole: true, differences: [], unplaced: 0, written: again });
    expect(again).toBe((DAYS - 2) * 2 * A_DAY + 10 + 100);
    expect(existsSync(join(data, 'history', 'copy.json'))).toBe(false);
    moment.value.close();
    sink.close();
    await query.value.close();
    const [crack, rain] = [DAYS * A_DAY + 10, DAYS * A_DAY];
    expect(await inInflux('live_displacement')).toBe(crack);
    expect(await inInflux('live_rain')).toBe(rain);
    expect(await inInflux('drill_displacement')).toBe(100);
    expect(await run('copy')).toMatchObject({ code: 0, output: expect.stringContaining(' 0 readings written') });

    // A row less: found, and brought back. A row more, another value: found, named, and left for a person.
    const missing = `time = '2026-06-02T00:10:00Z' AND sensor = 'taoshuwan-crack'`;
    await ask(`DELETE FROM live_displacement WHERE ${missing}`, 'POST');
    expect(await inInflux('live_displacement')).toBe(crack - 1);
    const less = await run('verify');
    expect(less).toMatchObject({ code: 1, output: expect.stringContaining('1 missing') });
    expect(less.output).toMatch(/2026-06-02 {2}live .* 144 .* 143 /);
    expect(await run('copy')).toMatchObject({ code: 0, output: expect.stringContaining('1 readings written') });

    const tags = 'county=x,edge=x,point=x,sensor=taoshuwan-rain,township=x,village=x';
    const strange = `live_rain,${tags} value=1.5 ${T0 + 3 * DAY_MS + 7}000000`;
    await fetch(`${influx.url}/write?db=fengsui`, { method: 'POST', body: strange });
    const copied = await run('copy');
    expect(copied).toMatchObject({ code: 1, output: expect.stringContaining('1 too many') });
    expect(copied.output).toContain('2026-06-04');
    const removal = /DELETE FROM .*$/m.exec(copied.output)?.[0] ?? '';
    await ask(removal, 'POST');
    expect(await run('copy')).toMatchObject({ code: 0, output: expect.stringContaining(`${A_DAY} readings written`) });
  });

  it('copies only the stretch that was asked for, and says what it cannot do', { timeout: 60_000 }, async () => {
    const stretch = ['--from-time', '2026-06-02T06:00:00Z', '--to-time', '2026-06-03T06:00:00Z'];
    expect(await run('copy', ...stretch)).toMatchObject({ code: 0 });
    expect(await inInflux('live_rain')).toBe(A_DAY);
    expect(await run('verify', ...stretch)).toMatchObject({ code: 0 });
    expect(await run('copy', '--from', 'influx')).toMatchObject({ code: 1, output: expect.stringContaining('export') });
    const status = await run('status', '--json');
    expect(status.code).toBe(0);
    const { embedded, influx: target } = JSON.parse(status.output) as {
      embedded: { readings: number; oldestMs: number; bytes: number };
      influx: { hasRun: boolean };
    };
    expect(embedded).toMatchObject({ readings: 2 * DAYS * A_DAY + 110, oldestMs: T0 });
    expect(embedded.bytes).toBeGreaterThan(1_000);
    expect(target.hasRun).toBe(false);
  });
});

describe('what two stores say of the same days', () => {
  const tally = (more: Partial<DayTally>): DayTally => ({
    ...{ sensorId: 'a', origin: 'live', dayMs: 0, n: 10, checksum: 'x' },
    ...more,
  });
  it.each<readonly [string, readonly DayTally[], readonly DayTally[], readonly (readonly [number, number])[]]>([
    ['equal', [tally({})], [tally({})], []],
    ['a row less', [tally({})], [tally({ n: 9, checksum: 'y' })], [[10, 9]]],
    ['other content', [tally({})], [tally({ checksum: 'y' })], [[10, 10]]],
    ['a series less', [tally({})], [], [[10, 0]]],
    ['a series more', [], [tally({})], [[0, 10]]],
    [
      'another origin',
      [tally({})],
      [tally({ origin: 'drill' })],
      [
        [10, 0],
        [0, 10],
      ],
    ],
  ])('%s', (_what, here, there, wanted) => {
    expect(compareTallies(here, there).map((one) => [one.here, one.there])).toEqual(wanted);
    expect(ORIGINS).toContain('drill');
  });
});
