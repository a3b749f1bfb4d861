/** A centre's journal under load with the history that follows it, in a process of its own, until somebody kills it. */
import { writeSync } from 'node:fs';
import { startHistory } from '#ingest/io/history.ts';
import { readHistoryCursors } from '#ingest/io/history-file.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { openJournalStore } from '#ingest/io/journal-store.ts';
import { DEFAULT_STORE_OPTIONS } from '#ingest/journal-item.ts';
import type { StageContext } from '#model/ports.ts';
import { batchOf, RETENTION, receivedAt, ZONE } from './embedded-support.ts';

const [dataDir = '', lastSeq = '0'] = process.argv.slice(2);
const RETAIN_EVERY_MS = 60;
const store = openJournalStore(journalPath(dataDir), DEFAULT_STORE_OPTIONS);
const reader = openJournalReader(dataDir);
const newest = () => {
  const rows = reader.read(3, (reader.heads().get(3) ?? 0) - 1, 1);
  return rows[0]?.kind === 'batch' ? rows[0].seq : 0;
};
let seq = newest();
const stopping = new AbortController();
const nothing = () => undefined;
const ctx: StageContext = {
  clock: {
    nowMs: () => receivedAt(seq),
    monoMs: () => performance.now(),
    sleep: (_ms, signal) =>
      new Promise((resolve) => setTimeout(() => resolve(signal?.aborted !== true), RETAIN_EVERY_MS)),
    after: () => nothing,
  },
  log: { info: nothing, warn: nothing, error: (message, fields) => console.error(message, fields) },
  metrics: {
    count: (name, labels = {}, by = 1) => writeSync(1, `${name} ${labels['what'] ?? ''} ${by}\n`),
    gauge: nothing,
  },
  probe: nothing,
  signal: stopping.signal,
};
const options = { bufferedReadings: 3_000, flushMs: 40, pollMs: 2, zone: ZONE };
const history = startHistory(dataDir, options, ctx, () => RETENTION);
writeSync(1, 'RUNNING\n');
while (seq < Number(lastSeq)) {
  seq++;
  store.commit([{ ...batchOf(seq), township: 't', digest: seq, parts: [] }]);
  await new Promise((resolve) => setTimeout(resolve, 2));
}
const head = reader.heads().get(3) ?? 0;
while ((readHistoryCursors(dataDir).get(3) ?? 0) < head) await new Promise((resolve) => setTimeout(resolve, 20));
await history.close();
store.close();
reader.close();
writeSync(1, 'DONE\n');
