/** The lines of an edge on which stations report by themselves. */

import type { z } from 'zod';
import { linkSchema } from '#cli/load/schemas.ts';
import { idOf, type Path, parsePart, type Source } from '#cli/load/source.ts';
import type { LinkConfig } from '#model/edge-config.ts';

type LinkRow = z.infer<typeof linkSchema>;

function toLink(row: LinkRow): LinkConfig {
  const stations = row.stations.map(({ station, centre, password, report }) => ({
    ...{ station, centre, password: password.toUpperCase(), reportMs: report, sensors: [] },
  }));
  const base = { id: row.id, protocol: row.protocol, stations };
  return row.kind === 'serial'
    ? { ...base, kind: row.kind, path: row.path, baudRate: row.baudRate, parity: row.parity }
    : { ...base, kind: row.kind, host: row.host, port: row.port };
}

/** `taken` holds the ids of the edge's buses; `places` gains where each station stands, `broken` the ids of what could not be read. */
export function bindLinks(
  source: Source,
  path: Path,
  rows: readonly unknown[],
  taken: Set<string>,
  places: Map<string, Path>,
  broken: Set<string>,
): LinkConfig[] {
  const links: LinkConfig[] = [];
  rows.forEach((raw, index) => {
    const here = [...path, 'links', index];
    const row = parsePart(source, here, raw, linkSchema);
    if (row === undefined) {
      broken.add(idOf(raw));
      return;
    }
    if (taken.has(row.id)) {
      const message = `"${row.id}" stands twice among the buses and links of this edge`;
      source.find([...here, 'id'], { kind: 'duplicate', message, mend: 'give one of the two another id' });
      return;
    }
    taken.add(row.id);
    row.stations.forEach(({ station }, at) => {
      const stationPath = [...here, 'stations', at];
      if (places.has(`${row.id} ${station}`)) {
        const message = `station ${station} stands twice on link "${row.id}"`;
        source.find(stationPath, { kind: 'duplicate', message, mend: 'remove one of the two' });
      }
      places.set(`${row.id} ${station}`, stationPath);
    });
    links.push(toLink(row));
  });
  return links;
}
