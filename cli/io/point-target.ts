/** Decides which units `fengsui point read` asks, and where: from the county's files, or from what was typed. */
import { existsSync } from 'node:fs';
import type { Trouble } from '#cli/field-trouble.ts';
import type { Place } from '#cli/io/field-line.ts';
import { parseAddress } from '#cli/io/field-place.ts';
import type { PointArguments } from '#cli/io/point-command.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import { parseParities } from '#cli/scan-plan.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { BusConfig } from '#model/edge-config.ts';
import type { Registry } from '#model/registry.ts';
import { err, formatLint, ok, type Result } from '#model/result.ts';

export type Target = {
  readonly place: Place;
  /** `edge-shiqiao/shiqiao-a`, or the port as typed. */
  readonly where: string;
  readonly unitId: number;
  readonly profile: DeviceProfile;
  /** Which registers, by which sensor; all of the profile's when undefined. */
  readonly sensors: ReadonlyMap<string, string> | undefined;
};
type Profiles = ReadonlyMap<string, DeviceProfile>;

const usage = (message: string, mend: string): { readonly ok: false; readonly error: Trouble } =>
  err({ kind: 'usage', message, mend });

/** How the box itself reaches a bus; a bus that only the box can reach is told so. */
function placeOf(bus: BusConfig): Result<Place, string> {
  switch (bus.kind) {
    case 'modbus-rtu':
      return existsSync(bus.path)
        ? ok({ kind: 'serial', path: bus.path, baudRate: bus.baudRate, parity: bus.parity })
        : err(`there is no serial port ${bus.path} on this machine`);
    case 'modbus-rtu-tcp':
      return bus.port === 0
        ? err("its port is the simulator's")
        : ok({ kind: 'rtu-tcp', host: bus.host, port: bus.port });
    case 'modbus-tcp':
      return bus.port === 0 ? err("its port is the simulator's") : ok({ kind: 'tcp', host: bus.host, port: bus.port });
    case 'modbus-dtu':
      return err('its DTU dials in to the edge: ask through the running edge');
    default:
      return bus satisfies never;
  }
}

function typedPlace(options: PointArguments, profile: DeviceProfile): Result<Place, string> {
  const address = options.rtuTcp ?? options.tcp;
  if (address !== undefined) {
    const parsed = parseAddress(address);
    return parsed.ok ? ok({ kind: options.tcp === undefined ? 'rtu-tcp' : 'tcp', ...parsed.value }) : parsed;
  }
  const baudRate = options.baud === undefined ? profile.baudRate : Number(options.baud);
  if (!Number.isInteger(baudRate) || baudRate < 300) return err(`"${options.baud}" is no baud rate`);
  const parity = parseParities(options.parity ?? profile.parity);
  if (!parity.ok) return parity;
  return ok({ kind: 'serial', path: options.port ?? '', baudRate, parity: parity.value[0] ?? 'none' });
}

function typedTarget(options: PointArguments, profiles: Profiles): Result<readonly Target[], Trouble> {
  const unitId = Number(options.unit ?? 1);
  if (!Number.isInteger(unitId) || unitId < 1 || unitId > 255)
    return usage(`"${options.unit}" is no unit`, 'write --unit 1 to 247');
  const profile = profiles.get(options.profile ?? '');
  if (profile === undefined)
    return usage(
      options.profile === undefined ? 'which model is it?' : `there is no profile "${options.profile}"`,
      'name one with --profile; "fengsui profiles list" shows them, "fengsui serial scan" which of them fit',
    );
  const place = typedPlace(options, profile);
  if (!place.ok) return usage(place.error, 'correct it');
  const where = options.port ?? options.rtuTcp ?? options.tcp ?? '';
  return ok([{ place: place.value, where, unitId, profile, sensors: undefined }]);
}

/** Sensors that the name means: of a point, of an edge, or the one itself. */
function wantedSensors(registry: Registry, name: string): ReadonlySet<string> {
  const all = [...registry.sensors.values()];
  return new Set(
    all.filter(({ id, pointId, edgeId }) => id === name || pointId === name || edgeId === name).map(({ id }) => id),
  );
}

function countyTargets(
  name: string,
  options: PointArguments,
  profiles: Profiles,
  nowMs: number,
): Result<readonly Target[], Trouble> {
  const county = readCounty(options.county, nowMs, profiles);
  if (!county.ok) {
    const first = county.error.find(({ severity }) => severity === 'error');
    return usage(
      first === undefined ? 'the county cannot be read' : formatLint(first),
      `"fengsui check ${options.county}" tells all`,
    );
  }
  const wanted = wantedSensors(county.value, name);
  if (wanted.size === 0)
    return usage(`the county has no point, sensor or edge "${name}"`, 'use an id of points.yaml or edges.yaml');
  const targets: Target[] = [];
  for (const edge of county.value.edges.values()) {
    if (options.edge !== undefined && edge.id !== options.edge) continue;
    for (const bus of edge.buses)
      for (const unit of bus.units) {
        const sensors = new Map(
          unit.sensors
            .filter(({ sensorId }) => wanted.has(sensorId))
            .map(({ register, sensorId }) => [register, sensorId]),
        );
        const profile = profiles.get(unit.profile);
        if (sensors.size === 0 || profile === undefined) continue;
        const place = placeOf(bus);
        const where = `${edge.id}/${bus.id}`;
        if (!place.ok)
          return usage(
            `${where} cannot be asked from here: ${place.error}`,
            `read the unit where you stand: fengsui point read --port /dev/ttyUSB0 --unit ${unit.unitId} --profile ${unit.profile}`,
          );
        targets.push({ place: place.value, where, unitId: unit.unitId, profile, sensors });
      }
  }
  return targets.length > 0
    ? ok(targets)
    : usage(
        `"${name}" is on no bus that this machine could ask`,
        'its stations report by themselves, or --edge names another',
      );
}

export function targetsOf(
  name: string | undefined,
  options: PointArguments,
  profiles: Profiles,
  nowMs: number,
): Result<readonly Target[], Trouble> {
  const typed = [options.port, options.rtuTcp, options.tcp].filter((one) => one !== undefined);
  if (typed.length > 1) return usage('more than one line is named', 'name one of --port, --rtu-tcp and --tcp');
  if (typed.length === 1 && name !== undefined)
    return usage('a name and a line are too much', 'leave one of the two out');
  if (typed.length === 1) return typedTarget(options, profiles);
  if (name !== undefined) return countyTargets(name, options, profiles, nowMs);
  return usage(
    'what is to be read?',
    'name a point, sensor or edge of the county, or a line with --port, --rtu-tcp or --tcp',
  );
}
