import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_RETENTION, RESOLUTIONS } from '#model/history.ts';
import type { JournalReader } from '#model/journal.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { openZoneDays } from '#model/zone-day.ts';
import { bucketsOf } from '../buckets.ts';
import { type Columns, createChunkEncoder, emptyColumns } from '../chunk.ts';
import { unpackPoints } from '../point-columns.ts';
import { createSeriesBuffer, type SeriesBuffer } from '../series-buffer.ts';
import { openHistoryAnswers } from './history-answers.ts';
import { historyPath } from './history-schema.ts';
import { openHistoryStore } from './history-store.ts';

const T0 = Date.UTC(2026, 0, 1);
const ZONE = 'Asia/Shanghai';
const EVER = { fromMs: T0 - DAY_MS, toMs: T0 + 1_000 * DAY_MS };
const NO_JOURNAL: JournalReader = {
  heads: () => new Map(),
  read: () => [],
  onWake: () => () => undefined,
  close: () => undefined,
};
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-retention-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const minutes = (from: number, count: number): Columns => {
  const columns = emptyColumns();
  for (let minute = from; minute < from + count; minute++) {
    columns.times.push(T0 + minute * MINUTE_MS);
    columns.values.push(minute % 97);
    columns.raws.push(0);
    columns.codes.push(0);
  }
  return columns;
};
const holding = (more: Partial<SeriesBuffer>): SeriesBuffer => ({ ...createSeriesBuffer(), ...more });
const of = (sensorId: string, columns: Columns) => holding({ sure: () => [{ sensorId, origin: 'live', columns }] });
const wanted = (sensorId: string) => ({ sensorId, origin: 'live', takesUnknown: true }) as const;
const freePages = (): number => {
  const db = new DatabaseSync(historyPath(folder), { readOnly: true });
  const { free } = db.prepare('SELECT freelist_count AS free FROM pragma_freelist_count').get() as { free: number };
  db.close();
  return free;
};

describe('retention', () => {
  it('removes readings in short steps that a reader does not notice, and keeps their summaries', () => {
    const store = openHistoryStore(historyPath(folder), { zone: ZONE });
    const sensors = Array.from({ length: 30 }, (_, index) => `s-${index}`);
    for (const id of sensors) store.flush(of(id, minutes(0, 20 * 1_440)), new Map());
    const answers = openHistoryAnswers(folder, NO_JOURNAL, ZONE);
    const before = RESOLUTIONS.map((resolution) => answers.buckets(wanted('s-7'), EVER, resolution));
    const keep = { rawMs: 5 * DAY_MS, '1m': 0, '10m': 0, '1h': 0, '1d': 0 };
    const times: number[] = [];
    const removed = { readings: 0 };
    for (let isDone = false; !isDone; ) {
      const began = process.cpuUsage();
      const step = store.retain(T0 + 20 * DAY_MS, keep);
      const { user, system } = process.cpuUsage(began);
      times.push((user + system) / 1_000);
      isDone = step.isDone;
      removed.readings += step.readings;
      expect(answers.buckets(wanted('s-7'), EVER, '1h')).toEqual(before[2]);
    }
    times.sort((a, b) => a - b);
    console.log(`retention: ${times.length} steps, longest ${times.at(-1)?.toFixed(1)} ms of processor time`);
    expect(times.length).toBeGreaterThan(5);
    expect(times.at(-4)).toBeLessThan(50);
    expect(removed.readings).toBeGreaterThan(30 * 14 * 1_440);
    expect(RESOLUTIONS.map((resolution) => answers.buckets(wanted('s-7'), EVER, resolution))).toEqual(before);
    const left = answers.range(wanted('s-7'), EVER, 1e6, false).atMs;
    expect(left[0]).toBeGreaterThan(T0 + 14 * DAY_MS);
    expect(left.at(-1)).toBe(T0 + (20 * 1_440 - 1) * MINUTE_MS);
    answers.close();
    store.close();
  });

  it('leaves what waits for a clock, and the newest reading of a sensor that is long silent', () => {
    const store = openHistoryStore(historyPath(folder), { zone: ZONE });
    store.flush(of('silent', minutes(0, 10)), new Map());
    const unsure = { sensorId: 'unset', origin: 'live', boot: 'e/b', monoShiftMs: 5, columns: minutes(0, 10) } as const;
    store.flush(holding({ unsure: () => [unsure] }), new Map());
    while (!store.retain(T0 + 3_000 * DAY_MS, DEFAULT_RETENTION).isDone);
    const answers = openHistoryAnswers(folder, NO_JOURNAL, ZONE);
    expect(answers.range(wanted('silent'), EVER, 10, false).atMs.length).toBe(0);
    expect(answers.latest(wanted('silent'))).toMatchObject({ atMs: T0 + 9 * MINUTE_MS, value: 9 });
    expect(answers.range(wanted('unset'), EVER, 100, false).atMs.length).toBe(10);
    answers.close();
    store.close();
  });

  it('removes summaries by their own age, never a part of a bucket, and never before the readings; the room is used again', () => {
    const store = openHistoryStore(historyPath(folder), { zone: ZONE });
    store.flush(of('a', minutes(0, 30 * 1_440)), new Map());
    const keep = { rawMs: 10 * DAY_MS, '1m': 1, '10m': 15 * DAY_MS, '1h': 0, '1d': 0 };
    const nowMs = T0 + 30 * DAY_MS;
    while (!store.retain(nowMs, keep).isDone);
    const free = freePages();
    expect(free).toBeGreaterThan(5);
    // What comes late for a time that is gone does not stand for that time.
    store.flush(of('a', minutes(3, 600)), new Map());
    while (!store.retain(nowMs, keep).isDone);
    const answers = openHistoryAnswers(folder, NO_JOURNAL, ZONE);
    const ages = { '1m': 10, '10m': 15 } as const;
    for (const resolution of ['1m', '10m'] as const) {
      const all = bucketsOf(
        [...minutes(0, 30 * 1_440).times].map((atMs, minute) => ({
          ...{ atMs, value: minute % 97, raw: undefined, quality: 'good', flags: [] },
        })),
        { resolution, days: openZoneDays(ZONE), ...EVER },
      );
      const found = answers.buckets(wanted('a'), EVER, resolution);
      expect(found).toEqual(all.slice(all.length - found.length));
      expect(found[0]?.fromMs).toBeLessThanOrEqual(nowMs - ages[resolution] * DAY_MS);
      expect(found[0]?.fromMs).toBeGreaterThan(nowMs - (ages[resolution] + 2) * DAY_MS);
    }
    expect(answers.buckets(wanted('a'), EVER, '1h').length).toBe(30 * 24);
    store.flush(of('b', minutes(0, 10 * 1_440)), new Map());
    expect(freePages()).toBeLessThan(free);
    answers.close();
    store.close();
  });
});

describe('a file of the earlier layout', () => {
  const EARLIER = `
CREATE TABLE series (id INTEGER PRIMARY KEY, sensor_id TEXT NOT NULL UNIQUE);
CREATE TABLE chunks (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
  n INTEGER NOT NULL, good INTEGER NOT NULL, min INTEGER, max INTEGER, sum INTEGER NOT NULL, boot TEXT, mono_shift INTEGER,
  data BLOB NOT NULL);
CREATE INDEX chunks_by_series ON chunks (series, to_ms);
CREATE INDEX chunks_by_boot ON chunks (boot) WHERE boot IS NOT NULL;
CREATE TABLE clocks (boot TEXT PRIMARY KEY, utc_at_mono_zero_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE taken (stream TEXT PRIMARY KEY, ranges TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cursors (partition INTEGER PRIMARY KEY, pos INTEGER NOT NULL);`;

  it('answers as it is, and alike once it was opened by its writer and its summaries are made', () => {
    mkdirSync(dirname(historyPath(folder)), { recursive: true });
    const db = new DatabaseSync(historyPath(folder));
    db.exec(EARLIER);
    db.exec(`INSERT INTO series (sensor_id) VALUES ('a')`);
    const encode = createChunkEncoder();
    const insert = db.prepare(
      'INSERT INTO chunks (series, from_ms, to_ms, n, good, sum, data) VALUES (1, ?, ?, ?, 0, 0, ?)',
    );
    for (const [from, count] of [
      [0, 1_000],
      [1_000, 700],
      [1_650, 40],
    ] as const) {
      const columns = minutes(from, count);
      insert.run(columns.times[0] ?? 0, columns.times.at(-1) ?? 0, count, encode(columns));
    }
    db.close();
    const ask = () => {
      const answers = openHistoryAnswers(folder, NO_JOURNAL, ZONE);
      const found = {
        buckets: RESOLUTIONS.map((resolution) => answers.buckets(wanted('a'), EVER, resolution)),
        strangers: answers.buckets({ ...wanted('a'), takesUnknown: false }, EVER, '1d'),
        latest: answers.latest(wanted('a')),
        points: unpackPoints(answers.range(wanted('a'), EVER, 1e6, false)).length,
        tallies: answers.tallies('a', EVER),
      };
      answers.close();
      return found;
    };
    const before = ask();
    expect(before.points).toBe(1_740);
    expect(before.strangers).toEqual([]);
    expect(before.buckets[2]?.length).toBe(29);
    const store = openHistoryStore(historyPath(folder), { zone: ZONE });
    expect(ask()).toEqual(before);
    expect(store.compact(10)).toBe(2);
    expect(store.compact(10)).toBe(0);
    expect(ask()).toEqual(before);
    while (!store.retain(T0 + 4_000 * DAY_MS, { ...DEFAULT_RETENTION, '1m': 0, '10m': 0 }).isDone);
    expect(ask().buckets).toEqual(before.buckets);
    expect(ask().latest).toEqual(before.latest);
    expect(ask().points).toBe(0);
    store.close();
  });
});
