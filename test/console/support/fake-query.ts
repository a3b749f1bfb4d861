/** Long questions to a history in memory, answered reading by reading. */
import { bucketsOf } from '#ingest/buckets.ts';
import { joinTallies } from '#ingest/tallies.ts';
import type { HistoryPoint, HistoryQuery } from '#model/history.ts';
import type { Origin, Reading, SensorId } from '#model/reading.ts';
import { createTally } from '#model/tally.ts';
import { DAY_MS } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';

type Held = { readonly sensorId: SensorId; readonly origin: Origin; readonly point: HistoryPoint };

export function fakeQuery(zone = 'Asia/Shanghai') {
  const held: Held[] = [];
  const days = openZoneDays(zone);
  const of = (sensorId: SensorId, origin: Origin): readonly HistoryPoint[] =>
    held
      .filter((one) => one.sensorId === sensorId && one.origin === origin)
      .map(({ point }) => point)
      .sort((a, b) => a.atMs - b.atMs);
  const query: HistoryQuery = {
    range: async ({ sensorId, origin, fromMs, toMs, limit, newest }) => {
      const points = of(sensorId, origin).filter(({ atMs }) => fromMs <= atMs && atMs < toMs);
      return newest === true ? points.slice(Math.max(0, points.length - limit)) : points.slice(0, limit);
    },
    buckets: async ({ sensorIds, origin, ...ask }) =>
      new Map(
        sensorIds
          .map((id) => [id, bucketsOf(of(id, origin), { ...ask, days })] as const)
          .filter(([, buckets]) => buckets.length > 0),
      ),
    latest: async (sensorIds, origin) =>
      new Map(
        sensorIds.flatMap((id) => {
          const last = of(id, origin).at(-1);
          return last === undefined ? [] : [[id, last] as const];
        }),
      ),
    tallies: async ({ fromMs, toMs }) =>
      joinTallies(
        held
          .filter(({ point }) => fromMs <= point.atMs && point.atMs < toMs)
          .map(({ sensorId, origin, point }) => {
            const tally = createTally();
            tally.add(point);
            const dayMs = Math.floor(point.atMs / DAY_MS) * DAY_MS;
            return { sensorId, origin, dayMs, n: 1, checksum: tally.checksum() };
          }),
      ),
    close: async () => undefined,
  };
  return {
    query,
    add: (reading: Reading, origin: Origin = 'live'): void => {
      const { sensorId, measuredAtMs: atMs, quality, raw, flags } = reading;
      const isBad = reading.quality === 'bad';
      const value = isBad ? undefined : reading.value;
      const reason = isBad ? { reason: reading.reason } : {};
      held.push({ sensorId, origin, point: { atMs, value, raw, quality, flags, ...reason } });
    },
  };
}
