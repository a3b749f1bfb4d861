/** The thread that answers long questions to history: several at a time, a slice of sensors each in turn. */
import { parentPort, workerData } from 'node:worker_threads';
import type { HistoryPoint, Resolution } from '#model/history.ts';
import type { SensorId } from '#model/reading.ts';
import { packBuckets } from '../bucket-columns.ts';
import { buffersOf, type PointColumns } from '../point-columns.ts';
import { openHistoryAnswers, type StoredTally, type Stretch, type Wanted } from './history-answers.ts';
import { openJournalReader } from './journal-reader.ts';

export type HistoryAsk =
  | {
      readonly kind: 'range';
      readonly wanted: Wanted;
      readonly stretch: Stretch;
      readonly limit: number;
      readonly newest: boolean;
    }
  | {
      readonly kind: 'buckets';
      readonly wanted: readonly Wanted[];
      readonly stretch: Stretch;
      readonly resolution: Resolution;
    }
  | { readonly kind: 'latest'; readonly wanted: readonly Wanted[] }
  | { readonly kind: 'tallies'; readonly stretch: Stretch };
export type HistoryQueryTask =
  | { readonly kind: 'ask'; readonly id: number; readonly ask: HistoryAsk }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close' };

export type AnswerPart =
  | { readonly kind: 'points'; readonly points: PointColumns }
  | { readonly kind: 'latest'; readonly found: readonly (readonly [SensorId, HistoryPoint])[] }
  | { readonly kind: 'buckets'; readonly found: readonly (readonly [SensorId, Float64Array<ArrayBuffer>])[] }
  | { readonly kind: 'tallies'; readonly tallies: readonly StoredTally[] };
export type HistoryQueryAnswer =
  | { readonly kind: 'part'; readonly id: number; readonly part: AnswerPart }
  | { readonly kind: 'done'; readonly id: number; readonly failure: string | undefined }
  | { readonly kind: 'closed' };

/** A slice ends when so many milliseconds are over, and the next question has its turn. */
const SLICE_MS = 20;

const port = parentPort;
if (port === null) throw new Error('questions to history are answered in a worker thread');
const { dataDir, zone } = workerData as { readonly dataDir: string; readonly zone: string };
const say = (answer: HistoryQueryAnswer, transfer: ArrayBuffer[] = []): void => port.postMessage(answer, transfer);

const journal = openJournalReader(dataDir);
const answers = openHistoryAnswers(dataDir, journal, zone);
const cancelled = new Set<number>();
let isClosed = false;

/** Goes through `items` in slices, each from one moment of history; false when nobody waits for the answer any more. */
async function eachSlice<Item, Found>(
  id: number,
  items: readonly Item[],
  answer: (item: Item) => Found,
  send: (found: readonly Found[]) => void,
): Promise<void> {
  for (let at = 0; at < items.length; ) {
    const found = answers.together(() => {
      const slice: Found[] = [];
      const endMs = performance.now() + SLICE_MS;
      while (at < items.length && performance.now() < endMs) slice.push(answer(items[at++] as Item));
      return slice;
    });
    send(found);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (isClosed || cancelled.has(id)) return;
  }
}

async function answerAsk(id: number, ask: HistoryAsk): Promise<void> {
  const part = (one: AnswerPart, transfer: ArrayBuffer[] = []) => say({ kind: 'part', id, part: one }, transfer);
  switch (ask.kind) {
    case 'range': {
      const points = answers.range(ask.wanted, ask.stretch, ask.limit, ask.newest);
      part({ kind: 'points', points }, buffersOf(points));
      return;
    }
    case 'buckets':
      return eachSlice(
        id,
        ask.wanted,
        (one) => [one.sensorId, packBuckets(answers.buckets(one, ask.stretch, ask.resolution))] as const,
        (slice) => {
          const found = slice.filter(([, packed]) => packed.length > 0);
          const transfer = found.map(([, packed]) => packed.buffer);
          part({ kind: 'buckets', found }, transfer);
        },
      );
    case 'latest':
      return eachSlice(
        id,
        ask.wanted,
        (one) => [one.sensorId, answers.latest(one)] as const,
        (slice) =>
          part({ kind: 'latest', found: slice.flatMap(([key, point]) => (point === undefined ? [] : [[key, point]])) }),
      );
    case 'tallies':
      return eachSlice(
        id,
        answers.sensorIds(),
        (sensorId) => answers.tallies(sensorId, ask.stretch),
        (slice) => part({ kind: 'tallies', tallies: slice.flat() }),
      );
    default:
      return ask satisfies never;
  }
}

port.on('message', (task: HistoryQueryTask) => {
  if (task.kind === 'cancel') cancelled.add(task.id);
  else if (task.kind === 'close') {
    isClosed = true;
    answers.close();
    journal.close();
    say({ kind: 'closed' });
    port.close();
  } else {
    const { id, ask } = task;
    answerAsk(id, ask)
      .then(
        () => undefined,
        (cause: unknown) => String(cause),
      )
      .then((failure) => {
        cancelled.delete(id);
        if (!isClosed) say({ kind: 'done', id, failure });
      });
  }
});
