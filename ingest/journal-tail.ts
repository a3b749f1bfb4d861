/**
 * What stands in the journal and not yet in history's chunks, by series, so that a reading can be seen as soon as it
 * is journalled. It follows two cursors: how far the journal was read, and how far history has come.
 */
import { dateBatch } from '#model/dating.ts';
import type { JournalReader } from '#model/journal.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import { type Columns, emptyColumns, pushReading } from './chunk.ts';
import { createColumnOpener } from './open-columns.ts';
import { bootKey, type Fixes, isInjected, plausibleFixes, streamKey } from './series-buffer.ts';

/** The readings of one sensor in one row of the journal. */
export type TailPiece = {
  readonly partition: number;
  readonly pos: number;
  readonly origin: Origin;
  readonly columns: Columns;
  /** Set when the instants rest on the receive time: see `Chunk`. */
  readonly waiting: { readonly boot: string; readonly monoShiftMs: number } | null;
};
export type JournalTail = {
  /** Reads what came, forgets what history has. `isTaken`: history has this batch, from a row that is gone. */
  readonly follow: (historyCursors: ReadonlyMap<number, number>, isTaken: IsTaken) => void;
  readonly of: (sensorId: SensorId) => readonly TailPiece[];
  readonly sensors: () => Iterable<SensorId>;
  /** Clocks that were set in these rows. */
  readonly fixes: () => Fixes;
};

type IsTaken = (stream: string, seq: number) => boolean;

const ROWS_PER_READ = 500;

export function createJournalTail(journal: JournalReader): JournalTail {
  const pieces = new Map<SensorId, TailPiece[]>();
  const fixes = new Map<string, EpochMs>();
  const readTo = new Map<number, number>();
  const open = createColumnOpener();
  let forgotten = '';

  /** The journal was put back to an older copy: of what was read nobody knows what is still true. */
  const beginAnew = (): void => {
    pieces.clear();
    fixes.clear();
    readTo.clear();
    forgotten = '';
  };

  const take = (partition: number, after: number, isTaken: IsTaken): number => {
    const rows = journal.read(partition, after, ROWS_PER_READ);
    if (rows.length > 0 && readTo.has(partition) && journal.wasRolledBack?.(after) === true) beginAnew();
    for (const row of rows) {
      if (row.kind !== 'batch') continue;
      const batch = open(row.body);
      if (!isInjected(batch) && isTaken(streamKey(row), row.seq)) continue;
      const { baseMs, unsure } = dateBatch(batch, row.receivedAtMs);
      const waiting = unsure ? { boot: bootKey(batch.edgeId, batch.bootId), monoShiftMs: batch.monoMs - baseMs } : null;
      const columns = batch.ids.map(emptyColumns);
      for (let at = 0; at < batch.count; at++) {
        const target = columns[batch.index[at] as number];
        if (target !== undefined) pushReading(target, baseMs + (batch.dt[at] as number), batch, at);
      }
      batch.ids.forEach((id, index) => {
        const piece = { partition, pos: row.pos, origin: row.origin, columns: columns[index] as Columns, waiting };
        const list = pieces.get(id);
        if (list === undefined) pieces.set(id, [piece]);
        else list.push(piece);
      });
      for (const [boot, utc] of plausibleFixes(batch, row.receivedAtMs)) if (!fixes.has(boot)) fixes.set(boot, utc);
    }
    const last = rows.at(-1)?.pos ?? after;
    readTo.set(partition, last);
    return rows.length === ROWS_PER_READ ? take(partition, last, isTaken) : last;
  };

  const forget = (cursors: ReadonlyMap<number, number>): void => {
    const key = JSON.stringify([...cursors]);
    if (key === forgotten) return;
    forgotten = key;
    for (const [id, list] of pieces) {
      const kept = list.filter((piece) => piece.pos > (cursors.get(piece.partition) ?? 0));
      if (kept.length === 0) pieces.delete(id);
      else if (kept.length < list.length) pieces.set(id, kept);
    }
  };

  return {
    follow: (cursors, isTaken) => {
      forget(cursors);
      for (const [partition, head] of journal.heads()) {
        const after = Math.max(readTo.get(partition) ?? 0, cursors.get(partition) ?? 0);
        if (head > after) take(partition, after, isTaken);
      }
    },
    of: (sensorId) => pieces.get(sensorId) ?? [],
    sensors: () => pieces.keys(),
    fixes: () => fixes,
  };
}
