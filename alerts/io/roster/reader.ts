/** What the console sees of hand-overs: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync } from 'node:sqlite';
import type { HandoverReader } from '#model/handover.ts';
import { prepareLater } from '#model/io/sqlite.ts';
import { alertsPath } from '../schema.ts';
import { HANDOVER, HANDOVERS, type HandoverRow, handoverOf } from './table.ts';

const prepareAll = (db: DatabaseSync) => ({ one: db.prepare(HANDOVER), ofGrid: db.prepare(HANDOVERS) });

export function openHandoverReader(dataDir: string): HandoverReader & { readonly close: () => void } {
  const { get: ready, close } = prepareLater(alertsPath(dataDir), prepareAll);
  return {
    ofGrid: (gridCode, limit) => ((ready()?.ofGrid.all(gridCode, limit) ?? []) as HandoverRow[]).map(handoverOf),
    get: (gridCode, shiftFromMs) => {
      const row = ready()?.one.get(gridCode, shiftFromMs) as HandoverRow | undefined;
      return row === undefined ? undefined : handoverOf(row);
    },
    close,
  };
}
