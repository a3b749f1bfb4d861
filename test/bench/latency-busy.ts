/**
 * What makes the centre busy while its latency is measured, each a process of its own: `replay` judges old readings
 * without a pause (the engine of a backtest), `upkeep` checkpoints the chain's stores every second and meanwhile merges
 * history's small chunks and removes old journal rows, as their own code does it, in stores of its own on the same disk.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { historyPath } from '#ingest/io/history-schema.ts';
import { openHistoryStore } from '#ingest/io/history-store.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { openJournalStore } from '#ingest/io/journal-store.ts';
import { DEFAULT_STORE_OPTIONS, type JournalItem } from '#ingest/journal-item.ts';
import { createSeriesBuffer } from '#ingest/series-buffer.ts';
import { BATCH_READINGS } from '#test/bench/centre-county.ts';
import { measureEngine } from '#test/bench/rules.ts';

export type BusyOrder =
  | { readonly kind: 'replay' }
  | { readonly kind: 'upkeep'; readonly dataDir: string; readonly ownDir: string };
/** How often what was done; told once a second. */
export type BusyReport = { readonly [what: string]: number };

const STORES = ['journal/journal', 'history/history', 'rules/rules', 'alerts/alerts', 'console/commands'];
/** A checkpoint that cannot have the file to itself by then is tried again a second later. */
const CHECKPOINT_WAIT_MS = 20;
const CHECKPOINT_EVERY_MS = 1_000;
const ROUNDS = 20;
const BATCHES_A_ROUND = 20;
const SERIES_PER_STEP = 40;
const ROWS_PER_STEP = 200;
/** As history's own thread rests between two steps. */
const STEP_PAUSE_MS = 5;
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, STEP_PAUSE_MS));

const done = new Map<string, number>();
const count = (what: string, by = 1): void => {
  done.set(what, (done.get(what) ?? 0) + by);
};

function checkpoint(path: string): void {
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA busy_timeout=${CHECKPOINT_WAIT_MS}`);
    const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    count(busy === 0 ? 'checkpoints' : 'checkpointsRefused');
  } catch {
    count('checkpointsRefused');
  } finally {
    db.close();
  }
}

function batchOf(seq: number): JournalItem {
  const ids = Array.from({ length: BATCH_READINGS }, (_, index) => `own-${index}`);
  const rows = ids.map((_, index) => [index, -(seq % 1_000), (seq * 7 + index) % 2_000]);
  const head = {
    v: 1,
    e: 'own',
    p: 'own',
    s: seq,
    b: 'boot',
    m: seq,
    t: 1_700_000_000_000 + seq * 1_000,
    q: 1,
    i: 'v1',
  };
  return {
    kind: 'batch',
    edgeId: 'own',
    township: 'own',
    epoch: 'own',
    seq,
    digest: seq,
    partition: 0,
    origin: 'simulated',
    receivedAtMs: 1_700_000_000_000 + seq,
    body: JSON.stringify({ ...head, k: ids, r: rows }),
    parts: [],
  };
}

/** Old rows into a journal, history in many small chunks behind it; then these are merged and the rows removed. */
async function upkeepForever(ownDir: string): Promise<void> {
  const journal = openJournalStore(journalPath(ownDir), DEFAULT_STORE_OPTIONS);
  const history = openHistoryStore(historyPath(ownDir));
  const reader = openJournalReader(ownDir);
  let seq = 0;
  let pos = 0;
  for (;;) {
    for (let round = 0; round < ROUNDS; round++) {
      journal.commit(Array.from({ length: BATCHES_A_ROUND }, () => batchOf(++seq)));
      const buffer = createSeriesBuffer();
      for (const row of reader.read(0, pos, BATCHES_A_ROUND)) {
        buffer.take(row);
        pos = row.pos;
      }
      history.flush(buffer, new Map([[0, pos]]));
      await turn();
    }
    for (let merged = 1; merged > 0; await turn()) {
      merged = history.compact(SERIES_PER_STEP);
      count('seriesMerged', merged);
    }
    for (let removed = 1; removed > 0; await turn()) {
      const step = {
        kind: 'retain',
        beforeMs: Date.now(),
        cursors: new Map([[0, pos]]),
        limit: ROWS_PER_STEP,
      } as const;
      const [result] = journal.commit([step]);
      removed = result?.kind === 'done' ? result.changed : 0;
      count('rowsRemoved', removed);
    }
  }
}

async function replayForever(): Promise<void> {
  for (;;) {
    count('replayedReadings', measureEngine(2_000, 50).readings);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

process.once('message', (order: BusyOrder) => {
  setInterval(() => process.send?.(Object.fromEntries(done)), 500);
  if (order.kind === 'replay') return void replayForever();
  const paths = STORES.map((name) => join(order.dataDir, `${name}.sqlite`));
  setInterval(() => {
    for (const path of paths) if (existsSync(path)) checkpoint(path);
  }, CHECKPOINT_EVERY_MS);
  return void upkeepForever(order.ownDir);
});
process.on('disconnect', () => process.exit(0));
