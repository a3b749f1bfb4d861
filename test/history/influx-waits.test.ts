/** What the writer cannot take from the journal as it comes: readings without a clock, and rows that are gone. */
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { historyPath } from '#ingest/io/history-schema.ts';
import { openHistoryStore } from '#ingest/io/history-store.ts';
import { readInfluxStanding } from '#ingest/io/influx/state-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { createSeriesBuffer } from '#ingest/series-buffer.ts';
import type { Reading } from '#model/reading.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import {
  appendMany,
  caughtUp,
  influxRows,
  journalRows,
  openTestJournal,
  rowText,
  runWriter,
  T0,
  type TestJournal,
} from './influx-support.ts';

const RECEIVED = T0 + 1_000_000_000;
const MINUTE = 60_000;
const unsure = (value: number): Reading => ({
  ...{ sensorId: 's-1', measuredAtMs: 4_000, timeQuality: 'unsure', quality: 'good', value, flags: [] },
});
const box = { writtenAtMs: 5_000, monoMs: 60_000, timeQuality: 'unsure', bootId: 'boot-1' } as const;
const clockSet = { kind: 'clock', bootId: 'boot-1', utcAtMonoZeroMs: RECEIVED - 3_600_000, stepMs: 1 } as const;

/** Brings the embedded history up to the journal's end, as its thread does. */
function followHistory(dataDir: string): void {
  const store = openHistoryStore(historyPath(dataDir));
  const reader = openJournalReader(dataDir);
  const buffer = createSeriesBuffer(store.isTaken);
  const cursors = new Map(store.cursors());
  for (const [partition, head] of reader.heads()) {
    for (const row of reader.read(partition, cursors.get(partition) ?? 0, 100_000)) buffer.take(row);
    cursors.set(partition, head);
  }
  store.flush(buffer, cursors);
  reader.close();
  store.close();
}
/** As the journal's retention does, of everything. */
function removeRows(dataDir: string, upTo: number): void {
  const db = new DatabaseSync(journalPath(dataDir));
  db.prepare('DELETE FROM rows WHERE pos <= ?').run(upTo);
  db.close();
}
const headOf = (dataDir: string): number => {
  const reader = openJournalReader(dataDir);
  const head = Math.max(...reader.heads().values());
  reader.close();
  return head;
};

describe.skipIf(!needs('influxd'))('what does not come from the journal in its order', () => {
  let server: Database;
  let journal: TestJournal;
  let serial = 0;
  const target = () => ({ version: 1, url: server.url, database: `waits${serial}` }) as const;
  beforeAll(async () => {
    server = await startInflux();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    serial++;
    journal = openTestJournal();
  });
  afterEach(() => journal.close());

  it('waits with readings of an unset clock, and writes them where they belong when it is set', async () => {
    journal.append([unsure(7)], box);
    const writer = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    expect(readInfluxStanding(journal.dataDir)?.waiting).toBe(1);
    expect(await influxRows(target())).toEqual([]);
    journal.append([], { ...box, monoMs: 61_000, events: [clockSet] });
    await until('the reading', 10_000, async () => (await influxRows(target())).length === 1);
    await until('its leave', 10_000, () => readInfluxStanding(journal.dataDir)?.waiting === 0);
    await writer.stop();
    expect(await influxRows(target())).toEqual([rowText('live', unsure(7), clockSet.utcAtMonoZeroMs + 59_000)]);
  });

  it('marks them as unsure when the clock stays away, and moves them when it is set after all', async () => {
    journal.append([unsure(7)], box);
    journal.append([], { receivedAtMs: RECEIVED + 11 * MINUTE });
    const writer = runWriter(journal.dataDir, target());
    await until('the reading', 10_000, async () => (await influxRows(target())).length === 1);
    const marked: Reading = { ...unsure(7), flags: ['clock-unsure'] };
    expect(await influxRows(target())).toEqual([rowText('live', marked, RECEIVED - 1_000)]);
    journal.append([], { ...box, monoMs: 61_000, events: [clockSet] });
    const dated = [rowText('live', unsure(7), clockSet.utcAtMonoZeroMs + 59_000)];
    await until('the move', 10_000, async () => JSON.stringify(await influxRows(target())) === JSON.stringify(dated));
    await until('its leave', 10_000, () => readInfluxStanding(journal.dataDir)?.waiting === 0);
    await writer.stop();
  });

  it('keeps a bounded number of them movable: the oldest stay where they came in, and that is said', async () => {
    for (let value = 1; value <= 5; value++)
      journal.append([unsure(value)], { ...box, receivedAtMs: RECEIVED + value });
    journal.append([], { receivedAtMs: RECEIVED + 11 * MINUTE });
    const writer = runWriter(journal.dataDir, target(), { keptWaiting: 2 });
    await until('all of them', 10_000, async () => (await influxRows(target())).length === 5);
    await until('the bound', 10_000, () => readInfluxStanding(journal.dataDir)?.waiting === 2);
    expect(writer.notes.join()).toContain('3 readings');
    journal.append([], { ...box, monoMs: 61_000, events: [clockSet] });
    await until('the move', 10_000, () => readInfluxStanding(journal.dataDir)?.waiting === 0);
    await writer.stop();
    const rows = await influxRows(target());
    expect(rows).toHaveLength(5);
    const stay = [1, 2, 3].map((value) =>
      rowText('live', { ...unsure(value), flags: ['clock-unsure'] }, RECEIVED + value - 1_000),
    );
    const moved = [4, 5].map((value) => rowText('live', unsure(value), clockSet.utcAtMonoZeroMs + 59_000));
    expect(rows).toEqual([...stay, ...moved].sort());
  });

  it('takes from the embedded history what the journal no longer holds, and nothing twice', async () => {
    appendMany(journal, 21, 30);
    const first = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    await first.stop();
    appendMany(journal, 22, 30);
    journal.append([unsure(9)], box);
    const all = journalRows(journal.dataDir, new Map([['boot-1', clockSet.utcAtMonoZeroMs]]));
    followHistory(journal.dataDir);
    removeRows(journal.dataDir, headOf(journal.dataDir));
    appendMany(journal, 23, 10);
    journal.append([], { ...box, monoMs: 61_000, events: [clockSet] });
    const later = journalRows(journal.dataDir);
    const second = runWriter(journal.dataDir, target());
    await until('all of it', 15_000, async () => (await influxRows(target())).length === 1_401);
    await caughtUp(journal.dataDir);
    await second.stop();
    expect(await influxRows(target())).toEqual([...all, ...later].sort());
  });

  it('fills a new database from the embedded history when its own state is lost, days of it compared, not doubled', async () => {
    appendMany(journal, 24, 40);
    followHistory(journal.dataDir);
    const all = journalRows(journal.dataDir);
    removeRows(journal.dataDir, headOf(journal.dataDir) - 10);
    const first = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    await first.stop();
    expect(await influxRows(target())).toEqual(all);
    const state = new DatabaseSync(`${journal.dataDir}/history/influx.sqlite`);
    state.exec('DELETE FROM meta; DELETE FROM cursors; DELETE FROM taken; DELETE FROM newest; DELETE FROM refilled');
    state.close();
    appendMany(journal, 25, 10);
    const kept = journalRows(journal.dataDir);
    expect(kept).toHaveLength(400);
    const second = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    await second.stop();
    const found = await influxRows(target());
    expect(found).toHaveLength(1_000);
    // Of the journal's 20 rows the first 10 are in the history too.
    expect([...new Set(found)]).toEqual([...new Set([...all, ...kept])].sort());
  });
});
