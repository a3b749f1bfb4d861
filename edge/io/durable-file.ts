/** Small files that are whole or not there, also after the power went: draft, fsync, rename, fsync of the folder. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

function syncFolder(path: string): void {
  const fd = openSync(dirname(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function writeDurably(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    // Not writeSync, which may write a part on a disk that fills up.
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameDurably(draft, path);
}

export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(to);
}
