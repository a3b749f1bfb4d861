/**
 * Brings a CSV file into the embedded history, line by line in bounded memory. Lines that are no readings are written
 * beside the file with the place and the reason; what the store has already is left out.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { missingPoints } from '#ingest/influx/refill.ts';
import type { BulkStore } from '#ingest/io/transfer/bulk-store.ts';
import type { HistoryPoint, HistoryQuery } from '#model/history.ts';
import type { Origin, Reading, SensorId } from '#model/reading.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import { BOM, LINE_END, textCell } from '../csv-text.ts';
import { type FaultReason, type RowRules, readHeading, readRow } from '../import-row.ts';
import { walkPoints } from '../stretches.ts';
import { type OutFile, openOutFile } from './out-file.ts';
import { digestOfFile } from './whole.ts';

export type ImportWish = {
  readonly file: string;
  readonly mapping: readonly string[];
  readonly origin: Origin;
  readonly rules: Omit<RowRules, 'places'>;
  readonly query: Pick<HistoryQuery, 'range'>;
  /** Null: nothing is stored, the file is only looked at. */
  readonly open: ((id: string) => BulkStore) | null;
};
export type ImportDone = {
  readonly lines: number;
  readonly stored: number;
  /** In the store already, with the same instant, value and marks. */
  readonly known: number;
  readonly refused: ReadonlyMap<FaultReason, number>;
  readonly refusedFile: string | null;
  readonly oldestMs: EpochMs | null;
};

/** A longer line is no line of ours; it is cut, and refused by what is left of it. */
const MAX_LINE = 65_536;

async function* linesOf(file: string): AsyncGenerator<string> {
  let waiting = '';
  for await (const part of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    waiting += part;
    const lines = waiting.split('\n');
    waiting = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (waiting !== '') yield waiting;
}

/** Lines of a portion: they are stored together, and known again together when the import is repeated. */
const LINES_A_PORTION = 20_000;

export const refusedFileOf = (file: string): string => `${file.replace(/\.csv$/i, '')}.refused.csv`;

/** The same file under the same reading of it is the same import, whatever its name. */
export async function importId(wish: Pick<ImportWish, 'file' | 'mapping' | 'origin'>): Promise<string> {
  const { sha256 } = await digestOfFile(wish.file, () => {});
  return createHash('sha256')
    .update(JSON.stringify([sha256, wish.mapping, wish.origin]))
    .digest('hex')
    .slice(0, 32);
}

export async function importFile(
  wish: ImportWish,
  onProgress: (lines: number) => void,
): Promise<Result<ImportDone, string>> {
  if (!existsSync(wish.file)) return err(`There is no file ${wish.file}.`);
  const id = await importId(wish);
  const lines = linesOf(wish.file);
  const store = wish.open?.(id);
  const refusals = openRefusals(wish.file);
  const state = { lines: 0, stored: 0, known: 0, portion: 1, oldestMs: null as EpochMs | null };
  let rules: RowRules | undefined;
  let readings: Reading[] = [];
  const settle = async (): Promise<void> => {
    if (store?.has(state.portion) === true) state.known += readings.length;
    else {
      const fresh = await freshOf(wish, readings);
      store?.add(state.portion, wish.origin, fresh);
      state.stored += fresh.length;
      state.known += readings.length - fresh.length;
    }
    readings = [];
    state.portion++;
  };
  try {
    for await (const line of lines) {
      if (rules === undefined) {
        const places = readHeading(line, wish.mapping);
        if (!places.ok) return err(`${wish.file}:1: ${places.error}.`);
        rules = { ...wish.rules, places: places.value };
        await refusals.begin(line);
        continue;
      }
      state.lines++;
      if (line.trim() !== '') {
        const row = readRow(line, rules);
        if (row.ok) {
          readings.push(row.value);
          state.oldestMs = Math.min(state.oldestMs ?? row.value.measuredAtMs, row.value.measuredAtMs);
        } else await refusals.add(state.lines + 1, row.error.column, row.error.reason, row.error.detail, line);
      }
      if (state.lines % LINES_A_PORTION !== 0) continue;
      await settle();
      onProgress(state.lines);
    }
    if (rules === undefined) return err(`${wish.file} is empty: its first line names the columns.`);
    if (readings.length > 0) await settle();
    const refusedFile = await refusals.done();
    const { lines: seen, stored, known, oldestMs } = state;
    return ok({ lines: seen, stored, known, refused: refusals.counts, refusedFile, oldestMs });
  } finally {
    store?.close();
    await refusals.drop();
  }
}

/** Of readings with the same instant and content as many as the store lacks. */
async function freshOf({ query, origin }: ImportWish, readings: readonly Reading[]): Promise<readonly Reading[]> {
  const series = Map.groupBy(readings, ({ sensorId }) => sensorId);
  const fresh: Reading[] = [];
  for (const [sensorId, own] of series) fresh.push(...(await freshOfSeries(query, sensorId, origin, own)));
  return fresh;
}

async function freshOfSeries(
  query: ImportWish['query'],
  sensorId: SensorId,
  origin: Origin,
  own: readonly Reading[],
): Promise<readonly Reading[]> {
  const instants = new Set(own.map(({ measuredAtMs }) => measuredAtMs));
  const times = [...instants].sort((a, b) => a - b);
  const fromMs = times[0] ?? 0;
  const toMs = (times.at(-1) ?? 0) + 1;
  const stored: HistoryPoint[] = [];
  for await (const { points } of walkPoints(query, { sensorId, origin, fromMs, toMs }))
    for (const point of points) if (instants.has(point.atMs)) stored.push(point);
  if (stored.length === 0) return own;
  const wanted = own.map((reading) => ({ ...pointOf(reading), reading }));
  const missing = new Set(missingPoints(wanted, stored).missing.map(({ point }) => point));
  return wanted.filter((point) => missing.has(point)).map(({ reading }) => reading);
}

function pointOf(reading: Reading): HistoryPoint {
  const { measuredAtMs: atMs, quality, flags, raw } = reading;
  const base = { atMs, quality, flags, raw };
  return reading.quality === 'bad'
    ? { ...base, value: undefined, reason: reading.reason }
    : { ...base, value: reading.value };
}

/** The file of what was refused is made at the first one. */
function openRefusals(file: string) {
  const path = refusedFileOf(file);
  const counts = new Map<FaultReason, number>();
  let out: OutFile | undefined;
  let heading = '';
  return {
    counts,
    begin: async (line: string) => {
      heading = line.replace(/^\uFEFF/, '');
    },
    add: async (lineNumber: number, column: number, reason: FaultReason, detail: string, line: string) => {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      if (out === undefined) {
        out = openOutFile(path);
        await out.line(`${BOM}${['place', 'reason', 'why', 'line'].join(',')}${LINE_END}`);
        await out.line(`${['1', '', '', heading].map(textCell).join(',')}${LINE_END}`);
      }
      await out.line(`${[`${lineNumber}:${column}`, reason, detail, line].map(textCell).join(',')}${LINE_END}`);
    },
    done: async (): Promise<string | null> => {
      const finished = out;
      out = undefined;
      await finished?.done();
      return finished === undefined ? null : path;
    },
    drop: async () => {
      await out?.drop();
    },
  };
}
