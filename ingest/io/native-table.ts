/**
 * The part of a journal's commit that is a native device's message: what was journalled before is left out, running
 * totals become increments, the rest becomes a batch with a number of its own. All in the journal's transaction.
 */
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encodeBatch } from '#model/batch.ts';
import { countSince } from '#model/counter.ts';
import type { Flag, Reading } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';
import type { NativeItem } from '../journal-item.ts';
import type { BoundReading } from '../native-bind.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS native_seen (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  edge_id TEXT NOT NULL,
  digest INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  UNIQUE (edge_id, digest)
);
CREATE TABLE IF NOT EXISTS native_counters (
  sensor_id TEXT PRIMARY KEY,
  raw INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
) WITHOUT ROWID;
`;

/** Readings of a gateway whose repeats are recognised; the oldest go first. */
export const REMEMBERED_READINGS = 100_000;
/** Forgotten in one go, so that not each commit looks for the oldest. */
const FORGET_STEP = 1_000;
/** The same frame counter after so long is another message: a device that began again at 0. */
export const REPEAT_WINDOW_MS = 3_600_000;

export type NativeTable = {
  /** The batch that the message makes; null when all of it was journalled before. */
  readonly take: (item: NativeItem, identity: { readonly epoch: string; readonly seq: number }) => string | null;
};

const digestOf = (text: string): number => {
  const bytes = hash('sha1', text, 'buffer');
  return bytes.readUInt32BE(0) * 2 ** 20 + (bytes.readUInt32BE(4) >>> 12);
};

export function openNativeTable(db: DatabaseSync, remembered = REMEMBERED_READINGS): NativeTable {
  db.exec(SCHEMA);
  const find = db.prepare('SELECT at_ms AS atMs FROM native_seen WHERE edge_id = ? AND digest = ?');
  const note = db.prepare('INSERT OR REPLACE INTO native_seen (edge_id, digest, at_ms) VALUES (?, ?, ?)');
  const forget = db.prepare(
    'DELETE FROM native_seen WHERE id IN (SELECT id FROM native_seen WHERE edge_id = ? ORDER BY id LIMIT ?)',
  );
  const base = db.prepare('SELECT raw, at_ms AS atMs FROM native_counters WHERE sensor_id = ?');
  const setBase = db.prepare('INSERT OR REPLACE INTO native_counters (sensor_id, raw, at_ms) VALUES (?, ?, ?)');
  const counts = new Map<string, number>();
  for (const row of db.prepare('SELECT edge_id AS edgeId, count(*) AS n FROM native_seen GROUP BY edge_id').all())
    counts.set(String(row['edgeId']), Number(row['n']));

  const isRepeat = (edgeId: string, reading: BoundReading): boolean => {
    if (reading.identity === null) return false;
    const digest = digestOf(reading.identity);
    const known = find.get(edgeId, digest) as { readonly atMs: EpochMs } | undefined;
    if (known !== undefined && Math.abs(known.atMs - reading.atMs) <= REPEAT_WINDOW_MS) return true;
    note.run(edgeId, digest, reading.atMs);
    if (known === undefined) counts.set(edgeId, (counts.get(edgeId) ?? 0) + 1);
    return false;
  };
  const trim = (edgeId: string): void => {
    const held = counts.get(edgeId) ?? 0;
    if (held <= remembered + FORGET_STEP) return;
    forget.run(edgeId, held - remembered);
    counts.set(edgeId, remembered);
  };

  /** Increments count in the order of measuring: a total from before the base adds nothing that is not counted yet. */
  const count = (reading: BoundReading & { readonly value: number }): { value: number; flags: readonly Flag[] } => {
    const spec = reading.counter;
    if (spec === null) return { value: reading.value, flags: [] };
    const known = base.get(reading.sensorId) as { readonly raw: number; readonly atMs: EpochMs } | undefined;
    if (known !== undefined && reading.atMs < known.atMs) return { value: 0, flags: [] };
    const rule = { scale: reading.stepUnit, plausible: { maxPerMinute: spec.maxPerMinute } };
    const now = { raw: reading.value, atMs: reading.atMs };
    const { counts: grown, flags } = countSince(rule, spec.modulus ?? Number.POSITIVE_INFINITY, known, now);
    setBase.run(reading.sensorId, reading.value, reading.atMs);
    return { value: grown, flags };
  };

  const toReading = (reading: BoundReading): Reading => {
    const stamp = { sensorId: reading.sensorId, measuredAtMs: reading.atMs, timeQuality: 'synced' } as const;
    if (reading.value === null) return { ...stamp, quality: 'bad', reason: reading.reason, flags: reading.flags };
    const raw = reading.counter === null ? {} : { raw: reading.value };
    const { value, flags } = count(reading);
    const all = [...reading.flags, ...flags];
    const isSuspect = all.includes('rate') || all.includes('clock-unsure');
    return { ...stamp, ...raw, quality: isSuspect ? 'suspect' : 'good', value, flags: all };
  };

  return {
    take: (item, { epoch, seq }) => {
      const fresh = item.readings.filter((reading) => !isRepeat(item.edgeId, reading));
      trim(item.edgeId);
      if (fresh.length === 0) return null;
      return encodeBatch({
        edgeId: item.edgeId,
        epoch,
        seq,
        bootId: 'native',
        monoMs: 0,
        writtenAtMs: item.receivedAtMs,
        timeQuality: 'synced',
        inventoryVersion: item.inventoryVersion,
        readings: fresh.map(toReading),
        events: [],
      });
    },
  };
}
