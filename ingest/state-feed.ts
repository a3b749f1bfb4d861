/** The state feed: one conflated message a point with the newest reading of each of its sensors. */
import { BAD_REASONS, type BadReason, type Flag, flagsOfBits, type SensorId } from '#model/reading.ts';
import { type PointId, type Registry, topicPlace } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { gridTopic } from '#model/topics.ts';

/** On `…/state`. `value` is in whole steps of the sensor's quantity and absent exactly when there is none. */
export type PointState = {
  readonly pointId: PointId;
  readonly atMs: EpochMs;
  readonly sensors: {
    readonly [sensorId: SensorId]: {
      readonly atMs: EpochMs;
      readonly quality: 'good' | 'suspect' | 'bad';
      readonly value?: number;
      readonly reason?: BadReason;
      readonly flags: readonly Flag[];
    };
  };
};

type Newest = { atMs: EpochMs; row: readonly (number | null)[]; readonly point: PointSlot };
type PointSlot = {
  readonly topic: string;
  readonly id: PointId;
  readonly sensors: Map<SensorId, Newest>;
  isChanged: boolean;
};
type Rows = { readonly k: readonly SensorId[]; readonly r: readonly (readonly (number | null)[])[] };

export type StateFeed = {
  /** Takes the readings of a committed batch; `baseMs` dates them. */
  readonly take: (batch: Rows, baseMs: EpochMs) => void;
  /** The points that changed since the last call. */
  readonly drain: () => readonly { readonly topic: string; readonly state: PointState }[];
};

const SUSPECT = 2;
const NEVER: EpochMs = Number.NEGATIVE_INFINITY;

export function createStateFeed(registry: Pick<Registry, 'sensors' | 'points' | 'grids'>): StateFeed {
  const points = new Map<PointId, PointSlot>();
  const sensors = new Map<SensorId, Newest | null>();
  const changed: PointSlot[] = [];

  const slotOf = (id: SensorId): Newest | null => {
    const known = sensors.get(id);
    if (known !== undefined) return known;
    const sensor = registry.sensors.get(id);
    const point = sensor === undefined ? undefined : registry.points.get(sensor.pointId);
    if (point === undefined) return null; // Not remembered: names that nobody knows would fill the memory.
    let slot = points.get(point.id);
    if (slot === undefined) {
      const { county, township, village } = topicPlace(registry, point.gridCode);
      slot = {
        topic: gridTopic(county, township, village, point.id, 'state'),
        id: point.id,
        sensors: new Map(),
        isChanged: false,
      };
      points.set(point.id, slot);
    }
    const newest: Newest = { atMs: NEVER, row: [], point: slot };
    slot.sensors.set(id, newest);
    sensors.set(id, newest);
    return newest;
  };

  return {
    take: ({ k, r }, baseMs) => {
      const slots = k.map(slotOf);
      for (const row of r) {
        const slot = slots[row[0] as number] ?? null;
        const atMs = baseMs + (row[1] as number);
        if (slot === null || atMs < slot.atMs) continue;
        slot.atMs = atMs;
        slot.row = row;
        if (slot.point.isChanged) continue;
        slot.point.isChanged = true;
        changed.push(slot.point);
      }
    },
    drain: () =>
      changed.splice(0).map((point) => {
        point.isChanged = false;
        return { topic: point.topic, state: describePoint(point) };
      }),
  };
}

function describePoint(point: PointSlot): PointState {
  let newestMs = NEVER;
  const sensors: { [sensorId: SensorId]: PointState['sensors'][SensorId] } = {};
  for (const [id, { atMs, row }] of point.sensors) {
    if (atMs === NEVER) continue;
    newestMs = Math.max(newestMs, atMs);
    const [, , value = null, , bits, code] = row as readonly (number | null | undefined)[];
    const flags = flagsOfBits(bits ?? 0);
    sensors[id] =
      value === null
        ? { atMs, quality: 'bad', reason: BAD_REASONS[code ?? 0] ?? 'timeout', flags }
        : { atMs, quality: code === SUSPECT ? 'suspect' : 'good', value, flags };
  }
  return { pointId: point.id, atMs: newestMs, sensors };
}
