/** Walks a series of unknown length in pieces that fit into memory: long steps where there is nothing, short ones where there is much. */
import type { HistoryQuery } from '#model/history.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '#model/time.ts';

export type Walk = {
  readonly sensorId: SensorId;
  readonly origin: Origin;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
};

export const POINTS_AT_ONCE = 50_000;
const FEW = 10_000;
const LONGEST_MS = 3_650 * DAY_MS;
const FIRST_MS = 30 * DAY_MS;

/** Every reading once, ascending; a piece is never longer than memory allows, whatever a millisecond holds. */
export async function* walkPoints(query: Pick<HistoryQuery, 'range'>, walk: Walk) {
  let fromMs = walk.fromMs;
  let stepMs = FIRST_MS;
  while (fromMs < walk.toMs) {
    const toMs = Math.min(walk.toMs, fromMs + stepMs);
    const points = await query.range({ ...walk, fromMs, toMs, limit: POINTS_AT_ONCE });
    if (points.length >= POINTS_AT_ONCE && toMs - fromMs > 1) {
      stepMs = Math.max(1, Math.floor((toMs - fromMs) / 4));
      continue;
    }
    if (points.length > 0) yield { points, fromMs, toMs };
    fromMs = toMs;
    if (points.length < FEW) stepMs = Math.min(LONGEST_MS, Math.max(stepMs, HOUR_MS) * 2);
  }
}
