import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeBatch } from '#model/batch.ts';
import type { JournalReader, JournalRow } from '#model/journal.ts';
import type { Origin, Reading } from '#model/reading.ts';
import { badReasonOf, isSuspectState, stateHasFlag } from '../chunk-columns.ts';
import { createSeriesBuffer } from '../series-buffer.ts';
import { readHistoryColumns, type Wanted } from './history-columns.ts';
import { historyPath } from './history-schema.ts';
import { openHistoryStore } from './history-store.ts';

const T0 = 1_780_000_000_000;
const MINUTE = 60_000;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-history-columns-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const good = (minute: number, value: number): Reading => ({
  ...{ sensorId: 'a', measuredAtMs: T0 + minute * MINUTE, timeQuality: 'synced' },
  ...{ quality: 'good', value, flags: [] },
});
function row(pos: number, origin: Origin, readings: readonly Reading[], more: object = {}): JournalRow {
  const identity = { edgeId: `edge-${origin}`, epoch: 'p', seq: pos };
  const body = encodeBatch({
    ...{ ...identity, bootId: 'boot', monoMs: 1_000_000, writtenAtMs: T0, timeQuality: 'synced' },
    ...{ inventoryVersion: 'v', readings, events: [], ...more },
  });
  return { ...identity, kind: 'batch', partition: 3, pos, receivedAtMs: T0 + 600 * MINUTE, origin, body };
}
const journalOf = (rows: readonly JournalRow[]): JournalReader => ({
  heads: () => new Map([[3, rows.at(-1)?.pos ?? 0]]),
  read: (_partition, after, limit) => rows.filter(({ pos }) => pos > after).slice(0, limit),
  onWake: () => () => undefined,
  close: () => undefined,
});
/** Writes rows as chunks, each as a flush of its own, and merges what is small. */
function store(rows: readonly JournalRow[]): void {
  const history = openHistoryStore(historyPath(folder));
  const buffer = createSeriesBuffer();
  for (const one of rows) {
    buffer.take(one);
    history.flush(buffer, new Map([[3, one.pos]]));
    buffer.clear();
  }
  while (history.compact(10) > 0);
  history.close();
}
const read = (rows: readonly JournalRow[], wanted: Partial<Wanted> = {}) =>
  readHistoryColumns(folder, journalOf(rows), { origin: 'live', isUnknownOurs: () => false, ...wanted });
const seen = (stored: ReturnType<typeof read>) =>
  stored.series.map(({ sensorId, count, columns }) => [
    sensorId,
    Array.from({ length: count }, (_, at) => [
      ((columns.atMs[at] ?? 0) - T0) / MINUTE,
      columns.values[at],
      columns.states?.[at] ?? 0,
    ]),
  ]);

describe('history read as columns', () => {
  it('gives each reading of one origin once and in its place, from merged chunks and from the journal beyond them', () => {
    const rows = Array.from({ length: 60 }, (_, index) =>
      row(index + 1, index % 3 === 0 ? 'drill' : 'live', [good(index % 2 === 0 ? index : index + 10, index)]),
    );
    store(rows.slice(0, 50));
    const expected = (origin: Origin) =>
      rows
        .flatMap((one, index) =>
          one.kind === 'batch' && one.origin === origin ? [[index % 2 === 0 ? index : index + 10, index, 0]] : [],
        )
        .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    expect(seen(read(rows))).toEqual([['a', expected('live')]]);
    expect(seen(read(rows, { origin: 'drill' }))).toEqual([['a', expected('drill')]]);
    const none = read(rows, { origin: 'replay' });
    expect([none.series, [...none.origins].sort()]).toEqual([
      [],
      [
        ['drill', 20],
        ['live', 40],
      ],
    ]);
  });

  it('keeps quality, reasons and flags, and leaves chunks outside the stretch unread', () => {
    const stamp = { ...good(0, 0), flags: [] };
    const mixed: readonly Reading[] = [
      good(1, 5),
      { ...stamp, measuredAtMs: T0 + 2 * MINUTE, quality: 'suspect', value: 6, flags: ['range'] },
      {
        sensorId: 'a',
        measuredAtMs: T0 + 3 * MINUTE,
        timeQuality: 'synced',
        quality: 'bad',
        reason: 'timeout',
        flags: [],
      },
      { ...stamp, measuredAtMs: T0 + 4 * MINUTE, quality: 'good', value: 7, flags: ['first', 'reset'] },
    ];
    const rows = [row(1, 'live', mixed), row(2, 'live', [good(500, 1)])];
    store(rows);
    const states = [...(read(rows).series[0]?.columns.states ?? [])];
    expect(states.map((state) => badReasonOf(state) ?? null)).toEqual([null, null, 'timeout', null, null]);
    expect(states.map(isSuspectState)).toEqual([false, true, false, false, false]);
    expect(states.map((state) => stateHasFlag(state, 'first') && stateHasFlag(state, 'reset'))).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(read(rows, { fromMs: T0 + 400 * MINUTE }).series[0]?.count).toBe(1);
    expect(read(rows, { toMs: T0 + 400 * MINUTE }).series[0]?.count).toBe(4);
  });

  it('says that readings rest on receive times until the clock of their boot is known', () => {
    const unsure = { timeQuality: 'unsure', writtenAtMs: 5_000, monoMs: 60_000 };
    const early: Reading = { ...good(0, 9), measuredAtMs: 4_000, timeQuality: 'unsure' };
    const waiting = row(1, 'live', [early], unsure);
    store([waiting]);
    const before = read([waiting]).series[0];
    expect(before?.columns.atMs[0]).toBe(T0 + 600 * MINUTE - 1_000);
    expect(stateHasFlag(before?.columns.states?.[0] ?? 0, 'clock-unsure')).toBe(true);
    const utcAtMonoZeroMs = T0;
    const set = row(2, 'live', [], {
      monoMs: 61_000,
      events: [{ kind: 'clock', bootId: 'boot', utcAtMonoZeroMs, stepMs: 1 }],
    });
    const after = read([waiting, set]).series[0];
    expect([after?.columns.atMs[0], after?.columns.states]).toEqual([T0 + 59_000, undefined]);
  });

  it('reads a file that was written before origins were kept, and its writer brings it up to date', () => {
    const rows = [row(1, 'live', [good(1, 5)])];
    store(rows);
    const db = new DatabaseSync(historyPath(folder));
    db.exec('ALTER TABLE chunks DROP COLUMN origin');
    db.close();
    expect([...read(rows).origins]).toEqual([['unknown', 1]]);
    expect(seen(read(rows, { isUnknownOurs: (id) => id === 'a' }))).toEqual([['a', [[1, 5, 0]]]]);
    const more = [...rows, row(2, 'live', [good(2, 6)])];
    store(more.slice(1));
    expect(seen(read(more))).toEqual([['a', [[2, 6, 0]]]]);
    expect(seen(read(more, { isUnknownOurs: () => true }))[0]?.[1]).toHaveLength(2);
  });
});
