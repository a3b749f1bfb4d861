/** Files that are whole or not there: copied with their digest, flushed, and shown under their name at the very end. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeWhole } from '#model/io/write-whole.ts';

export type Digest = { readonly bytes: number; readonly sha256: string };

function counting(onBytes: (bytes: number) => void) {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  return { stream, digest: (): Digest => ({ bytes, sha256: hash.digest('hex') }) };
}

/** Copies a file and flushes it; `limit` reads only so many bytes of one that grows. */
export async function copyFile(
  from: string,
  to: string,
  onBytes: (bytes: number) => void,
  limit = Number.POSITIVE_INFINITY,
): Promise<Digest> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const counted = counting(onBytes);
  if (limit === 0) writeWhole(to, '');
  else {
    const source = createReadStream(from, Number.isFinite(limit) ? { end: limit - 1 } : {});
    await pipeline(source, counted.stream, createWriteStream(to, { mode: 0o600, flush: true }));
  }
  return counted.digest();
}

export async function digestOfFile(path: string, onBytes: (bytes: number) => void): Promise<Digest> {
  const counted = counting(onBytes);
  counted.stream.resume();
  await pipeline(createReadStream(path), counted.stream);
  return counted.digest();
}

/** A name is on disk when its folder is. */
export function flushFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export async function flushFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Every folder below, itself last. */
export async function flushFolders(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await flushFolders(join(path, entry.name));
  flushFolder(path);
}

export type Found = { readonly path: string; readonly bytes: number; readonly stamp: string };

/** Regular files below a folder, by name; links and sockets are passed over. Empty when there is no folder. */
export async function filesBelow(folder: string, prefix = ''): Promise<readonly Found[]> {
  const found: Found[] = [];
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) {
      const at = await lstat(join(folder, path)).catch(() => undefined);
      if (at !== undefined) found.push({ path, bytes: at.size, stamp: `${at.mtimeMs} ${at.size} ${at.ino}` });
    }
  }
  return found;
}
