/**
 * Two weeks of the shipped county out of the simulator, and the same days of the year before: what its devices showed, with
 * faults of the simulator, a day and an hour of which nothing came, and doubtful values. The ledger is what InfluxDB must
 * give back; it is kept as plain rows, and nothing of the boards knows of it.
 */

import { lineOf, placesOf } from '#ingest/influx/lines.ts';
import type { HistoryPoint } from '#model/history.ts';
import { fromSteps, type QuantityCode } from '#model/quantity.ts';
import { BAD_REASONS, type Reading } from '#model/reading.ts';
import { type Registry, topicPlace } from '#model/registry.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { planSimulation } from '#simulators/plan.ts';
import { parseScenario } from '#simulators/scenario.ts';
import type { Profiles } from '#simulators/threshold/place.ts';
import { probesOf } from '#simulators/threshold/probes.ts';

/** One reading as a panel would show it. */
export type Row = {
  readonly atMs: number;
  readonly quantity: QuantityCode;
  readonly tags: { readonly [tag in 'township' | 'village' | 'point' | 'sensor' | 'edge']: string };
  /** In the quantity's unit. */
  readonly value?: number;
  readonly suspect?: number;
  /** 1 + the place in BAD_REASONS. */
  readonly bad?: number;
};
export type Ledger = { readonly rows: readonly Row[]; readonly lines: readonly string[]; readonly endMs: number };

/** Local noon of a day in July. */
export const END_MS = Date.UTC(2026, 6, 21, 4, 0, 0);
export const DAYS = 14;
const S = (days: number, hours = 0): number => days * 86_400 + hours * 3_600;

/** Hours of rain and dry ones by turns, the last days the wettest. */
const HOURLY = [0, 3.1, 12.4, 0.7, 7.7, 25.3, 1.3];
const RAIN = Array.from({ length: DAYS * 24 }, (_, hour) => {
  const share = hour % 24 < 4 && hour < 200 ? 0 : hour / (DAYS * 24);
  return `{ atS: ${S(0, hour)}, mmPerH: ${((HOURLY[hour % HOURLY.length] ?? 0) * share).toFixed(2)} }`;
}).join(', ');
const flips = (offset: number, most: number): string =>
  Array.from(
    { length: DAYS * 12 },
    (_, index) => `{ atS: ${S(0, index * 2 + offset)}, value: ${(index + offset) % (most + 1)} }`,
  ).join(', ');

const SCENARIO = `
seed: 7
sensors:
  - { sensor: taoshuwan-rain, kind: tipping, perTip: 0.2, intensity: [${RAIN}] }
  - { sensor: longtan-rain, kind: tipping, perTip: 0.2, intensity: [${RAIN.replaceAll('.2', '.5')}] }
  - { sensor: taoshuwan-crack, kind: creep, from: 2, to: 95, durationS: ${S(DAYS)}, exponent: 3, jitter: 0.2 }
  - { sensor: xiangshui-crack, kind: sine, mean: 3, amplitude: 1.4, periodS: ${S(1, 5)}, noise: 0.05 }
  - { sensor: longtan-level, kind: sine, mean: 14.4, amplitude: 1.9, periodS: ${S(2, 3)}, noise: 0.01 }
  - { sensor: cangku-3-smoke-1, kind: timeline, points: [${flips(0, 2)}] }
  - { sensor: cangku-3-smoke-2, kind: timeline, points: [${flips(1, 2)}] }
  - { sensor: cangku-3-panel, kind: timeline, points: [${flips(0, 1)}] }
  - { sensor: cangku-3-button, kind: timeline, points: [${flips(1, 1)}] }
  - { sensor: cangku-3-heat, kind: sine, mean: 40, amplitude: 25, periodS: ${S(0, 9)}, noise: 0.2 }
faults:
  - { sensor: taoshuwan-crack, fault: badCrc, share: 0.05 }
  - { sensor: taoshuwan-rain, fault: silent, atS: ${S(DAYS - 2, 6)}, durationS: 1800, everyS: 20000 }
  - { sensor: cangku-3-heat, fault: busy, share: 0.1 }
  - { sensor: longtan-level, fault: silent, atS: ${S(DAYS - 1, 20)}, durationS: 5400 }
  - { sensor: cangku-3-smoke-1, fault: exception, code: 4, atS: ${S(DAYS - 1, 21)}, durationS: 3600 }
`;

/** Nothing came from anybody: a day long ago, and an hour of the last five. */
const isHole = (atMs: number, endMs: number): boolean =>
  (atMs >= endMs - 9.5 * DAY_MS && atMs < endMs - 7.5 * DAY_MS) ||
  (atMs >= endMs - 5 * HOUR_MS && atMs < endMs - 4 * HOUR_MS);
/** What the edge would doubt: one reading of three, for twelve hours of the last day. */
const isDoubted = (atMs: number, endMs: number): boolean =>
  atMs >= endMs - 18 * HOUR_MS && atMs < endMs - 6 * HOUR_MS && Math.floor(atMs / (10 * MINUTE_MS)) % 3 === 0;

function doubted(reading: Reading, endMs: number): Reading {
  if (reading.quality !== 'good' || !isDoubted(reading.measuredAtMs, endMs)) return reading;
  return { ...reading, quality: 'suspect', flags: ['spike'] };
}

const pointOf = (reading: Reading): HistoryPoint => ({
  atMs: reading.measuredAtMs,
  value: reading.quality === 'bad' ? undefined : reading.value,
  raw: undefined,
  quality: reading.quality,
  flags: reading.flags,
  ...(reading.quality === 'bad' ? { reason: reading.reason } : {}),
});

function rowOf(registry: Registry, reading: Reading): Row {
  const sensor = registry.sensors.get(reading.sensorId);
  const point = registry.points.get(sensor?.pointId ?? '');
  if (sensor === undefined || point === undefined) throw new Error(`nobody knows ${reading.sensorId}`);
  const { township, village } = topicPlace(registry, point.gridCode);
  const { quantity } = sensor;
  return {
    ...{ atMs: reading.measuredAtMs, quantity },
    tags: { township, village, point: point.id, sensor: sensor.id, edge: sensor.edgeId },
    ...(reading.quality === 'good' ? { value: fromSteps(quantity, reading.value) } : {}),
    ...(reading.quality === 'suspect' ? { suspect: fromSteps(quantity, reading.value) } : {}),
    ...(reading.quality === 'bad' ? { bad: 1 + BAD_REASONS.indexOf(reading.reason) } : {}),
  };
}

function readingsUntil(registry: Registry, profiles: Profiles, endMs: number, everyMs: number): readonly Reading[] {
  const scenario = parseScenario('ledger.yaml', SCENARIO);
  if (!scenario.ok) throw new Error(JSON.stringify(scenario.error));
  const edges = [...registry.edges.values()];
  const startMs = endMs - DAYS * DAY_MS;
  const probes = probesOf(planSimulation(edges, profiles, scenario.value), edges, startMs);
  const readings: Reading[] = [];
  const second = (reading: Reading): readonly Reading[] =>
    reading.sensorId !== SECOND_OF || reading.quality === 'bad'
      ? []
      : [{ ...reading, sensorId: SECOND_GAUGE, value: Math.round(reading.value / 4) }];
  // A little beside whole minutes, as in the field.
  for (let atMs = startMs + 4_000; atMs <= endMs; atMs += everyMs) {
    if (isHole(atMs, endMs)) continue;
    for (const probe of probes) {
      const reading = doubted(probe.read(atMs), endMs);
      readings.push(reading, ...second(reading));
    }
  }
  return readings;
}

/** A point with two gauges, of which no rule knows the second: sums a sensor and sums a point must not be the same. */
const SECOND_OF = 'taoshuwan-rain';
const SECOND_GAUGE = 'taoshuwan-rain-2';
export function withSecondGauge(registry: Registry): Registry {
  const first = registry.sensors.get(SECOND_OF);
  if (first === undefined) throw new Error('the county has no first gauge');
  const second = { ...first, id: SECOND_GAUGE, name: { zh: '桃树湾二号雨量计', en: 'Taoshuwan second rain gauge' } };
  return { ...registry, sensors: new Map([...registry.sensors, [SECOND_GAUGE, second]]) };
}

const LAST_YEAR_MS = 365 * DAY_MS;

export function makeLedger(registry: Registry, profiles: Profiles): Ledger {
  const places = placesOf(registry);
  const readings = [
    ...readingsUntil(registry, profiles, END_MS - LAST_YEAR_MS, 40 * MINUTE_MS),
    ...readingsUntil(registry, profiles, END_MS, 10 * MINUTE_MS),
  ];
  const line = (origin: 'simulated' | 'drill', reading: Reading): string => {
    const place = places.get(reading.sensorId);
    if (place === undefined) throw new Error(`nobody knows ${reading.sensorId}`);
    return lineOf(origin, place, pointOf(reading), 0);
  };
  // A drill of the same hours: no board may show it with what was simulated.
  const drill = readings.flatMap((reading) =>
    reading.quality === 'bad' || reading.measuredAtMs < END_MS - DAY_MS ? [] : [{ ...reading, value: 7 }],
  );
  return {
    endMs: END_MS,
    rows: readings.map((reading) => rowOf(registry, reading)),
    lines: [...readings.map((one) => line('simulated', one)), ...drill.map((one) => line('drill', one))],
  };
}
