/** A copy beside the writer that follows the journal: each reading once, whoever brings it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyHistory } from '#cli/history/io/copy.ts';
import { openSink } from '#cli/history/io/influx-sink.ts';
import { openMoment } from '#cli/history/io/moment.ts';
import { historyPath } from '#ingest/io/history-schema.ts';
import { openHistoryStore } from '#ingest/io/history-store.ts';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { openInfluxState } from '#ingest/io/influx/state.ts';
import { openInfluxQuery } from '#ingest/io/influx-query/query.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { createSeriesBuffer } from '#ingest/series-buffer.ts';
import type { Registry } from '#model/registry.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import {
  appendMany,
  caughtUp,
  influxRows,
  journalRows,
  openTestJournal,
  PLACES,
  runWriter,
  type TestJournal,
} from './influx-support.ts';

const sensors = new Map([...PLACES].map(([id, { quantity }]) => [id, { id, quantity, edgeId: 'e-0' }]));
const registry = { sensors, edges: new Map(), county: { zone: 'Asia/Shanghai' } } as unknown as Registry;

describe.skipIf(!needs('influxd'))('a copy beside the writer', () => {
  let server: Database;
  let journal: TestJournal;
  beforeAll(async () => {
    server = await startInflux();
    journal = openTestJournal();
  });
  afterAll(async () => {
    journal.close();
    await server.stop();
  });
  const target = () => ({ version: 1, url: server.url, database: 'fengsui' }) as const;
  const momentOf = (waitMs: number) =>
    openMoment({ dataDir: journal.dataDir, registry } as Parameters<typeof openMoment>[0], waitMs);

  async function copy() {
    const moment = await momentOf(10_000);
    if (!moment.ok) throw new Error(moment.error);
    const stopping = new AbortController();
    const sink = openSink(target(), stopping.signal, () => {});
    const query = openInfluxQuery(
      target(),
      () => undefined,
      () => registry,
    );
    try {
      return await copyHistory(
        {
          ...{ dataDir: journal.dataDir, target: 'test', source: moment.value.source, places: PLACES },
          ...{ sink: { query, write: sink.write }, days: moment.value.days, signal: stopping.signal },
          wholeUpToMs: moment.value.wholeUpToMs,
          ...{ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER },
        },
        () => {},
      );
    } finally {
      moment.value.close();
      sink.close();
      await query.close();
    }
  }

  it('mends what was lost in the database, while new rows pour in, and brings none of them twice', {
    timeout: 60_000,
  }, async () => {
    appendMany(journal, 11, 60);
    const writer = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    const client = openInfluxClient(target(), undefined);
    for (const from of ['live_rain', 'drill_level', 'live_battery'])
      await client.query(`DELETE FROM "${from}"`, 'POST');
    client.close();
    let seed = 20;
    // A bounded stream: on a slow machine the copies take longer, and everything that was poured is compared in the end.
    const pouring = setInterval(() => {
      if (seed < 70) appendMany(journal, seed++, 3);
    }, 30);
    let written = 0;
    try {
      for (let round = 0; round < 3; round++) written += (await copy()).written;
      await caughtUp(journal.dataDir);
    } finally {
      clearInterval(pouring);
      await writer.stop();
    }
    expect(seed).toBeGreaterThan(22);
    expect(written).toBeGreaterThan(100);
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
    expect((await copy()).differences).toEqual([]);
  });

  it('leaves to the writer what the writer still has before it', async () => {
    appendMany(journal, 70, 20);
    expect((await copy()).written).toBe(0);
    const writer = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });

  it('waits, and then says so, when the embedded history is ahead of the writer', async () => {
    appendMany(journal, 90, 5);
    const reader = openJournalReader(journal.dataDir);
    const buffer = createSeriesBuffer();
    for (const partition of reader.heads().keys())
      for (const row of reader.read(partition, 0, 100_000)) buffer.take(row);
    const store = openHistoryStore(historyPath(journal.dataDir));
    store.flush(buffer, reader.heads());
    store.close();
    const behind = await momentOf(0);
    expect(behind.ok ? '' : behind.error).toContain('behind the embedded history');
    const state = openInfluxState(journal.dataDir);
    expect(state.load().cursors).not.toEqual(reader.heads());
    state.close();
    reader.close();
    const writer = runWriter(journal.dataDir, target());
    const moment = await momentOf(20_000);
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(moment.ok).toBe(true);
    if (moment.ok) moment.value.close();
    expect((await copy()).written).toBe(0);
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });
});
