/** Answers with a point's stored history, fetched beside this loop; more than one answer may hold is refused, never cut. */
import { RESOLUTION_MS } from '#model/bucket.ts';
import { type Bucket, HistoryUnreadError, type Resolution } from '#model/history.ts';
import { fromSteps, QUANTITIES } from '#model/quantity.ts';
import type { Origin } from '#model/reading.ts';
import type { Sensor } from '#model/registry.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import { notFound, type Problem } from '../problem.ts';
import { iso, readingJson } from '../wire.ts';
import { type Desk, type Handler, json, type Reply, refuse, withInput } from './exchange.ts';
import { awayOf } from './trend-handlers.ts';

type HistoryInput = {
  readonly sensor?: string;
  readonly origin?: Origin;
  readonly resolution: Resolution | 'raw';
  readonly from?: EpochMs;
  readonly to?: EpochMs;
};

/** Items that one answer may hold. */
const MOST = 10_000;
const EMPTY_SPAN: Problem = { status: 400, kind: 'badQuery', path: 'from', message: 'from must lie before to.' };
const TOO_MANY: Problem = {
  status: 400,
  kind: 'tooMuch',
  path: 'from',
  message: `More than ${MOST} items: ask for less time, one sensor or a coarser resolution.`,
};

/** Amounts are summed, levels are averaged, states are neither; what no good value stands behind is absent. */
export function bucketJson(sensor: Sensor, origin: Origin, bucket: Bucket) {
  const { fromMs, toMs, n, min, max, sum, last, suspect, bad } = bucket;
  const { unit, kind } = QUANTITIES[sensor.quantity];
  const inUnit = (steps: number): number => fromSteps(sensor.quantity, steps);
  const named = (name: string, steps: number | undefined) => (steps === undefined ? {} : { [name]: inUnit(steps) });
  return {
    ...{ sensorId: sensor.id, pointId: sensor.pointId, quantity: sensor.quantity, unit, origin },
    ...{ from: iso(fromMs), fromMs, to: iso(toMs), toMs, n, suspect, bad },
    ...{ ...named('min', min), ...named('max', max), ...named('last', last) },
    ...(n > 0 && kind === 'increment' ? { sum: inUnit(sum) } : {}),
    ...(n > 0 && kind === 'gauge' ? { mean: inUnit(sum / n) } : {}),
  };
}

type Asked = { readonly sensors: readonly Sensor[]; readonly fromMs: EpochMs; readonly toMs: EpochMs };

export function historyHandlers(desk: Desk) {
  const originOf = (sensor: Sensor, { origin }: HistoryInput): Origin =>
    origin ?? desk.ports.registry.current().edges.get(sensor.edgeId)?.origin ?? 'live';

  async function readings({ sensors, fromMs, toMs }: Asked, input: HistoryInput): Promise<Reply> {
    const items: object[] = [];
    for (const sensor of sensors) {
      const origin = originOf(sensor, input);
      const limit = MOST - items.length + 1;
      const points = await desk.ports.query.range({ sensorId: sensor.id, origin, fromMs, toMs, limit });
      for (const point of points) items.push(readingJson(sensor, { ...point, origin }));
      if (items.length > MOST) return refuse(TOO_MANY);
    }
    return json({ items, next: null });
  }

  async function summaries(asked: Asked, input: HistoryInput, resolution: Resolution): Promise<Reply> {
    const { sensors, fromMs, toMs } = asked;
    if (((toMs - fromMs) / RESOLUTION_MS[resolution]) * sensors.length > MOST) return refuse(TOO_MANY);
    const items: object[] = [];
    for (const sensor of sensors) {
      const origin = originOf(sensor, input);
      const ask = { sensorIds: [sensor.id], origin, fromMs, toMs, resolution };
      const found = (await desk.ports.query.buckets(ask)).get(sensor.id) ?? [];
      for (const bucket of found) items.push(bucketJson(sensor, origin, bucket));
    }
    return json({ items, next: null });
  }

  const pointHistory: Handler = withInput<HistoryInput>(async ({ params, query }) => {
    const { registry, sensorsOf } = desk.catalogue();
    if (!registry.points.has(params.id)) return refuse(notFound('such point'));
    const sensors = sensorsOf(params.id).filter(({ id }) => query.sensor === undefined || id === query.sensor);
    if (query.sensor !== undefined && sensors.length === 0) return refuse(notFound('such sensor at this point'));
    const toMs = query.to ?? desk.ctx.clock.nowMs() + 1;
    const fromMs = query.from ?? toMs - DAY_MS;
    if (fromMs >= toMs) return refuse(EMPTY_SPAN);
    const asked = { sensors, fromMs, toMs };
    try {
      return await (query.resolution === 'raw' ? readings(asked, query) : summaries(asked, query, query.resolution));
    } catch (cause) {
      if (cause instanceof HistoryUnreadError) return refuse(awayOf(cause));
      throw cause;
    }
  });
  return { pointHistory } satisfies { readonly [id: string]: Handler };
}
