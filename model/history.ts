/** History as its readers see it: gaps stay gaps, quality is kept. */
import type { Flag, SensorId } from '#model/reading.ts';
import type { EpochMs } from '#model/time.ts';

export type HistoryPoint = {
  readonly atMs: EpochMs;
  /** Undefined exactly when the quality is bad. */
  readonly value: number | undefined;
  readonly raw: number | undefined;
  readonly quality: 'good' | 'suspect' | 'bad';
  readonly flags: readonly Flag[];
};

export type HistoryReader = {
  /** Readings of one sensor with from ≤ measuredAt < to, ascending, at most `limit` (the newest when `newest`). */
  readonly range: (
    sensorId: SensorId,
    fromMs: EpochMs,
    toMs: EpochMs,
    limit: number,
    newest?: boolean,
  ) => readonly HistoryPoint[];
  /** The newest reading of each sensor asked for. */
  readonly latest: (sensorIds: readonly SensorId[]) => ReadonlyMap<SensorId, HistoryPoint>;
  /** How many readings are stored in all, and per sensor; for audits such as the chaos run. */
  readonly counts: () => ReadonlyMap<SensorId, number>;
  readonly close: () => void;
};
