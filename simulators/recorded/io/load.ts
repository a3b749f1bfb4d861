/** Reads recorded data from disk: a CSV, a file of any known format, or a folder of such files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { QuantityCode } from '#model/quantity.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { Recording, RecordingSeries } from '#rules/backtest/recording.ts';
import type { Truth } from '#rules/backtest/truth.ts';
import { columnsOf, usualStepMs } from '#simulators/recorded/column-store.ts';
import type { CsvContent } from '#simulators/recorded/csv-columns.ts';
import { parseRecorded, RECORDED_FORMATS } from '#simulators/recorded/formats.ts';
import { type FileSeries, gatherFiles } from '#simulators/recorded/gather.ts';
import { type Inventory, parseInventory } from '#simulators/recorded/inventory.ts';
import { type BytesDone, readCsv } from '#simulators/recorded/io/read-csv.ts';
import { lintAt } from '#simulators/recorded/series.ts';
import { seriesColumns } from '#simulators/recorded/series-columns.ts';
import { inTimeOrder } from '#simulators/recorded/time-order.ts';
import { inZone } from '#simulators/recorded/told-zone.ts';
import { parseTruth } from '#simulators/recorded/truth.ts';
import { openZone, type ZoneClock } from '#simulators/recorded/zone-clock.ts';

export type LoadOptions = {
  /** IANA; whose time a stamp without an offset is. */
  readonly zone?: string;
  readonly inventory?: Inventory;
  /** Of CSV sensors of which nobody says it; default rain, with a note. */
  readonly defaultQuantity?: QuantityCode;
  readonly onProgress?: BytesDone;
};

const MAX_NOTES = 50;

type Read = Result<FileSeries, readonly Lint[]>;

/** A file, or all files of a folder that are recordings. */
export function loadRecording(path: string, options: LoadOptions = {}): Result<Recording, readonly Lint[]> {
  const zone = options.zone === undefined ? undefined : openZone(options.zone);
  if (options.zone !== undefined && zone === undefined)
    return err([{ ...lintAt('', 0, `there is no zone ${options.zone}`), mend: 'name one such as Asia/Shanghai' }]);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder === undefined) return err([lintAt(path, 0, 'there is no such file or folder')]);
  const read = isFolder ? loadFolder(path, options, zone) : loadFile(path, options, zone);
  if (!read.ok) return read;
  const recording = gatherFiles(read.value, options.inventory, options.zone);
  if (read.value.length === 1 || !read.value.every(({ namesSensors }) => namesSensors)) return ok(recording);
  // Files of one station may overlap. Known formats keep their loggers' rows: what is odd is told of, not mended.
  const ordered = recording.series.map((series) => inTimeOrder(series, path));
  const notes = [...recording.notes, ...ordered.flatMap((one) => one.notes).slice(0, MAX_NOTES)];
  return ok({ ...recording, series: ordered.map(({ series }) => series), notes });
}

function loadFile(
  path: string,
  options: LoadOptions,
  zone: ZoneClock | undefined,
): Result<readonly FileSeries[], readonly Lint[]> {
  const read = loadCsv(path, options, zone) ?? loadKnown(path, zone);
  return read.ok ? ok([read.value]) : read;
}

function loadFolder(
  folder: string,
  options: LoadOptions,
  zone: ZoneClock | undefined,
): Result<readonly FileSeries[], readonly Lint[]> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  const files: FileSeries[] = [];
  const lints: Lint[] = [];
  const strange: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const read = loadCsv(path, options, zone) ?? (isKnown(path) ? loadKnown(path, zone) : undefined);
    if (read === undefined) strange.push(name);
    else if (read.ok) files.push(read.value);
    else lints.push(...read.error);
  }
  if (lints.length > 0) return err(lints);
  const [first, ...more] = files;
  if (first === undefined) return err([lintAt(folder, 0, 'the folder has no file that is a recording')]);
  if (strange.length === 0) return ok(files);
  const note = lintAt(folder, 0, `no recordings, left out: ${strange.join(', ')}`, 'warning');
  return ok([{ ...first, notes: [note, ...first.notes] }, ...more]);
}

/** Undefined when it does not begin as a CSV of ours. */
function loadCsv(path: string, options: LoadOptions, zone: ZoneClock | undefined): Read | undefined {
  const csv = {
    file: path,
    ...(zone === undefined ? {} : { zone }),
    known: (sensorId: string) => options.inventory?.get(sensorId),
    defaultQuantity: options.defaultQuantity ?? ('rain' as const),
  };
  const read = readCsv(path, csv, options.onProgress);
  if (read === undefined || !read.ok) return read;
  const ordered = csvSeries(read.value).map((series) => inTimeOrder(series, path));
  return ok({
    ...{ file: path, series: ordered.map(({ series }) => withStep(series)), zone: read.value.zone, namesSensors: true },
    notes: [...read.value.notes, ...ordered.flatMap(({ notes }) => notes).slice(0, MAX_NOTES)],
  });
}

const csvSeries = ({ sensors }: CsvContent): readonly RecordingSeries[] =>
  sensors.map(({ sensorId, quantity, track }) => {
    const series = { sensor: { sensorId, quantity }, columns: columnsOf(track) };
    return track.flags.length === 0 ? series : { ...series, flags: track.flags };
  });

const withStep = (series: RecordingSeries): RecordingSeries => ({
  ...series,
  sensor: { ...series.sensor, stepMs: usualStepMs(series.columns) },
});

const HEAD_BYTES = 4_096;
const isKnown = (path: string): boolean => {
  const head = readFileSync(path).subarray(0, HEAD_BYTES).toString('utf8');
  return RECORDED_FORMATS.some((format) => format.matches(path, head));
};

function loadKnown(path: string, zone: ZoneClock | undefined): Read {
  const parsed = parseRecorded(path, readFileSync(path, 'utf8'));
  if (!parsed.ok) return parsed;
  const told = zone === undefined ? parsed.value : parsed.value.map((series) => inZone(series, zone, path));
  return ok({
    ...{ file: path, series: told.map(seriesColumns), zone: told[0]?.zone ?? null, namesSensors: false },
    notes: [...new Set(told.flatMap(({ notes }) => notes))],
  });
}

export function loadInventory(path: string): Result<Inventory, readonly Lint[]> {
  const text = readText(path);
  return text.ok ? parseInventory(path, text.value) : text;
}

/** `zone`: whose time a stamp without an offset is, where the file names none. */
export function loadTruth(path: string, zone: string | undefined): Result<Truth, readonly Lint[]> {
  const text = readText(path);
  return text.ok ? parseTruth(path, text.value, zone) : text;
}

function readText(path: string): Result<string, readonly Lint[]> {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (cause) {
    return err([lintAt(path, 0, cause instanceof Error ? cause.message : String(cause))]);
  }
}
