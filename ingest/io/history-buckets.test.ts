import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '#model/batch.ts';
import { dateReading } from '#model/dating.ts';
import { type HistoryPoint, RESOLUTIONS, type Retention } from '#model/history.ts';
import type { JournalReader, JournalRow } from '#model/journal.ts';
import type { Origin, Reading } from '#model/reading.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';
import { bucketsOf } from '../buckets.ts';
import { createSeriesBuffer } from '../series-buffer.ts';
import { openHistoryAnswers } from './history-answers.ts';
import { historyPath } from './history-schema.ts';
import { openHistoryStore } from './history-store.ts';

/** The night in which Europe's clocks go forward. */
const NOW = Date.UTC(2026, 2, 30);
const SPAN_MINUTES = 6_000;
/** More at night: FENGSUI_HISTORY_RUNS=500. */
const RUNS = Number(process.env['FENGSUI_HISTORY_RUNS'] ?? 15);
const SEED = Number(process.env['FENGSUI_HISTORY_SEED'] ?? Date.now() % 1_000_000);

/** A run of readings of one sensor; `boot` is that of a box whose clock was not set yet. */
type Run = {
  readonly kind: 'row';
  readonly sensorId: string;
  readonly origin: Origin;
  readonly endMinute: number;
  readonly count: number;
  readonly stepMs: number;
  readonly value: number;
  readonly boot: number | null;
};
type Step =
  | Run
  | { readonly kind: 'clock'; readonly boot: number; readonly daysAgo: number }
  | { readonly kind: 'again'; readonly nth: number }
  | { readonly kind: 'flush' | 'compact' | 'crash' }
  | { readonly kind: 'retain'; readonly rawDays: number; readonly hourDays: number };

const aRun = fc.record({
  kind: fc.constant('row' as const),
  sensorId: fc.constantFrom('a', 'a', 'a', 'b'),
  origin: fc.constantFrom('live', 'live', 'live', 'drill'),
  endMinute: fc.integer({ min: 700, max: SPAN_MINUTES }),
  count: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 150, max: 650 })),
  stepMs: fc.constantFrom(MINUTE_MS, 59_000, 7_000, 0),
  value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  boot: fc.option(fc.nat(2), { freq: 2, nil: null }),
});
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: aRun },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clock' as const), boot: fc.nat(2), daysAgo: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), nth: fc.nat(40) }) },
  { weight: 9, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'compact' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('retain' as const),
      rawDays: fc.integer({ min: 0, max: 4 }),
      hourDays: fc.constantFrom(0, 0, 2),
    }),
  },
);

const QUALITIES = ['good', 'good', 'good', 'suspect', 'good', 'bad', 'good'] as const;
function readingsOf({ sensorId, count, stepMs, value }: Run, endMs: number): readonly Reading[] {
  return Array.from({ length: count }, (_, at) => {
    const stamp = {
      sensorId,
      measuredAtMs: endMs - (count - 1 - at) * stepMs,
      timeQuality: 'synced',
      flags: [],
    } as const;
    const quality = QUALITIES[(value + at) & 7] ?? 'good';
    const own = (value ^ (at * 2_654_435)) | 0;
    return quality === 'bad' ? { ...stamp, quality, reason: 'timeout' } : { ...stamp, quality, value: own };
  });
}

type Held = { readonly origin: Origin; readonly reading: Reading; readonly atMs: () => number };

/** A journal with a history that follows it, and beside it plainly all readings that there ever were. */
function world(path: string, zone: string) {
  const rows: JournalRow[] = [];
  const held: Held[] = [];
  const clocks = new Map<number, number>();
  const open = () => openHistoryStore(historyPath(path), { zone });
  let store = open();
  const buffer = createSeriesBuffer((stream, seq) => store.isTaken(stream, seq));
  let done = 0;
  const journal: JournalReader = {
    heads: () => (rows.length === 0 ? new Map() : new Map([[3, rows.length]])),
    read: (_partition, after, limit) => rows.slice(after, after + limit),
    onWake: () => () => undefined,
    close: () => undefined,
  };
  const answers = openHistoryAnswers(path, journal, zone);
  const append = (run: Run | undefined, events: readonly object[], boot: number | null): void => {
    const seq = rows.length + 1;
    const endMs = NOW - (SPAN_MINUTES - (run?.endMinute ?? 0)) * MINUTE_MS;
    const readings = run === undefined ? [] : readingsOf(run, endMs);
    const identity = { edgeId: 'e', epoch: 'p', seq };
    const batch = {
      ...{ ...identity, bootId: `boot-${boot}`, monoMs: 100_000_000 + seq, writtenAtMs: endMs },
      ...{ timeQuality: boot === null ? ('synced' as const) : ('unsure' as const), inventoryVersion: 'v' },
    };
    const body = encodeBatch({ ...batch, readings, events: events as [] });
    const receivedAtMs = NOW + seq;
    const origin = run?.origin ?? 'live';
    rows.push({ ...identity, kind: 'batch', partition: 3, pos: seq, receivedAtMs, origin, body });
    for (const reading of readings) {
      const dt = reading.measuredAtMs - endMs;
      const atMs = () => dateReading(batch, dt, receivedAtMs, boot === null ? undefined : clocks.get(boot)).atMs;
      held.push({ origin, reading, atMs });
    }
  };
  const follow = (): void => {
    for (const row of rows) if (row.pos > done) buffer.take(row);
    done = rows.length;
  };
  const take = (step: Step): void => {
    switch (step.kind) {
      case 'row':
        append(step, [], step.boot);
        return;
      case 'clock': {
        const utcAtMonoZeroMs = NOW - 100_000_000 - step.daysAgo * DAY_MS;
        append(undefined, [{ kind: 'clock', bootId: `boot-${step.boot}`, utcAtMonoZeroMs, stepMs: 1 }], step.boot);
        if (!clocks.has(step.boot)) clocks.set(step.boot, utcAtMonoZeroMs);
        return;
      }
      case 'again': {
        // The journal brings a batch again, in another row; only what history has is known to it as taken.
        const row = rows[step.nth];
        if (row !== undefined && row.pos <= (store.cursors().get(3) ?? 0)) rows.push({ ...row, pos: rows.length + 1 });
        return;
      }
      case 'flush':
        follow();
        store.flush(buffer, new Map([[3, done]]));
        buffer.clear();
        return;
      case 'compact':
        for (let merged = 1; merged > 0; seen.merged += merged) merged = store.compact(1);
        return;
      case 'crash':
        store.close();
        buffer.clear();
        store = open();
        done = store.cursors().get(3) ?? 0;
        return;
      case 'retain': {
        const forEver: Retention = { rawMs: 0, '1m': 0, '10m': 0, '1h': 0, '1d': 0 };
        const keep = { ...forEver, rawMs: step.rawDays * DAY_MS, '1h': step.hourDays * DAY_MS };
        for (let isDone = false; !isDone; ) {
          const removed = store.retain(NOW, keep);
          seen.removed += removed.readings;
          seen.summaries += removed.summaries;
          isDone = removed.isDone;
        }
        return;
      }
      default:
        step satisfies never;
    }
  };
  const points = (sensorId: string, origin: Origin): readonly HistoryPoint[] =>
    held
      .filter((one) => one.reading.sensorId === sensorId && one.origin === origin)
      .map(({ reading, atMs }) => ({
        ...{ atMs: atMs(), raw: undefined, flags: [], quality: reading.quality },
        value: reading.quality === 'bad' ? undefined : reading.value,
      }))
      .sort((a, b) => a.atMs - b.atMs);
  return {
    take,
    points,
    answers,
    close: () => {
      answers.close();
      store.close();
    },
  };
}

const inFolder = <T>(work: (path: string) => T): T => {
  const path = mkdtempSync(join(tmpdir(), 'fengsui-buckets-'));
  try {
    return work(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
};

/** What the steps of all runs came to: a run that merges and removes nothing proves nothing. */
const seen = { merged: 0, removed: 0, summaries: 0 };

describe('stored summaries', () => {
  it('equal what is counted reading by reading, whatever came late, was dated anew, merged, removed or lost in a crash', () => {
    console.log(`history: seed ${SEED}`);
    const ever = { fromMs: NOW - 30 * DAY_MS, toMs: NOW + DAY_MS };
    fc.assert(
      fc.property(
        fc.array(aStep, { minLength: 30, maxLength: 70 }),
        fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'Asia/Kathmandu'),
        fc.nat(SPAN_MINUTES),
        (steps, zone, minute) =>
          inFolder((path) => {
            const own = world(path, zone);
            const days = openZoneDays(zone);
            let hourDays = 0;
            let rawDays = 0;
            for (const [nth, step] of steps.entries()) {
              own.take(step);
              if (step.kind === 'retain') {
                if (step.rawDays > 0) rawDays = Math.min(rawDays || 99, step.rawDays);
                if (step.rawDays > 0 && step.hourDays > 0)
                  hourDays = Math.min(hourDays || 99, Math.max(step.hourDays, step.rawDays));
              }
              const sensorId = nth % 5 === 0 ? 'b' : 'a';
              const origin: Origin = nth % 7 === 0 ? 'drill' : 'live';
              const wanted = { sensorId, origin, takesUnknown: nth % 3 === 0 };
              const points = own.points(sensorId, origin);
              const resolution = RESOLUTIONS[nth % 4] ?? '1m';
              const stretch = nth % 5 === 0 ? { ...ever, fromMs: NOW - minute * MINUTE_MS } : ever;
              const expected = bucketsOf(points, { resolution, days, ...stretch });
              const found = own.answers.buckets(wanted, stretch, resolution);
              if (resolution !== '1h' || hourDays === 0) expect(found).toEqual(expected);
              else {
                // What is older than its age may be gone, but only as a whole.
                const gone = expected.length - found.length;
                expect(found).toEqual(expected.slice(gone));
                expect(expected.slice(0, gone).every(({ fromMs }) => fromMs < NOW - hourDays * DAY_MS)).toBe(true);
              }
              expect(own.answers.latest(wanted)?.atMs).toBe(points.at(-1)?.atMs);
              const recent = { fromMs: rawDays === 0 ? ever.fromMs : NOW - rawDays * DAY_MS, toMs: ever.toMs };
              const raw = own.answers.range(wanted, recent, 1e6, false);
              const times = points.map(({ atMs }) => atMs).filter((atMs) => atMs >= recent.fromMs);
              expect([...raw.atMs]).toEqual(times);
            }
            own.close();
          }),
      ),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    console.log(`history: ${JSON.stringify(seen)}`);
    expect(seen.merged).toBeGreaterThan(RUNS / 4);
    expect(seen.removed).toBeGreaterThan(RUNS * 20);
  }, 60_000);
});
