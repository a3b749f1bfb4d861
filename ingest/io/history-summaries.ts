/** Adds readings to the stored summaries of their strand, inside the writer's transaction. */
import type { DatabaseSync } from 'node:sqlite';
import type { Resolution } from '#model/history.ts';
import type { EpochMs } from '#model/time.ts';
import { openZoneDays, type ZoneDays } from '#model/zone-day.ts';
import { type Columns, sliceColumns } from '../chunk.ts';
import { createSegmentEncoder, decodeBlock } from '../rollup/block.ts';
import { blockOf, type Grid, gridOf, summaryKey } from '../rollup/levels.ts';
import { coarsen, foldColumns, mergePartials, type Partials, slicePartials } from '../rollup/partials.ts';

export type SummaryWriter = {
  readonly days: ZoneDays;
  /** Ten minutes, hours and days of readings sorted by time. */
  readonly add: (strand: number, sorted: Columns, shiftMs: number) => void;
  /** Minutes of readings that are about to be removed. */
  readonly addMinutes: (strand: number, sorted: Columns) => void;
  /** Since when summaries are kept; what is older is not added any more. */
  readonly floors: Map<Resolution | 'raw', EpochMs>;
  readonly reload: () => void;
};

/** So many segments are written anew as one. */
const MAX_SEGMENTS = 8;

export function openSummaryWriter(db: DatabaseSync, zone: string): SummaryWriter {
  const days = openZoneDays(fileZone(db, zone));
  const minutes = gridOf('1m', days);
  const tens = gridOf('10m', days);
  const hours = gridOf('1h', days);
  const dates = gridOf('1d', days);
  const select = db.prepare('SELECT segments, data FROM summaries WHERE key = ?');
  const insert = db.prepare('INSERT INTO summaries (key, segments, data) VALUES (?, 1, ?)');
  const update = db.prepare('UPDATE summaries SET segments = ?, data = ? WHERE key = ?');
  const encode = createSegmentEncoder();
  const floors = new Map<Resolution | 'raw', EpochMs>();
  const reload = (): void => {
    floors.clear();
    const rows = db.prepare('SELECT level, before_ms FROM floors').all() as { level: string; before_ms: number }[];
    for (const { level, before_ms } of rows) floors.set(level as Resolution | 'raw', before_ms);
  };
  reload();

  const addToBlock = ({ level }: Grid, block: number, strand: number, part: Partials): void => {
    const key = summaryKey(level, block, strand);
    const firstIndex = block * level.perBlock;
    const known = select.get(key) as { segments: number; data: Uint8Array } | undefined;
    if (known === undefined) insert.run(key, encode(part, firstIndex));
    else if (known.segments < MAX_SEGMENTS) {
      const more = encode(part, firstIndex);
      const data = new Uint8Array(known.data.length + more.length);
      data.set(known.data);
      data.set(more, known.data.length);
      update.run(known.segments + 1, data, key);
    } else update.run(1, encode(mergePartials([...decodeBlock(known.data, firstIndex), part]), firstIndex), key);
  };
  const addTo = (grid: Grid, strand: number, part: Partials): void => {
    const floorMs = floors.get(grid.level.resolution) ?? Number.NEGATIVE_INFINITY;
    let from = 0;
    while (from < part.index.length && grid.startOf(part.index[from] as number) < floorMs) from++;
    while (from < part.index.length) {
      const block = blockOf(grid.level, part.index[from] as number);
      let to = from + 1;
      while (to < part.index.length && blockOf(grid.level, part.index[to] as number) === block) to++;
      addToBlock(grid, block, strand, to - from === part.index.length ? part : slicePartials(part, from, to));
      from = to;
    }
  };
  return {
    days,
    floors,
    reload,
    add: (strand, sorted, shiftMs) => {
      const ten = foldColumns(sorted, shiftMs, tens);
      addTo(tens, strand, ten);
      addTo(hours, strand, coarsen(ten, tens, hours) ?? foldColumns(sorted, shiftMs, hours));
      addTo(dates, strand, coarsen(ten, tens, dates) ?? foldColumns(sorted, shiftMs, dates));
    },
    addMinutes: (strand, sorted) => addTo(minutes, strand, foldColumns(sorted, 0, minutes)),
  };
}

/** Days once stored were cut by one zone, and go on to be: the first that the file was written with. */
export function fileZone(db: DatabaseSync, zone: string): string {
  const known = db.prepare(`SELECT value FROM meta WHERE key = 'zone'`).get() as { value: string } | undefined;
  if (known === undefined) db.prepare(`INSERT INTO meta (key, value) VALUES ('zone', ?)`).run(zone);
  return known?.value ?? zone;
}

/** Readings from row `from` to row `to`, without copying when these are all. */
export const partOf = (sorted: Columns, from: number, to: number): Columns =>
  from === 0 && to >= sorted.times.length ? sorted : sliceColumns(sorted, from, to);
