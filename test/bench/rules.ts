/**
 * The engine alone, on one core, through its hot entry (a batch as columns of sensor slot, instant and value): five
 * rolling sums a sensor (1, 3, 6, 12 and 24 h) with four colours each, one reading a minute, the sensors of a minute in
 * random order, one reading in a hundred late, storms that cross real limits, reasons written.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BoundRule, CompiledRuleSet, InventorySensor, LevelLimit } from '#model/rule-set.ts';
import { createEngine, type Engine } from '#rules/engine.ts';
import type { BenchRow } from '#test/bench/row.ts';

const START_MS = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
const HOUR = 3_600_000;

/** A county's table (mm in 1, 3, 6, 12, 24 h), as whole steps of 0.001 mm. */
const TABLE: readonly (readonly [hours: number, limits: readonly [number, number, number, number]])[] = [
  [1, [35, 45, 60, 80]],
  [3, [55, 75, 100, 120]],
  [6, [70, 95, 120, 150]],
  [12, [85, 110, 140, 175]],
  [24, [100, 130, 160, 200]],
];

function levels(limits: readonly number[]): LevelLimit[] {
  return (['blue', 'yellow', 'orange', 'red'] as const).map((level, index) => ({
    level,
    limit: (limits[index] ?? 0) * 1_000,
    deadband: 2_000,
    onDelayMs: 0,
    offDelayMs: 30 * MINUTE,
  }));
}

function ruleSetOf(sensors: number): CompiledRuleSet {
  const table = TABLE.map(([hours, limits]) => ({ hours, limits: levels(limits) }));
  const inventory: InventorySensor[] = [];
  const rules: BoundRule[] = [];
  for (let index = 0; index < sensors; index++) {
    const sensorId = `rain-${index}`;
    const pointId = `point-${index}`;
    inventory.push({ sensorId, pointId, edgeId: `edge-${index % 100}`, quantity: 'rain', staleAfterMs: HOUR });
    for (const { hours, limits } of table)
      rules.push({
        rule: `rain-${hours}h@bench`,
        title: { zh: `${hours} 小时雨量`, en: `rain in ${hours} h` },
        hazard: 'rainstorm',
        pointId,
        sensorId,
        measure: { kind: 'rollingSum', windowMs: hours * HOUR, bucketMs: 5 * MINUTE },
        limits,
      });
  }
  const silence = { staleLevel: 'blue', gatewayLostLevel: 'blue', gatewayLostAfterMs: HOUR } as const;
  return { version: 'bench', tickMs: 1_000, inventory, rules, silence };
}

/** Small and fast: the same numbers at every run. */
function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Minute = {
  readonly count: number;
  readonly slots: Int32Array;
  readonly atMs: Float64Array;
  readonly values: Int32Array;
};

function shuffled(count: number, random: () => number): Int32Array {
  const slots = Int32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    const kept = slots[index] as number;
    slots[index] = slots[other] as number;
    slots[other] = kept;
  }
  return slots;
}

/** One reading of every sensor; in a hundredth of the county it pours. */
function minuteOf(sensors: number, atMs: number, random: () => number, stormFrom: number): Minute {
  const slots = shuffled(sensors, random);
  const times = new Float64Array(sensors);
  const values = new Int32Array(sensors);
  for (let index = 0; index < sensors; index++) {
    const inStorm = ((slots[index] as number) + stormFrom) % 100 === 0;
    times[index] = atMs - (random() < 0.01 ? 10 * MINUTE : Math.floor(random() * 20_000));
    values[index] = inStorm ? 1_500 : random() < 0.2 ? 100 : 0;
  }
  return { count: sensors, slots, atMs: times, values };
}

function openEngine(sensors: number): Engine {
  const engine = createEngine(0);
  engine.apply({ kind: 'rules', partition: 0, pos: 1, receivedAtMs: START_MS, ruleSet: ruleSetOf(sensors) });
  return engine;
}

/** A day of half-hourly readings fills the windows before the measured minutes. */
function fillDay(engine: Engine, sensors: number, random: () => number): number {
  let atMs = START_MS;
  for (let step = 0; step < 48; step++) {
    atMs += 30 * MINUTE;
    engine.applyColumns(step + 2, atMs, minuteOf(sensors, atMs, random, 1));
  }
  return atMs;
}

export type EngineRun = { readonly perSecond: number; readonly readings: number; readonly transitions: number };

export function measureEngine(sensors: number, minutes: number): EngineRun {
  const random = randomOf(20_240_601);
  const engine = openEngine(sensors);
  let atMs = fillDay(engine, sensors, random);
  const spentMs: number[] = [];
  let transitions = 0;
  for (let minute = 0; minute < minutes; minute++) {
    atMs += MINUTE;
    const columns = minuteOf(sensors, atMs, random, 7);
    const began = performance.now();
    transitions += engine.applyColumns(100 + minute, atMs, columns).length;
    spentMs.push(performance.now() - began);
  }
  // The median minute: what else the machine did for a moment is not the engine's.
  const median = spentMs.sort((a, b) => a - b)[Math.floor(minutes / 2)] ?? Number.NaN;
  return { perSecond: sensors / (median / 1_000), readings: sensors * minutes, transitions };
}

/** What the engine holds after a day, beyond what the process held before. */
export function measureState(sensors: number): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    for (let round = 0; round < 3; round++) collect();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + Math.max(external, arrayBuffers);
  };
  const before = held();
  const engine = openEngine(sensors);
  fillDay(engine, sensors, randomOf(1));
  const bytes = held() - before;
  if (engine.counters().readings === 0) return Number.NaN; // Keeps the engine alive until here.
  return bytes / 1e6;
}

export const rows: readonly BenchRow[] = [
  {
    name: 'rules.10k.readings_per_s',
    unit: 'readings/s',
    budget: 3_000_000,
    better: 'higher',
    run: async () => measureEngine(10_000, 240).perSecond,
  },
  {
    name: 'rules.108k.readings_per_s',
    unit: 'readings/s',
    budget: 1_500_000,
    better: 'higher',
    run: async () => measureEngine(108_000, 40).perSecond,
  },
  { name: 'rules.state.mb', unit: 'MB', budget: 400, better: 'lower', run: async () => measureState(108_000) },
];
