/** Each strand's newest dated reading, kept beside the chunks so that the latest of all sensors is one short walk. */
import type { DatabaseSync } from 'node:sqlite';
import type { Origin } from '#model/reading.ts';
import type { Columns } from '../chunk.ts';
import { strandOf } from '../rollup/levels.ts';
import { openSoundly } from './history-damage.ts';
import { NEWEST_SCHEMA } from './history-schema.ts';

export type NewestWriter = {
  /** Of readings sorted by time. */
  readonly note: (strand: number, sorted: Columns, shiftMs: number) => void;
  readonly reload: () => void;
};
type Row = {
  readonly series: number;
  readonly origin: Origin | null;
  readonly from_ms: number;
  readonly data: Uint8Array;
};

export function openNewestWriter(db: DatabaseSync): NewestWriter {
  const atMs = new Map<number, number>();
  const isThere = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'newest'`).get() !== undefined;
  if (!isThere) db.exec(NEWEST_SCHEMA);
  const save = db.prepare('INSERT OR REPLACE INTO newest (strand, at_ms, value, raw, code) VALUES (?, ?, ?, ?, ?)');
  const note = (strand: number, { times, values, raws, codes }: Columns, shiftMs: number): void => {
    const last = times.length - 1;
    const time = (times[last] as number) + shiftMs;
    if (time < (atMs.get(strand) ?? Number.NEGATIVE_INFINITY)) return;
    atMs.set(strand, time);
    save.run(strand, time, values[last] as number, raws[last] as number, codes[last] as number);
  };
  /** A file of an earlier layout: from the last chunk of each strand. */
  const fill = (): void => {
    const strands = db.prepare(
      'SELECT series, origin, max(to_ms) AS to_ms FROM chunks WHERE boot IS NULL GROUP BY 1, 2',
    );
    const chunk = db.prepare(
      'SELECT series, origin, from_ms, data FROM chunks WHERE series = ? AND to_ms = ? AND origin IS ? AND boot IS NULL',
    );
    for (const { series, to_ms, origin } of strands.all() as {
      series: number;
      to_ms: number;
      origin: Origin | null;
    }[]) {
      const row = chunk.get(series, to_ms, origin) as Row | undefined;
      const columns = row === undefined ? undefined : openSoundly(row);
      if (columns !== undefined) note(strandOf(series, origin), columns, 0);
    }
  };
  const reload = (): void => {
    atMs.clear();
    for (const row of db.prepare('SELECT strand, at_ms FROM newest').all() as { strand: number; at_ms: number }[])
      atMs.set(row.strand, row.at_ms);
  };
  if (isThere) reload();
  else fill();
  return { note, reload };
}
