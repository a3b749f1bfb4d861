/**
 * Long questions to the embedded history, answered by a thread of its own beside the caller's loop. Few are answered at a
 * time, more wait, and one too many is refused at once; each has a time limit. A thread that dies fails what it was asked
 * and is started again at the next question.
 */
import { Worker } from 'node:worker_threads';
import { RESOLUTION_MS } from '#model/bucket.ts';
import {
  type Bucket,
  type DayTally,
  type HistoryPoint,
  type HistoryQuery,
  HistoryUnreadError,
} from '#model/history.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { unpackBuckets } from '../bucket-columns.ts';
import { unpackPoints } from '../point-columns.ts';
import { joinTallies } from '../tallies.ts';
import type { StoredTally, Wanted } from './history-answers.ts';
import type { AnswerPart, HistoryAsk, HistoryQueryAnswer, HistoryQueryTask } from './history-query-worker.ts';

export type HistoryQueryOptions = {
  /** The county's: days begin and end by it. */
  readonly zone: string;
  /** What readings count as that were stored before origins were kept; `live` where it is not known. */
  readonly originOf?: (sensorId: SensorId) => Origin | undefined;
  /** Real time that an answer may take, `tallies` ten times as long. */
  readonly limitMs?: number;
  readonly maxWaiting?: number;
};

const LIMIT_MS = 30_000;
const TALLIES_FACTOR = 10;
const AT_A_TIME = 4;
const MAX_WAITING = 64;
/** Buckets that one question may ask for: 100,000 series by the hour for a day. */
const MAX_BUCKETS = 3_000_000;
/** A thread that was told to leave a question and says nothing for so long is stuck. */
const STUCK_MS = 5_000;
const CLOSE_LIMIT_MS = 2_000;

type Job = {
  readonly ask: HistoryAsk;
  readonly take: (part: AnswerPart) => void;
  readonly settle: (failure: HistoryUnreadError | undefined) => void;
  timer: NodeJS.Timeout | undefined;
};

export function openHistoryQuery(dataDir: string, options: HistoryQueryOptions): HistoryQuery {
  const { zone, originOf = () => undefined, limitMs = LIMIT_MS, maxWaiting = MAX_WAITING } = options;
  const waiting: Job[] = [];
  const running = new Map<number, Job>();
  let worker: Worker | undefined;
  let stuckTimer: NodeJS.Timeout | undefined;
  let nextId = 0;
  let isClosed = false;
  let closed: (() => void) | undefined;

  const end = (id: number, failure: HistoryUnreadError | undefined): void => {
    const job = running.get(id);
    if (job === undefined) return;
    running.delete(id);
    clearTimeout(job.timer);
    job.settle(failure);
    startNext();
  };
  /** Whatever it was asked fails; the next question starts another thread. */
  const drop = (gone: Worker, why: string, cause?: unknown): void => {
    if (worker !== gone) return;
    worker = undefined;
    clearTimeout(stuckTimer);
    stuckTimer = undefined;
    void gone.terminate();
    for (const id of [...running.keys()]) end(id, new HistoryUnreadError({ kind: 'away', message: why }, cause));
  };
  const startWorker = (): Worker => {
    const made = new Worker(new URL('./history-query-worker.ts', import.meta.url), { workerData: { dataDir, zone } });
    made.unref();
    made.on('message', (answer: HistoryQueryAnswer) => {
      clearTimeout(stuckTimer);
      stuckTimer = undefined;
      if (answer.kind === 'part') running.get(answer.id)?.take(answer.part);
      else if (answer.kind === 'closed') closed?.();
      else end(answer.id, answer.failure === undefined ? undefined : unread('refused', answer.failure));
    });
    made.on('error', (cause) => drop(made, 'the thread that reads history died', cause));
    made.on('exit', () => drop(made, 'the thread that reads history ended'));
    return made;
  };
  const overdue = (id: number, took: Worker): void => {
    took.postMessage({ kind: 'cancel', id } satisfies HistoryQueryTask);
    stuckTimer ??= setTimeout(() => drop(took, 'the thread that reads history hangs'), STUCK_MS).unref();
    end(id, unread('away', 'history did not answer in time: ask for less at a time'));
  };
  const startNext = (): void => {
    while (!isClosed && running.size < AT_A_TIME) {
      const job = waiting.shift();
      if (job === undefined) return;
      worker ??= startWorker();
      const took = worker;
      const id = nextId++;
      running.set(id, job);
      job.timer = setTimeout(() => overdue(id, took), job.ask.kind === 'tallies' ? limitMs * TALLIES_FACTOR : limitMs);
      took.postMessage({ kind: 'ask', id, ask: job.ask } satisfies HistoryQueryTask);
    }
  };
  const ask = (question: HistoryAsk, take: (part: AnswerPart) => void): Promise<void> => {
    if (isClosed) return Promise.reject(unread('away', 'history is closed'));
    if (waiting.length >= maxWaiting)
      return Promise.reject(unread('tooMuch', `${maxWaiting} questions to history wait already: ask again later`));
    return new Promise<void>((resolve, reject) => {
      const settle = (failure: HistoryUnreadError | undefined) => (failure === undefined ? resolve() : reject(failure));
      waiting.push({ ask: question, take, settle, timer: undefined });
      startNext();
    });
  };
  const wantedOf = (sensorId: SensorId, origin: Origin): Wanted => ({
    ...{ sensorId, origin },
    takesUnknown: (originOf(sensorId) ?? 'live') === origin,
  });

  return {
    range: async ({ sensorId, origin, fromMs, toMs, limit, newest = false }) => {
      let points: readonly HistoryPoint[] = [];
      const wanted = wantedOf(sensorId, origin);
      await ask({ kind: 'range', wanted, stretch: { fromMs, toMs }, limit, newest }, (part) => {
        if (part.kind === 'points') points = unpackPoints(part.points);
      });
      return points;
    },
    buckets: async ({ sensorIds, origin, fromMs, toMs, resolution }) => {
      const expected = (sensorIds.length * Math.max(0, toMs - fromMs)) / RESOLUTION_MS[resolution];
      if (expected > MAX_BUCKETS && sensorIds.length > 1)
        throw unread(
          'tooMuch',
          `more than ${MAX_BUCKETS} buckets at once: ask for fewer sensors, a shorter time or longer buckets`,
        );
      const buckets = new Map<SensorId, readonly Bucket[]>();
      const wanted = sensorIds.map((id) => wantedOf(id, origin));
      await ask({ kind: 'buckets', wanted, stretch: { fromMs, toMs }, resolution }, (part) => {
        if (part.kind !== 'buckets') return;
        for (const [sensorId, packed] of part.found) buckets.set(sensorId, unpackBuckets(packed));
      });
      return buckets;
    },
    latest: async (sensorIds, origin) => {
      const latest = new Map<SensorId, HistoryPoint>();
      await ask({ kind: 'latest', wanted: sensorIds.map((id) => wantedOf(id, origin)) }, (part) => {
        if (part.kind === 'latest') for (const [sensorId, point] of part.found) latest.set(sensorId, point);
      });
      return latest;
    },
    tallies: async ({ fromMs, toMs }): Promise<readonly DayTally[]> => {
      const stored: StoredTally[] = [];
      await ask({ kind: 'tallies', stretch: { fromMs, toMs } }, (part) => {
        if (part.kind === 'tallies') stored.push(...part.tallies);
      });
      return joinTallies(stored.map((one) => ({ ...one, origin: one.origin ?? originOf(one.sensorId) ?? 'live' })));
    },
    close: async () => {
      isClosed = true;
      const gone = worker;
      for (const job of waiting.splice(0)) job.settle(unread('away', 'history is closed'));
      if (gone === undefined) return;
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
        closed = () => {
          clearTimeout(limit);
          resolve();
        };
        gone.postMessage({ kind: 'close' } satisfies HistoryQueryTask);
      });
      drop(gone, 'history is closed');
      await gone.terminate();
    },
  };
}

const unread = (kind: HistoryUnreadError['kind'], message: string): HistoryUnreadError =>
  new HistoryUnreadError({ kind, message });
