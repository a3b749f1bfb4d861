/** Edges with their buses and units. Which sensor hangs on which register is said by the sensor, in one place. */

import type { z } from 'zod';
import type { BoundGrids } from '#cli/load/grids.ts';
import { checkLineOwners } from '#cli/load/line-owners.ts';
import { bindLinks } from '#cli/load/links.ts';
import { bindOutputs } from '#cli/load/outputs.ts';
import { busSchema, edgeSchema } from '#cli/load/schemas.ts';
import { idOf, type Path, parseList, parsePart, type Source } from '#cli/load/source.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { BusConfig, UnitConfig } from '#model/edge-config.ts';
import type { EdgeUnit, Grid } from '#model/registry.ts';

export type Profiles = ReadonlyMap<string, DeviceProfile>;

/** An edge before its sensors are hung on its units. */
export type BareEdge = {
  readonly path: Path;
  readonly edge: EdgeUnit;
  readonly unitPath: (lineId: string, unitId: number | string) => Path;
  /** Ids of buses and links that could not be read: told once, where they stand, and not again by who names them. */
  readonly broken: ReadonlySet<string>;
};
export type BoundEdges = { readonly edges: ReadonlyMap<string, BareEdge>; readonly declared: ReadonlySet<string> };

/** `edge/bus/unit/register` or `edge/link/station/element`: the one place a sensor can be read from. */
export const wireKey = (edge: string, line: string, unit: number | string, register: string): string =>
  `${edge}/${line}/${unit}/${register}`;

type BusRow = z.infer<typeof busSchema>;

function toBus(row: BusRow, units: readonly UnitConfig[]): BusConfig {
  const base = { id: row.id, pollMs: row.poll, units };
  switch (row.kind) {
    case 'modbus-rtu':
      return { ...base, kind: row.kind, path: row.path, baudRate: row.baudRate, parity: row.parity };
    case 'modbus-rtu-tcp':
    case 'modbus-tcp':
      return { ...base, kind: row.kind, host: row.host, port: row.port };
    case 'modbus-dtu': {
      const { kind, host, port, registration, heartbeat } = row;
      return { ...base, kind, host, port, registration, heartbeat };
    }
    default:
      return row satisfies never;
  }
}

function checkUnits(source: Source, path: Path, bus: BusRow, profiles: Profiles | undefined): void {
  const taken = new Set<number>();
  bus.units.forEach(({ unit, profile }, index) => {
    const here = [...path, 'units', index];
    if (taken.has(unit))
      source.find([...here, 'unit'], {
        kind: 'duplicate',
        message: `unit ${unit} stands twice on bus "${bus.id}"`,
        mend: 'two units with one address answer at the same time; give one another address',
      });
    taken.add(unit);
    if (profiles === undefined || profiles.has(profile)) return;
    const known = [...profiles.keys()].sort().join(', ');
    source.find([...here, 'profile'], {
      kind: 'unknown-profile',
      message: `there is no device profile "${profile}"`,
      mend: `use one of ${known || '(devices/ is empty)'}, or add devices/${profile}.yaml`,
    });
  });
}

export function checkTownship(source: Source, path: Path, township: string, grids: BoundGrids): void {
  const grid: Grid | undefined = grids.grids.get(township);
  if (!grids.declared.has(township)) {
    const mend = 'mend the code, or add the grid to grids.yaml';
    source.find([...path, 'township'], { kind: 'unknown-grid', message: `there is no grid "${township}"`, mend });
  } else if (grid !== undefined && grid.tier !== 2) {
    const message = `"${township}" ${grid.name.zh} is not a township or park`;
    source.find([...path, 'township'], { kind: 'tier', message, mend: 'name the township that the edge stands in' });
  }
}

/** Reads `edges.yaml`. */
export function bindEdges(source: Source, grids: BoundGrids, profiles: Profiles | undefined): BoundEdges {
  const declared = new Set<string>();
  const edges = new Map<string, BareEdge>();
  for (const { path, value } of parseList(source, 'edges', edgeSchema, 'id', declared)) {
    checkTownship(source, path, value.township, grids);
    const buses: BusConfig[] = [];
    const broken = new Set<string>();
    const places = new Map<string, Path>();
    if (value.buses.length + value.links.length === 0)
      source.find(path, {
        kind: 'no-line',
        message: `edge "${value.id}" has neither a bus nor a link`,
        mend: 'add "buses:" with the lines that it asks, or "links:" with the stations that report to it',
      });
    value.buses.forEach((raw, index) => {
      const here = [...path, 'buses', index];
      const row = parsePart(source, here, raw, busSchema);
      if (row === undefined) {
        broken.add(idOf(raw));
        return;
      }
      if (buses.some((bus) => bus.id === row.id)) {
        const message = `bus "${row.id}" stands twice at edge "${value.id}"`;
        source.find([...here, 'id'], { kind: 'duplicate', message, mend: 'give one of the two another id' });
        return;
      }
      checkUnits(source, here, row, profiles);
      const units = row.units.map(({ unit, profile }) => ({ unitId: unit, profile, sensors: [] }));
      row.units.forEach(({ unit }, at) => {
        places.set(`${row.id} ${unit}`, [...here, 'units', at]);
      });
      buses.push(toBus(row, units));
    });
    const { id, township, origin, name } = value;
    const links = bindLinks(source, path, value.links, new Set(buses.map((bus) => bus.id)), places, broken);
    const acting = bindOutputs(source, path, value, { buses, broken }, profiles);
    checkLineOwners(source, path, { buses, links, outputs: acting.outputs }, value);
    const unitPath = (lineId: string, unitId: number | string): Path => places.get(`${lineId} ${unitId}`) ?? path;
    edges.set(id, { path, unitPath, broken, edge: { id, township, origin, name, buses, links, ...acting } });
  }
  return { edges, declared };
}

/** The edges with the sensors that name their units; a unit that nobody reads is a warning. */
export function hangSensors(
  source: Source,
  bound: BoundEdges,
  wires: ReadonlyMap<string, string>,
  /** False when some sensor could not be read: then nobody can say which units are unused. */
  complete: boolean,
): ReadonlyMap<string, EdgeUnit> {
  const byUnit = new Map<string, { sensorId: string; register: string }[]>();
  for (const [key, sensorId] of wires) {
    const cut = key.lastIndexOf('/');
    const unit = key.slice(0, cut);
    byUnit.set(unit, [...(byUnit.get(unit) ?? []), { sensorId, register: key.slice(cut + 1) }]);
  }
  const out = new Map<string, EdgeUnit>();
  for (const [id, { edge, unitPath }] of bound.edges) {
    const sensorsAt = (line: string, unit: number | string, isUsed: boolean) => {
      const sensors = byUnit.get(`${id}/${line}/${unit}`) ?? [];
      if (sensors.length === 0 && complete && !isUsed)
        source.find(unitPath(line, unit), {
          kind: 'unused-unit',
          message: `no sensor is read from ${typeof unit === 'number' ? 'unit' : 'station'} ${unit} of "${line}"`,
          mend: 'name it in a sensor of points.yaml, or remove it',
          severity: 'warning',
        });
      return sensors;
    };
    const acts = new Set(
      [...edge.outputs.filter((output) => output.kind === 'relay'), ...edge.mutes].map(
        ({ busId, unitId }) => `${busId} ${unitId}`,
      ),
    );
    const buses = edge.buses.map((bus) => ({
      ...bus,
      units: bus.units.map(
        (unit): UnitConfig => ({
          ...unit,
          sensors: sensorsAt(bus.id, unit.unitId, acts.has(`${bus.id} ${unit.unitId}`)),
        }),
      ),
    }));
    const links = edge.links.map((link) => ({
      ...link,
      stations: link.stations.map((station) => ({
        ...station,
        sensors: sensorsAt(link.id, station.station, false).map(({ sensorId, register }) => ({
          sensorId,
          element: register,
        })),
      })),
    }));
    out.set(id, { ...edge, buses, links });
  }
  return out;
}
