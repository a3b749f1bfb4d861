/** What a reader asks of history's tables in one moment; a file of an earlier layout answers from its chunks alone. */
import type { DatabaseSync } from 'node:sqlite';
import type { Resolution } from '#model/history.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import { decodeBlock } from '../rollup/block.ts';
import { blockOf, blockOfKey, endKeyOf, firstKeyOf, type Grid, summaryKey } from '../rollup/levels.ts';
import type { Partials } from '../rollup/partials.ts';
import { type StoredChunk, selectAll, statementOf } from './history-pieces.ts';

export type OriginChunk = StoredChunk & { readonly origin: Origin | null };
export type NewestRow = { readonly at_ms: number; readonly value: number; readonly raw: number; readonly code: number };

/** Series get ascending numbers and keep them. */
export type KnownSeries = { readonly ids: Map<SensorId, number>; lastId: number };

export type HistoryTables = {
  readonly zone: () => string | undefined;
  /** Adds the series that are not known yet. */
  readonly loadSeries: (known: KnownSeries) => void;
  /** Chunks that may hold something of from ≤ instant < to; those that wait for a clock may be of any time. */
  readonly chunks: (
    series: number | undefined,
    stretch: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
    isPending: boolean,
  ) => readonly OriginChunk[];
  readonly waiting: (series: number | undefined) => readonly OriginChunk[];
  /** Parts of the buckets with fromIndex ≤ index < toIndex, and some beside them. */
  readonly summaries: (grid: Grid, strand: number, fromIndex: number, toIndex: number) => readonly Partials[];
  readonly floorOf: (resolution: Resolution) => EpochMs | undefined;
  /** The newest dated reading of these strands, ascending; undefined where there is no such table. */
  readonly newest: (strands: readonly number[]) => readonly NewestRow[] | undefined;
};

const SUMMARY = 'SELECT data FROM summaries WHERE key = ?';
const NEWEST = 'SELECT at_ms, value, raw, code FROM newest WHERE strand = ?';

export function readTables(db: DatabaseSync): HistoryTables {
  const names = selectAll<{ name: string }>(db, `SELECT name FROM pragma_table_info('chunks')`);
  const has = (column: string): boolean => names.some(({ name }) => name === column);
  const isCurrent = has('summed');
  const select = `SELECT from_ms, data, boot, mono_shift, ${has('origin') ? 'origin' : 'NULL AS origin'} FROM chunks`;
  const dated = `${select} WHERE series = ? AND boot IS NULL AND to_ms >= ? AND from_ms < ?`;
  const pending = isCurrent ? `${dated} AND summed = 0` : dated;
  const blocks = new Map<number, { readonly first: number; readonly last: number } | undefined>();

  /** Hardly ever is there any: looked up once, not once a series. */
  let isAnyWaiting: boolean | undefined;
  const waiting = (series: number | undefined): readonly OriginChunk[] => {
    isAnyWaiting ??= selectAll(db, 'SELECT 1 FROM chunks WHERE boot IS NOT NULL LIMIT 1').length > 0;
    if (series === undefined || !isAnyWaiting) return [];
    return selectAll(db, `${select} WHERE series = ? AND boot IS NOT NULL ORDER BY id`, series);
  };
  /** Between which blocks there are any of a length. */
  const blocksOf = ({ level }: Grid) => {
    if (!blocks.has(level.place)) {
      const keys = [firstKeyOf(level), endKeyOf(level)];
      const sql = 'SELECT min(key) AS first, max(key) AS last FROM summaries WHERE key >= ? AND key < ?';
      const [row] = selectAll<{ first: number | null; last: number | null }>(db, sql, ...keys);
      const found = row?.first == null || row.last === null ? undefined : row;
      const block = (key: number | null) => blockOfKey(level, key ?? 0);
      blocks.set(level.place, found && { first: block(found.first), last: block(found.last) });
    }
    return blocks.get(level.place);
  };

  return {
    zone: () => {
      if (!isCurrent) return undefined;
      return selectAll<{ value: string }>(db, `SELECT value FROM meta WHERE key = 'zone'`)[0]?.value;
    },
    loadSeries: (known) => {
      const sql = 'SELECT id, sensor_id FROM series WHERE id > ? ORDER BY id';
      for (const { id, sensor_id } of selectAll<{ id: number; sensor_id: string }>(db, sql, known.lastId)) {
        known.ids.set(sensor_id, id);
        known.lastId = id;
      }
    },
    chunks: (series, { fromMs, toMs }, isPending) => {
      if (series === undefined) return [];
      const sql = `${isPending ? pending : dated} ORDER BY from_ms, id`;
      return [...selectAll<OriginChunk>(db, sql, series, fromMs, toMs), ...waiting(series)];
    },
    waiting,
    summaries: (grid, strand, fromIndex, toIndex) => {
      const there = isCurrent ? blocksOf(grid) : undefined;
      if (there === undefined) return [];
      const { level } = grid;
      const last = Math.min(blockOf(level, toIndex - 1), there.last);
      const found: Partials[] = [];
      const statement = statementOf(db, SUMMARY);
      for (let block = Math.max(blockOf(level, fromIndex), there.first); block <= last; block++) {
        const row = statement.get(summaryKey(level, block, strand)) as { data: Uint8Array } | undefined;
        if (row !== undefined) found.push(...decodeBlock(row.data, block * level.perBlock));
      }
      return found;
    },
    floorOf: (resolution) =>
      isCurrent
        ? selectAll<{ before_ms: number }>(db, 'SELECT before_ms FROM floors WHERE level = ?', resolution)[0]?.before_ms
        : undefined,
    newest: (strands) => {
      if (!isCurrent) return undefined;
      const rows = strands.flatMap((strand) => selectAll<NewestRow>(db, NEWEST, strand));
      return rows.sort((a, b) => a.at_ms - b.at_ms);
    },
  };
}
