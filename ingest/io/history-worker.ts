/** History's thread: follows the journal, writes in large portions. It may lag: its readers look into the journal for the rest. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Retention } from '#model/history.ts';
import type { EpochMs } from '#model/time.ts';
import type { HistoryOptions } from '../config.ts';
import { createSeriesBuffer } from '../series-buffer.ts';
import { historyPath } from './history-schema.ts';
import { openHistoryStore } from './history-store.ts';
import { openJournalReader } from './journal-reader.ts';

export type HistoryTask =
  | { readonly kind: 'close' }
  /** Remove what is older at this instant of the chain's time; a run that is under way goes on with it. */
  | { readonly kind: 'retain'; readonly nowMs: EpochMs; readonly retention: Retention };
export type HistoryAnswer =
  | { readonly kind: 'removed'; readonly readings: number; readonly summaries: number }
  | { readonly kind: 'flushed'; readonly readings: number }
  | { readonly kind: 'damaged'; readonly places: readonly string[] }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'closed' };

const ROWS_PER_READ = 256;
const SERIES_PER_STEP = 40;
const MERGE_PAUSE_MS = 5;
const RETAIN_PAUSE_MS = 5;
const FAILURE_PAUSE_MS = 2_000;

const port = parentPort;
if (port === null) throw new Error('history runs in a worker thread');
const { dataDir, options } = workerData as { readonly dataDir: string; readonly options: HistoryOptions };
const answer = (message: HistoryAnswer): void => port.postMessage(message);

const store = openHistoryStore(historyPath(dataDir), { zone: options.zone });
const journal = openJournalReader(dataDir);
const buffer = createSeriesBuffer(store.isTaken);
let done = new Map(store.cursors());
let flushedAtMs = performance.now();
let retain: Extract<HistoryTask, { kind: 'retain' }> | undefined;
let isClosing = false;
let timer: NodeJS.Timeout | undefined;

/** Takes what the journal has, at most until the buffer is full; true when there may be more. */
function follow(): boolean {
  let isMore = false;
  for (const [partition, head] of journal.heads()) {
    if (buffer.count() >= options.bufferedReadings) return true;
    const after = done.get(partition) ?? 0;
    if (head <= after) continue;
    const rows = journal.read(partition, after, ROWS_PER_READ);
    for (const row of rows) buffer.take(row);
    const last = rows.at(-1);
    if (last !== undefined) done.set(partition, last.pos);
    if (rows.length === ROWS_PER_READ) isMore = true;
  }
  return isMore;
}

function flush(): void {
  flushedAtMs = performance.now();
  const saved = store.cursors();
  if ([...done].every(([partition, pos]) => saved.get(partition) === pos)) return;
  try {
    store.flush(buffer, done);
    answer({ kind: 'flushed', readings: buffer.count() });
  } finally {
    // After a failure the same rows are read again from where the file stands.
    buffer.clear();
    done = new Map(store.cursors());
  }
}

function step(): number {
  const held = buffer.count();
  const isMore = follow();
  const isFull = buffer.count() >= options.bufferedReadings;
  if (isFull || performance.now() - flushedAtMs >= options.flushMs) flush();
  const retained = retainStep();
  if (isMore) return 0;
  const isBusy = buffer.count() > held;
  // While data pour in, merging takes a small share of the time; when they do not, it goes on until it is done.
  if (store.compact(SERIES_PER_STEP) > 0 && !isBusy) return MERGE_PAUSE_MS;
  return retained && !isBusy ? RETAIN_PAUSE_MS : options.pollMs;
}

/** One small step of removing what is old; true when there is more to do. */
function retainStep(): boolean {
  if (retain === undefined) return false;
  const { readings, summaries, isDone } = store.retain(retain.nowMs, retain.retention);
  if (readings > 0 || summaries > 0) answer({ kind: 'removed', readings, summaries });
  if (isDone) retain = undefined;
  return !isDone;
}

function run(): void {
  let pauseMs: number;
  try {
    pauseMs = step();
  } catch (cause) {
    answer({ kind: 'failed', message: String(cause) });
    pauseMs = FAILURE_PAUSE_MS;
  }
  const places = store.damage();
  if (places.length > 0) answer({ kind: 'damaged', places });
  if (!isClosing) timer = setTimeout(run, pauseMs);
}

port.on('message', (task: HistoryTask) => {
  if (task.kind === 'retain') {
    retain = task;
    return;
  }
  isClosing = true;
  clearTimeout(timer);
  try {
    flush();
  } catch (cause) {
    answer({ kind: 'failed', message: String(cause) });
  }
  journal.close();
  store.close();
  answer({ kind: 'closed' });
  port.close();
});
run();
