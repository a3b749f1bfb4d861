/** Runs the `fengsui` command as a person would, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

export const top = join(import.meta.dirname, '..', '..');
const entry = join(top, 'cli', 'fengsui.mjs');

export type Running = {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
  /** Sends the signal and resolves to the milliseconds that the process took to end; kills it after the limit. */
  readonly stop: (signal?: NodeJS.Signals, limitMs?: number) => Promise<number>;
};

export function runFengsui(
  args: readonly string[],
  env: { readonly [name: string]: string },
  nodeArgs: readonly string[] = [],
): Running {
  const child = spawn(process.execPath, [...nodeArgs, entry, ...args], {
    cwd: top,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => {
      output += data.toString();
    });
  const exited = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return {
    process: child,
    output: () => output,
    exited,
    stop: async (signal = 'SIGINT', limitMs = 15_000) => {
      const startedMs = performance.now();
      if (child.exitCode === null) child.kill(signal);
      const force = setTimeout(() => child.kill('SIGKILL'), limitMs);
      await exited;
      clearTimeout(force);
      return performance.now() - startedMs;
    },
  };
}
