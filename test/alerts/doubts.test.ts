import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { indexRegistry } from '#alerts/directory.ts';
import { alertsPath } from '#alerts/io/schema.ts';
import { openStore } from '#alerts/io/store.ts';
import { verifyLedger } from '#alerts/io/verify.ts';
import { sampleRegistry, T0, transition } from '#alerts/testing/sample.ts';
import { openWritable } from '#model/io/sqlite.ts';
import type { DoubtNote, Finding } from '#model/transition.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const doubt = (n: number, doubted: boolean): DoubtNote => ({
  ...{ kind: 'doubt', id: `lone@1|S1|0:${n}:0`, rule: 'lone@1', sensorId: 'S1', pointId: 'P1', doubted },
  ...{ origin: 'live', atMs: T0, decidedAtMs: T0, late: false, partition: 0, pos: n },
  reason: { zh: '1 小时雨量 31.2 mm', en: 'rainfall of 31.2 mm in 1 hour' },
});

describe('doubts in the alerts’ store', () => {
  it('stand in the chained record once, on the open alert and before it on the point’s own, and call nobody', () => {
    const dir = mkdtempSync(join(tmpdir(), 'fengsui-doubts-'));
    closing.push(() => rmSync(dir, { recursive: true }));
    const store = openStore(dir);
    const directory = indexRegistry(sampleRegistry());
    const take = (pos: number, entry: Finding) => store.takeTransitions([{ pos, entry }], directory, T0);
    take(1, doubt(1, true));
    take(2, transition({ n: 2, to: 'yellow' }));
    const pending = store.deliveries.pending();
    take(3, doubt(3, true));
    take(4, doubt(3, true));
    take(5, doubt(5, false));
    expect(store.deliveries.pending()).toEqual(pending);
    store.close();
    const db = openWritable(alertsPath(dir), '');
    const events = (db.prepare('SELECT body FROM events ORDER BY seq').all() as { body: string }[])
      .map(({ body }) => JSON.parse(body) as { kind: string; alertId: string; facts: { doubted: boolean } })
      .filter(({ kind }) => kind === 'doubt');
    db.close();
    expect(
      events.map(({ alertId, facts }) => [alertId.startsWith('doubts-') ? alertId : 'alert', facts.doubted]),
    ).toEqual([
      ['doubts-P1', true],
      ['alert', true],
      ['alert', false],
    ]);
    expect(verifyLedger(dir)).toMatchObject({ ok: true });
  });
});
