/** The county of a crash run: the shipped grids, people and roster, with many points whose cracks open one after another. */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readProfiles } from '#cli/io/county-source.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import type { Grid } from '#model/registry.ts';

export type RunEdge = {
  readonly id: string;
  readonly township: string;
  readonly busId: string;
  readonly wire: 'rtu' | 'tcp';
};
export const RUN_EDGES: readonly RunEdge[] = [
  { id: 'run-shiqiao', township: '451099101', busId: 'run-a', wire: 'rtu' },
  { id: 'run-qingxi', township: '451099102', busId: 'run-b', wire: 'rtu' },
  { id: 'run-park', township: '451099103', busId: 'run-c', wire: 'tcp' },
];
export const POINTS_PER_EDGE = 8;
export const POLL_MS = 200;
/** Crack openings of the steps, in mm: past each colour of the shipped displacement rule. */
export const STEPS_MM = [14, 28, 55, 92] as const;

/** The shipped rules for what this county has: slopes and rain, models with long memories among them. */
const RULES = [
  'silence',
  'slope-displacement',
  'slope-rate',
  'slope-acceleration',
  'slope-inverse-velocity',
  'slope-tangent',
  'rainstorm-national',
  'rain-slope',
  'rain-county',
];

export const pointId = (edge: RunEdge, index: number): string => `${edge.busId}-p${index}`;
export const crackId = (edge: RunEdge, index: number): string => `${edge.busId}-p${index}-crack`;
export const rainId = (edge: RunEdge): string => `${edge.busId}-rain`;
export const RAIN_UNIT = 1;
export const crackUnit = (index: number): number => index + 2;

function middle(grid: Grid): readonly [number, number] {
  const ring = grid.boundary[0] ?? [];
  const sum = ring.slice(1).reduce((total, [lon, lat]) => [total[0] + lon, total[1] + lat] as const, [0, 0] as const);
  const count = Math.max(1, ring.length - 1);
  return [sum[0] / count, sum[1] / count];
}

/** The villages of a township, in turn, as places for points. */
function placesOf(grids: ReadonlyMap<string, Grid>, township: string): (readonly [number, number])[] {
  return [...grids.values()].filter((grid) => grid.parent === township && grid.boundary.length > 0).map(middle);
}

/** Writes the folder; the steps of all points spread over `durationS` seconds after the scenario begins. */
export function writeRunCounty(
  dir: string,
  top: string,
  durationS: number,
  webhookUrl: string,
  random: () => number,
): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const shipped = join(top, 'county');
  for (const name of readdirSync(shipped)) {
    if (!/^(points|edges|channels|simulation)\b/.test(name))
      cpSync(join(shipped, name), join(dir, name), { recursive: true });
  }
  const rules = join(dir, 'rules');
  for (const name of readdirSync(rules))
    if (!RULES.some((rule) => name === `${rule}.yaml`)) rmSync(join(rules, name), { recursive: true });
  const profiles = readProfiles(join(top, 'devices'));
  const county = readCounty(shipped, Date.now(), profiles.ok ? profiles.value : undefined);
  if (!county.ok) throw new Error('the shipped county does not load');
  const write = (name: string, content: object) => writeFileSync(join(dir, name), stringify(content));
  const points: object[] = [];
  const sensors: object[] = [];
  for (const edge of RUN_EDGES) {
    const places = placesOf(county.value.grids, edge.township);
    sensors.push({ sensor: rainId(edge), kind: 'tipping', perTip: 0.2, intensity: [{ atS: 0, mmPerH: 40 }] });
    for (let index = 0; index < POINTS_PER_EDGE; index++) {
      const [lon, lat] = places[index % places.length] ?? [0, 0];
      const device = (unit: number, register: string) => ({ edge: edge.id, bus: edge.busId, unit, register });
      const crack = {
        id: crackId(edge, index),
        name: { zh: '裂缝计', en: 'crack meter' },
        quantity: 'displacement',
        staleAfter: '1h',
        device: device(crackUnit(index), 'displacement'),
      };
      const rain = {
        id: rainId(edge),
        name: { zh: '雨量计', en: 'rain gauge' },
        quantity: 'rain',
        staleAfter: '1h',
        device: device(RAIN_UNIT, 'accumulated'),
      };
      points.push({
        id: pointId(edge, index),
        name: { zh: `测试点${edge.busId}${index}`, en: `Run point ${edge.busId} ${index}` },
        kind: 'slope',
        risk: 'major',
        lon,
        lat,
        sensors: index === 0 ? [crack, rain] : [crack],
      });
      const first = 2 + random() * durationS * 0.3;
      const step = (durationS * 0.95 - first) / STEPS_MM.length;
      sensors.push({
        sensor: crackId(edge, index),
        kind: 'timeline',
        interpolate: 'hold',
        points: [
          { atS: 0, value: 2 },
          ...STEPS_MM.map((value, rank) => ({
            atS: Number((first + rank * step * (0.7 + 0.3 * random())).toFixed(1)),
            value,
          })),
        ],
      });
    }
  }
  write('points.yaml', { points });
  write('edges.yaml', {
    edges: RUN_EDGES.map((edge) => ({
      id: edge.id,
      township: edge.township,
      name: { zh: edge.id, en: edge.id },
      origin: 'simulated',
      buses: [
        {
          id: edge.busId,
          ...(edge.wire === 'rtu'
            ? { kind: 'modbus-rtu', path: `tty:${edge.busId}`, baudRate: 115_200, parity: 'none' }
            : { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 }),
          poll: `${POLL_MS}ms`,
          units: [
            { unit: RAIN_UNIT, profile: 'sl651-rain-gauge' },
            ...Array.from({ length: POINTS_PER_EDGE }, (_, index) => ({
              unit: crackUnit(index),
              profile: 'crack-meter-rs485',
            })),
          ],
        },
      ],
    })),
  });
  write('channels.yaml', {
    channels: [
      { id: 'console', kind: 'console' },
      {
        id: 'test-receiver',
        kind: 'webhook',
        url: webhookUrl,
        test: true,
        minLevel: 'blue',
        timeout: '5s',
        accepts: ['simulated'],
      },
    ],
  });
  write('simulation.yaml', { seed: 7, sensors });
}
