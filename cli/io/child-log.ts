/** The log file of one child: bounded while it grows, and nothing that the disk does to it touches the supervisor. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const MAX_LOG_BYTES = 20_000_000;

export type ChildLog = { readonly write: (data: Uint8Array) => void; readonly close: () => void };

/**
 * Appends to `path`; a full file becomes `path.1`. What cannot be written is dropped and tried again with the next
 * piece: a full disk must not end the processes that say so elsewhere.
 */
export function openChildLog(path: string, maxBytes = MAX_LOG_BYTES): ChildLog {
  let fd: number | undefined;
  let bytes = 0;
  const shut = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const open = (): number => {
    if (fd === undefined) {
      fd = openSync(path, 'a', 0o600);
      bytes = fstatSync(fd).size;
    }
    return fd;
  };
  return {
    write: (data) => {
      try {
        open();
        if (bytes > 0 && bytes + data.length > maxBytes) {
          shut();
          renameSync(path, `${path}.1`);
        }
        bytes += writeSync(open(), data);
      } catch {
        // Dropped: see above.
      }
    },
    close: shut,
  };
}
