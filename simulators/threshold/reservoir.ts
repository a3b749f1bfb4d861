/**
 * A reservoir's level by its balance of mass: dV/dt = inflow − gates − spillway, with the level by its level–volume table.
 * The inflow is written as a hydrograph, or comes of a storm over the catchment through one linear storage (Q = V/k).
 */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '#model/time.ts';
import type { Table } from './table.ts';

export type FlowPoint = { readonly atMs: number; readonly m3PerS: number };
/** Level in metres as the gauge reads it, volume in 10⁴ m³ (万方), both rising. */
export type StoragePoint = readonly [levelM: number, volume10k: number];

export type Reservoir = {
  readonly level: number;
  readonly storage: readonly StoragePoint[];
  /** Straight between its points. */
  readonly inflow: readonly FlowPoint[];
  /** Rain of the storm (mm between two instants) over so many km², of which this part runs off, through storage k. */
  readonly catchment: {
    readonly rainBetween: (fromMs: number, toMs: number) => number;
    readonly areaKm2: number;
    readonly runoff: number;
    readonly lagMs: number;
  } | null;
  /** What the gates let out from each instant on. */
  readonly gates: readonly FlowPoint[];
  /** Free overflow Q = C·L·h^1.5 above its crest. */
  readonly spillway: { readonly crestM: number; readonly widthM: number; readonly c: number } | null;
};

export const RESERVOIR_STEP_MS = MINUTE_MS;
const M3_PER_10K = 10_000;

/** Straight between two columns of the table; beyond its ends as its last piece goes on. */
function between(storage: readonly StoragePoint[], x: number, from: 0 | 1): number {
  const to = from === 0 ? 1 : 0;
  let at = storage.findIndex((point) => point[from] > x);
  if (at < 0) at = storage.length - 1;
  const high = storage[Math.max(1, at)];
  const low = storage[Math.max(1, at) - 1];
  if (high === undefined || low === undefined) return 0;
  return low[to] + ((high[to] - low[to]) * (x - low[from])) / (high[from] - low[from]);
}

export const volumeAt = (storage: readonly StoragePoint[], levelM: number): number => between(storage, levelM, 0);
export const levelAt = (storage: readonly StoragePoint[], volume10k: number): number => between(storage, volume10k, 1);

function flowAt(points: readonly FlowPoint[], tMs: number, how: 'linear' | 'hold'): number {
  let before = points[0];
  for (const point of points) {
    if (point.atMs > tMs) {
      if (how === 'hold' || before === undefined || before === point)
        return before === point ? 0 : (before?.m3PerS ?? 0);
      return before.m3PerS + ((point.m3PerS - before.m3PerS) * (tMs - before.atMs)) / (point.atMs - before.atMs);
    }
    before = point;
  }
  return before?.m3PerS ?? 0;
}

export type Balance = {
  readonly level: Table;
  /** Sums over the whole time, 10⁴ m³. */
  readonly in10k: number;
  readonly out10k: number;
};

export function balanceOf(reservoir: Reservoir, untilMs: number): Balance {
  const { storage, catchment, gates, spillway, inflow } = reservoir;
  const seconds = RESERVOIR_STEP_MS / SECOND_MS;
  let volume = volumeAt(storage, reservoir.level);
  let onTheWay = 0;
  const [values, sums] = [[reservoir.level], { in10k: 0, out10k: 0 }];
  for (let atMs = 0; atMs < untilMs; atMs += RESERVOIR_STEP_MS) {
    const level = levelAt(storage, volume);
    let into = (Math.max(0, flowAt(inflow, atMs + RESERVOIR_STEP_MS / 2, 'linear')) * seconds) / M3_PER_10K;
    if (catchment !== null) {
      // 1 mm on 1 km² is 1000 m³, a tenth of 10⁴ m³.
      const mm = catchment.rainBetween(atMs, atMs + RESERVOIR_STEP_MS);
      onTheWay += mm * catchment.areaKm2 * catchment.runoff * 0.1;
      const comes = onTheWay * (1 - Math.exp(-RESERVOIR_STEP_MS / catchment.lagMs));
      onTheWay -= comes;
      into += comes;
    }
    const over = spillway === null ? 0 : spillway.c * spillway.widthM * Math.max(0, level - spillway.crestM) ** 1.5;
    const wanted = ((Math.max(0, flowAt(gates, atMs, 'hold')) + over) * seconds) / M3_PER_10K;
    // Below the table's foot there is nothing that could be let out.
    const out = Math.min(wanted, Math.max(0, volume + into - (storage[0]?.[1] ?? 0)));
    volume += into - out;
    sums.in10k += into;
    sums.out10k += out;
    values.push(levelAt(storage, volume));
  }
  return { level: { stepMs: RESERVOIR_STEP_MS, values }, ...sums };
}

/** The time constant of a storage is at least a step of the balance, or nothing would come through it. */
export const MIN_LAG_MS = 5 * MINUTE_MS;
export const MAX_LAG_MS = 240 * HOUR_MS;
