/**
 * The county of the latency bench: one real edge that polls simulated crack meters over Modbus TCP, each at a point of
 * its own, and the sensors of the background load, whose edges are played by the load generator.
 */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readProfiles } from '#cli/io/county-source.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import { BATCH_READINGS } from '#test/bench/centre-county.ts';

export const METERS = 8;
/** The poll period; a change waits for the next poll, which is not counted. */
export const POLL_MS = 200;
const FIRST_CHANGE_S = 4;
/** Longer than a poll, and no multiple of it, so that changes fall anywhere between two polls. */
const CHANGE_EVERY_S = 0.93;
/** In mm; the crack meter's steps are 0.01 mm. */
const CHANGE_MM = 0.05;
export const LOAD_EDGES = 18;
const SENSORS_PER_POINT = 10;
const TOWNSHIPS = ['451099101', '451099102', '451099103'] as const;
const EDGE = 'latency-edge';
export const LINE = 'latency-line';

export const meterId = (index: number): string => `latency-crack-${index}`;
export const unitOf = (index: number): number => index + 1;
export const loadEdge = (index: number): { readonly id: string; readonly township: string } => ({
  id: `load-${index}`,
  township: TOWNSHIPS[index % TOWNSHIPS.length] as string,
});
export const loadSensors = (edgeId: string): readonly string[] =>
  Array.from({ length: BATCH_READINGS }, (_, index) => `${edgeId}-s${index}`);

const text = (name: string) => ({ zh: name, en: name });

/** Where the shipped county has points, by township. */
function shippedPlaces(top: string): ReadonlyMap<string, readonly (readonly [number, number])[]> {
  const profiles = readProfiles(join(top, 'devices'));
  const county = readCounty(join(top, 'county'), Date.now(), profiles.ok ? profiles.value : undefined);
  if (!county.ok) throw new Error('the shipped county does not load');
  const places = new Map<string, (readonly [number, number])[]>();
  for (const { gridCode, lon, lat } of county.value.points.values()) {
    const township = TOWNSHIPS.find((code) => gridCode.startsWith(code)) ?? TOWNSHIPS[0];
    places.set(township, [...(places.get(township) ?? []), [lon, lat]]);
  }
  return places;
}

const point = (id: string, [lon, lat]: readonly [number, number], sensors: readonly object[]) => ({
  id,
  name: text(id),
  kind: 'slope',
  risk: 'general',
  lon,
  lat,
  sensors,
});

function meterPoint(index: number, place: readonly [number, number]) {
  const device = { edge: EDGE, bus: LINE, unit: unitOf(index), register: 'displacement' };
  const sensor = { id: meterId(index), name: text('crack'), quantity: 'displacement', staleAfter: '1h', device };
  return point(`latency-${index}`, place, [sensor]);
}

/** Every other sensor of a load edge is a rain gauge, under the shipped rules' rolling sums. */
function loadPoints(edgeId: string, place: readonly [number, number]) {
  const sensors = loadSensors(edgeId).map((id, index) => {
    const isRain = index % 2 === 0;
    const register = isRain ? 'accumulated' : 'level';
    const device = { edge: edgeId, bus: `${edgeId}-bus`, unit: index + 1, register };
    return { id, name: text(id), quantity: isRain ? 'rain' : 'level', staleAfter: '1h', device };
  });
  return Array.from({ length: BATCH_READINGS / SENSORS_PER_POINT }, (_, at) =>
    point(`${edgeId}-p${at}`, place, sensors.slice(at * SENSORS_PER_POINT, (at + 1) * SENSORS_PER_POINT)),
  );
}

/** Live, so that nobody simulates its devices; its rows come from the load generator. */
function loadEdgeEntry(index: number) {
  const { id, township } = loadEdge(index);
  const units = loadSensors(id).map((_, unit) => ({
    unit: unit + 1,
    profile: unit % 2 === 0 ? 'sl651-rain-gauge' : 'sl651-radar-level-gauge',
  }));
  const bus = { id: `${id}-bus`, kind: 'modbus-tcp', host: '127.0.0.1', port: 502, poll: '1s', units };
  return { id, township, name: text(id), origin: 'live', buses: [bus] };
}

function timelineOf(index: number, durationS: number) {
  const points = [{ atS: 0, value: 2 }];
  for (let change = 0; ; change++) {
    const atS = FIRST_CHANGE_S + (index / METERS + change) * CHANGE_EVERY_S;
    if (atS > durationS) break;
    points.push({ atS: Number(atS.toFixed(3)), value: Number((2 + (change + 1) * CHANGE_MM).toFixed(2)) });
  }
  return { sensor: meterId(index), kind: 'timeline', interpolate: 'hold', points };
}

/** Writes the folder; the meters' values change, by the scenario, until `durationS` after its begin. */
export function writeLatencyCounty(dir: string, top: string, durationS: number): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const name of readdirSync(join(top, 'county')))
    if (!/^(points|edges|channels|simulation|drills)\b/.test(name))
      cpSync(join(top, 'county', name), join(dir, name), { recursive: true });
  // These name points and kinds that this county does not have.
  for (const rule of ['rain-village', 'reservoir-level', 'smoke'])
    for (const end of ['yaml', 'test.yaml']) rmSync(join(dir, 'rules', `${rule}.${end}`), { force: true });
  const places = shippedPlaces(top);
  const placeIn = (township: string, turn: number): readonly [number, number] => {
    const here = places.get(township) ?? [];
    return here[turn % Math.max(1, here.length)] ?? [0, 0];
  };
  const write = (name: string, content: object) => writeFileSync(join(dir, name), stringify(content));
  const meters = Array.from({ length: METERS }, (_, index) => index);
  const loads = Array.from({ length: LOAD_EDGES }, (_, index) => index);
  write('points.yaml', {
    points: [
      ...meters.map((index) => meterPoint(index, placeIn(TOWNSHIPS[0], index))),
      ...loads.flatMap((index) => loadPoints(loadEdge(index).id, placeIn(loadEdge(index).township, index))),
    ],
  });
  const units = meters.map((index) => ({ unit: unitOf(index), profile: 'crack-meter-rs485' }));
  const bus = { id: LINE, kind: 'modbus-tcp', host: '127.0.0.1', port: 0, poll: `${POLL_MS}ms`, units };
  const edge = { id: EDGE, township: TOWNSHIPS[0], name: text(EDGE), origin: 'simulated', buses: [bus] };
  write('edges.yaml', { edges: [edge, ...loads.map(loadEdgeEntry)] });
  write('channels.yaml', { channels: [{ id: 'console', kind: 'console' }] });
  write('simulation.yaml', { seed: 7, sensors: meters.map((index) => timelineOf(index, durationS)) });
}
