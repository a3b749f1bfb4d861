import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '#model/batch.ts';
import type { JournalReader, JournalRow } from '#model/journal.ts';
import { BAD_REASONS, FLAGS, type Reading } from '#model/reading.ts';
import { createSeriesBuffer } from '../series-buffer.ts';
import { openHistoryReader } from './history-reader.ts';
import { historyPath } from './history-schema.ts';
import { openHistoryStore } from './history-store.ts';

const NOW = 1_700_000_000_000;
const SENSORS = ['a', 'b', 'c'];
type Step =
  | { readonly kind: 'flush' | 'compact' | 'crash' }
  | { readonly kind: 'row'; readonly readings: readonly Reading[] };

const aReading: fc.Arbitrary<Reading> = fc
  .record({
    sensorId: fc.constantFrom(...SENSORS),
    measuredAtMs: fc.integer({ min: 0, max: 100_000 }).map((age) => NOW - age),
    value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    raw: fc.option(fc.integer({ min: 0, max: 2 ** 32 })),
    quality: fc.constantFrom('good', 'suspect', 'bad'),
    reason: fc.constantFrom(...BAD_REASONS),
    flags: fc.subarray([...FLAGS]),
  })
  .map(({ quality, value, raw, reason, ...stamp }) => {
    const base = { ...stamp, timeQuality: 'synced' as const, ...(raw === null ? {} : { raw }) };
    return quality === 'bad' ? { ...base, quality, reason } : { ...base, quality: quality as 'good', value };
  });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('row' as const), readings: fc.array(aReading, { maxLength: 12 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom({ kind: 'flush' as const }, { kind: 'compact' as const }, { kind: 'crash' as const }),
  },
);

const toRow = (pos: number, readings: readonly Reading[], more: object = {}): JournalRow => ({
  kind: 'batch',
  partition: 3,
  pos,
  receivedAtMs: NOW,
  edgeId: 'e',
  epoch: 'p',
  seq: pos,
  origin: 'live',
  body: encodeBatch({
    edgeId: 'e',
    epoch: 'p',
    seq: pos,
    bootId: 'boot',
    monoMs: 1_000_000 + pos,
    writtenAtMs: NOW,
    timeQuality: 'synced',
    inventoryVersion: 'v',
    readings,
    events: [],
    ...more,
  }),
});

function memoryJournal(rows: readonly JournalRow[]): JournalReader {
  return {
    heads: () => (rows.length === 0 ? new Map() : new Map([[3, rows.at(-1)?.pos ?? 0]])),
    read: (_partition, after, limit) => rows.filter((row) => row.pos > after).slice(0, limit),
    onWake: () => () => undefined,
    close: () => undefined,
  };
}

/** A history that follows the rows as its thread does, and can lose what it holds at any step. */
function follower(dataDir: string, rows: readonly JournalRow[]) {
  let store = openHistoryStore(historyPath(dataDir));
  const buffer = createSeriesBuffer((stream, seq) => store.isTaken(stream, seq));
  let done = store.cursors().get(3) ?? 0;
  const follow = () => {
    for (const row of rows) if (row.pos > done) buffer.take(row);
    done = Math.max(done, rows.at(-1)?.pos ?? 0);
  };
  const restart = () => {
    store.close();
    buffer.clear();
    store = openHistoryStore(historyPath(dataDir));
    done = store.cursors().get(3) ?? 0;
  };
  return {
    follow,
    restart,
    flush: () => {
      follow();
      store.flush(buffer, new Map([[3, done]]));
      buffer.clear();
    },
    compact: () => store.compact(10),
    close: () => store.close(),
  };
}

const inFolder = <T>(work: (path: string) => T): T => {
  const path = mkdtempSync(join(tmpdir(), 'fengsui-history-'));
  try {
    return work(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
};
const asText = (point: object) => JSON.stringify(point, (_key, value) => (value === undefined ? '-' : value));
const expected = (readings: readonly Reading[], sensorId: string, from: number, to: number) =>
  readings
    .filter((one) => one.sensorId === sensorId && one.measuredAtMs >= from && one.measuredAtMs < to)
    .map((one) =>
      asText({
        atMs: one.measuredAtMs,
        value: one.quality === 'bad' ? undefined : one.value,
        raw: one.raw,
        quality: one.quality,
        ...(one.quality === 'bad' ? { reason: one.reason } : {}),
        flags: FLAGS.filter((flag) => one.flags.includes(flag)),
      }),
    );

describe('embedded history', () => {
  it('shows every journalled reading once and in its place, whatever was flushed, merged or lost in a crash', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 60 }), fc.nat(100_000), fc.nat(100_000), (steps, a, b) =>
        inFolder((path) => {
          const rows: JournalRow[] = [];
          const readings: Reading[] = [];
          const history = follower(path, rows);
          const reader = openHistoryReader(path, memoryJournal(rows));
          const [from, to] = [NOW - Math.max(a, b), NOW - Math.min(a, b)];
          for (const step of steps) {
            if (step.kind === 'row') {
              rows.push(toRow(rows.length * 2 + 1, step.readings));
              readings.push(...step.readings);
              history.follow();
            } else if (step.kind === 'flush') history.flush();
            else if (step.kind === 'compact') history.compact();
            else history.restart();
            const sensorId = SENSORS[rows.length % SENSORS.length] ?? 'a';
            const points = reader.range(sensorId, from, to, 100_000);
            expect(points.map(asText).sort()).toEqual(expected(readings, sensorId, from, to).sort());
            expect(points.every((point, at) => at === 0 || (points[at - 1]?.atMs ?? 0) <= point.atMs)).toBe(true);
            const newest = Math.max(
              ...readings.filter((one) => one.sensorId === sensorId).map((one) => one.measuredAtMs),
            );
            expect(reader.latest([sensorId]).get(sensorId)?.atMs ?? Number.NEGATIVE_INFINITY).toBe(newest);
          }
          const total = [...reader.counts().values()].reduce((sum, n) => sum + n, 0);
          expect(total).toBe(readings.length);
          reader.close();
          history.close();
        }),
      ),
      { numRuns: 60, verbose: 1 },
    );
  });

  it('merges small chunks without losing a reading', () =>
    inFolder((path) => {
      const rows: JournalRow[] = [];
      const history = follower(path, rows);
      const one = (index: number): Reading => ({
        sensorId: 'a',
        measuredAtMs: NOW - (index % 2 === 0 ? index : index * 1_000),
        timeQuality: 'synced',
        quality: 'good',
        value: index,
        flags: [],
      });
      for (let index = 0; index < 50; index++) {
        rows.push(toRow(index + 1, [one(index)]));
        history.flush();
      }
      expect(history.compact()).toBe(1);
      expect(history.compact()).toBe(0);
      const reader = openHistoryReader(path, memoryJournal(rows));
      const points = reader.range('a', 0, NOW + 1, 100);
      expect(points.map((point) => point.value).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(
        Array.from({ length: 50 }, (_, index) => index),
      );
      expect(reader.range('a', 0, NOW + 1, 3, true)).toEqual(points.slice(-3));
      reader.close();
      history.close();
    }));

  it.each(['before', 'after'])(
    're-dates readings of an unset clock when the clock event comes, flushed %s it',
    (order) =>
      inFolder((path) => {
        const rows: JournalRow[] = [];
        const history = follower(path, rows);
        const reader = openHistoryReader(path, memoryJournal(rows));
        const reading: Reading = {
          sensorId: 'a',
          measuredAtMs: 4_000,
          timeQuality: 'unsure',
          quality: 'good',
          value: 7,
          flags: [],
        };
        // Written at the box's wall time 5 s, monotonic 60 s; measured a second before; received at NOW.
        rows.push(toRow(1, [reading], { writtenAtMs: 5_000, monoMs: 60_000, timeQuality: 'unsure' }));
        expect(reader.range('a', 0, NOW + 1, 10)).toMatchObject([{ atMs: NOW - 1_000, flags: ['clock-unsure'] }]);
        if (order === 'before') history.flush();
        expect(reader.range('a', 0, NOW + 1, 10)).toMatchObject([{ atMs: NOW - 1_000, flags: ['clock-unsure'] }]);
        const utcAtMonoZeroMs = NOW - 3_600_000;
        const event = { kind: 'clock', bootId: 'boot', utcAtMonoZeroMs, stepMs: 1 } as const;
        rows.push(toRow(2, [], { monoMs: 61_000, events: [event] }));
        const dated = [{ atMs: utcAtMonoZeroMs + 59_000, value: 7, flags: [] }];
        expect(reader.range('a', 0, NOW + 1, 10)).toMatchObject(dated);
        history.flush();
        expect(reader.range('a', 0, NOW + 1, 10)).toMatchObject(dated);
        expect(reader.latest(['a']).get('a')).toMatchObject(dated[0] ?? {});
        reader.close();
        history.close();
      }),
  );
});
