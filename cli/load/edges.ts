/** Edges with their buses and units. Which sensor hangs on which register is said by the sensor, in one place. */

import type { z } from 'zod';
import type { BoundGrids } from '#cli/load/grids.ts';
import { busSchema, edgeSchema } from '#cli/load/schemas.ts';
import { type Path, parseList, parsePart, type Source } from '#cli/load/source.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { BusConfig, UnitConfig } from '#model/edge-config.ts';
import type { EdgeUnit, Grid } from '#model/registry.ts';

export type Profiles = ReadonlyMap<string, DeviceProfile>;

/** An edge before its sensors are hung on its units. */
export type BareEdge = {
  readonly path: Path;
  readonly edge: EdgeUnit;
  readonly unitPath: (busId: string, unitId: number) => Path;
};
export type BoundEdges = { readonly edges: ReadonlyMap<string, BareEdge>; readonly declared: ReadonlySet<string> };

/** `edge/bus/unit/register`: the one place a sensor can be read from. */
export const wireKey = (edge: string, bus: string, unit: number, register: string): string =>
  `${edge}/${bus}/${unit}/${register}`;

type BusRow = z.infer<typeof busSchema>;

function toBus(row: BusRow, units: readonly UnitConfig[]): BusConfig {
  const base = { id: row.id, pollMs: row.poll, units };
  switch (row.kind) {
    case 'modbus-rtu':
      return { ...base, kind: row.kind, path: row.path, baudRate: row.baudRate, parity: row.parity };
    case 'modbus-rtu-tcp':
    case 'modbus-tcp':
      return { ...base, kind: row.kind, host: row.host, port: row.port };
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

function checkTownship(source: Source, path: Path, township: string, grids: BoundGrids): void {
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
    const places = new Map<string, Path>();
    value.buses.forEach((raw, index) => {
      const here = [...path, 'buses', index];
      const row = parsePart(source, here, raw, busSchema);
      if (row === undefined) return;
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
    const unitPath = (busId: string, unitId: number): Path => places.get(`${busId} ${unitId}`) ?? path;
    edges.set(id, { path, unitPath, edge: { id, township, origin, name, buses } });
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
    const buses = edge.buses.map((bus) => ({
      ...bus,
      units: bus.units.map((unit): UnitConfig => {
        const sensors = byUnit.get(`${id}/${bus.id}/${unit.unitId}`) ?? [];
        if (sensors.length === 0 && complete)
          source.find(unitPath(bus.id, unit.unitId), {
            kind: 'unused-unit',
            message: `no sensor is read from unit ${unit.unitId} of bus "${bus.id}"`,
            mend: 'name it in a sensor of points.yaml, or remove the unit',
            severity: 'warning',
          });
        return { ...unit, sensors };
      }),
    }));
    out.set(id, { ...edge, buses });
  }
  return out;
}
