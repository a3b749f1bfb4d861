/**
 * Group commit: everything that has arrived goes into one transaction, the next one forms meanwhile. A commit that
 * fails is tried again until the disk takes it; nobody is acked before.
 */
import { Worker } from 'node:worker_threads';
import type { StageContext } from '#model/ports.ts';
import type { JournalItem, JournalMemory, JournalResult, StoreOptions } from '../journal-item.ts';
import { journalPath } from './journal-schema.ts';
import type { JournalAnswer, JournalTask } from './journal-worker.ts';

export type Journal = {
  readonly memory: JournalMemory;
  /** Calls back after the commit; false, and no call, when what waits is at its bound. */
  readonly append: (item: JournalItem, done: (result: JournalResult) => void) => boolean;
  /** Resolves after the commit; undefined when it was not taken. */
  readonly appendAndWait: (item: JournalItem) => Promise<JournalResult | undefined>;
  readonly state: () => { readonly waiting: number; readonly failing: string | null };
  /** Commits what waits, within a limit, and closes. */
  readonly close: () => Promise<void>;
};
export type JournalConfig = {
  readonly dataDir: string;
  readonly options: StoreOptions;
  /** Characters of payload that may wait for the disk; beyond that batches are left un-acked and come again. */
  readonly waitingChars: number;
};

type Entry = { readonly item: JournalItem; readonly done: (result: JournalResult) => void; readonly size: number };

const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 5_000;
const CLOSE_LIMIT_MS = 5_000;
const OPEN_LIMIT_MS = 20_000;
/** Keeps one transaction, and the pause that it means, small. */
const GROUP_ITEMS = 4_000;
const GROUP_CHARS = 8_000_000;

const sizeOf = (item: JournalItem): number => {
  if (item.kind === 'batch')
    return item.parts.reduce((sum, part) => sum + part.body.length, 200 + (item.body?.length ?? 0));
  if (item.kind === 'native')
    return item.parts.reduce((sum, part) => sum + part.body.length, 200 + 200 * item.readings.length);
  return item.kind === 'reject' ? 200 + item.part.body.length : 200;
};

export async function openJournal(config: JournalConfig, ctx: StageContext): Promise<Journal> {
  const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), {
    workerData: { path: journalPath(config.dataDir), options: config.options },
  });
  const memory = await firstAnswer(worker);
  let waiting: Entry[] = [];
  let waitingChars = 0;
  let inFlight: readonly Entry[] = [];
  let failing: string | null = null;
  let retryMs = RETRY_MIN_MS;
  let retryTimer: NodeJS.Timeout | undefined;
  let closing: (() => void) | undefined;
  const post = (task: JournalTask): void => worker.postMessage(task);
  const send = (): void => post({ kind: 'commit', items: inFlight.map((entry) => entry.item) });

  const next = (): void => {
    if (inFlight.length > 0) return;
    if (waiting.length === 0) {
      if (closing !== undefined) post({ kind: 'close' });
      return;
    }
    inFlight = takeGroup(waiting);
    waiting = waiting.slice(inFlight.length);
    send();
  };

  const committed = (results: readonly JournalResult[]): void => {
    const done = inFlight;
    inFlight = [];
    for (const entry of done) waitingChars -= entry.size;
    if (failing !== null) ctx.log.info('journal writes again', { items: done.length });
    failing = null;
    retryMs = RETRY_MIN_MS;
    ctx.metrics.gauge('fengsui_journal_failing', 0);
    ctx.metrics.count('fengsui_journal_commits_total');
    ctx.probe('journal.committed');
    next(); // The disk works on the next group while this one is acked.
    done.forEach((entry, index) => {
      const result = results[index];
      if (result !== undefined) entry.done(result);
    });
  };

  const failed = (message: string): void => {
    failing = message;
    ctx.metrics.gauge('fengsui_journal_failing', 1);
    ctx.metrics.count('fengsui_journal_failures_total');
    ctx.log.error('journal commit failed: nothing of it is acked, it is tried again', {
      message,
      items: inFlight.length,
      retryMs,
    });
    retryTimer = setTimeout(send, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  };

  worker.on('message', (answer: JournalAnswer) => {
    if (answer.kind === 'committed') committed(answer.results);
    else if (answer.kind === 'failed') failed(answer.message);
    else if (answer.kind === 'closed') closing?.();
  });
  // A journal that cannot run is the end of ingest: whoever supervises the process starts it again.
  worker.on('error', (cause) => {
    ctx.log.error('journal thread died', { cause: String(cause) });
    throw cause;
  });

  const append: Journal['append'] = (item, done) => {
    const size = sizeOf(item);
    if (closing !== undefined || waitingChars + size > config.waitingChars) return false;
    waitingChars += size;
    waiting.push({ item, done, size });
    next();
    return true;
  };
  return {
    memory,
    append,
    appendAndWait: (item) =>
      new Promise((resolve) => {
        if (!append(item, resolve)) resolve(undefined);
      }),
    state: () => ({ waiting: waiting.length + inFlight.length, failing }),
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        closing = resolve;
      });
      next();
      await within(closed, CLOSE_LIMIT_MS);
      clearTimeout(retryTimer);
      await worker.terminate();
    },
  };
}

function takeGroup(waiting: readonly Entry[]): readonly Entry[] {
  let chars = 0;
  let count = 0;
  for (const entry of waiting) {
    if (count > 0 && (chars + entry.size > GROUP_CHARS || count >= GROUP_ITEMS)) break;
    chars += entry.size;
    count++;
  }
  return count === waiting.length ? waiting : waiting.slice(0, count);
}

function firstAnswer(worker: Worker): Promise<JournalMemory> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the journal did not open in time')), OPEN_LIMIT_MS);
    const settle = () => {
      clearTimeout(timer);
      worker.removeListener('error', fail);
    };
    const fail = (cause: unknown) => {
      settle();
      reject(new Error(`the journal cannot be opened: ${String(cause)}`, { cause }));
    };
    worker.once('error', fail);
    worker.once('message', (answer: JournalAnswer) => {
      settle();
      if (answer.kind === 'open') resolve(answer.memory);
      else reject(new Error('the journal answered out of turn'));
    });
  });
}

async function within(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
