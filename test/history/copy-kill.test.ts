/** `fengsui history copy` killed on its way, again and again: what is stored at the end is what the embedded history holds. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBulkStore } from '#ingest/io/transfer/bulk-store.ts';
import type { Reading } from '#model/reading.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { runFengsui, top } from '#test/support/command.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';

const T0 = Date.parse('2026-06-01T00:00:00Z');
const DAYS = 16;
const SENSORS = ['taoshuwan-crack', 'taoshuwan-rain'];
const READINGS = DAYS * 1_440;
const KILLS = 3;

const reading = (sensorId: string, index: number): Reading => ({
  ...{ sensorId, measuredAtMs: T0 + index * MINUTE_MS, timeQuality: 'synced', quality: 'good', flags: [] },
  ...{ value: (index * 7) % 1_000, raw: index },
});

describe.skipIf(!needs('influxd'))('fengsui history copy, killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-copy-kill-'));
  const env = { FENGSUI_DATA: join(folder, 'data'), FENGSUI_COUNTY: join(folder, 'county') };
  const progress = join(env.FENGSUI_DATA, 'history', 'copy.json');
  let influx: Database;

  const inInflux = async (measurement: string): Promise<number> => {
    const q = new URLSearchParams({ db: 'fengsui', q: `SELECT count(raw) FROM ${measurement}` });
    const answer = (await (await fetch(`${influx.url}/query?${q}`)).json()) as {
      results: { series?: { values: number[][] }[] }[];
    };
    return answer.results[0]?.series?.[0]?.values[0]?.[1] ?? 0;
  };
  const all = async (): Promise<number> => (await inInflux('live_displacement')) + (await inInflux('live_rain'));

  beforeAll(async () => {
    influx = await startInflux();
    cpSync(join(top, 'county'), env.FENGSUI_COUNTY, { recursive: true });
    const named = `\nhistory: { kind: influxdb, version: 1, url: '${influx.url}', database: fengsui }\n`;
    writeFileSync(join(env.FENGSUI_COUNTY, 'county.yaml'), named, { flag: 'a' });
    mkdirSync(env.FENGSUI_DATA);
    const store = openBulkStore(env.FENGSUI_DATA, 'Asia/Shanghai', 'fill', T0 + DAYS * DAY_MS);
    for (const [index, sensorId] of SENSORS.entries())
      store.add(
        index + 1,
        'live',
        Array.from({ length: READINGS }, (_, at) => reading(sensorId, at)),
      );
    store.close();
  }, 60_000);
  afterAll(async () => {
    await influx?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('goes on where it was, writes nothing twice and leaves nothing out', { timeout: 120_000 }, async () => {
    let before = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const copy = runFengsui(['history', 'copy'], env);
      // Each time a quarter further, in the middle of whatever it does then.
      const least = Math.floor((READINGS * SENSORS.length * kill) / (KILLS + 1));
      await until('a part of it', 30_000, async () => copy.process.exitCode !== null || (await all()) >= least);
      await copy.stop('SIGKILL');
      expect(copy.process.signalCode, copy.output()).toBe('SIGKILL');
      const after = await all();
      expect(after).toBeGreaterThan(before);
      expect(existsSync(progress)).toBe(true);
      before = after;
    }
    const last = runFengsui(['history', 'copy'], env);
    expect(await last.exited, last.output()).toBe(0);
    expect([await inInflux('live_displacement'), await inInflux('live_rain')]).toEqual([READINGS, READINGS]);
    // What stood there already was not written again.
    const written = Number(/([\d,]+) readings written/.exec(last.output())?.[1]?.replaceAll(',', ''));
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThanOrEqual(READINGS * SENSORS.length - before + 3 * 1_440 * SENSORS.length);
    const verify = runFengsui(['history', 'verify'], env);
    expect(await verify.exited, verify.output()).toBe(0);
    expect(existsSync(progress)).toBe(false);
  });
});
