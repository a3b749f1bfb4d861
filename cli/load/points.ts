/** Hazard points, their households and sensors. A point's grid is not written down: it follows from where it lies. */

import type { z } from 'zod';
import { type BoundNative, findNative } from '#cli/load/devices-native.ts';
import { type BareEdge, type BoundEdges, type Profiles, wireKey } from '#cli/load/edges.ts';
import type { GridLocator } from '#cli/load/geometry.ts';
import { bindHouseholds, checkListed, type HouseholdContext, type HouseholdRow } from '#cli/load/households.ts';
import { bindRainFrequency } from '#cli/load/rain-frequency.ts';
import {
  type NativeField,
  type PolledDevice,
  pointSchema,
  type ReportedDevice,
  sensorSchema,
} from '#cli/load/schemas.ts';
import { bindSite, checkZone } from '#cli/load/site.ts';
import { type Path, parseList, parsePart, type Source } from '#cli/load/source.ts';
import { bindWater } from '#cli/load/water.ts';
import { elementQuantity } from '#edge/link/elements.ts';
import type { LinkConfig } from '#model/edge-config.ts';
import type { NativeSensor } from '#model/native.ts';
import type { SensorId } from '#model/reading.ts';
import type { HazardPoint, PointId, Sensor, Site } from '#model/registry.ts';

export type BoundPoints = {
  readonly points: ReadonlyMap<PointId, HazardPoint>;
  readonly sensors: ReadonlyMap<SensorId, Sensor>;
  /** `edge/bus/unit/register` → sensor. */
  readonly wires: ReadonlyMap<string, SensorId>;
  /** What each device of native.yaml feeds. */
  readonly natives: ReadonlyMap<string, readonly NativeSensor[]>;
};
type Gathered = {
  readonly sensors: Map<SensorId, Sensor>;
  readonly wires: Map<string, SensorId>;
  readonly natives: Map<string, NativeSensor[]>;
};

export type PointContext = {
  readonly locate: GridLocator;
  readonly households: HouseholdContext;
  /** Households that stand in lists of their own, by point. */
  readonly listed: ReadonlyMap<PointId, readonly HouseholdRow[]>;
  readonly edges: BoundEdges;
  readonly native: BoundNative;
  readonly profiles: Profiles | undefined;
};

type SensorRow = z.infer<typeof sensorSchema>;

/** A unit is missed after ten polls, and not before a minute. */
const STALE_POLLS = 10;
const MIN_STALE_MS = 60_000;
/** A station is missed when two of its reports stayed away. */
const STALE_REPORTS = 2;

type DeviceSpot = { readonly pollMs: number; readonly profileId: string };

function findEdge(source: Source, path: Path, edge: string, edges: BoundEdges): BareEdge | undefined {
  const bare = edges.edges.get(edge);
  if (bare === undefined && !edges.declared.has(edge)) {
    const mend = 'mend the id, or add the edge to edges.yaml';
    source.find([...path, 'edge'], { kind: 'unknown-edge', message: `there is no edge "${edge}"`, mend });
  }
  return bare;
}

/** The station that a sensor names; a finding when it names none that exists. */
function findStation(
  source: Source,
  path: Path,
  device: ReportedDevice,
  edges: BoundEdges,
): { readonly reportMs: number; readonly protocol: LinkConfig['protocol'] } | undefined {
  const bare = findEdge(source, path, device.edge, edges);
  if (bare === undefined) return undefined;
  const link = bare.edge.links.find(({ id }) => id === device.link);
  if (link === undefined) {
    if (bare.broken.has(device.link)) return undefined;
    const mend = `use one of ${bare.edge.links.map(({ id }) => id).join(', ') || '(none)'}, or add the link to edges.yaml`;
    const message = `edge "${device.edge}" has no link "${device.link}"`;
    source.find([...path, 'link'], { kind: 'unknown-link', message, mend });
    return undefined;
  }
  const station = link.stations.find((one) => one.station === device.station);
  if (station === undefined) {
    const message = `link "${device.link}" has no station ${device.station}`;
    const mend = 'mend the address, or add the station to edges.yaml';
    source.find([...path, 'station'], { kind: 'unknown-station', message, mend });
    return undefined;
  }
  return { reportMs: station.reportMs, protocol: link.protocol };
}

/** The unit that a sensor names; a finding when it names none that exists. */
function findUnit(source: Source, path: Path, device: PolledDevice, edges: BoundEdges): DeviceSpot | undefined {
  const bare = findEdge(source, path, device.edge, edges);
  if (bare === undefined) return undefined;
  const bus = bare.edge.buses.find(({ id }) => id === device.bus);
  if (bus === undefined) {
    if (bare.broken.has(device.bus)) return undefined;
    const mend = `use one of ${bare.edge.buses.map(({ id }) => id).join(', ')}, or add the bus to edges.yaml`;
    const message = `edge "${device.edge}" has no bus "${device.bus}"`;
    source.find([...path, 'bus'], { kind: 'unknown-bus', message, mend });
    return undefined;
  }
  const unit = bus.units.find(({ unitId }) => unitId === device.unit);
  if (unit === undefined) {
    const mend = 'mend the address, or add the unit with its profile to edges.yaml';
    const message = `bus "${device.bus}" has no unit ${device.unit}`;
    source.find([...path, 'unit'], { kind: 'unknown-unit', message, mend });
    return undefined;
  }
  return { pollMs: bus.pollMs, profileId: unit.profile };
}

function checkRegister(
  source: Source,
  path: Path,
  row: SensorRow,
  device: PolledDevice,
  profileId: string,
  profiles?: Profiles,
) {
  const profile = profiles?.get(profileId);
  if (profile === undefined) return;
  const register = profile.registers.find(({ key }) => key === device.register);
  if (register === undefined) {
    const mend = `use one of ${profile.registers.map(({ key }) => key).join(', ')}`;
    const message = `profile "${profileId}" has no register "${device.register}"`;
    source.find([...path, 'device', 'register'], { kind: 'unknown-register', message, mend });
  } else if (register.quantity !== row.quantity) {
    const message = `register "${device.register}" of "${profileId}" measures ${register.quantity}, not ${row.quantity}`;
    source.find([...path, 'quantity'], { kind: 'quantity', message, mend: `write "quantity: ${register.quantity}"` });
  }
}

/** Whether the station's element can be what the sensor is. */
function checkElement(
  source: Source,
  path: Path,
  row: SensorRow,
  device: ReportedDevice,
  protocol: LinkConfig['protocol'],
): void {
  const quantity = elementQuantity(protocol, device.element);
  if (quantity === null) {
    const message = `${protocol} has no element "${device.element}" that a sensor can be read from`;
    const mend = `use one of docs/protocols/${protocol}.md, e.g. ${protocol === 'sl651' ? '"26", "39", "45-7"' : 'rain-total, level-1'}`;
    source.find([...path, 'device', 'element'], { kind: 'unknown-element', message, mend });
  } else if (quantity !== row.quantity) {
    const message = `element "${device.element}" measures ${quantity}, not ${row.quantity}`;
    source.find([...path, 'quantity'], { kind: 'quantity', message, mend: `write quantity: ${quantity}` });
  }
}

/** Where the sensor is read from, and after how long without a reading it is missed. */
function bindDevice(
  source: Source,
  path: Path,
  row: SensorRow,
  device: PolledDevice | ReportedDevice | NativeField,
  context: PointContext,
  natives: Map<string, NativeSensor[]>,
): { readonly edgeId: string; readonly key: string; readonly missedMs: number } {
  const here = [...path, 'device'];
  if ('native' in device) {
    const spot = findNative(source, path, device, row.quantity, context.native);
    const { native, field } = device;
    if (spot !== undefined) natives.set(native, [...(natives.get(native) ?? []), { sensorId: row.id, ...spot.sensor }]);
    const edgeId = spot?.gatewayId ?? '';
    return { edgeId, key: wireKey(edgeId, 'native', native, field), missedMs: spot?.missedMs ?? 0 };
  }
  if ('link' in device) {
    const station = findStation(source, here, device, context.edges);
    if (station !== undefined) checkElement(source, path, row, device, station.protocol);
    const key = wireKey(device.edge, device.link, device.station, device.element);
    return { edgeId: device.edge, key, missedMs: STALE_REPORTS * (station?.reportMs ?? 0) };
  }
  const spot = findUnit(source, here, device, context.edges);
  if (spot !== undefined) checkRegister(source, path, row, device, spot.profileId, context.profiles);
  const key = wireKey(device.edge, device.bus, device.unit, device.register);
  return { edgeId: device.edge, key, missedMs: STALE_POLLS * (spot?.pollMs ?? 0) };
}

type Here = { readonly id: PointId; readonly site: Site | undefined; readonly siteBroken: boolean };

function bindSensor(
  source: Source,
  path: Path,
  raw: unknown,
  point: Here,
  context: PointContext,
  into: Gathered,
): void {
  const row = parsePart(source, path, raw, sensorSchema);
  if (row === undefined) return;
  checkZone(source, path, row.zone, point.site, point.siteBroken);
  if (into.sensors.has(row.id)) {
    const message = `sensor "${row.id}" is used twice`;
    source.find([...path, 'id'], { kind: 'duplicate', message, mend: 'give one of the two another id' });
    return;
  }
  const { device } = row;
  if (device === undefined) {
    const mend = 'add "device: { edge, bus, unit, register }", or remove the sensor';
    source.find(path, { kind: 'no-device', message: `sensor "${row.id}" has no device`, mend });
    return;
  }
  const { edgeId, key, missedMs } = bindDevice(source, path, row, device, context, into.natives);
  const other = into.wires.get(key);
  if (other === undefined) into.wires.set(key, row.id);
  else {
    const message = `"${row.id}" and "${other}" are read from one register (${key})`;
    source.find([...path, 'device'], {
      kind: 'shared-register',
      message,
      mend: 'mend the unit or the register of one',
    });
  }
  const staleAfterMs = row.staleAfter ?? Math.max(missedMs, MIN_STALE_MS);
  const { id, name, quantity, zone } = row;
  const sensor = { id, pointId: point.id, edgeId, quantity, name, staleAfterMs };
  into.sensors.set(id, zone === undefined ? sensor : { ...sensor, zone });
}

const isRainRow = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && 'quantity' in raw && raw.quantity === 'rain';

/** Reads the points of all files. */
export function bindPoints(sources: readonly Source[], context: PointContext): BoundPoints {
  const declared = new Set<string>();
  const points = new Map<PointId, HazardPoint>();
  const into: Gathered = { sensors: new Map(), wires: new Map(), natives: new Map() };
  for (const source of sources) {
    for (const { path, value } of parseList(source, 'points', pointSchema, 'id', declared)) {
      const { id, name, kind, risk, lon, lat } = value;
      const gridCode = context.locate(lon, lat);
      if (gridCode === null) {
        const mend = 'is lon before lat, in degrees WGS-84? otherwise mend the boundary in grids.geojson';
        source.find([...path, 'lon'], {
          kind: 'outside',
          message: `point "${id}" at ${lon}, ${lat} lies outside every grid`,
          mend,
        });
      }
      const rows = value.households.map((row, at) => ({ source, path: [...path, 'households', at], row }));
      const all = [...rows, ...(context.listed.get(id) ?? [])];
      const households = bindHouseholds({ id, source, path }, all, context.households);
      const site = bindSite(source, [...path, 'site'], value.site);
      const here: Here = { id, site, siteBroken: site === undefined && value.site !== undefined };
      value.sensors.forEach((raw, index) => {
        bindSensor(source, [...path, 'sensors', index], raw, here, context, into);
      });
      const water = bindWater(source, [...path, 'water'], value.water, kind);
      const hasRain = value.sensors.some(isRainRow);
      const rare = bindRainFrequency(source, [...path, 'rainFrequency'], value.rainFrequency, hasRain);
      points.set(id, {
        id,
        name,
        kind,
        riskGrade: risk,
        lon,
        lat,
        gridCode: gridCode ?? '',
        households,
        ...water,
        ...rare,
        ...(site && { site }),
      });
    }
  }
  checkListed(context.listed, declared);
  return { points, ...into };
}
