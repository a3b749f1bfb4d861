/** A file of signed heads: appended to and flushed, read whole. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type HeadLines, headLine, parseHeads, type SignedHead } from '../../ledger/heads.ts';

/** The heads beside the ledger: what the file outside is brought up to date from. */
export const headsPath = (dataDir: string): string => join(dataDir, 'alerts', 'heads.jsonl');

/** Undefined when there is no such file. */
export function readHeadFile(path: string): HeadLines | undefined {
  try {
    return parseHeads(readFileSync(path, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** Throws what the disk says. */
export function appendHeads(path: string, heads: readonly SignedHead[]): void {
  if (heads.length === 0) return;
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'a', 0o640);
  try {
    writeSync(fd, heads.map(headLine).join(''));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Ends a line that a crash cut off, so that the next one is read. */
export function mendLastLine(path: string): void {
  const text = readFileSync(path, 'utf8');
  if (text === '' || text.endsWith('\n')) return;
  const fd = openSync(path, 'a');
  try {
    writeSync(fd, '\n');
  } finally {
    closeSync(fd);
  }
}

export const setAside = (path: string, name: string): void => renameSync(path, name);
