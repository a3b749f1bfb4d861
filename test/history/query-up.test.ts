/** The whole county with an InfluxDB that wants a password: its rows are the journal's, also after it was away. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { openInfluxQuery } from '#ingest/io/influx-query/query.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { decodeBatch } from '#model/batch.ts';
import { dateBatch } from '#model/dating.ts';
import type { DayTally, HistoryPoint, InfluxTarget } from '#model/history.ts';
import type { Origin, Reading } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import { copyCounty } from '#test/e2e/support/county-copy.ts';
import { runFengsui } from '#test/support/command.ts';
import { startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import { type Series, sorted, talliesOf } from './query-support.ts';

const USER = 'fengsui:secret-of-the-test';
const data = mkdtempSync(join(tmpdir(), 'fengsui-influx-up-'));
const county = copyCounty();
afterAll(() => {
  county.remove();
  rmSync(data, { recursive: true, force: true });
});

const pointOf = (reading: Reading, atMs: EpochMs): HistoryPoint => {
  const { raw, flags, quality } = reading;
  return reading.quality === 'bad'
    ? { atMs, value: undefined, raw, quality: 'bad', flags, reason: reading.reason }
    : { atMs, value: reading.value, raw, quality, flags };
};

/** What the journal holds of readings before an instant, by series and day. */
function journalTallies(toMs: EpochMs): readonly DayTally[] {
  const journal = openJournalReader(data);
  const series = new Map<string, Series & { readonly points: HistoryPoint[] }>();
  const take = (origin: Origin, sensorId: string, point: HistoryPoint): void => {
    const key = `${origin} ${sensorId}`;
    const known = series.get(key) ?? { origin, sensorId, points: [] };
    known.points.push(point);
    series.set(key, known);
  };
  for (const [partition, head] of journal.heads())
    for (let after = 0; after < head; ) {
      const rows = journal.read(partition, after, 500);
      for (const row of rows) {
        const batch = row.kind === 'batch' ? decodeBatch(row.body) : undefined;
        if (row.kind !== 'batch' || batch?.ok !== true) continue;
        const { baseMs } = dateBatch(batch.value, row.receivedAtMs);
        for (const reading of batch.value.readings) {
          const atMs = baseMs + reading.measuredAtMs - batch.value.writtenAtMs;
          take(row.origin, reading.sensorId, pointOf(reading, atMs));
        }
      }
      after = rows.at(-1)?.pos ?? head;
    }
  journal.close();
  return talliesOf([...series.values()], 0, toMs);
}
const countOf = (tallies: readonly DayTally[]): number => tallies.reduce((sum, { n }) => sum + n, 0);

describe.skipIf(!needs('influxd', 'socat'))('fengsui up with an InfluxDB', () => {
  it('fills it with the journal’s rows, goes on while it is away, and makes it whole again', {
    timeout: 400_000,
  }, async () => {
    const database = await startInflux({ auth: true });
    const order = async (q: string): Promise<void> => {
      const answer = await fetch(`${database.url}/query?${new URLSearchParams({ q })}`, { method: 'POST' });
      expect(await answer.text()).not.toContain('error');
    };
    await order(`CREATE USER fengsui WITH PASSWORD 'secret-of-the-test' WITH ALL PRIVILEGES`);
    county.edit(
      'county.yaml',
      (text) =>
        `${text}history: { kind: influxdb, version: 1, url: "${database.url}", database: yunling, tokenFile: influx.token }\n`,
    );
    writeFileSync(join(county.dir, 'influx.token'), `${USER}\n`, { mode: 0o600 });
    const target: InfluxTarget = { version: 1, url: database.url, database: 'yunling' };
    const query = openInfluxQuery(
      target,
      () => USER,
      () => ({ sensors: new Map(), county: { zone: 'UTC' } }),
    );
    /** Everything measured until some seconds ago is in both, and the same. */
    const whenEqual = (least: number) =>
      until('InfluxDB to hold what the journal holds', 60_000, async () => {
        const toMs = Date.now() - 2_000;
        const wanted = journalTallies(toMs);
        const found = sorted(await query.tallies({ fromMs: wanted[0]?.dayMs ?? 0, toMs }));
        if (countOf(wanted) < least) throw new Error(`the journal holds ${countOf(wanted)} readings so far`);
        expect(found).toEqual(wanted);
        return wanted;
      });

    const environment = {
      FENGSUI_DATA: data,
      FENGSUI_COUNTY: county.dir,
      FENGSUI_HTTP: '127.0.0.1:0',
      FENGSUI_MQTT: '127.0.0.1:0',
    };
    const running = runFengsui(['up'], environment);
    try {
      const console_ = await until('the console', 180_000, () => {
        if (running.process.exitCode !== null) throw new Error(running.output());
        return /Console\s+(http:\/\/\S+)\//.exec(running.output())?.[1];
      });
      expect(running.output()).toContain(`InfluxDB  ${database.url}, database yunling`);
      type Health = { ready: boolean; parts: { name: string; ok: boolean; detail: string }[] };
      const health = async () => {
        const { ready, parts } = (await (await fetch(`${console_}/readyz`)).json()) as Health;
        const influx = parts.find(({ name }) => name === 'influx');
        return { ready, influx };
      };
      await whenEqual(50);
      await until('/readyz to say so', 10_000, async () => (await health()).influx?.ok === true);

      await database.kill();
      // The centre is as ready as before, and says who is away.
      await until('the absence to be told', 20_000, async () => (await health()).influx?.ok === false);
      expect(await health()).toMatchObject({
        ready: true,
        influx: { detail: expect.stringContaining('does not answer') },
      });
      const atAbsence = countOf(journalTallies(Date.now()));
      await until('more readings in the journal', 20_000, () => countOf(journalTallies(Date.now())) > atAbsence + 30);

      await database.start();
      await whenEqual(atAbsence + 30);
      const client = openInfluxClient(target, USER);
      for (const measurement of ['system', 'place']) {
        const rows = await until(`rows of ${measurement}`, 20_000, async () => {
          const found = await client.query(`SELECT count(*) FROM "${measurement}"`);
          return found.ok && (found.value[0] ?? []).length > 0 && found;
        });
        expect(rows.ok).toBe(true);
      }
      client.close();
    } finally {
      await running.stop('SIGINT');
      await query.close();
      await database.stop();
    }
  });
});
