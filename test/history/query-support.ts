/** Made-up readings of a small county, and what history must answer about them, worked out the plain way. */
import fc from 'fast-check';
import { lineOf } from '#ingest/influx/lines.ts';
import { callsOf } from '#ingest/influx/target.ts';
import type { Bucket, DayTally, HistoryPoint, InfluxTarget } from '#model/history.ts';
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { BAD_REASONS, FLAGS, ORIGINS, type Origin, type SensorId } from '#model/reading.ts';
import { createTally } from '#model/tally.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';

export const QUANTITY_CODES = Object.keys(QUANTITIES) as QuantityCode[];
export type Series = { readonly sensorId: SensorId; readonly origin: Origin; readonly points: readonly HistoryPoint[] };

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const flags = fc.subarray([...FLAGS]);
const raw = fc.option(fc.integer({ min: -(2 ** 32), max: 2 ** 32 }), { nil: undefined });
const said = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      quality: fc.constant('good' as const),
      value: fc.integer(INT32),
      raw,
      flags: fc.constant([]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ quality: fc.constant('suspect' as const), value: fc.integer(INT32), raw, flags }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      quality: fc.constant('bad' as const),
      value: fc.constant(undefined),
      raw,
      flags,
      reason: fc.constantFrom(...BAD_REASONS),
    }),
  },
);

/** Instants that differ, but for some that are shared, within a few days. */
export const pointsFrom = (beginMs: EpochMs, days: number): fc.Arbitrary<readonly HistoryPoint[]> =>
  fc
    .array(fc.tuple(fc.nat(days * DAY_MS - 1), said, fc.boolean()), { minLength: 15, maxLength: 120, size: 'max' })
    .map((drafts) => {
      const times = drafts.map(([offset]) => offset).sort((a, b) => a - b);
      return drafts.map(([, what, again], index) => ({
        atMs: beginMs + (times[again && index > 0 ? index - 1 : index] ?? 0),
        ...what,
      }));
    });

/** As the writer puts them there: those that share an instant are kept apart below the millisecond. */
export function linesOf(series: readonly Series[], quantityOf: (id: SensorId) => QuantityCode): string[] {
  return series.flatMap(({ sensorId, origin, points }) => {
    const place = {
      quantity: quantityOf(sensorId),
      origin,
      tags: `,county=451099,edge=e1,point=p1,sensor=${sensorId},township=t1,village=-`,
    };
    let last = Number.NEGATIVE_INFINITY;
    let twice = 0;
    return points.map((point) => {
      twice = point.atMs === last ? twice + 1 : 0;
      last = point.atMs;
      // The highest place is one that a reader could round up into the next millisecond.
      return lineOf(origin, place, point, twice === 0 ? 0 : 999_999 - 200 + twice);
    });
  });
}

export async function writeLines(
  target: InfluxTarget,
  token: string | undefined,
  lines: readonly string[],
): Promise<void> {
  const { url, writePath, headers } = callsOf(target, token);
  for (let at = 0; at < lines.length; at += 20_000) {
    const body = lines.slice(at, at + 20_000).join('\n');
    const answer = await fetch(`${url}${writePath}`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }
}

export function bucketOf(points: readonly HistoryPoint[], fromMs: EpochMs, toMs: EpochMs): Bucket | undefined {
  const inside = points.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const good = inside.flatMap(({ quality, value }) => (quality === 'good' && value !== undefined ? [value] : []));
  if (inside.length === 0) return undefined;
  const has = good.length > 0;
  return {
    fromMs,
    toMs,
    n: good.length,
    min: has ? Math.min(...good) : undefined,
    max: has ? Math.max(...good) : undefined,
    sum: good.reduce((sum, value) => sum + value, 0),
    last: good.at(-1),
    suspect: inside.filter(({ quality }) => quality === 'suspect').length,
    bad: inside.filter(({ quality }) => quality === 'bad').length,
  };
}

export const bucketsBetween = (points: readonly HistoryPoint[], edges: readonly EpochMs[]): readonly Bucket[] =>
  edges.slice(0, -1).flatMap((fromMs, index) => bucketOf(points, fromMs, edges[index + 1] ?? fromMs) ?? []);

export function talliesOf(series: readonly Series[], fromMs: EpochMs, toMs: EpochMs): readonly DayTally[] {
  const tallies = series.flatMap(({ sensorId, origin, points }) => {
    const days = new Map<EpochMs, ReturnType<typeof createTally>>();
    for (const point of points) {
      if (point.atMs < fromMs || point.atMs >= toMs) continue;
      const dayMs = Math.floor(point.atMs / DAY_MS) * DAY_MS;
      const tally = days.get(dayMs) ?? createTally();
      days.set(dayMs, tally);
      tally.add(point);
    }
    return [...days].map(([dayMs, tally]) => ({ sensorId, origin, dayMs, n: tally.n(), checksum: tally.checksum() }));
  });
  return sorted(tallies);
}
const keyOf = ({ origin, sensorId, dayMs }: DayTally): string => `${origin} ${sensorId} ${dayMs}`;
export const sorted = (tallies: readonly DayTally[]): readonly DayTally[] =>
  tallies.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

/** A sensor of every quantity, each with readings of two origins. */
export const countyFrom = (beginMs: EpochMs, days: number): fc.Arbitrary<readonly Series[]> =>
  fc.tuple(...QUANTITY_CODES.flatMap(() => [pointsFrom(beginMs, days), pointsFrom(beginMs, days)])).map((drawn) =>
    drawn.map((points, index) => ({
      sensorId: `s-${QUANTITY_CODES[index >> 1] ?? ''}`,
      origin: (index % 2 === 0 ? 'live' : ORIGINS[1 + (index % 3)]) as Origin,
      points,
    })),
  );
export const quantityOfId = (id: SensorId): QuantityCode => id.slice(2) as QuantityCode;
