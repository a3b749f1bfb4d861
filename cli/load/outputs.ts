/** What an edge sets off by itself, and the buttons that mute it: bound to the units and registers that they name. */
import { muteSchema, outputSchema } from '#cli/load/schemas.ts';
import { idOf, type Path, parsePart, type Source } from '#cli/load/source.ts';
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import type { BusConfig, MuteConfig, OutputConfig } from '#model/edge-config.ts';
import type { EdgeUnit, HazardPoint, PointId } from '#model/registry.ts';

type Profiles = ReadonlyMap<string, DeviceProfile>;
type Place = { readonly bus: string; readonly unit: number; readonly register: string };
/** The buses of the edge, and the ids of those that could not be read. */
type Lines = { readonly buses: readonly BusConfig[]; readonly broken: ReadonlySet<string> };
type Acting = { readonly outputs: readonly OutputConfig[]; readonly mutes: readonly MuteConfig[] };

/** The register that a row names; undefined, with a finding, when there is none. */
function findRegister(
  source: Source,
  path: Path,
  place: Place,
  lines: Lines,
  profiles: Profiles | undefined,
): RegisterSpec | undefined {
  const bus = lines.buses.find(({ id }) => id === place.bus);
  if (bus === undefined) {
    if (lines.broken.has(place.bus)) return undefined;
    const mend = `use one of ${lines.buses.map(({ id }) => id).join(', ') || '(this edge has no bus)'}`;
    source.find([...path, 'bus'], { kind: 'unknown-bus', message: `this edge has no bus "${place.bus}"`, mend });
    return undefined;
  }
  const unit = bus.units.find(({ unitId }) => unitId === place.unit);
  if (unit === undefined) {
    const message = `bus "${place.bus}" has no unit ${place.unit}`;
    source.find([...path, 'unit'], { kind: 'unknown-unit', message, mend: 'mend the address, or add the unit' });
    return undefined;
  }
  const profile = profiles?.get(unit.profile);
  const spec = profile?.registers.find(({ key }) => key === place.register);
  if (profile !== undefined && spec === undefined) {
    const mend = `use one of ${profile.registers.map(({ key }) => key).join(', ')}`;
    const message = `profile "${unit.profile}" has no register "${place.register}"`;
    source.find([...path, 'register'], { kind: 'unknown-register', message, mend });
  }
  return spec;
}

function bindOutput(
  source: Source,
  path: Path,
  raw: unknown,
  lines: Lines,
  profiles: Profiles | undefined,
): OutputConfig | undefined {
  const row = parsePart(source, path, raw, outputSchema);
  if (row === undefined) return undefined;
  const base = { id: row.id, name: row.name, points: row.points, minLevel: row.level, maxOnMs: row.maxOn };
  if (row.kind === 'speaker') return { ...base, kind: row.kind, line: row.line, repeatMs: row.repeat };
  const spec = findRegister(source, path, row, lines, profiles);
  if (spec !== undefined && spec.write === undefined)
    source.find([...path, 'register'], {
      kind: 'read-only',
      message: `register "${row.register}" cannot be written`,
      mend: 'name a register whose profile has "write:"',
    });
  return { ...base, kind: row.kind, busId: row.bus, unitId: row.unit, register: row.register };
}

/** Of two outputs on one relay the one that is silent would switch the other's alarm off. */
function checkRelay(source: Source, path: Path, output: OutputConfig, others: readonly OutputConfig[]): void {
  if (output.kind !== 'relay') return;
  const { busId, unitId, register } = output;
  const other = others.find(
    (one) => one.kind === 'relay' && one.busId === busId && one.unitId === unitId && one.register === register,
  );
  if (other === undefined) return;
  source.find([...path, 'register'], {
    kind: 'shared-relay',
    message: `output "${other.id}" is the same relay: the silent one of the two would switch the other off`,
    mend: 'make one output of them, with the lower level and all points',
  });
}

/** Outputs and mutes of one edge; whether their points exist is checked once points are read. */
export function bindOutputs(
  source: Source,
  path: Path,
  rows: { readonly outputs: readonly unknown[]; readonly mutes: readonly unknown[] },
  lines: Lines,
  profiles: Profiles | undefined,
): Acting {
  const outputs: OutputConfig[] = [];
  const mutes: MuteConfig[] = [];
  const broken = new Set<string>();
  const taken = new Set<string>();
  const isNew = (id: string, at: Path): boolean => {
    if (!taken.has(id)) return taken.add(id).has(id);
    source.find([...at, 'id'], {
      kind: 'duplicate',
      message: `"${id}" stands twice among outputs and mutes`,
      mend: 'give one of the two another id',
    });
    return false;
  };
  rows.outputs.forEach((raw, index) => {
    const here = [...path, 'outputs', index];
    const output = bindOutput(source, here, raw, lines, profiles);
    if (output === undefined) broken.add(idOf(raw));
    else if (isNew(output.id, here)) {
      checkRelay(source, here, output, outputs);
      outputs.push(output);
    }
  });
  rows.mutes.forEach((raw, index) => {
    const here = [...path, 'mutes', index];
    const row = parsePart(source, here, raw, muteSchema);
    if (row === undefined || !isNew(row.id, here)) return;
    findRegister(source, here, row, lines, profiles);
    for (const [at, id] of row.outputs.entries())
      if (!outputs.some((output) => output.id === id) && !broken.has(id))
        source.find([...here, 'outputs', at], {
          kind: 'unknown-output',
          message: `this edge has no output "${id}"`,
          mend: `use one of ${outputs.map((output) => output.id).join(', ') || '(none)'}`,
        });
    const { id, bus, unit, register } = row;
    mutes.push({ id, busId: bus, unitId: unit, register, outputs: row.outputs, muteMs: row.for });
  });
  return { outputs, mutes };
}

/** An output that names a point which does not exist would stay silent in the night that it was bought for. */
export function checkOutputPoints(
  source: Source,
  edges: ReadonlyMap<string, { readonly path: Path; readonly edge: EdgeUnit }>,
  points: ReadonlyMap<PointId, HazardPoint>,
  sensors: ReadonlyMap<string, { readonly pointId: PointId; readonly edgeId: string }>,
): void {
  const seen = new Set([...sensors.values()].map(({ edgeId, pointId }) => `${edgeId} ${pointId}`));
  for (const { path, edge } of edges.values()) {
    edge.outputs.forEach((output, index) => {
      output.points.forEach((pointId, at) => {
        const here = [...path, 'outputs', index, 'points', at];
        if (!points.has(pointId))
          source.find(here, {
            kind: 'unknown-point',
            message: `there is no point "${pointId}"`,
            mend: 'mend the id, or add the point to points.yaml',
          });
        else if (!seen.has(`${edge.id} ${pointId}`))
          source.find(here, {
            kind: 'foreign-point',
            message: `point "${pointId}" has no sensor at edge "${edge.id}", so that the edge can never judge it`,
            mend: 'name a point whose sensors this edge reads',
          });
      });
    });
  }
}
