/** What a row sets up, a temporary folder and processes, and that nothing of it outlives the bench, however it ends. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Rig = {
  readonly dir: string;
  /** Processes that end with the row. */
  readonly children: ChildProcess[];
};

export async function withRig<T>(work: (rig: Rig) => Promise<T>): Promise<T> {
  const rig: Rig = { dir: mkdtempSync(join(tmpdir(), 'fengsui-bench-')), children: [] };
  const clean = (): void => {
    for (const child of rig.children) child.kill('SIGKILL');
    rmSync(rig.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  // A signal ends the process by `exit` (see main.ts), where only what is synchronous still runs.
  process.once('exit', clean);
  try {
    return await work(rig);
  } finally {
    process.removeListener('exit', clean);
    clean();
  }
}
