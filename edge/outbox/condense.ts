/** Makes one batch of several that were never sent: their readings thinned or left out, their events all there. */
import type { Batch } from '../../model/batch.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { Reading } from '../../model/reading.ts';
import { addRange, type SeqRange } from '../../model/seen.ts';
import { type KindOf, thinReadings } from './thin.ts';

export type Condensed = {
  readonly header: Omit<Batch, 'epoch' | 'seq' | 'readings' | 'events' | 'replaces'>;
  readonly readings: readonly Reading[];
  readonly events: readonly EdgeEvent[];
  /** The sources and whatever they replaced themselves. */
  readonly replaces: readonly SeqRange[];
  /** Readings of the sources that are not among those of the new batch. */
  readonly lost: number;
};

/** Batches may stand in one when the centre dates them alike and reads them by the same inventory. */
export const canJoin = (a: Batch, b: Batch): boolean =>
  a.bootId === b.bootId &&
  a.timeQuality === b.timeQuality &&
  a.inventoryVersion === b.inventoryVersion &&
  a.edgeId === b.edgeId;

/** The batches from the first on that can stand in one. */
export function firstRun<T>(items: readonly T[], batchOf: (item: T) => Batch): readonly T[] {
  const [first] = items;
  if (first === undefined) return [];
  const end = items.findIndex((item) => !canJoin(batchOf(first), batchOf(item)));
  return end === -1 ? items : items.slice(0, end);
}

/**
 * The last batch's header stands for all. A synced instant is an instant; an unsure one is what the monotonic clock says,
 * since the wall clock of such a boot may have been set in between.
 */
function rebased(batch: Batch, header: Condensed['header']): readonly Reading[] {
  if (batch.timeQuality === 'synced') return batch.readings;
  const moveMs = header.writtenAtMs - header.monoMs - (batch.writtenAtMs - batch.monoMs);
  return moveMs === 0
    ? batch.readings
    : batch.readings.map((reading) => ({ ...reading, measuredAtMs: reading.measuredAtMs + moveMs }));
}

/** Counts of the same reason are one count. */
function mergedEvents(events: readonly EdgeEvent[]): readonly EdgeEvent[] {
  const drops = new Map<string, number>();
  for (const event of events)
    if (event.kind === 'drop') drops.set(event.reason, (drops.get(event.reason) ?? 0) + event.count);
  const others = events.filter(({ kind }) => kind !== 'drop');
  return [...others, ...[...drops].map(([reason, count]) => ({ kind: 'drop', count, reason }) as const)];
}

/** `kindOf` null leaves the readings out. `batches` are in the order of acquisition, at least one. */
export function condense(batches: readonly Batch[], kindOf: KindOf | null): Condensed | undefined {
  const last = batches.at(-1);
  if (last === undefined) return undefined;
  const { edgeId, bootId, monoMs, writtenAtMs, timeQuality, inventoryVersion } = last;
  const header = { edgeId, bootId, monoMs, writtenAtMs, timeQuality, inventoryVersion };
  const all = batches.flatMap((batch) => rebased(batch, header));
  const readings = kindOf === null ? [] : thinReadings(all, kindOf);
  const replaces = batches
    .flatMap(({ seq, replaces: older = [] }) => [[seq, seq] as SeqRange, ...older])
    .reduce(addRange, [] as readonly SeqRange[]);
  const events = mergedEvents(batches.flatMap((batch) => batch.events));
  return { header, readings, events, replaces, lost: all.length - readings.length };
}
