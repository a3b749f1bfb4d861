/** A load for the embedded history whose every batch follows from its number, and plainly what must come of it. */
import { bucketsOf } from '#ingest/buckets.ts';
import type { HistoryAnswers } from '#ingest/io/history-answers.ts';
import { plausibleFixes } from '#ingest/series-buffer.ts';
import { decodeBatch, encodeBatch } from '#model/batch.ts';
import { dateBatch } from '#model/dating.ts';
import { type HistoryPoint, RESOLUTIONS, type Resolution, type Retention } from '#model/history.ts';
import type { JournalRow } from '#model/journal.ts';
import type { Origin, Reading } from '#model/reading.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';

export const ZONE = 'Asia/Shanghai';
export const START_MS = Date.UTC(2026, 5, 1);
/** A batch brings so many minutes of each sensor. */
const MINUTES = 40;
const SENSORS = ['s-0', 's-1', 's-2'];
const BOOT_BATCHES = 21;
export const RETENTION: Retention = { rawMs: 12 * HOUR_MS, '1m': 0, '10m': 0, '1h': 0, '1d': 0 };

/** Chain time when a batch comes in. */
export const receivedAt = (seq: number): number => START_MS + seq * MINUTES * MINUTE_MS;
const originOf = (seq: number): Origin => (seq % 5 === 0 ? 'drill' : 'live');

function readingsOf(seq: number, endMs: number): readonly Reading[] {
  return SENSORS.flatMap((sensorId, sensor) =>
    Array.from({ length: MINUTES }, (_, minute): Reading => {
      const measuredAtMs = endMs - (MINUTES - 1 - minute) * MINUTE_MS + sensor * 700;
      const stamp = { sensorId, measuredAtMs, timeQuality: 'synced', flags: [] } as const;
      const roll = (seq * 31 + minute * 7 + sensor) % 19;
      if (roll === 0) return { ...stamp, quality: 'bad', reason: 'timeout' };
      return {
        ...stamp,
        quality: roll === 1 ? 'suspect' : 'good',
        value: seq * 100 + ((minute * 37) % 50),
        raw: minute,
      };
    }),
  );
}

/** Some come hours late, some from a box whose clock is set only later. */
export function batchOf(seq: number) {
  const unsure = seq % 7 === 3;
  const bootId = unsure ? `boot-${Math.floor(seq / BOOT_BATCHES)}` : 'boot';
  const late = seq % 6 === 2 ? 3 * HOUR_MS : 0;
  const writtenAtMs = receivedAt(seq) - late - 5_000;
  const isFix = seq % BOOT_BATCHES === BOOT_BATCHES - 1;
  const boot = `boot-${Math.floor(seq / BOOT_BATCHES)}`;
  const clock = { kind: 'clock', bootId: boot, utcAtMonoZeroMs: START_MS - HOUR_MS, stepMs: 1 } as const;
  const identity = { edgeId: 'edge', epoch: 'p', seq };
  const body = encodeBatch({
    ...{ ...identity, bootId, monoMs: HOUR_MS + seq * MINUTES * MINUTE_MS - 60_000, writtenAtMs },
    ...{ timeQuality: unsure ? 'unsure' : 'synced', inventoryVersion: 'v' },
    ...{ readings: readingsOf(seq, writtenAtMs), events: isFix ? [clock] : [] },
  });
  return {
    ...identity,
    kind: 'batch' as const,
    partition: 3,
    origin: originOf(seq),
    receivedAtMs: receivedAt(seq),
    body,
  };
}

type Strand = { readonly sensorId: string; readonly origin: Origin };
export type Expected = readonly (Strand & { readonly points: readonly HistoryPoint[] })[];

/** Every reading of these rows once, dated by all that they say of clocks. */
export function expectedOf(rows: readonly JournalRow[]): Expected {
  const batches = rows.flatMap((row) => {
    if (row.kind !== 'batch') return [];
    const decoded = decodeBatch(row.body);
    if (!decoded.ok) throw new Error(decoded.error.message);
    return [{ batch: decoded.value, row }];
  });
  const fixes = new Map<string, number>();
  for (const { batch, row } of batches)
    for (const [boot, utc] of plausibleFixes(batch, row.receivedAtMs)) if (!fixes.has(boot)) fixes.set(boot, utc);
  const strands = SENSORS.flatMap((sensorId) =>
    (['live', 'drill'] as const).map((origin) => ({ sensorId, origin, points: [] as HistoryPoint[] })),
  );
  for (const { batch, row } of batches) {
    const { baseMs } = dateBatch(batch, row.receivedAtMs, fixes.get(`${batch.edgeId}/${batch.bootId}`));
    for (const reading of batch.readings) {
      const strand = strands.find((one) => one.sensorId === reading.sensorId && one.origin === row.origin);
      strand?.points.push({
        ...{ atMs: baseMs + reading.measuredAtMs - batch.writtenAtMs, raw: reading.raw, flags: [] },
        ...{ quality: reading.quality, value: reading.quality === 'bad' ? undefined : reading.value },
      });
    }
  }
  for (const { points } of strands) points.sort((a, b) => a.atMs - b.atMs);
  return strands;
}

const EVER = { fromMs: START_MS - 100 * HOUR_MS, toMs: START_MS + 10_000 * HOUR_MS };
const days = openZoneDays(ZONE);

/** What history answers beside what it should: equal when all is well. `nowMs`: the latest retention run's. */
export function compare(answers: HistoryAnswers, expected: Expected, nowMs: number) {
  const resolutions: readonly Resolution[] = RESOLUTIONS;
  const keptFromMs = nowMs - RETENTION.rawMs;
  const of = (wanted: Strand) => ({ ...wanted, takesUnknown: false });
  const found = expected.map(({ sensorId, origin }) => {
    const wanted = of({ sensorId, origin });
    const { atMs, values } = answers.range(wanted, { ...EVER, fromMs: keptFromMs }, 1e7, false);
    return {
      ...{ sensorId, origin, times: [...atMs], sum: values.reduce((sum, value) => sum + value, 0) },
      buckets: resolutions.map((resolution) => answers.buckets(wanted, EVER, resolution)),
      latest: answers.latest(wanted)?.atMs,
    };
  });
  const wanted = expected.map(({ sensorId, origin, points }) => {
    const kept = points.filter(({ atMs }) => atMs >= keptFromMs);
    return {
      ...{ sensorId, origin, times: kept.map(({ atMs }) => atMs) },
      sum: kept.reduce((sum, { value = 0 }) => sum + value, 0),
      buckets: resolutions.map((resolution) => bucketsOf(points, { resolution, days, ...EVER })),
      latest: points.at(-1)?.atMs,
    };
  });
  return { found, wanted };
}

/** Everything that history tells of the load's sensors, as text. */
export function summaryOf(answers: HistoryAnswers): string {
  const strands = SENSORS.flatMap((sensorId) => (['live', 'drill'] as const).map((origin) => ({ sensorId, origin })));
  return JSON.stringify(
    strands.map((strand) => {
      const wanted = { ...strand, takesUnknown: false };
      const { atMs, values, raws, codes } = answers.range(wanted, EVER, 1e7, false);
      const points = [...atMs].map((at, row) => [at, values[row], raws[row], codes[row]].join()).sort();
      return [
        points,
        RESOLUTIONS.map((resolution) => answers.buckets(wanted, EVER, resolution)),
        answers.latest(wanted),
      ];
    }),
  );
}
