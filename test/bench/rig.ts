/** What a row sets up, a temporary folder and processes, and that nothing of it outlives the bench, also when it is interrupted. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Rig = {
  readonly dir: string;
  /** Processes that end with the row. */
  readonly children: ChildProcess[];
  /** What is done before they are killed. */
  readonly endings: (() => Promise<void>)[];
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

async function clear({ dir, children, endings }: Rig): Promise<void> {
  for (const end of endings) await end();
  const ended = children.filter(isAlive).map((child) => once(child, 'exit'));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(ended);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

export async function withRig<T>(work: (rig: Rig) => Promise<T>): Promise<T> {
  const rig: Rig = { dir: mkdtempSync(join(tmpdir(), 'fengsui-bench-')), children: [], endings: [] };
  let interrupt = (): void => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = () => reject(new Error('the bench was interrupted'));
  });
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const working = work(rig);
  working.catch(() => {}); // After an interruption nobody waits for it.
  try {
    return await Promise.race([working, interrupted]);
  } finally {
    await clear(rig);
    for (const signal of SIGNALS) process.removeListener(signal, interrupt);
  }
}
