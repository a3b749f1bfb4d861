/** The same questions to the real embedded history and to one in memory: the same answers, whatever lies in between. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHistoryQuery } from '#ingest/io/history-query.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { openJournalStore } from '#ingest/io/journal-store.ts';
import { DEFAULT_STORE_OPTIONS } from '#ingest/journal-item.ts';
import { encodeBatch } from '#model/batch.ts';
import type { Reading } from '#model/reading.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { asToken, startUnderTest, TOKEN, type Under } from '#test/console/support/console-under-test.ts';
import { fakePorts } from '#test/console/support/fake-ports.ts';
import { runFengsui } from '#test/support/command.ts';

const AT = Date.parse('2026-06-03T09:30:00+08:00');
const good = (sensorId: string, measuredAtMs: number, value: number): Reading => ({
  ...{ sensorId, measuredAtMs, timeQuality: 'synced', flags: [] },
  ...{ quality: 'good', value },
});

/** Forty days, two readings an hour, with holes: a river that rises in the last day, and rain. */
function readings(): readonly Reading[] {
  const made: Reading[] = [];
  for (let atMs = AT - 40 * DAY_MS; atMs <= AT; atMs += HOUR_MS / 2) {
    const hour = Math.round((atMs - AT) / HOUR_MS);
    if (hour % 50 === 7) continue;
    const rise = Math.max(0, 24 + hour) * 20;
    made.push(good('level-1', atMs, 1_000 + rise + Math.round(5 * Math.sin(atMs / 3e6))));
    made.push(good('rain-1', atMs, hour % 9 === 0 ? 2_500 : 0));
  }
  return made;
}

let folder: string;
let real: Under;
let fake: Under;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-trend-'));
  const fakes = fakePorts();
  const all = readings();
  const store = openJournalStore(journalPath(folder), DEFAULT_STORE_OPTIONS);
  const items = Array.from({ length: Math.ceil(all.length / 100) }, (_, index) => {
    const part = all.slice(index * 100, index * 100 + 100);
    const identity = { edgeId: 'edge-a', epoch: 'p', seq: index + 1 };
    const body = encodeBatch({
      ...{ ...identity, bootId: 'boot', monoMs: 1, writtenAtMs: part[0]?.measuredAtMs ?? 0, timeQuality: 'synced' },
      ...{ inventoryVersion: 'v', readings: part, events: [] },
    });
    const head = { ...identity, kind: 'batch', township: 't', digest: index, partition: 3 } as const;
    return { ...head, origin: 'simulated', receivedAtMs: AT, body, parts: [] } as const;
  });
  store.commit(items);
  store.close();
  for (const reading of all) fakes.history.add(reading, 'simulated');
  const rule = {
    ...{ rule: 'high@1', title: { zh: '石桥水位', en: 'Shiqiao level' }, hazard: 'flood', pointId: 'river-1' },
    ...{ sensorId: 'level-1', measure: { kind: 'value' }, limits: [{ level: 'orange', limit: 1_700 }] },
  };
  const ruleSets = { current: () => new Map([[3, { rules: [rule] } as unknown as CompiledRuleSet]]) };
  const query = openHistoryQuery(folder, { zone: 'Asia/Shanghai' });
  const logins = ['p-county'];
  real = await startUnderTest({}, { ...fakes, ports: { ...fakes.ports, query, ruleSets } }, logins);
  fake = await startUnderTest({}, { ...fakes, ports: { ...fakes.ports, ruleSets } }, logins);
}, 30_000);
afterAll(async () => {
  await real?.stop();
  await fake?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const get = async (under: Under, path: string): Promise<{ readonly items: readonly object[] }> =>
  (await (await fetch(`${under.base}/api/v1/points/${path}&at=${AT}`, { headers: asToken })).json()) as never;

describe('trends from the embedded history', () => {
  test.for(['river-1/trend?origin=simulated', 'rain-1/trend?origin=simulated'])(
    'of %s are what the readings in memory give',
    async (path) => {
      const [one, other] = [await get(real, path), await get(fake, path)];
      expect(one).toEqual(other);
      expect(one.items.length).toBeGreaterThan(2);
      expect(JSON.stringify(one)).toContain('"said":true');
    },
  );

  test('tell when a rising river reaches the limit of the rule in force: a range around the true eleven hours', async () => {
    const { items } = await get(real, 'river-1/outlook?origin=simulated');
    // 1.46 m and 0.02 m an hour: 1.7 m in about eleven hours.
    const text = JSON.stringify(items);
    const match = /(\d+(?:\.5)?)–(\d+(?:\.5)?) 小时后到 石桥水位 橙色 1\.700 m/.exec(text);
    expect(match).not.toBeNull();
    expect(Number(match?.[1])).toBeLessThan(11);
    expect(Number(match?.[2])).toBeGreaterThan(11);
  });

  test('refuse a time that cannot be', async () => {
    for (const at of ['9999999999999999', '1900-01-01T00:00:00Z', '2999-01-01T00:00:00Z']) {
      const response = await fetch(`${real.base}/api/v1/points/river-1/trend?at=${at}`, { headers: asToken });
      expect([at, response.status, ((await response.json()) as { error: { path: string } }).error.path]).toEqual([
        ...[at, 400, 'at'],
      ]);
    }
  });

  test('can be read on a terminal', async () => {
    const env = { FENGSUI_URL: real.base, FENGSUI_TOKEN: TOKEN };
    const at = new Date(AT).toISOString();
    const shown = runFengsui(['trend', 'river-1', '--part', 'outlook', '--at', at, '--origin', 'simulated'], env);
    expect(await shown.exited).toBe(0);
    expect(shown.output()).toMatch(/石桥水位站[\s\S]*\[simulated\][\s\S]*项目\s+数值\s+依据[\s\S]*近 24 小时趋势/);
    const wrong = runFengsui(['trend', 'river-1', '--part', 'tomorrow'], env);
    expect(await wrong.exited).toBe(2);
  }, 30_000);
});
