/** A little space kept back on disk: when the disk is full, deleting needs room in the log as well. */
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** As much as the log may have to bring into the file before it can begin anew. */
const RESERVE_BYTES = 2_500_000;
/** A smaller outbox has no need of one. */
const WORTH_FROM_BYTES = 64_000_000;

export type Reserve = {
  /** False when there was nothing to give up. */
  readonly giveUp: () => boolean;
  /** Takes it back as soon as there is room again. */
  readonly takeBack: () => void;
};

export function openReserve(dataDir: string, maxBytes: number): Reserve {
  const path = join(dataDir, 'outbox.reserve');
  const isHere = (): boolean => {
    try {
      return statSync(path).size >= RESERVE_BYTES;
    } catch {
      return false;
    }
  };
  const takeBack = (): void => {
    if (maxBytes < WORTH_FROM_BYTES || isHere()) return;
    let file: number | undefined;
    try {
      file = openSync(path, 'w', 0o600);
      writeSync(file, Buffer.alloc(RESERVE_BYTES));
      fsyncSync(file);
    } catch {
      rmSync(path, { force: true });
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };
  takeBack();
  return {
    giveUp: () => {
      const was = isHere();
      if (was) rmSync(path, { force: true });
      return was;
    },
    takeBack,
  };
}
