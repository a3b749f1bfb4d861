/** The writer against a real InfluxDB 1.x: afterwards the database holds exactly what the journal holds. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import {
  appendMany,
  caughtUp,
  influxRows,
  journalRows,
  openTestJournal,
  runWriter,
  T0,
  type TestJournal,
} from './influx-support.ts';

describe.skipIf(!needs('influxd'))('the journal in a real InfluxDB', () => {
  let server: Database;
  let journal: TestJournal;
  let serial = 0;
  const target = () => ({ version: 1, url: server.url, database: `county${serial}` }) as const;
  beforeAll(async () => {
    server = await startInflux();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    serial++;
    journal = openTestJournal();
  });
  afterEach(() => journal.close());

  it('holds exactly the journal’s rows, late and equal instants included, and what comes later too', async () => {
    appendMany(journal, 1, 60);
    const writer = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
    appendMany(journal, 2, 40);
    await caughtUp(journal.dataDir);
    await writer.stop();
    const rows = journalRows(journal.dataDir);
    expect(rows).toHaveLength(2_000);
    expect(await influxRows(target())).toEqual(rows);
  });

  it('fills a database that was dropped and made anew from history and journal', async () => {
    appendMany(journal, 3, 50);
    const writer = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    const client = openInfluxClient(target(), undefined);
    await client.query(`DROP DATABASE "${target().database}"`, 'POST');
    await client.query(`CREATE DATABASE "${target().database}"`, 'POST');
    client.close();
    appendMany(journal, 4, 10);
    await until('the refill', 10_000, async () => (await influxRows(target())).length === 1_200);
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
    expect(T0).toBeGreaterThan(0);
  });
});
