/** The county of the centre's bench: 20 edges in 20 townships, 500 sensors each, half of them rain gauges under a rolling sum. */
import { partitionOf } from '#model/partition.ts';
import type { Registry } from '#model/registry.ts';
import type { BoundRule, CompiledRuleSet, InventorySensor } from '#model/rule-set.ts';

export const EDGES = 20;
export const SENSORS_PER_EDGE = 500;
export const BATCH_READINGS = 100;
const SENSORS_PER_POINT = 10;

export const edgeIds = (): readonly string[] => Array.from({ length: EDGES }, (_, index) => `bench-${index + 1}`);
export const townshipOf = (edgeId: string): string => `9900${edgeId.slice(6).padStart(5, '0')}`;
export const sensorIds = (edgeId: string): readonly string[] =>
  Array.from({ length: SENSORS_PER_EDGE }, (_, index) => `${edgeId}-s${index}`);
const pointOf = (edgeId: string, index: number): string => `${edgeId}-p${Math.floor(index / SENSORS_PER_POINT)}`;
const isRain = (index: number): boolean => index % 2 === 0;
const text = (name: string) => ({ zh: name, en: name });

export function benchRegistry(): Registry {
  const grids = new Map<string, Registry['grids'] extends ReadonlyMap<string, infer G> ? G : never>();
  const points = new Map<string, Registry['points'] extends ReadonlyMap<string, infer P> ? P : never>();
  const sensors = new Map<string, Registry['sensors'] extends ReadonlyMap<string, infer S> ? S : never>();
  const edges = new Map<string, Registry['edges'] extends ReadonlyMap<string, infer E> ? E : never>();
  grids.set('990000', { code: '990000', tier: 1, kind: 'county', name: text('bench'), parent: null, boundary: [] });
  for (const id of edgeIds()) {
    const township = townshipOf(id);
    grids.set(township, {
      code: township,
      tier: 2,
      kind: 'township',
      name: text(township),
      parent: '990000',
      boundary: [],
    });
    edges.set(id, { id, township, origin: 'simulated', name: text(id), buses: [], links: [], outputs: [], mutes: [] });
    sensorIds(id).forEach((sensorId, index) => {
      const pointId = pointOf(id, index);
      points.set(pointId, {
        id: pointId,
        name: text(pointId),
        kind: 'slope',
        riskGrade: 'general',
        lon: 0,
        lat: 0,
        gridCode: township,
        households: [],
      });
      sensors.set(sensorId, {
        id: sensorId,
        pointId,
        edgeId: id,
        quantity: isRain(index) ? 'rain' : 'level',
        name: text(sensorId),
        staleAfterMs: 600_000,
      });
    });
  }
  return {
    version: 'bench',
    county: { code: '990000', name: text('bench'), zone: 'Asia/Shanghai' },
    grids,
    people: new Map(),
    duty: [],
    points,
    sensors,
    edges,
    channels: [],
  };
}

function ruleFor(sensorId: string, pointId: string, index: number): BoundRule {
  const limit = (level: 'blue' | 'yellow' | 'orange' | 'red', at: number) => ({
    level,
    limit: at,
    deadband: Math.round(at / 10),
    onDelayMs: 0,
    offDelayMs: 600_000,
  });
  return {
    rule: `${isRain(index) ? 'rain' : 'level'}@1`,
    title: text('bench'),
    hazard: isRain(index) ? 'rainstorm' : 'flood',
    pointId,
    sensorId,
    measure: isRain(index) ? { kind: 'rollingSum', windowMs: 3_600_000, bucketMs: 300_000 } : { kind: 'value' },
    limits: [limit('blue', 20_000), limit('yellow', 40_000), limit('orange', 60_000), limit('red', 80_000)],
  };
}

export function benchRuleSets(): ReadonlyMap<number, CompiledRuleSet> {
  const inventories = new Map<number, InventorySensor[]>();
  const rules = new Map<number, BoundRule[]>();
  for (const edgeId of edgeIds()) {
    const partition = partitionOf(townshipOf(edgeId));
    const inventory = inventories.get(partition) ?? [];
    const bound = rules.get(partition) ?? [];
    sensorIds(edgeId).forEach((sensorId, index) => {
      const pointId = pointOf(edgeId, index);
      const quantity = isRain(index) ? 'rain' : 'level';
      inventory.push({ sensorId, pointId, edgeId, quantity, staleAfterMs: 600_000 });
      bound.push(ruleFor(sensorId, pointId, index));
    });
    inventories.set(partition, inventory);
    rules.set(partition, bound);
  }
  return new Map(
    [...inventories].map(([partition, inventory]) => [
      partition,
      {
        version: 'bench-1',
        tickMs: 1_000,
        inventory,
        rules: rules.get(partition) ?? [],
        silence: { staleLevel: 'blue', gatewayLostLevel: 'yellow', gatewayLostAfterMs: 60_000 },
      },
    ]),
  );
}
