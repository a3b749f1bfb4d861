/**
 * What history's rows are fed with: gauges of rain and level that report once a minute through gateways of a hundred
 * sensors each. One batch in a hundred comes half an hour late, as from a gateway whose line was cut. The same at every run.
 */
import { encodeBatch } from '#model/batch.ts';
import type { JournalRow } from '#model/journal.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Reading } from '#model/reading.ts';
import type { Grid, Registry, Sensor } from '#model/registry.ts';
import { MINUTE_MS } from '#model/time.ts';

export const LOAD_START_MS = Date.UTC(2026, 5, 1);
export const SENSORS_PER_EDGE = 100;
const LATE_ONE_IN = 100;
const LATE_MINUTES = 30;
const TOWNSHIPS = 20;

/** Small and fast: the same numbers at every run. */
export function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (Math.imul(a, 1_664_525) + 1_013_904_223) | 0;
    return (a >>> 0) / 4_294_967_296;
  };
}

export const sensorName = (index: number): string => `s-${index}`;
export const quantityOf = (index: number): QuantityCode => (index % 2 === 0 ? 'rain' : 'level');
export const edgeName = (index: number): string => `edge-${index}`;
const townshipOf = (edge: number): string => `451099${String(100 + (edge % TOWNSHIPS))}`;

export type LoadBatch = {
  readonly edge: number;
  readonly township: string;
  readonly seq: number;
  readonly receivedAtMs: number;
  readonly body: string;
  readonly readings: number;
};

/** The batches of `sensors` gauges over `minutes`, in the order in which they arrive. */
export function* loadBatches(sensors: number, minutes: number): Generator<LoadBatch> {
  const edges = Math.ceil(sensors / SENSORS_PER_EDGE);
  const random = randomOf(7);
  const held: { readonly dueMinute: number; readonly batch: LoadBatch }[] = [];
  const levels = Int32Array.from({ length: sensors }, (_, index) => 12_000 + (index % 500));
  const tips = new Int32Array(sensors);
  for (let minute = 0; minute < minutes; minute++) {
    const atMs = LOAD_START_MS + minute * MINUTE_MS;
    for (let edge = 0; edge < edges; edge++) {
      const batch = batchOf({ edge, minute, atMs, sensors }, { random, levels, tips });
      if (random() * LATE_ONE_IN < 1 && minute + LATE_MINUTES < minutes)
        held.push({ dueMinute: minute + LATE_MINUTES, batch });
      else yield batch;
    }
    while (held[0] !== undefined && held[0].dueMinute <= minute) {
      const late = held.shift()?.batch;
      if (late !== undefined) yield { ...late, receivedAtMs: atMs + 1_000 };
    }
  }
}

type State = { readonly random: () => number; readonly levels: Int32Array; readonly tips: Int32Array };

function batchOf(
  { edge, minute, atMs, sensors }: { edge: number; minute: number; atMs: number; sensors: number },
  { random, levels, tips }: State,
): LoadBatch {
  const first = edge * SENSORS_PER_EDGE;
  const readings: Reading[] = [];
  for (let index = first; index < Math.min(first + SENSORS_PER_EDGE, sensors); index++) {
    const stamp = {
      sensorId: sensorName(index),
      measuredAtMs: atMs + (index % 50) * 100,
      timeQuality: 'synced' as const,
    };
    readings.push({ ...stamp, quality: 'good', flags: [], ...nextValue(index, { random, levels, tips }) });
  }
  const writtenAtMs = atMs + 6_000;
  const batch = {
    edgeId: edgeName(edge),
    epoch: 'bench',
    seq: minute + 1,
    bootId: 'boot',
    monoMs: writtenAtMs - LOAD_START_MS,
  };
  const body = encodeBatch({
    ...batch,
    writtenAtMs,
    timeQuality: 'synced',
    inventoryVersion: '1',
    readings,
    events: [],
  });
  return {
    edge,
    township: townshipOf(edge),
    seq: minute + 1,
    receivedAtMs: writtenAtMs + 20,
    body,
    readings: readings.length,
  };
}

/** Rain falls now and then, a level trembles and drifts. */
function nextValue(index: number, { random, levels, tips }: State): { readonly value: number; readonly raw: number } {
  if (index % 2 === 0) {
    const value = random() < 0.03 ? 200 : 0;
    tips[index] = (tips[index] ?? 0) + value / 200;
    return { value, raw: tips[index] ?? 0 };
  }
  if (random() < 0.3) levels[index] = (levels[index] ?? 0) + (random() < 0.5 ? 1 : -1);
  return { value: levels[index] ?? 0, raw: levels[index] ?? 0 };
}

/** The same as rows of the journal, for a store that is fed directly. */
export const rowOf = (batch: LoadBatch, pos: number): JournalRow => ({
  ...{ kind: 'batch', partition: 0, pos, receivedAtMs: batch.receivedAtMs, origin: 'live' },
  ...{ edgeId: edgeName(batch.edge), epoch: 'bench', seq: batch.seq, body: batch.body },
});

/** The county of these gauges: twenty townships with a village each. */
export function loadRegistry(sensors: number): Registry {
  const name = { zh: '站', en: 'gauge' };
  const grid = (code: string, tier: 1 | 2 | 3, kind: Grid['kind'], parent: string | null) =>
    [code, { code, tier, kind, name, parent, boundary: [] }] as const;
  const townships = Array.from({ length: TOWNSHIPS }, (_, at) => townshipOf(at));
  const gauges = Array.from({ length: sensors }, (_, index): readonly [string, Sensor] => {
    const id = sensorName(index);
    const edgeId = edgeName(Math.floor(index / SENSORS_PER_EDGE));
    return [id, { id, pointId: `p-${id}`, edgeId, quantity: quantityOf(index), name, staleAfterMs: 180_000 }];
  });
  const points = gauges.map(([id, { pointId }], index) => {
    const township = townshipOf(Math.floor(index / SENSORS_PER_EDGE));
    const place = {
      kind: 'rain-station',
      riskGrade: 'general',
      lon: 106,
      lat: 24,
      gridCode: `${township}200`,
    } as const;
    return [pointId, { id: `p-${id}`, name, households: [], ...place }] as const;
  });
  return {
    ...{ version: 'bench', county: { code: '451099', name, zone: 'Asia/Shanghai' } },
    grids: new Map([
      grid('451099', 1, 'county', null),
      ...townships.flatMap((code) => [grid(code, 2, 'township', '451099'), grid(`${code}200`, 3, 'village', code)]),
    ]),
    ...{ people: new Map(), duty: [], edges: new Map(), channels: [] },
    points: new Map(points),
    sensors: new Map(gauges),
  };
}
