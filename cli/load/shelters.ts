/** Where people are taken to (避难场所, `shelters.yaml`) and on which way (转移路线, `routes.yaml`). A county may leave both out. */
import { z } from 'zod';
import type { GridLocator } from '#cli/load/geometry.ts';
import { text, token } from '#cli/load/schemas.ts';
import { parseList, type Source } from '#cli/load/source.ts';
import type { EvacuationRoute, Shelter } from '#model/registry.ts';

const lon = z.number().min(-180).max(180);
const lat = z.number().min(-90).max(90);

export const shelterSchema = z.strictObject({
  id: token,
  name: text,
  lon,
  lat,
  capacity: z.number().int().min(1),
  keeper: z.string().optional(),
  address: z.string().min(1).optional(),
});

export const routeSchema = z.strictObject({
  id: token,
  name: text,
  shelter: z.string(),
  line: z
    .array(z.tuple([lon, lat]))
    .refine((places) => places.length !== 1, 'a line needs two places; leave it out where nobody has drawn it')
    .default([]),
  way: text,
});

export type BoundShelters = {
  readonly shelters: ReadonlyMap<string, Shelter>;
  readonly routes: ReadonlyMap<string, EvacuationRoute>;
  /** Ids that some file declares, also those of items with findings. */
  readonly declared: { readonly shelters: ReadonlySet<string>; readonly routes: ReadonlySet<string> };
};

type Sources = { readonly shelters: readonly Source[]; readonly routes: readonly Source[] };
type Known = { readonly locate: GridLocator; readonly people: ReadonlySet<string> };

function bindShelter(source: Source, { locate, people }: Known, declared: Set<string>): Shelter[] {
  return parseList(source, 'shelters', shelterSchema, 'id', declared).map(({ path, value }) => {
    const { id, name, capacity, keeper, address } = value;
    const gridCode = locate(value.lon, value.lat);
    if (gridCode === null)
      source.find([...path, 'lon'], {
        kind: 'outside',
        message: `shelter "${id}" at ${value.lon}, ${value.lat} lies outside every grid`,
        mend: 'is lon before lat, in degrees WGS-84? otherwise mend the boundary of the grid',
      });
    if (keeper !== undefined && !people.has(keeper))
      source.find([...path, 'keeper'], {
        kind: 'unknown-person',
        message: `shelter "${id}" is kept by "${keeper}", whom people.yaml does not know`,
        mend: 'mend the id, or add the person to people.yaml',
      });
    const shelter = { id, name, lon: value.lon, lat: value.lat, gridCode: gridCode ?? '', capacity };
    return {
      ...shelter,
      ...(keeper !== undefined && { keeperId: keeper }),
      ...(address !== undefined && { address }),
    };
  });
}

/** Reads both lists of all files. */
export function bindShelters(sources: Sources, known: Known): BoundShelters {
  const shelterIds = new Set<string>();
  const shelters = sources.shelters.flatMap((source) => bindShelter(source, known, shelterIds));
  const routeIds = new Set<string>();
  const routes = sources.routes.flatMap((source) =>
    parseList(source, 'routes', routeSchema, 'id', routeIds).map(({ path, value }): EvacuationRoute => {
      const { id, name, shelter, line, way } = value;
      if (!shelterIds.has(shelter))
        source.find([...path, 'shelter'], {
          kind: 'unknown-shelter',
          message: `route "${id}" leads to "${shelter}", which is no shelter`,
          mend: 'mend the id, or add the shelter to shelters.yaml',
        });
      return { id, name, shelterId: shelter, line, way };
    }),
  );
  return {
    shelters: new Map(shelters.map((shelter) => [shelter.id, shelter])),
    routes: new Map(routes.map((route) => [route.id, route])),
    declared: { shelters: shelterIds, routes: routeIds },
  };
}
