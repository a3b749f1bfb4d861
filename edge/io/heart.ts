/**
 * Ends this process when its event loop is blocked: a thread of its own looks at a counter that the loop moves. It counts
 * its own looks, not the time, so that a process that was suspended as a whole is not taken for a blocked one.
 */
import { Worker } from 'node:worker_threads';
import type { Log } from '../../model/ports.ts';

export type Heart = { readonly stop: () => Promise<void> };

const BEAT_MS = 1_000;
/** SQLite waits up to 5 s for a lock, and a poor SD card may take as long again for one fsync. */
const MISSED_BEATS = 60;

/** Plain JavaScript: a bundle has no second file. The exit code of a process that a thread kills is SIGKILL's. */
const WATCHER = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const beats = new Int32Array(workerData.shared);
let last = -1;
let missed = 0;
setInterval(() => {
  const now = Atomics.load(beats, 0);
  missed = now === last ? missed + 1 : 0;
  last = now;
  if (missed < workerData.missedBeats) return;
  writeSync(2, JSON.stringify({ level: 50, msg: 'the event loop is blocked: ending this process', missed }) + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, workerData.beatMs);
`;

export function startHeart(log: Log, beatMs = BEAT_MS, missedBeats = MISSED_BEATS): Heart {
  const shared = new SharedArrayBuffer(4);
  const beats = new Int32Array(shared);
  const timer = setInterval(() => Atomics.add(beats, 0, 1), beatMs / 2);
  timer.unref();
  const worker = new Worker(WATCHER, {
    eval: true,
    execArgv: [],
    workerData: { shared, beatMs, missedBeats },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
  });
  worker.on('error', (cause) => log.error('nobody watches the event loop', { cause: String(cause) }));
  worker.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await worker.terminate();
    },
  };
}
