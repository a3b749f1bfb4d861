/**
 * How far the journal may be forgotten on behalf of rules: after a restart they judge the rows behind the stored
 * snapshot once more, whatever their cursor says.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openReadable } from '#model/io/sqlite.ts';
import type { Cursors } from '#model/journal.ts';
import { PARTITIONS } from '#model/partition.ts';
import { rulesFile } from './transition-reader.ts';

export type SnapshotFloor = {
  /** Of every partition the position of the stored snapshot; 0, which holds every row, when there is none. */
  readonly positions: () => Cursors;
  readonly close: () => void;
};

export function openSnapshotFloor(dataDir: string): SnapshotFloor {
  let db: DatabaseSync | undefined;
  let select: StatementSync | undefined;
  const ready = (): boolean => {
    if (select !== undefined) return true;
    db = openReadable(rulesFile(dataDir));
    try {
      select = db?.prepare('SELECT partition, pos FROM snapshots');
    } catch {
      db?.close(); // Rules have not made the table yet.
      db = undefined;
    }
    return select !== undefined;
  };
  return {
    positions: () => {
      const positions = new Map(Array.from({ length: PARTITIONS }, (_, partition) => [partition, 0]));
      if (!ready()) return positions;
      for (const { partition, pos } of (select?.all() ?? []) as { partition: number; pos: number }[])
        positions.set(partition, pos);
      return positions;
    },
    close: () => {
      db?.close();
      db = undefined;
      select = undefined;
    },
  };
}
