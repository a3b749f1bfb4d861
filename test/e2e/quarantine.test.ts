import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFengsui, top } from '#test/support/command.ts';
import { until } from '#test/support/until.ts';
import { type Box, good } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { get } from './support/client.ts';
import { addEdge, addPoint } from './support/county-copy.ts';

const PINGSHANG = { lon: 106.6255, lat: 24.4176 };
const NEWCOMER = { id: 'edge-newcomer', township: '451099102', origin: 'simulated' };
const CRACK = { id: 'new-slope', ...PINGSHANG, sensorId: 'new-crack', edgeId: 'edge-newcomer' };

type Entry = { readonly edgeId: string; readonly reason: string; readonly seq: number; readonly detail: string };
const listed = async (chain: Chain) =>
  (await get(chain, '/api/v1/quarantine?limit=100')).body['items'] as readonly Entry[];

const valuesOf = (chain: Chain, sensorId: string) =>
  chain.history.range(sensorId, 0, Number.MAX_SAFE_INTEGER, 1_000).map((point) => point.value);

describe('what the county does not know', () => {
  let chain: Chain;
  let shiqiao: Box;
  let newcomer: Box;
  /** Every stamp counts from this one, so that history's order is the order of the values on a machine of any speed. */
  let nowMs = 0;
  beforeAll(async () => {
    chain = await startChain({ quarantineRowsPerEdge: 12 });
    chain.giveCredential(NEWCOMER.id, NEWCOMER.township);
    shiqiao = await chain.box('edge-shiqiao');
    newcomer = await chain.box(NEWCOMER.id, NEWCOMER.township);
  });
  afterAll(() => chain?.close());

  it('waits in quarantine, acked, listed and counted, and nothing waits behind it', async () => {
    nowMs = chain.clock.nowMs() - 1_000;
    await shiqiao.send([good('taoshuwan-crack', nowMs, 200), good('added-crack', nowMs, 300)]);
    await shiqiao.send([good('added-crack', nowMs + 1, 301)]);
    await shiqiao.send([good('taoshuwan-crack', nowMs + 2, 202)]);
    for (const value of [100, 101, 102]) await newcomer.send([good('new-crack', nowMs + value, value)]);
    await until('the known readings in history', 5_000, () => valuesOf(chain, 'taoshuwan-crack').length === 2);
    expect(valuesOf(chain, 'taoshuwan-crack')).toEqual([200, 202]);
    expect(valuesOf(chain, 'added-crack')).toEqual([]);
    const entries = await listed(chain);
    expect(entries.map(({ edgeId, reason, seq }) => `${edgeId} ${seq} ${reason}`).sort()).toEqual([
      'edge-newcomer 1 unknown-edge',
      'edge-newcomer 2 unknown-edge',
      'edge-newcomer 3 unknown-edge',
      'edge-shiqiao 1 unknown-sensor',
      'edge-shiqiao 2 unknown-sensor',
    ]);
    const metrics = await until('the counters', 5_000, async () => {
      const text = await chain.metrics();
      return text.includes('fengsui_quarantined_total') ? text : undefined;
    });
    expect(metrics).toMatch(/fengsui_quarantined_total\{[^}]*reason="unknown-edge"[^}]*\} 3/);
    expect(metrics).toMatch(/fengsui_quarantined_total\{[^}]*reason="unknown-sensor"[^}]*\} 2/);
  });

  it('is limited for each edge by itself: the one that is over its limit is not acked, the others go on', async () => {
    for (let value = 103; value <= 111; value++) await newcomer.send([good('new-crack', nowMs + value, value)]);
    const over = await newcomer.post([good('new-crack', nowMs + 200, 112)]);
    await shiqiao.send([good('taoshuwan-crack', nowMs + 201, 203)]);
    const metrics = await until('the refusal to be counted', 5_000, async () => {
      const text = await chain.metrics();
      return text.includes('fengsui_quarantine_full_total') ? text : undefined;
    });
    expect(metrics).toMatch(/fengsui_quarantine_full_total\{[^}]*\} 1/);
    expect(newcomer.acked()).toEqual([[1, over - 1]]);
    expect((await listed(chain)).filter((entry) => entry.edgeId === NEWCOMER.id)).toHaveLength(12);
  });

  it('is in history exactly once when the county has learnt of it, however often the county is edited', async () => {
    await chain.edit('edges.yaml', addEdge(NEWCOMER));
    await chain.edit('points.yaml', addPoint(CRACK));
    await chain.edit('people.yaml', (text) => text.replace('13900002202', '13900002299'));
    await until('the readings of the new box', 10_000, () => valuesOf(chain, 'new-crack').length >= 12);
    await until('the quarantine to be empty of them', 5_000, async () =>
      (await listed(chain)).every((entry) => entry.edgeId !== NEWCOMER.id),
    );
    expect(valuesOf(chain, 'new-crack')).toEqual([...Array(12).keys()].map((index) => 100 + index));
    // The same batch again, as an edge that missed the ack sends it, and the one that found no room.
    await newcomer.send([good('new-crack', chain.clock.nowMs(), 113)]);
    await until('the newest', 5_000, () => valuesOf(chain, 'new-crack').includes(113));
    expect(valuesOf(chain, 'new-crack').filter((value) => value === 105)).toHaveLength(1);
    const flags = chain.history.range('new-crack', 0, Number.MAX_SAFE_INTEGER, 100).map((point) => point.flags);
    expect(flags.filter((list) => list.includes('injected'))).toHaveLength(12);
    expect((await listed(chain)).map((entry) => entry.reason)).toEqual(['unknown-sensor', 'unknown-sensor']);
  });
});

describe('ingest that is killed while rows leave quarantine', () => {
  it('has them in history exactly once in the end', { timeout: 90_000 }, async () => {
    const chain = await startChain({ parts: ['broker', 'console'] });
    const inProcess = (kill: { readonly [name: string]: string }) =>
      runFengsui(['run', 'ingest'], {
        FENGSUI_DATA: chain.dataDir,
        FENGSUI_COUNTY: chain.county.dir,
        FENGSUI_DEVICES: `${top}/devices`,
        FENGSUI_MQTT: new URL(chain.mqttUrl()).host,
        FENGSUI_TICK_MS: '500',
        ...kill,
      });
    const ingest = inProcess({});
    try {
      await until('ingest to hear the edges', 20_000, () => ingest.output().includes('ingest hears the edges'));
      chain.giveCredential(NEWCOMER.id, NEWCOMER.township);
      const box = await chain.box(NEWCOMER.id, NEWCOMER.township);
      const values = [...Array(20).keys()].map((index) => 500 + index);
      const nowMs = chain.clock.nowMs();
      for (const value of values) await box.post([good('new-crack', nowMs - 1_000 + value, value)]);
      await until('all in quarantine', 20_000, async () => (await listed(chain)).length === values.length);
    } finally {
      await ingest.stop('SIGTERM');
    }
    await chain.edit('edges.yaml', addEdge(NEWCOMER));
    await chain.edit('points.yaml', addPoint(CRACK));
    const deaths: (NodeJS.Signals | null)[] = [];
    for (const commit of [1, 2, 5, 9]) {
      const killed = inProcess({ FENGSUI_KILL_AT: `journal.committed:${commit}` });
      await killed.exited;
      deaths.push(killed.process.signalCode);
    }
    expect(deaths).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL']);
    const left = await listed(chain);
    const again = inProcess({});
    try {
      await until('the quarantine to be empty', 20_000, async () => (await listed(chain)).length === 0);
      await until('every reading in history', 10_000, () => valuesOf(chain, 'new-crack').length >= 20);
    } finally {
      await again.stop('SIGTERM');
    }
    // The kills fell in the middle: some rows were out already, some not yet.
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(20);
    expect(valuesOf(chain, 'new-crack')).toEqual([...Array(20).keys()].map((index) => 500 + index));
    await chain.close();
  });
});
