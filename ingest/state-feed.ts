/** The state feed: one conflated message a point with the newest reading of each of its sensors. */
import { dateBatch } from '#model/dating.ts';
import { BAD_REASONS, type BadReason, type Flag, flagBits, flagsOfBits, type SensorId } from '#model/reading.ts';
import { type PointId, type Registry, topicPlace } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { gridTopic } from '#model/topics.ts';
import { createColumnOpener, isThere } from './open-columns.ts';

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

type Newest = { atMs: EpochMs; value: number; bits: number; code: number; readonly point: PointSlot };
type PointSlot = {
  readonly topic: string;
  readonly id: PointId;
  readonly sensors: Map<SensorId, Newest>;
  isChanged: boolean;
};

export type StateFeed = {
  /** Takes the readings of a committed batch. */
  readonly take: (body: string, receivedAtMs: EpochMs) => void;
  /** The points that changed since the last call. */
  readonly drain: () => readonly { readonly topic: string; readonly state: PointState }[];
};

const CLOCK_UNSURE = flagBits(['clock-unsure']);
const SUSPECT = 2;
const GOOD = -1;
const NEVER: EpochMs = Number.NEGATIVE_INFINITY;

export function createStateFeed(registry: Pick<Registry, 'sensors' | 'points' | 'grids'>): StateFeed {
  const points = new Map<PointId, PointSlot>();
  const sensors = new Map<SensorId, Newest | null>();
  const changed: PointSlot[] = [];
  const open = createColumnOpener();
  const lists = new WeakMap<readonly SensorId[], readonly (Newest | null)[]>();

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
    const newest: Newest = { atMs: NEVER, value: 0, bits: 0, code: GOOD, point: slot };
    slot.sensors.set(id, newest);
    sensors.set(id, newest);
    return newest;
  };

  return {
    take: (body, receivedAtMs) => {
      const batch = open(body);
      const { baseMs, unsure } = dateBatch(batch, receivedAtMs);
      const doubt = unsure ? CLOCK_UNSURE : 0;
      let slots = lists.get(batch.ids);
      if (slots === undefined) {
        slots = batch.ids.map(slotOf);
        lists.set(batch.ids, slots);
      }
      for (let row = 0; row < batch.count; row++) {
        const slot = slots[batch.index[row] as number] ?? null;
        const atMs = baseMs + (batch.dt[row] as number);
        if (slot === null || atMs < slot.atMs) continue;
        slot.atMs = atMs;
        slot.value = batch.value[row] as number;
        slot.bits = (batch.bits[row] as number) | doubt;
        slot.code = batch.code[row] as number;
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
  for (const [id, { atMs, value, bits, code }] of point.sensors) {
    if (atMs === NEVER) continue;
    newestMs = Math.max(newestMs, atMs);
    const flags = flagsOfBits(bits);
    sensors[id] = isThere(value)
      ? { atMs, quality: code === SUSPECT ? 'suspect' : 'good', value, flags }
      : { atMs, quality: 'bad', reason: BAD_REASONS[code] ?? 'timeout', flags };
  }
  return { pointId: point.id, atMs: newestMs, sensors };
}
