/** The InfluxDB writer's thread: follows the journal, and begins again from its own state when its disk fails. */
import { parentPort, workerData } from 'node:worker_threads';
import type { InfluxTarget } from '#model/history.ts';
import type { Places } from '../../influx/lines.ts';
import { openJournalReader } from '../journal-reader.ts';
import { type DeliveryState, sleepUnless } from './delivery.ts';
import { createInfluxRun } from './run.ts';
import type { WriterOptions } from './writer-options.ts';

export type WriterData = {
  readonly dataDir: string;
  readonly target: InfluxTarget;
  readonly places: Places;
  readonly options: WriterOptions;
};
export type WriterTask = { readonly kind: 'close' } | { readonly kind: 'places'; readonly places: Places };
export type WriterAnswer =
  | { readonly kind: 'stored'; readonly lines: number }
  | { readonly kind: 'aside'; readonly reasons: readonly string[]; readonly message: string }
  | { readonly kind: 'state'; readonly state: DeliveryState; readonly message: string }
  | { readonly kind: 'lag'; readonly rows: number; readonly oldestReceivedAtMs: number | undefined }
  | { readonly kind: 'note'; readonly level: 'info' | 'warn'; readonly message: string; readonly detail: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'closed' };

const FAILURE_PAUSE_MS = 2_000;

const port = parentPort;
if (port === null) throw new Error('the InfluxDB writer runs in a worker thread');
const { dataDir, target, places, options } = workerData as WriterData;
const answer = (message: WriterAnswer): void => port.postMessage(message);
const stopping = new AbortController();

const writer = createInfluxRun({
  ...{ dataDir, target, places, options, journal: openJournalReader(dataDir) },
  news: {
    stored: (lines) => answer({ kind: 'stored', lines }),
    aside: (lines) =>
      answer({ kind: 'aside', reasons: lines.map(({ reason }) => reason), message: lines[0]?.message ?? '' }),
    state: (state, message) => answer({ kind: 'state', state, message }),
    lag: (lag) => answer({ kind: 'lag', ...lag }),
    note: (level, message, detail) => answer({ kind: 'note', level, message, detail }),
  },
});

port.on('message', (task: WriterTask) => {
  if (task.kind === 'close') stopping.abort();
  else writer.setPlaces(task.places);
});

while (!stopping.signal.aborted) {
  try {
    await writer.run(stopping.signal);
  } catch (cause) {
    answer({ kind: 'failed', message: String(cause) });
    await sleepUnless(stopping.signal, FAILURE_PAUSE_MS);
  }
}
answer({ kind: 'closed' });
port.close();
