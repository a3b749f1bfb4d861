/** A file that gets its name when it is whole; what is written waits for the disk. */

import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { flushFile, flushFolder } from './whole.ts';

const CHARS_AT_ONCE = 256_000;

export type OutFile = {
  readonly line: (text: string) => Promise<void>;
  /** Flushes and shows it under its name. */
  readonly done: () => Promise<void>;
  readonly drop: () => Promise<void>;
};

export const partOfFile = (path: string): string => `${path}.part`;

/** Shows a finished `.part` under its name. */
export async function showFile(path: string): Promise<void> {
  await flushFile(partOfFile(path));
  renameSync(partOfFile(path), path);
  flushFolder(dirname(resolve(path)));
}

export function openOutFile(path: string): OutFile {
  const stream = createWriteStream(partOfFile(path), { mode: 0o600 });
  let failure: Error | undefined;
  stream.on('error', (cause) => {
    failure ??= cause;
  });
  let waiting = '';
  /** Resolves when the disk has taken it, so that nothing piles up. */
  const write = (): Promise<void> => {
    const text = waiting;
    waiting = '';
    return new Promise((resolve, reject) =>
      stream.write(text, (cause) => (cause instanceof Error ? reject(failure ?? cause) : resolve())),
    );
  };
  return {
    line: async (text) => {
      waiting += text;
      if (waiting.length >= CHARS_AT_ONCE) await write();
    },
    done: async () => {
      if (waiting !== '') await write();
      stream.end();
      await finished(stream);
      await showFile(path);
    },
    drop: async () => {
      stream.destroy();
      if (existsSync(partOfFile(path))) rmSync(partOfFile(path), { force: true });
    },
  };
}
