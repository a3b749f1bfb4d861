/** What two stores say of the same days: where they differ, by how much, and what a person can do about it. */
import type { DayTally } from '#model/history.ts';
import { measurementOf } from '#model/influx.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';

export type Difference = {
  readonly sensorId: SensorId;
  readonly origin: Origin;
  readonly dayMs: EpochMs;
  /** How many readings the first and the second store have of that day. */
  readonly here: number;
  readonly there: number;
};

const keyOf = ({ sensorId, origin, dayMs }: DayTally): string => `${dayMs} ${origin} ${sensorId}`;

/** By day, origin and sensor; equal counts with other content are a difference too. */
export function compareTallies(here: readonly DayTally[], there: readonly DayTally[]): readonly Difference[] {
  const left = new Map(there.map((tally) => [keyOf(tally), tally]));
  const found: Difference[] = [];
  for (const tally of here) {
    const other = left.get(keyOf(tally));
    left.delete(keyOf(tally));
    if (other?.n === tally.n && other.checksum === tally.checksum) continue;
    const { sensorId, origin, dayMs } = tally;
    found.push({ sensorId, origin, dayMs, here: tally.n, there: other?.n ?? 0 });
  }
  for (const { sensorId, origin, dayMs, n } of left.values())
    if (n > 0) found.push({ sensorId, origin, dayMs, here: 0, there: n });
  return found.sort((a, b) => a.dayMs - b.dayMs || (a.sensorId < b.sensorId ? -1 : a.sensorId > b.sensorId ? 1 : 0));
}

const ROWS_SHOWN = 40;
const day = (dayMs: EpochMs): string => new Date(dayMs).toISOString().slice(0, 10);

export function differenceTable(found: readonly Difference[]): readonly string[] {
  const rows = found.slice(0, ROWS_SHOWN).map(({ sensorId, origin, dayMs, here, there }) => {
    const what =
      here === there ? 'other content' : there < here ? `${here - there} missing` : `${there - here} too many`;
    return `  ${day(dayMs)}  ${origin.padEnd(9)}  ${String(here).padStart(8)}  ${String(there).padStart(8)}  ${what.padEnd(14)}  ${sensorId}`;
  });
  const more = found.length > ROWS_SHOWN ? [`  … and ${found.length - ROWS_SHOWN} more`] : [];
  return [`  ${'day (UTC)'.padEnd(10)}  origin     embedded    InfluxDB  difference      sensor`, ...rows, ...more];
}

/** What takes a series' day out of InfluxDB, so that the next copy writes it anew. */
export const removalOf = ({ sensorId, origin, dayMs }: Difference, quantity: QuantityCode): string =>
  `DELETE FROM "${measurementOf(origin, quantity)}" WHERE "sensor" = '${sensorId}' AND time >= '${day(dayMs)}T00:00:00Z' AND time < '${day(dayMs + DAY_MS)}T00:00:00Z'`;
