/** Wake-ups between processes: the writer of a log touches a file after each commit, its readers watch that file. */
import { closeSync, type FSWatcher, mkdirSync, openSync, watch, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A reader that missed a wake-up is at most this late. */
export const SLOW_POLL_MS = 250;

export type WakeWriter = { readonly wake: () => void; readonly close: () => void };

const touch = Buffer.from('.');

export function openWakeWriter(path: string): WakeWriter {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'w', 0o600);
  let open = true;
  return {
    wake: () => {
      if (open) writeSync(fd, touch, 0, 1, 0);
    },
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** Calls back on the next turn of the event loop after a touch, conflated, and every `SLOW_POLL_MS` in any case. */
export function watchWake(path: string, run: () => void): () => void {
  let watcher: FSWatcher | undefined;
  let pending = false;
  let stopped = false;
  const fire = () => {
    if (pending || stopped) return;
    pending = true;
    setImmediate(() => {
      pending = false;
      if (!stopped) run();
    });
  };
  const attach = () => {
    if (watcher !== undefined || stopped) return;
    try {
      watcher = watch(path, { persistent: false }, fire);
      watcher.on('error', () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      watcher = undefined; // The writer has not made the file yet: the slow poll tries again.
    }
  };
  attach();
  const poll = setInterval(() => {
    attach();
    fire();
  }, SLOW_POLL_MS);
  return () => {
    stopped = true;
    clearInterval(poll);
    watcher?.close();
  };
}
