/**
 * Reads a known format's stamps as clock time of the zone that somebody named (`--zone`), where the file names no offset: the
 * same stamps then mean the same instants as they would in a CSV. In a zone with summer time a logger that keeps standard
 * time all the year has an hour twice in spring and none in autumn; a fixed zone such as Etc/GMT+7 has neither.
 */
import { lintAt, type RecordedSeries } from '#simulators/recorded/series.ts';
import { openZone, type ZoneClock } from '#simulators/recorded/zone-clock.ts';

export function inZone(series: RecordedSeries, told: ZoneClock, file: string): RecordedSeries {
  const own = series.localStamps === true ? openZone(series.zone) : undefined;
  if (own === undefined || told.zone === series.zone) return series;
  // A zone of one fixed offset: what it adds at the beginning it adds always.
  const addedMs = -own.toInstant(0, Number.NEGATIVE_INFINITY).atMs;
  let beforeMs = Number.NEGATIVE_INFINITY;
  let moved = false;
  const firstMs = series.rows[0]?.atMs ?? 0;
  const firstShiftMs = told.toInstant(firstMs + addedMs, beforeMs).atMs - firstMs;
  const rows = series.rows.map((row) => {
    const { atMs } = told.toInstant(row.atMs + addedMs, beforeMs);
    moved ||= atMs - row.atMs !== firstShiftMs;
    beforeMs = atMs;
    return { ...row, atMs };
  });
  const summer = moved ? `; the file keeps no summer time, ${told.zone} does` : '';
  const note = lintAt(file, 0, `stamps read as clock time of ${told.zone}, not of ${series.zone}${summer}`, 'warning');
  return { ...series, rows, zone: told.zone, notes: [note, ...series.notes] };
}
