/**
 * Evacuation lists: the households of a point, written at the point or in a list of their own that names it; who calls
 * each of them, by which route they go and where to.
 */
import type { z } from 'zod';
import type { BoundGrids } from '#cli/load/grids.ts';
import { type householdSchema, listedHouseholdSchema } from '#cli/load/schemas.ts';
import type { BoundShelters } from '#cli/load/shelters.ts';
import { type Path, parsePart, type Source } from '#cli/load/source.ts';
import type { Household, PointId } from '#model/registry.ts';

type Row = z.infer<typeof householdSchema>;

/** One household and where it is written. */
export type HouseholdRow = { readonly source: Source; readonly path: Path; readonly row: Row };

export type HouseholdContext = {
  readonly people: ReadonlySet<string>;
  readonly grids: BoundGrids;
  readonly places: BoundShelters;
};

/** The households of `households/*.json`, by the point that they name; a point that does not exist is a finding later. */
export function listHouseholds(sources: readonly Source[]): ReadonlyMap<PointId, readonly HouseholdRow[]> {
  const byPoint = new Map<PointId, HouseholdRow[]>();
  for (const source of sources) {
    const root = source.value as { readonly households?: unknown } | null | undefined;
    const list = root?.households;
    if (!Array.isArray(list)) {
      if (source.value !== undefined)
        source.find([], {
          kind: 'shape',
          message: 'the file must hold a list "households:"',
          mend: 'begin it with "households:"',
        });
      continue;
    }
    list.forEach((raw: unknown, index) => {
      const path = ['households', index];
      const value = parsePart(source, path, raw, listedHouseholdSchema);
      if (value === undefined) return;
      const { point, ...row } = value;
      const rows = byPoint.get(point);
      if (rows === undefined) byPoint.set(point, [{ source, path, row }]);
      else rows.push({ source, path, row });
    });
  }
  return byPoint;
}

/** Findings about the households of points that no file declares. */
export function checkListed(
  listed: ReadonlyMap<PointId, readonly HouseholdRow[]>,
  declared: ReadonlySet<string>,
): void {
  for (const [point, rows] of listed) {
    if (declared.has(point)) continue;
    for (const { source, path, row } of rows)
      source.find([...path, 'point'], {
        kind: 'unknown-point',
        message: `the household of ${row.head} stands on the list of point "${point}", which does not exist`,
        mend: 'mend the id, or add the point to points.yaml',
      });
  }
}

/** Whom, where and which way a household names must exist, and the way must lead there. */
function checkRefs({ source, path, row }: HouseholdRow, context: HouseholdContext): void {
  const { caller, grid, route, shelter, head } = row;
  const { grids, places } = context;
  if (caller !== undefined && !context.people.has(caller))
    source.find([...path, 'caller'], {
      kind: 'unknown-person',
      message: `the household of ${head} is called by "${caller}", whom people.yaml does not know`,
      mend: 'mend the id, or add the person to people.yaml',
    });
  if (grid !== undefined && !grids.declared.has(grid))
    source.find([...path, 'grid'], {
      kind: 'unknown-grid',
      message: `the household of ${head} belongs to grid "${grid}", which does not exist`,
      mend: 'mend the code, or add the grid to grids.yaml',
    });
  if (route !== undefined && !places.declared.routes.has(route))
    source.find([...path, 'route'], {
      kind: 'unknown-route',
      message: `the household of ${head} goes by route "${route}", which does not exist`,
      mend: 'mend the id, or add the route to routes.yaml',
    });
  if (shelter !== undefined && !places.declared.shelters.has(shelter))
    source.find([...path, 'shelter'], {
      kind: 'unknown-shelter',
      message: `the household of ${head} goes to "${shelter}", which is no shelter`,
      mend: 'mend the id, or add the shelter to shelters.yaml',
    });
  const leadsTo = route === undefined ? undefined : places.routes.get(route)?.shelterId;
  if (shelter !== undefined && leadsTo !== undefined && leadsTo !== shelter)
    source.find([...path, 'route'], {
      kind: 'wrong-way',
      message: `route "${route}" leads to "${leadsTo}", the household of ${head} goes to "${shelter}"`,
      mend: 'mend one of the two; without "shelter:" the household goes where its route leads',
    });
}

function householdOf(row: Row, callerId: string, places: BoundShelters): Household {
  const { id, head: headName, people, phone, grid, address, needsHelp, route } = row;
  const shelter = row.shelter ?? (route === undefined ? undefined : places.routes.get(route)?.shelterId);
  return {
    ...{ id, headName, people, phone, callerId },
    ...(grid !== undefined && { gridCode: grid }),
    ...(address !== undefined && { address }),
    ...(needsHelp !== undefined && { needsHelp }),
    ...(route !== undefined && { routeId: route }),
    ...(shelter !== undefined && { shelterId: shelter }),
  };
}

/** More of one point's people than a shelter holds is told at the point. */
function checkRoom(source: Source, path: Path, households: readonly Household[], places: BoundShelters): void {
  const people = new Map<string, number>();
  for (const { shelterId, people: count } of households)
    if (shelterId !== undefined) people.set(shelterId, (people.get(shelterId) ?? 0) + count);
  for (const [id, count] of people) {
    const capacity = places.shelters.get(id)?.capacity ?? Number.POSITIVE_INFINITY;
    if (count > capacity)
      source.find(path, {
        kind: 'capacity',
        message: `${count} people go to shelter "${id}", which holds ${capacity}`,
        mend: 'send some of the households to another shelter',
        severity: 'warning',
      });
  }
}

/** One point's evacuation list: rows written at the point and rows of lists, checked together. */
export function bindHouseholds(
  point: { readonly id: PointId; readonly source: Source; readonly path: Path },
  rows: readonly HouseholdRow[],
  context: HouseholdContext,
): readonly Household[] {
  if (rows.length === 0) return [];
  const out: Household[] = [];
  const seen = new Set<string>();
  for (const here of rows) {
    const { source, path, row } = here;
    if (seen.has(row.id)) {
      const message = `household "${row.id}" stands twice at point "${point.id}"`;
      source.find([...path, 'id'], { kind: 'duplicate', message, mend: 'give one of the two another id' });
    }
    seen.add(row.id);
    checkRefs(here, context);
    if (row.caller === undefined) {
      const mend = 'add "caller:" with the id of the person who calls or fetches them';
      source.find(path, { kind: 'no-caller', message: `nobody calls the household of ${row.head}`, mend });
      continue;
    }
    out.push(householdOf(row, row.caller, context.places));
  }
  checkRoom(point.source, point.path, out, context.places);
  return out;
}
