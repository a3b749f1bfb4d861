import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import { startEdge } from '#edge/main.ts';
import { openHistoryReader } from '#ingest/io/history-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { startIngest } from '#ingest/main.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { partitionOf } from '#model/partition.ts';
import { openRulesStore } from '#rules/io/store.ts';
import { startRules } from '#rules/main.ts';
import { edgeConfig, registersReply, startScriptedUnit } from '#test/edge/support.ts';
import {
  noRules,
  registryPort,
  tempFolder,
  testContext,
  testRegistry,
  until as untilWithin,
} from '#test/ingest/centre.ts';

const TOWNSHIP = '331004001';
const PARTITION = partitionOf(TOWNSHIP);
const GAPS = { afterMs: 300, pauseMs: 500, longestPauseMs: 2_000 };

/** A real edge, broker and centre share two cores with other tests; the limit is for what hangs. */
const until = (what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> =>
  untilWithin(what, isTrue, 90_000);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

/** A real edge over a real broker, and an ingest that can be stopped and started. */
async function startChain() {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const file = `${folder.path}/broker/credentials.json`;
  const secret = ensureCredential(file, 'edge-1', { kind: 'edge', township: TOWNSHIP, origin: 'simulated' }) ?? '';
  const password = ensureCredential(file, 'svc-ingest', { kind: 'service' }) ?? '';
  const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: file }, testContext());
  cleanups.push(() => broker.stop());
  let polls = 0;
  const unit = await startScriptedUnit((request, reply) => {
    polls++;
    reply(registersReply(request, [0, polls]));
  });
  cleanups.push(() => unit.stop());
  const bus: BusConfig = {
    id: 'a',
    kind: 'modbus-rtu-tcp',
    host: '127.0.0.1',
    port: unit.port,
    pollMs: 40,
    units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 's-1', register: 'accumulated' }] }],
  };
  const config = { ...edgeConfig(folder.path, broker.port, [bus]), edgeId: 'edge-1', township: TOWNSHIP };
  writeFileSync(config.credentialFile, secret);
  const edge = await startEdge(config, testContext());
  cleanups.push(() => edge.stop());
  const journal = openJournalReader(folder.path);
  cleanups.push(() => journal.close());
  const history = openHistoryReader(folder.path, journal);
  cleanups.push(() => history.close());
  const seqs = () => journal.read(PARTITION, 0, 100_000).flatMap((row) => (row.kind === 'batch' ? [row.seq] : []));
  const start = async (ctx = testContext()) => {
    const service = await startIngest(
      {
        ...{ dataDir: folder.path, mqttUrl: config.mqttUrl, username: 'svc-ingest', password, tickMs: 100 },
        ...{ gaps: GAPS, history: { flushMs: 50, pollMs: 10 } },
      },
      { registry: registryPort(testRegistry({ 'edge-1': ['s-1'] })), ruleSets: noRules },
      ctx,
    );
    let isStopped = false;
    const stop = async () => {
      if (!isStopped) await service.stop();
      isStopped = true;
    };
    cleanups.push(stop);
    return { stop, ctx };
  };
  const path = `${folder.path}/journal/journal.sqlite`;
  const copy = `${folder.path}/copy.sqlite`;
  const keepCopy = () => {
    const db = new DatabaseSync(path);
    db.exec(`VACUUM INTO '${copy}'`);
    db.close();
  };
  const putBack = () => {
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
    renameSync(copy, path);
  };
  return { dataDir: folder.path, edge, start, seqs, keepCopy, putBack, history, journal };
}

const isDense = (seqs: readonly number[]) => new Set(seqs).size === seqs.length && Math.max(...seqs) === seqs.length;
const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);

describe('a journal that is put back to an older copy', () => {
  it.each(['kept', 'deleted'])(
    'gets the last minutes again, once in the journal and once in history (history %s), and rules begin anew',
    async (fate) => {
      const chain = await startChain();
      const rulesContext = testContext();
      const rules = await startRules(
        { dataDir: chain.dataDir, snapshotRows: 5, snapshotMs: 20, cursorMs: 1 },
        { journal: openJournalReader(chain.dataDir) },
        rulesContext,
      );
      cleanups.push(() => rules.stop());
      const first = await chain.start();
      await until('some batches', () => chain.seqs().length >= 15);
      await first.stop();
      chain.keepCopy();
      const second = await chain.start();
      await until('more batches', () => chain.seqs().length >= 50);
      await second.stop();
      const lost = chain.seqs().length;
      expect(sum(chain.history.counts())).toBeGreaterThanOrEqual(lost - 2);
      chain.putBack();
      if (fate === 'deleted') {
        chain.history.close();
        for (const suffix of ['', '-wal', '-shm'])
          rmSync(`${chain.dataDir}/history/history.sqlite${suffix}`, { force: true });
      }

      const third = await chain.start();
      await until('all of them in the journal', () => chain.seqs().length > lost + 10 && isDense(chain.seqs()));
      expect(third.ctx.counted()['fengsui_ingest_resend_requests_total']).toBeGreaterThan(0);
      expect(third.ctx.counted()['fengsui_ingest_batches_gone_total']).toBeUndefined();
      await until('history to have come as far', () => {
        const rows = chain.journal.read(PARTITION, 0, 100_000).filter((row) => row.kind === 'batch');
        const readings = rows.reduce((n, row) => n + (row.kind === 'batch' ? JSON.parse(row.body).r.length : 0), 0);
        return sum(chain.history.counts()) === readings;
      });
      const values = chain.history.range('s-1', 0, Number.MAX_SAFE_INTEGER, 100_000).map((point) => point.raw ?? -1);
      expect(new Set(values).size).toBe(values.length);
      expect(values.length).toBeGreaterThanOrEqual(lost);

      await until('rules to begin anew', () =>
        rulesContext.lines.some((line) => line.includes('the journal was put back to an older copy')),
      );
      const store = openRulesStore(chain.dataDir);
      cleanups.push(() => store.close());
      const head = chain.journal.heads().get(PARTITION) ?? 0;
      await until('rules to judge the new rows', () => (store.cursors().get(PARTITION) ?? 0) >= head);
    },
    300_000,
  );

  it('says once how many batches their edge does not have any more, and does not ask for them again', async () => {
    const chain = await startChain();
    const first = await chain.start();
    await until('some batches', () => chain.seqs().length >= 10);
    await first.stop();
    chain.keepCopy();
    const second = await chain.start();
    await until('more batches', () => chain.seqs().length >= 30);
    await second.stop();
    const [outbox] = new DatabaseSync(`${chain.dataDir}/copy.sqlite`)
      .prepare('SELECT epoch, ranges FROM streams')
      .all() as { epoch: string; ranges: string }[];
    const top = (JSON.parse(outbox?.ranges ?? '[]') as [number, number][]).at(-1)?.[1] ?? 0;
    const box = new DatabaseSync(`${chain.dataDir}/edge/outbox-${outbox?.epoch}.sqlite`);
    box.exec('PRAGMA busy_timeout=2000');
    box.exec(`DELETE FROM batch WHERE seq > ${top} AND seq <= ${top + 5}`);
    box.close();
    chain.putBack();

    const third = await chain.start();
    const gone = () => third.ctx.counted()['fengsui_ingest_batches_gone_total'];
    await until('the loss to be told', () => gone() === 5);
    await until('the rest to come', () => {
      const seqs = chain.seqs();
      return seqs.length > 40 && Math.max(...seqs) === seqs.length + 5;
    });
    await third.stop();
    const fourth = await chain.start();
    const before = chain.seqs().length;
    await until('it to run for a while', () => chain.seqs().length > before + 30);
    // The greeting alone.
    expect(fourth.ctx.counted()['fengsui_ingest_resend_requests_total']).toBe(1);
    expect(gone()).toBe(5);
    expect(fourth.ctx.counted()['fengsui_ingest_batches_gone_total']).toBeUndefined();
  }, 300_000);
});
