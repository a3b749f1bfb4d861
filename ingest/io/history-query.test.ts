import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeBatch } from '#model/batch.ts';
import type { HistoryQuery } from '#model/history.ts';
import type { Origin, Reading } from '#model/reading.ts';
import { DEFAULT_STORE_OPTIONS } from '../journal-item.ts';
import { openHistoryQuery } from './history-query.ts';
import { journalPath } from './journal-schema.ts';
import { openJournalStore } from './journal-store.ts';

const T0 = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
let folder = '';
let query: HistoryQuery;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-query-'));
  query = openHistoryQuery(folder, { zone: 'Asia/Shanghai' });
});
afterEach(async () => {
  await query.close();
  rmSync(folder, { recursive: true, force: true });
});

const good = (sensorId: string, minute: number, value: number): Reading => ({
  ...{ sensorId, measuredAtMs: T0 + minute * MINUTE, timeQuality: 'synced', flags: [] },
  ...{ quality: 'good', value },
});
function journal(batches: readonly { readonly origin: Origin; readonly readings: readonly Reading[] }[]): void {
  const store = openJournalStore(journalPath(folder), DEFAULT_STORE_OPTIONS);
  store.commit(
    batches.map(({ origin, readings }, index) => {
      const identity = { edgeId: `edge-${origin}`, epoch: 'p', seq: index + 1 };
      const body = encodeBatch({
        ...{ ...identity, bootId: 'boot', monoMs: 1_000_000, writtenAtMs: T0, timeQuality: 'synced' },
        ...{ inventoryVersion: 'v', readings, events: [] },
      });
      const head = { ...identity, kind: 'batch', township: 't', digest: index, partition: 3 } as const;
      return { ...head, origin, receivedAtMs: T0 + 600 * MINUTE, body, parts: [] };
    }),
  );
  store.close();
}
const span = { fromMs: T0, toMs: T0 + 60 * MINUTE };

describe('long questions to the embedded history', () => {
  it('are answered before there is any file', async () => {
    expect(await query.range({ sensorId: 'a', origin: 'live', ...span, limit: 10 })).toEqual([]);
    expect(await query.latest(['a'], 'live')).toEqual(new Map());
    expect(await query.tallies(span)).toEqual([]);
  });

  it('keep origins apart and tell why there is no value', async () => {
    const bad: Reading = {
      ...{ sensorId: 'a', measuredAtMs: T0 + 3 * MINUTE, timeQuality: 'synced', flags: [] },
      ...{ quality: 'bad', reason: 'timeout' },
    };
    journal([
      { origin: 'live', readings: [good('a', 1, 10), good('a', 2, 30), bad] },
      { origin: 'drill', readings: [good('a', 1, 999)] },
    ]);
    const points = await query.range({ sensorId: 'a', origin: 'live', ...span, limit: 10 });
    expect(points.map(({ value, reason }) => value ?? reason)).toEqual([10, 30, 'timeout']);
    const drill = await query.buckets({ sensorIds: ['a', 'b'], origin: 'drill', ...span, resolution: '10m' });
    expect([...drill.keys()]).toEqual(['a']);
    const live = await query.buckets({ sensorIds: ['a'], origin: 'live', ...span, resolution: '10m' });
    expect(live.get('a')).toEqual([
      ...[{ fromMs: T0, toMs: T0 + 10 * MINUTE, n: 2, min: 10, max: 30, sum: 40, last: 30, suspect: 0, bad: 1 }],
    ]);
    expect((await query.latest(['a'], 'live')).get('a')).toMatchObject({ quality: 'bad', reason: 'timeout' });
    expect(await query.tallies(span)).toMatchObject([
      { sensorId: 'a', origin: 'drill', dayMs: T0, n: 1 },
      { sensorId: 'a', origin: 'live', dayMs: T0, n: 3 },
    ]);
  });

  it('are refused when too many wait, and whatever waits fails when it is closed', async () => {
    const own = openHistoryQuery(folder, { zone: 'UTC', maxWaiting: 2 });
    const ask = () => own.range({ sensorId: 'a', origin: 'live', ...span, limit: 1 }).catch((cause) => cause.kind);
    const answers = Array.from({ length: 8 }, ask);
    expect(await Promise.all(answers.slice(6))).toEqual(['tooMuch', 'tooMuch']);
    await own.close();
    expect(await ask()).toBe('away');
    expect((await Promise.all(answers)).every((one) => Array.isArray(one) || typeof one === 'string')).toBe(true);
  });

  it('fail when there is no answer in time, and are answered again afterwards', async () => {
    journal([{ origin: 'live', readings: [good('a', 1, 10)] }]);
    const own = openHistoryQuery(folder, { zone: 'UTC', limitMs: 1 });
    await expect(own.latest(['a'], 'live')).rejects.toMatchObject({ name: 'HistoryUnreadError', kind: 'away' });
    await own.close();
    await expect(query.latest(['a'], 'live')).resolves.toHaveProperty('size', 1);
  });
});
