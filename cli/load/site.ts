/** The building of a point and its zones (`site:`), and which of them a sensor watches. */
import { z } from 'zod';
import { text, token } from '#cli/load/schemas.ts';
import { type Path, parsePart, type Source } from '#cli/load/source.ts';
import type { Site } from '#model/registry.ts';

const zoneSchema = z.strictObject({
  id: token,
  name: text,
  /** 1 is the ground floor, -1 the first below it; left out: outdoors. */
  floor: z
    .number()
    .int()
    .min(-20)
    .max(200)
    .refine((floor) => floor !== 0, 'there is no floor 0: 1 is the ground floor, -1 the first below it')
    .nullable()
    .default(null),
});

const siteSchema = z.strictObject({
  building: text,
  floors: z.number().int().min(1).max(200).default(1),
  address: z.string().min(1).optional(),
  zones: z.array(zoneSchema).min(1),
});

/** Reads `site:` of a point; undefined when it has none or it cannot be read. */
export function bindSite(source: Source, path: Path, raw: unknown): Site | undefined {
  if (raw === undefined) return undefined;
  const row = parsePart(source, path, raw, siteSchema);
  if (row === undefined) return undefined;
  const seen = new Set<string>();
  row.zones.forEach(({ id, floor }, index) => {
    const here = [...path, 'zones', index];
    if (seen.has(id))
      source.find([...here, 'id'], {
        kind: 'duplicate',
        message: `zone "${id}" stands twice in this site`,
        mend: 'give one of the two another id',
      });
    seen.add(id);
    if (floor !== null && floor > row.floors)
      source.find([...here, 'floor'], {
        kind: 'floor',
        message: `zone "${id}" lies on floor ${floor} of a building of ${row.floors}`,
        mend: `write a floor up to ${row.floors}, or mend floors`,
      });
  });
  const { building, floors, zones, address } = row;
  return address === undefined ? { building, floors, zones } : { building, floors, zones, address };
}

/** Whether the zone that a sensor names is one of its point's site. */
export function checkZone(
  source: Source,
  path: Path,
  zone: string | undefined,
  site: Site | undefined,
  broken: boolean,
): void {
  if (zone === undefined || broken || site?.zones.some(({ id }) => id === zone)) return;
  const known = site?.zones.map(({ id }) => id).join(', ');
  source.find([...path, 'zone'], {
    kind: 'unknown-zone',
    message: `there is no zone "${zone}" at this point`,
    mend:
      known === undefined ? 'add "site:" with its zones to the point' : `use one of ${known}, or add the zone to site`,
  });
}
