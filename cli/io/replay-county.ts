/** Decides which station of the county a recording is played into: a sensor of its quantity, or one made for the replay. */
import type { QuantityCode } from '#model/quantity.ts';
import type { HazardPoint, Registry, Sensor } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { BoundRule, CompiledRuleSet } from '#model/rule-set.ts';
import { HOUR_MS } from '#model/time.ts';
import type { RecordedSeries } from '#simulators/recorded/series.ts';

export type StationWish = {
  /** The county's sensor that the series is played into; by default the first of its quantity. */
  readonly sensorId?: string;
  /** The hazard point at which it is played; where that has no sensor of the quantity, a virtual one is made. */
  readonly pointId?: string;
};

export type Station = {
  readonly sensor: Sensor;
  /** The county has no such sensor: it was made for this replay. */
  readonly isVirtual: boolean;
};

/** Kinds of points where a quantity is commonly measured; the first of them that the county has is taken. */
const KINDS: { readonly [quantity in QuantityCode]?: readonly HazardPoint['kind'][] } = {
  rain: ['rain-station', 'slope'],
  displacement: ['slope'],
  tilt: ['slope'],
  level: ['reservoir', 'river'],
  flow: ['river', 'reservoir'],
  smoke: ['warehouse'],
  smokeDensity: ['warehouse'],
  temperature: ['warehouse'],
};

function choosePoint(registry: Registry, quantity: QuantityCode, wanted: string | undefined): HazardPoint | undefined {
  const points = [...registry.points.values()];
  if (wanted !== undefined) return registry.points.get(wanted);
  const fitting = (KINDS[quantity] ?? []).flatMap((kind) => points.filter((point) => point.kind === kind));
  return fitting[0] ?? points[0];
}

function virtualStation(
  registry: Registry,
  series: RecordedSeries,
  pointId: string | undefined,
): Result<Station, string> {
  const point = choosePoint(registry, series.quantity, pointId);
  if (point === undefined)
    return err(`The county has no point ${pointId ?? ''}; it has: ${[...registry.points.keys()].join(', ')}.`);
  const near = [...registry.sensors.values()].find((sensor) => sensor.pointId === point.id);
  const edgeId = near?.edgeId ?? [...registry.edges.keys()][0];
  if (edgeId === undefined) return err('The county has no edge that could carry a station.');
  const sensor: Sensor = {
    id: `${point.id.slice(0, 32)}-replay-${series.quantity}`,
    pointId: point.id,
    edgeId,
    quantity: series.quantity,
    name: { zh: `${point.name.zh}回放站`, en: `${point.name.en}, replay station` },
    staleAfterMs: HOUR_MS,
  };
  return ok({ sensor, isVirtual: true });
}

export function chooseStation(registry: Registry, series: RecordedSeries, wish: StationWish): Result<Station, string> {
  const { sensorId, pointId } = wish;
  const measuring = [...registry.sensors.values()].filter((sensor) => sensor.quantity === series.quantity);
  const there = measuring.filter((sensor) => pointId === undefined || sensor.pointId === pointId);
  const found = sensorId === undefined ? there[0] : there.find((sensor) => sensor.id === sensorId);
  if (found !== undefined) return ok({ sensor: found, isVirtual: false });
  if (sensorId === undefined) return virtualStation(registry, series, pointId);
  const place = pointId === undefined ? 'the county' : pointId;
  const names = there.map((sensor) => sensor.id).join(', ') || 'none (without --sensor a virtual station is made)';
  return err(`The recording is of ${series.quantity}; sensors of ${place} that measure it: ${names}.`);
}

/** The county with this one station, which is marked as a replay. */
export function countyOfStation(registry: Registry, station: Sensor, series: RecordedSeries): Registry {
  const edge = registry.edges.get(station.edgeId);
  if (edge === undefined) throw new Error(`sensor ${station.id} names an edge that does not exist`);
  const sensor: Sensor = { ...station, staleAfterMs: Math.max(station.staleAfterMs, series.stepMs * 3) };
  return {
    ...registry,
    edges: new Map([[edge.id, { ...edge, origin: 'replay', buses: [], links: [], outputs: [], mutes: [] }]]),
    sensors: new Map([[sensor.id, sensor]]),
  };
}

/** A rule of the county that watches the station, and why it can say nothing about this recording, if it cannot. */
export type Watching = { readonly rule: string; readonly mute: string | null };

/** More samples than the recording's step brings into a rate's window are never there. */
function muteReason({ measure }: BoundRule, stepMs: number): string | null {
  if (measure.kind !== 'rate') return null;
  const most = Math.floor(measure.windowMs / stepMs) + 1;
  if (most >= measure.minSamples) return null;
  return `needs ${measure.minSamples} samples in ${measure.windowMs / HOUR_MS} h, the recording brings at most ${most}`;
}

export const rulesWatching = (
  ruleSets: ReadonlyMap<number, CompiledRuleSet>,
  sensor: Sensor,
  stepMs: number,
): readonly Watching[] =>
  [...ruleSets.values()]
    .flatMap((set) => set.rules)
    .filter((rule) => rule.sensorId === sensor.id)
    .map((rule) => ({ rule: rule.rule, mute: muteReason(rule, stepMs) }));
