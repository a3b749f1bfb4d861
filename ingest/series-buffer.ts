/**
 * Readings of the journal gathered by series until they are written as chunks. Those of an edge whose clock was never
 * set are kept apart by boot and by what dates them, so that a `clock` event can move them as a whole.
 */
import type { VerifiedBatch } from '#model/batch.ts';
import type { ScannedBatch as VerifiedColumns } from '#model/batch-scan.ts';
import { dateBatch } from '#model/dating.ts';
import type { JournalRow } from '#model/journal.ts';
import { flagBits, type Origin, type SensorId } from '#model/reading.ts';
import { addSeq, hasSeq, type SeqRange } from '#model/seen.ts';
import type { EpochMs } from '#model/time.ts';
import { type Columns, emptyColumns, pushReading } from './chunk.ts';
import { createColumnOpener } from './open-columns.ts';
import { ANCIENT_MS, FUTURE_TOLERANCE_MS } from './verify.ts';

/** What a boot's monotonic instants count from; the first `clock` event that makes sense decides. */
export type BootKey = string;
export type Fixes = ReadonlyMap<BootKey, EpochMs>;

/** Of one sensor and one origin. */
export type SureSeries = { readonly sensorId: SensorId; readonly origin: Origin; readonly columns: Columns };

/** `columns.times` are instants, or for unsure ones instants + (monotonic − instant) = `monoShiftMs`. */
export type UnsureSeries = {
  readonly sensorId: SensorId;
  readonly origin: Origin;
  readonly boot: BootKey;
  /** Add to an instant to get the monotonic instant of its boot. */
  readonly monoShiftMs: number;
  readonly columns: Columns;
};

export type SeriesBuffer = {
  /** Takes a row; other kinds than batches hold no readings. */
  readonly take: (row: JournalRow) => void;
  readonly count: () => number;
  readonly sure: () => Iterable<SureSeries>;
  readonly unsure: () => Iterable<UnsureSeries>;
  /** `clock` events that came in, first one a boot. */
  readonly fixes: () => Fixes;
  /** The batches that these readings came in, by `edge/epoch`. */
  readonly batches: () => ReadonlyMap<string, readonly SeqRange[]>;
  readonly clear: () => void;
};

const INJECTED = flagBits(['injected']);
const NOTHING: readonly SeqRange[] = [];

export const streamKey = (row: { readonly edgeId: string; readonly epoch: string }): string =>
  `${row.edgeId}/${row.epoch}`;
/** What came out of quarantine bears the identity of the batch that it was a part of, and is no repeat of it. */
export const isInjected = (batch: Pick<VerifiedColumns, 'count' | 'bits'>): boolean =>
  batch.count > 0 && ((batch.bits[0] ?? 0) & INJECTED) !== 0;

export const bootKey = (edgeId: string, bootId: string): BootKey => `${edgeId}/${bootId}`;

/** `isTaken` tells which batches have been stored before; their rows are passed over. */
export function createSeriesBuffer(isTaken: (stream: string, seq: number) => boolean = () => false): SeriesBuffer {
  const sure = new Map<string, SureSeries>();
  const unsure = new Map<string, UnsureSeries>();
  const fixes = new Map<BootKey, EpochMs>();
  const open = createColumnOpener();
  const batches = new Map<string, readonly SeqRange[]>();
  let lists = new Map<readonly SensorId[], { readonly origin: Origin; readonly columns: readonly Columns[] }>();
  let count = 0;

  const takeUnsure = (sensorId: SensorId, origin: Origin, boot: BootKey, monoShiftMs: number): Columns => {
    const key = `${sensorId} ${origin} ${boot} ${monoShiftMs}`;
    let series = unsure.get(key);
    if (series === undefined) {
      series = { sensorId, origin, boot, monoShiftMs, columns: emptyColumns() };
      unsure.set(key, series);
    }
    return series.columns;
  };
  const takeSure = (sensorId: SensorId, origin: Origin): Columns => {
    const key = `${sensorId} ${origin}`;
    let series = sure.get(key);
    if (series === undefined) {
      series = { sensorId, origin, columns: emptyColumns() };
      sure.set(key, series);
    }
    return series.columns;
  };

  /** Looked up once a list and filling; a list is an edge's, and its origin hardly ever changes. */
  const takeSureList = (ids: readonly SensorId[], origin: Origin): readonly Columns[] => {
    const known = lists.get(ids);
    if (known?.origin === origin) return known.columns;
    const columns = ids.map((id) => takeSure(id, origin));
    lists.set(ids, { origin, columns });
    return columns;
  };

  return {
    take: (row) => {
      if (row.kind !== 'batch') return;
      const batch = open(row.body);
      if (!isInjected(batch)) {
        const stream = streamKey(row);
        const held = batches.get(stream) ?? NOTHING;
        if (hasSeq(held, row.seq) || isTaken(stream, row.seq)) return;
        batches.set(stream, addSeq(held, row.seq));
      }
      const { baseMs, unsure: isUnsure } = dateBatch(batch, row.receivedAtMs);
      const boot = isUnsure ? bootKey(batch.edgeId, batch.bootId) : '';
      const columns = isUnsure
        ? batch.ids.map((id) => takeUnsure(id, row.origin, boot, batch.monoMs - baseMs))
        : takeSureList(batch.ids, row.origin);
      for (let at = 0; at < batch.count; at++) {
        const target = columns[batch.index[at] as number];
        if (target !== undefined) pushReading(target, baseMs + (batch.dt[at] as number), batch, at);
      }
      count += batch.count;
      for (const [key, utc] of plausibleFixes(batch, row.receivedAtMs)) if (!fixes.has(key)) fixes.set(key, utc);
    },
    count: () => count,
    sure: () => sure.values(),
    unsure: () => unsure.values(),
    fixes: () => fixes,
    batches: () => batches,
    clear: () => {
      batches.clear();
      sure.clear();
      lists = new Map();
      unsure.clear();
      fixes.clear();
      count = 0;
    },
  };
}

/** The clocks that a batch says were set: not before our time, and not after the batch came in. */
export function plausibleFixes(
  batch: Pick<VerifiedBatch, 'edgeId' | 'bootId' | 'monoMs' | 'events'>,
  receivedAtMs: EpochMs,
): readonly (readonly [BootKey, EpochMs])[] {
  return batch.events.flatMap((event) => {
    if (event.kind !== 'clock') return [];
    const saidAtMonoMs = event.bootId === batch.bootId ? batch.monoMs : 0;
    const atMs = event.utcAtMonoZeroMs + saidAtMonoMs;
    const isPlausible = atMs >= ANCIENT_MS && atMs <= receivedAtMs + FUTURE_TOLERANCE_MS;
    return isPlausible ? [[bootKey(batch.edgeId, event.bootId), event.utcAtMonoZeroMs] as const] : [];
  });
}
