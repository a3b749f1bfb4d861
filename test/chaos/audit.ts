/** Compares what was served, what edges committed, what history holds and what the receiver accepted. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Batch, decodeBatch } from '#model/batch.ts';
import type { HistoryReader } from '#model/history.ts';
import type { EpochMs } from '#model/time.ts';

export type Committed = {
  readonly edgeId: string;
  readonly epoch: string;
  readonly seq: number;
  readonly batch: Batch;
};

/** Every batch in the outboxes of an edge, acked or not (an acked one stays ten minutes). */
export function readOutboxes(dir: string, edgeId: string): Committed[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => /^outbox-.*\.sqlite$/.test(name))
    .flatMap((name) => {
      const db = new DatabaseSync(join(dir, name), { readOnly: true });
      try {
        const rows = db.prepare('SELECT seq, body FROM batch ORDER BY seq').all() as { seq: number; body: string }[];
        return rows.map(({ seq, body }) => {
          const decoded = decodeBatch(body);
          if (!decoded.ok) throw new Error(`${edgeId} wrote a batch that does not parse: ${decoded.error.message}`);
          return { edgeId, epoch: decoded.value.epoch, seq, batch: decoded.value };
        });
      } finally {
        db.close();
      }
    });
}

export type Comparison = {
  readonly emitted: number;
  readonly stored: number;
  readonly lost: readonly string[];
  readonly repeated: readonly string[];
};

/** Multisets of (sensor, instant, value or reason): each committed reading must be in history exactly once. */
export function compareHistory(
  committed: readonly Committed[],
  history: HistoryReader,
  untilMs: ReadonlyMap<string, EpochMs>,
): Comparison {
  const expected = new Map<string, number>();
  const sensorEdge = new Map<string, string>();
  let emitted = 0;
  for (const { edgeId, batch } of committed) {
    for (const reading of batch.readings) {
      const value = reading.quality === 'bad' ? 'none' : String(reading.value);
      const key = `${reading.sensorId}@${reading.measuredAtMs}=${value}`;
      expected.set(key, (expected.get(key) ?? 0) + 1);
      sensorEdge.set(reading.sensorId, edgeId);
      emitted++;
    }
  }
  const lost: string[] = [];
  const repeated: string[] = [];
  let stored = 0;
  const found = new Map<string, number>();
  for (const [sensorId, edgeId] of sensorEdge) {
    const until = untilMs.get(edgeId) ?? Number.POSITIVE_INFINITY;
    for (const point of history.range(sensorId, 0, until + 1, Number.MAX_SAFE_INTEGER)) {
      const key = `${sensorId}@${point.atMs}=${point.value ?? 'none'}`;
      found.set(key, (found.get(key) ?? 0) + 1);
    }
  }
  for (const [key, count] of expected) {
    const have = found.get(key) ?? 0;
    stored += Math.min(have, count);
    if (have < count) lost.push(`${key} ×${count - have}`);
  }
  for (const [key, count] of found) {
    const wanted = expected.get(key) ?? 0;
    if (count > wanted) repeated.push(`${key} ×${count - wanted}`);
  }
  return { emitted, stored, lost, repeated };
}
