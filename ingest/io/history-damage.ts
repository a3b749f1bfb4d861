/**
 * Chunks whose bytes a disk has spoilt: the writer puts them aside with their place, and everything else of history goes
 * on. Their readings are lost to history; what is left of the bytes is kept for whoever wants to look.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type Columns, decodeChunk } from '../chunk.ts';
import { DamagedBytesError } from '../varint.ts';

export type DamageDesk = {
  /** Undefined when it is damaged: then it is out of the way. Called inside the writer's transaction. */
  readonly open: (chunk: {
    readonly id: number;
    readonly n: number;
    readonly from_ms: number;
    readonly data: Uint8Array;
  }) => Columns | undefined;
  /** What was found since the last call, in words. */
  readonly found: () => readonly string[];
  /** The transaction was rolled back. */
  readonly forget: () => void;
};

const SCHEMA = `CREATE TABLE IF NOT EXISTS damaged (
  id INTEGER PRIMARY KEY, series INTEGER NOT NULL, origin TEXT, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
  n INTEGER NOT NULL, data BLOB NOT NULL
)`;

export function openDamageDesk(db: DatabaseSync): DamageDesk {
  db.exec(SCHEMA);
  const keep = db.prepare(
    `INSERT OR REPLACE INTO damaged (id, series, origin, from_ms, to_ms, n, data)
     SELECT id, series, origin, from_ms, to_ms, n, data FROM chunks WHERE id = ?`,
  );
  const remove = db.prepare('DELETE FROM chunks WHERE id = ?');
  const placeOf = db.prepare(
    'SELECT s.sensor_id AS sensor, d.from_ms, d.to_ms FROM damaged d JOIN series s ON s.id = d.series WHERE d.id = ?',
  );
  let found: string[] = [];
  return {
    open: (chunk) => {
      const columns = openSoundly(chunk);
      if (columns !== undefined && columns.times.length === chunk.n) return columns;
      keep.run(chunk.id);
      remove.run(chunk.id);
      const place = placeOf.get(chunk.id) as { sensor: string; from_ms: number; to_ms: number } | undefined;
      found.push(placeText(place?.sensor ?? '?', place?.from_ms ?? chunk.from_ms, place?.to_ms ?? chunk.from_ms));
      return undefined;
    },
    found: () => found.splice(0),
    forget: () => {
      found = [];
    },
  };
}

/** Undefined when the bytes are no chunk's. */
export function openSoundly(chunk: { readonly data: Uint8Array; readonly from_ms: number }): Columns | undefined {
  try {
    return decodeChunk(chunk.data, chunk.from_ms);
  } catch (cause) {
    if (cause instanceof DamagedBytesError) return undefined;
    throw cause;
  }
}

const iso = (atMs: number): string => (Math.abs(atMs) < 8.64e15 ? new Date(atMs).toISOString() : String(atMs));
const placeText = (sensor: string, fromMs: number, toMs: number): string => `${sensor} ${iso(fromMs)} … ${iso(toMs)}`;
