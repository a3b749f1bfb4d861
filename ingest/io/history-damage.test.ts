import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeBatch } from '#model/batch.ts';
import type { JournalReader } from '#model/journal.ts';
import type { Reading } from '#model/reading.ts';
import { MINUTE_MS } from '#model/time.ts';
import { createSeriesBuffer } from '../series-buffer.ts';
import { openHistoryAnswers } from './history-answers.ts';
import { readHistoryColumns } from './history-columns.ts';
import { historyPath } from './history-schema.ts';
import { openHistoryStore } from './history-store.ts';

const T0 = Date.UTC(2026, 5, 1);
const FOR_EVER = { fromMs: 0, toMs: T0 * 2 };
const nothingMore: JournalReader = {
  ...{ heads: () => new Map(), read: () => [], onWake: () => () => undefined, close: () => undefined },
};
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-damage-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Chunks of 40 readings of two sensors, twenty each, neither merged nor in the summaries. */
function fill(): void {
  const store = openHistoryStore(historyPath(folder));
  for (let seq = 1; seq <= 20; seq++) {
    const readings = ['s-0', 's-1'].flatMap((sensorId) =>
      Array.from({ length: 40 }, (_, minute): Reading => {
        const measuredAtMs = T0 + (seq * 40 + minute) * MINUTE_MS;
        return { sensorId, measuredAtMs, timeQuality: 'synced', quality: 'good', value: seq * 100 + minute, flags: [] };
      }),
    );
    const identity = { edgeId: 'e', epoch: 'p', seq };
    const writtenAtMs = T0 + (seq + 1) * 40 * MINUTE_MS;
    const body = encodeBatch({
      ...{ ...identity, bootId: 'b', monoMs: 1_000, writtenAtMs, timeQuality: 'synced' },
      ...{ inventoryVersion: 'v', readings, events: [] },
    });
    const buffer = createSeriesBuffer(store.isTaken);
    buffer.take({
      ...identity,
      kind: 'batch',
      partition: 1,
      pos: seq,
      origin: 'live',
      receivedAtMs: writtenAtMs,
      body,
    });
    store.flush(buffer, new Map([[1, seq]]));
  }
  store.close();
}

function spoil(how: (bytes: Uint8Array) => Uint8Array): void {
  const db = new DatabaseSync(historyPath(folder));
  const row = db.prepare('SELECT id, data FROM chunks ORDER BY id LIMIT 1 OFFSET 4').get() as {
    id: number;
    data: Uint8Array;
  };
  db.prepare('UPDATE chunks SET data = ? WHERE id = ?').run(how(row.data), row.id);
  db.close();
}

const SPOILT = [
  ['filled with ones', (bytes: Uint8Array) => new Uint8Array(bytes.length).fill(0xff)],
  ['filled with zeros', (bytes: Uint8Array) => new Uint8Array(bytes.length)],
  ['cut short', (bytes: Uint8Array) => bytes.slice(0, bytes.length - 3)],
  ['empty', () => new Uint8Array(0)],
  ['of endless runs', () => Uint8Array.of(0x28, 0, 0xff, 0xff, 0xff, 0xff, 0x7f)],
] as const;

describe('a chunk that a disk has spoilt', () => {
  it.each(SPOILT)('%s is a gap to its readers, and everything else is told', { timeout: 10_000 }, (_, how) => {
    fill();
    spoil(how);
    const answers = openHistoryAnswers(folder, nothingMore, 'UTC');
    const live = (sensorId: string) => ({ sensorId, origin: 'live', takesUnknown: false }) as const;
    expect(answers.range(live('s-0'), FOR_EVER, 10_000, false).atMs).toHaveLength(760);
    expect(answers.range(live('s-1'), FOR_EVER, 10_000, false).atMs).toHaveLength(800);
    const total = answers.buckets(live('s-0'), FOR_EVER, '1h').reduce((sum, { n }) => sum + n, 0);
    expect(total).toBe(760);
    expect(answers.tallies('s-0', FOR_EVER).reduce((sum, { n }) => sum + n, 0)).toBe(760);
    answers.close();
    const { series } = readHistoryColumns(folder, nothingMore, {
      ...{ origin: 'live', isUnknownOurs: () => false, sensorIds: ['s-0', 's-1'], onProgress: () => undefined },
    });
    expect(series.map(({ count, columns }) => [count, columns.atMs.length])).toEqual([
      [760, 760],
      [800, 800],
    ]);
  });

  it.each(SPOILT)('%s is put aside with its place, and holds up neither merging nor retention', (_, how) => {
    fill();
    spoil(how);
    const store = openHistoryStore(historyPath(folder));
    for (let step = 0; step < 100 && store.compact(10) > 0; step++);
    expect(store.damage()).toEqual([expect.stringMatching(/^s-[01] 2026-06-01T/)]);
    expect(store.damage()).toEqual([]);
    const keep = { rawMs: MINUTE_MS, '1m': 0, '10m': 0, '1h': 0, '1d': 0 };
    let isDone = false;
    for (let step = 0; step < 1_000 && !isDone; step++) isDone = store.retain(T0 * 2, keep).isDone;
    expect(isDone).toBe(true);
    store.close();
    const db = new DatabaseSync(historyPath(folder));
    expect(db.prepare('SELECT count(*) AS n FROM chunks').get()).toEqual({ n: 0 });
    expect(db.prepare('SELECT series, n FROM damaged').all()).toEqual([{ series: 1, n: 40 }]);
    db.close();
    const answers = openHistoryAnswers(folder, nothingMore, 'UTC');
    const total = (sensorId: string): number =>
      answers
        .buckets({ sensorId, origin: 'live', takesUnknown: false }, FOR_EVER, '10m')
        .reduce((sum, { n }) => sum + n, 0);
    expect([total('s-0'), total('s-1')]).toEqual([760, 800]);
    answers.close();
  });
});
