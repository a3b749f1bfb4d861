/** The journal's thread: commits wait for the disk here, so that the thread that receives never does. */
import { parentPort, workerData } from 'node:worker_threads';
import { openWakeWriter } from '#model/io/wake.ts';
import type { JournalItem, JournalMemory, JournalResult, StoreOptions } from '../journal-item.ts';
import { wakePathOf } from './journal-schema.ts';
import { type JournalStore, openJournalStore } from './journal-store.ts';

export type JournalTask =
  | { readonly kind: 'commit'; readonly items: readonly JournalItem[] }
  | { readonly kind: 'close' };
export type JournalAnswer =
  | { readonly kind: 'open'; readonly memory: JournalMemory }
  | { readonly kind: 'committed'; readonly results: readonly JournalResult[] }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'closed' };

const port = parentPort;
if (port === null) throw new Error('the journal runs in a worker thread');
const { path, options } = workerData as { readonly path: string; readonly options: StoreOptions };
const answer = (message: JournalAnswer): void => port.postMessage(message);

let store: JournalStore | undefined = openJournalStore(path, options);
const wake = openWakeWriter(wakePathOf(path));
answer({ kind: 'open', memory: store.memory() });

function commit(items: readonly JournalItem[]): JournalAnswer {
  try {
    // After a failure nothing in memory can be trusted, nor what the system said was written: begin from the file.
    store ??= openJournalStore(path, options);
    const results = store.commit(items);
    return { kind: 'committed', results };
  } catch (cause) {
    try {
      store?.close();
    } catch {
      // It is given up in any case.
    }
    store = undefined;
    return { kind: 'failed', message: String(cause) };
  }
}

port.on('message', (task: JournalTask) => {
  if (task.kind === 'commit') {
    const outcome = commit(task.items);
    answer(outcome);
    if (outcome.kind === 'committed') wake.wake();
    return;
  }
  store?.close();
  wake.close();
  answer({ kind: 'closed' });
  port.close();
});
