/** Reads a CSV of any size from disk, block by block, into columns. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { err, type Lint, type Result } from '#model/result.ts';
import { type CsvContent, type CsvOptions, createCsvReader } from '#simulators/recorded/csv-columns.ts';
import { readHeader } from '#simulators/recorded/csv-header.ts';
import { lintAt } from '#simulators/recorded/series.ts';

const BLOCK = 1 << 20;
/** A longer line is no line of a recording. */
const MAX_LINE = 1 << 16;
const LF = 10;

export type BytesDone = (done: number, of: number) => void;

/** Undefined when the file does not begin with a header of ours. */
export function readCsv(
  path: string,
  options: CsvOptions,
  onProgress: BytesDone = () => undefined,
): Result<CsvContent, readonly Lint[]> | undefined {
  const fd = openSync(path, 'r');
  try {
    return readOpen(fd, options, onProgress);
  } finally {
    closeSync(fd);
  }
}

function readOpen(fd: number, options: CsvOptions, onProgress: BytesDone) {
  const { size } = fstatSync(fd);
  const block = new Uint8Array(BLOCK + MAX_LINE + 1);
  let held = readSync(fd, block, 0, BLOCK, null);
  let done = held;
  const feed = block.subarray(0, held).indexOf(LF);
  const first = new TextDecoder().decode(block.subarray(0, feed < 0 ? held : feed));
  const header = feed > MAX_LINE ? undefined : readHeader(first);
  if (header === undefined) return undefined;
  const reader = createCsvReader(header, options);
  let from = feed < 0 ? held : feed + 1;
  for (;;) {
    const last = block.subarray(0, held).lastIndexOf(LF);
    if (last >= from && !reader.push(block, from, last + 1)) break;
    from = Math.max(from, last + 1);
    onProgress(done, size);
    const rest = held - from;
    if (rest > MAX_LINE) return err([lintAt(options.file, 0, `a line is longer than ${MAX_LINE} characters`)]);
    block.copyWithin(0, from, held);
    const got = readSync(fd, block, rest, BLOCK, null);
    held = rest + got;
    done += got;
    from = 0;
    if (got > 0) continue;
    // The last line may lack its line feed.
    block[held] = LF;
    if (held > 0) reader.push(block, 0, held + 1);
    break;
  }
  return reader.finish();
}
