/** What stands at the database's address is something else, or answers in ways that no database should: nothing is lost. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { readInfluxStanding } from '#ingest/io/influx/state-reader.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import { type FaultyProxy, openProxy } from './influx-proxy.ts';
import {
  appendMany,
  caughtUp,
  influxRows,
  journalRows,
  openTestJournal,
  runWriter,
  type TestJournal,
} from './influx-support.ts';

const PAGE = '<!DOCTYPE html><title>请登录 sign in</title>';

/** The proxy is the test's own and stands before a real database. */
describe.skipIf(!needs('influxd'))('something that is no InfluxDB before a real one', () => {
  let server: Database;
  let proxy: FaultyProxy;
  let journal: TestJournal;
  let serial = 0;
  const target = () => ({ version: 1, url: server.url, database: `hostile${serial}` }) as const;
  const viaProxy = () => ({ ...target(), url: proxy.url });
  const ask = async (influxql: string): Promise<void> => {
    const client = openInfluxClient(target(), undefined);
    await client.query(influxql, 'POST');
    client.close();
  };
  beforeAll(async () => {
    server = await startInflux();
    proxy = await openProxy(server.url);
  });
  afterAll(async () => {
    await proxy.close();
    await server.stop();
  });
  beforeEach(() => {
    serial++;
    journal = openTestJournal();
  });
  afterEach(() => {
    proxy.faults.length = 0;
    proxy.questions.length = 0;
    journal.close();
  });

  it('takes a page of a portal for no answer, with whatever status it comes', async () => {
    await ask(`CREATE DATABASE "${target().database}"`);
    proxy.faults.push(
      { kind: 'pass' },
      { kind: 'status', status: 200, headers: { 'content-type': 'text/html' }, body: PAGE },
      { kind: 'status', status: 200, body: '' },
      { kind: 'status', status: 201, body: PAGE },
      { kind: 'status', status: 400, body: PAGE },
      { kind: 'status', status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' },
      { kind: 'status', status: 400, body: PAGE },
    );
    appendMany(journal, 31, 30);
    const writer = runWriter(journal.dataDir, viaProxy());
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(writer.aside).toEqual([]);
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });

  it('follows nothing and breaks at nothing while questions too are answered by a page, or by JSON of another kind', async () => {
    await ask(`CREATE DATABASE "${target().database}"`);
    for (const body of [
      PAGE,
      'null',
      '[]',
      '"text"',
      '{"results":{}}',
      '{"results":[null]}',
      '{"results":[{"series":1}]}',
    ])
      proxy.questions.push({ kind: 'status', status: 200, body });
    proxy.faults.push(...Array.from({ length: 12 }, () => ({ kind: 'status', status: 200, body: PAGE }) as const));
    appendMany(journal, 32, 10);
    const writer = runWriter(journal.dataDir, viaProxy(), { markerEveryMs: 20 });
    await caughtUp(journal.dataDir);
    await until('all questions', 5_000, () => proxy.questions.length === 0);
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });

  it('goes on writing while no question is ever answered', async () => {
    appendMany(journal, 33, 10);
    const writer = runWriter(journal.dataDir, viaProxy(), { markerEveryMs: 50 });
    await caughtUp(journal.dataDir);
    const asked = proxy.seen().questions;
    proxy.hangQuestions(true);
    await until('a question without an answer', 5_000, () => proxy.seen().questions > asked);
    appendMany(journal, 34, 10);
    await until('the rows behind it', 4_000, async () => (await influxRows(target())).length === 400);
    await writer.stop();
    proxy.hangQuestions(false);
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
    expect(readInfluxStanding(journal.dataDir)?.aside.size).toBe(0);
  });
});
