/** Pictures that stations send (function 36H): a folder with a bound, the oldest go first. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EpochMs } from '../../model/time.ts';
import { beijingDigits } from '../sl651/time.ts';
import { renameDurably } from './durable-file.ts';

const MAX_PICTURES = 500;
const MAX_BYTES = 200_000_000;

export type Pictures = {
  /** Throws when the disk refuses; the picture is not there then. */
  readonly save: (station: string, atMs: EpochMs, serial: string, bytes: Uint8Array) => string;
};

export function openPictures(dataDir: string): Pictures {
  const folder = join(dataDir, 'pictures');

  const trim = (): void => {
    const files = readdirSync(folder)
      // What a loss of power left unfinished goes with the oldest.
      .filter((name) => /\.jpg(\.part)?$/.test(name))
      .map((name) => ({ name, ...pick(join(folder, name)) }))
      .sort((a, b) => a.changedMs - b.changedMs);
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    let count = files.length;
    for (const file of files) {
      if (count <= MAX_PICTURES && bytes <= MAX_BYTES) return;
      rmSync(join(folder, file.name), { force: true });
      bytes -= file.bytes;
      count--;
    }
  };

  return {
    save: (station, atMs, serial, bytes) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // The same picture sent again has the same name.
      const path = join(folder, `${station}-${beijingDigits(atMs)}-${serial}.jpg`);
      const fresh = `${path}.part`;
      const file = openSync(fresh, 'w', 0o600);
      try {
        // Not writeSync, which may write a part on a disk that fills up.
        writeFileSync(file, bytes);
        fsyncSync(file);
        // Behind the confirmation it must be there, also after the power went.
        renameDurably(fresh, path);
      } catch (cause) {
        rmSync(fresh, { force: true });
        throw cause;
      } finally {
        closeSync(file);
      }
      trim();
      return path;
    },
  };
}

function pick(path: string): { readonly bytes: number; readonly changedMs: number } {
  const { size, mtimeMs } = statSync(path);
  return { bytes: size, changedMs: mtimeMs };
}
