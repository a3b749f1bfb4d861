import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeBatch } from '#model/batch.ts';
import { inTransaction, openWritable } from '#model/io/sqlite.ts';
import type { Reading } from '#model/reading.ts';
import type { NativeItem } from '../journal-item.ts';
import type { BoundReading } from '../native-bind.ts';
import { openNativeTable, REPEAT_WINDOW_MS } from './native-table.ts';

const NOW = 1_795_000_000_000;
const MINUTE = 60_000;
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const run of cleanups.splice(0).reverse()) run();
});

function openTable(remembered?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const db = openWritable(join(folder, 'journal.sqlite'), '', 1_000);
  cleanups.push(() => db.close());
  const table = openNativeTable(db, remembered);
  let seq = 0;
  const take = (...readings: readonly BoundReading[]): readonly Reading[] => {
    const item = { edgeId: 'gw', receivedAtMs: NOW, inventoryVersion: 'v', readings } as unknown as NativeItem;
    const body = inTransaction(db, () => table.take(item, { epoch: 'native-1', seq: ++seq }));
    const batch = body === null ? undefined : decodeBatch(body);
    if (batch?.ok === false) throw new Error(batch.error.message);
    return batch?.value.readings ?? [];
  };
  const kept = () => Number(db.prepare('SELECT count(*) AS n FROM native_seen').get()?.['n']);
  return { take, kept };
}

const total = (minute: number, steps: number, identity = `${minute}/${steps}`): BoundReading => ({
  ...{ sensorId: 'rain', atMs: NOW + minute * MINUTE, identity, flags: [], value: steps, stepUnit: 0.001 },
  counter: { modulus: null, maxPerMinute: 40 },
});
const gauge = (minute: number, value: number, identity: string | null): BoundReading => ({
  ...{ sensorId: 'crack', atMs: NOW + minute * MINUTE, identity, flags: [], value, counter: null, stepUnit: 0.01 },
});
const told = (readings: readonly Reading[]) =>
  readings.map((reading) =>
    `${reading.quality === 'bad' ? reading.reason : reading.value} ${reading.flags.join(',')}`.trim(),
  );

describe('what a device’s messages become in the journal’s commit', () => {
  it('counts running totals in order; a smaller one began again, an unlikely one is marked', () => {
    const { take } = openTable();
    expect(told(take(total(0, 10_000)))).toEqual(['0 first']);
    expect(told(take(total(1, 10_200), total(2, 11_000)))).toEqual(['200', '800']);
    expect(told(take(total(3, 400)))).toEqual(['400 reset']);
    expect(take(total(4, 900_400))[0]).toMatchObject({
      quality: 'suspect',
      value: 900_000,
      flags: ['rate'],
      raw: 900_400,
    });
  });

  it('adds nothing for a total from before the last one: the sum stays right', () => {
    const { take } = openTable();
    const readings = [
      ...take(total(0, 0)),
      ...take(total(10, 5_000)),
      ...take(total(5, 2_000)),
      ...take(total(11, 6_000)),
    ];
    expect(readings.map((reading) => (reading.quality === 'bad' ? null : reading.value))).toEqual([0, 5_000, 0, 1_000]);
  });

  it('knows a repeat, in the same message too; what bears no identity is taken each time', () => {
    const { take } = openTable();
    expect(take(gauge(0, 5, 'a'), gauge(0, 5, 'a'))).toHaveLength(1);
    expect(take(gauge(0, 5, 'a'))).toHaveLength(0);
    expect(take(gauge(0, 5, null))).toHaveLength(1);
    expect(take(gauge(0, 5, null), gauge(0, 6, 'a'))).toHaveLength(1);
  });

  it('takes the same counter long after as another message', () => {
    const { take } = openTable();
    expect(take(gauge(0, 2, 'fCnt 5'))).toHaveLength(1);
    expect(take(gauge(REPEAT_WINDOW_MS / MINUTE, 2, 'fCnt 5'))).toHaveLength(0);
    expect(take(gauge(REPEAT_WINDOW_MS / MINUTE + 1, 2, 'fCnt 5'))).toHaveLength(1);
    expect(take(gauge(REPEAT_WINDOW_MS / MINUTE + 1, 2, 'fCnt 5'))).toHaveLength(0);
  });

  it('remembers a bounded number, the newest', () => {
    const { take, kept } = openTable(500);
    for (let at = 0; at < 40; at++)
      take(...Array.from({ length: 100 }, (_, place) => gauge(at, place, `${at}.${place}`)));
    expect(kept()).toBeLessThanOrEqual(1_500);
    expect(take(gauge(39, 99, '39.99'))).toHaveLength(0);
    expect(take(gauge(0, 0, '0.0'))).toHaveLength(1);
  });
});
