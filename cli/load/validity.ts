/**
 * The county on another day: a grid's code begins and ceases to be in force, and points and shelters lie in whichever
 * grid is in force then. Without such days every day is the same county.
 */
import { type GridLocator, openLocator } from '#cli/load/geometry.ts';
import { dateOfDay, dayNumber, openZone } from '#cli/load/zone.ts';
import type { Grid, GridCode, Registry } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

/** The calendar day of a zone at an instant, as `2026-01-01`. */
export function dayOfZone(zoneName: string): (atMs: EpochMs) => string {
  const zone = openZone(zoneName);
  return (atMs) => dateOfDay(zone.dayOf(atMs));
}

type Content = Omit<Registry, 'version' | 'duty'>;

export type PlacesByDay = {
  readonly at: (whenMs: EpochMs) => Content & { readonly version: string };
  readonly nextChangeMs: (afterMs: EpochMs) => EpochMs;
};

/** Days on which some grid begins or ceases, in order. */
const changeDays = (grids: Iterable<Grid>): readonly string[] =>
  [
    ...new Set([...grids].flatMap(({ validFrom, validTo }) => [validFrom, validTo].filter((day) => day !== undefined))),
  ].sort();

type Placed = { readonly lon: number; readonly lat: number; readonly gridCode: GridCode };

/** Each in the grid that holds it on the day; who lies in none then stays where he was. */
function placeAnew<T extends Placed>(places: ReadonlyMap<string, T>, locate: GridLocator): ReadonlyMap<string, T> {
  const moved = [...places].map(([id, place]) => {
    const gridCode = locate(place.lon, place.lat) ?? place.gridCode;
    return [id, gridCode === place.gridCode ? place : { ...place, gridCode }] as const;
  });
  return new Map(moved);
}

/** `content` is the county as read on `readOn`. */
export function placesByDay(
  content: Content,
  zoneName: string,
  versionOf: (content: Content) => string,
  readOn: string,
): PlacesByDay {
  const days = changeDays(content.grids.values());
  const zone = openZone(zoneName);
  const dayAt = dayOfZone(zoneName);
  /** How many changes have come by that day: equal numbers, equal county. */
  const epochOf = (day: string): number => days.filter((change) => change <= day).length;
  const first = { ...content, version: versionOf(content) };
  const known = new Map([[epochOf(readOn), first]]);
  return {
    at: (whenMs) => {
      const day = dayAt(whenMs);
      const epoch = epochOf(day);
      const seen = known.get(epoch);
      if (seen !== undefined) return seen;
      const locate = openLocator(content.grids.values(), day);
      const points = placeAnew(content.points, locate);
      const placed = { ...content, points, shelters: placeAnew(content.shelters ?? new Map(), locate) };
      const next = { ...placed, version: versionOf(placed) };
      known.set(epoch, next);
      return next;
    },
    nextChangeMs: (afterMs) =>
      days.map((day) => zone.toEpoch(dayNumber(day), 0)).find((atMs) => atMs > afterMs) ?? Number.POSITIVE_INFINITY,
  };
}
