/**
 * The embedded history as far as the writer into InfluxDB has come, so that a copy and that writer never bring the same
 * reading twice.
 */

import { seriesKeyOf } from '#ingest/influx/series.ts';
import type { FrozenHistory } from '#ingest/io/influx/frozen-history.ts';
import { freezeHistory } from '#ingest/io/influx/frozen-history.ts';
import { readInfluxNewest, readInfluxStanding } from '#ingest/io/influx/state-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import type { Places } from './stores.ts';

const LOOK_EVERY_MS = 500;

export type Moment = Pick<FrozenHistory, 'source' | 'days' | 'close'> & {
  /** A writer follows the journal: what is newest is its affair. */
  readonly hasWriter: boolean;
  /** Of a series, what the writer will never write at a whole millisecond again. */
  readonly wholeUpToMs: (origin: Origin, sensorId: SensorId) => EpochMs;
};

/** Waits for the writer when the embedded history is ahead of it, and while it fills a database again by itself. */
export async function openMoment({ dataDir, registry }: Places, waitMs: number): Promise<Result<Moment, string>> {
  const originOf = (sensorId: string) =>
    registry.edges.get(registry.sensors.get(sensorId)?.edgeId ?? '')?.origin ?? 'live';
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const standing = readInfluxStanding(dataDir);
    const hasWriter = standing !== undefined && standing.cursors.size > 0;
    const journal = openJournalReader(dataDir);
    const frozen = freezeHistory(dataDir, journal, standing?.cursors ?? new Map(), originOf);
    journal.close();
    const { source, days, close } = frozen;
    const isRefilling = hasWriter && standing.refill !== undefined;
    if (!hasWriter || (!frozen.isAhead && !isRefilling)) {
      const newest = readInfluxNewest(dataDir);
      const wholeUpToMs = (origin: Origin, sensorId: SensorId): EpochMs =>
        hasWriter ? (newest.get(seriesKeyOf(origin, sensorId)) ?? 0) : Number.POSITIVE_INFINITY;
      return ok({ source, days, close, hasWriter, wholeUpToMs });
    }
    frozen.close();
    if (waitedMs >= waitMs)
      return err(
        isRefilling
          ? 'The writer into InfluxDB fills the database from the embedded history by itself: let the centre run until fengsui history status says that it is done.'
          : 'The writer into InfluxDB is behind the embedded history, and brings what it lacks by itself: let the centre run until fengsui history status says that it has caught up, then copy.',
      );
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
