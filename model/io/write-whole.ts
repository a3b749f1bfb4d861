/** Writes a file whole or not at all, for its owner alone. */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

export function writeWhole(file: string, text: string): void {
  const draft = `${file}.new`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
}
