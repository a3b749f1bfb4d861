/**
 * The centre's durable throughput: batches of 100 readings from 20 edges over a real broker, until every one is acked
 * and history and rules have worked off the journal. Broker, ingest, rules and the load run in processes of their own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { ensureCredential } from '#broker/io/credentials.ts';
import { readHistoryCursors } from '#ingest/io/history-file.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import type { Cursors } from '#model/journal.ts';
import { BATCH_READINGS, EDGES, edgeIds, townshipOf } from '#test/bench/centre-county.ts';
import type { LoadEvent, LoadOrder } from '#test/bench/centre-load.ts';
import type { StageOrder, StageReady } from '#test/bench/centre-stage.ts';
import { type Rig, withRig } from '#test/bench/rig.ts';
import type { BenchRow } from '#test/bench/row.ts';

const BATCHES_PER_EDGE = 1_000;
const WARM_UP_SHARE = 0.2;
const LIMIT_MS = 240_000;
const TICKS_PER_S = 100;
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export type CentreFigures = { readonly readingsPerS: number; readonly ackedPerS: number };

function spawn(name: string): ChildProcess {
  return fork(file(name), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** Seconds of processor time that a process has used; 0 where the system does not tell. */
function processorS(child: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  } catch {
    return 0;
  }
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) => reject(new Error(`a process of the bench ended with ${code}`)));
  });
}

async function startStage(children: ChildProcess[], order: StageOrder): Promise<StageReady> {
  const child = spawn('./centre-stage.ts');
  children.push(child);
  child.send(order);
  return nextMessage<StageReady>(child);
}

/** How far rules have come, from their own file. */
function rulesCursors(dataDir: string): Cursors {
  const path = `${dataDir}/rules/rules.sqlite`;
  if (!existsSync(path)) return new Map();
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = db.prepare('SELECT partition, pos FROM cursors').all() as { partition: number; pos: number }[];
    return new Map(rows.map((row) => [row.partition, row.pos]));
  } catch {
    return new Map();
  } finally {
    db.close();
  }
}

const hasPassed = (heads: Cursors, cursors: Cursors): boolean =>
  [...heads].every(([partition, pos]) => (cursors.get(partition) ?? 0) >= pos);

async function caughtUp(dataDir: string, withRules: boolean): Promise<void> {
  const journal = openJournalReader(dataDir);
  const heads = journal.heads();
  journal.close();
  const endMs = Date.now() + LIMIT_MS;
  for (;;) {
    const isDone =
      hasPassed(heads, readHistoryCursors(dataDir)) && (!withRules || hasPassed(heads, rulesCursors(dataDir)));
    if (isDone) return;
    if (Date.now() > endMs) throw new Error('history or rules did not catch up');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs the load; from when a share of it is acked (just-in-time compilation is done) to when all is worked off. */
async function measure(rig: Rig, commitDelayMs: number, batchesPerEdge: number): Promise<CentreFigures> {
  const { dir: dataDir, children } = rig;
  const credentialsFile = join(dataDir, 'broker/credentials.json');
  const edges = edgeIds().map((id) => ({
    id,
    password:
      ensureCredential(credentialsFile, id, { kind: 'edge', township: townshipOf(id), origin: 'simulated' }) ?? '',
  }));
  const password = ensureCredential(credentialsFile, 'svc-ingest', { kind: 'service' }) ?? '';
  const broker = await startStage(children, { stage: 'broker', credentialsFile });
  const mqttUrl = broker.addresses[0] ?? '';
  await startStage(children, { stage: 'ingest', dataDir, mqttUrl, password, commitDelayMs });
  const withRules = existsSync(new URL('../../rules/main.ts', import.meta.url));
  if (withRules) await startStage(children, { stage: 'rules', dataDir });
  else process.stderr.write('centre bench: the rules stage is not there, measured without it\n');

  const load = spawn('./centre-load.ts');
  children.push(load);
  load.send({ port: Number(new URL(mqttUrl).port), edges, batchesPerEdge } satisfies LoadOrder);
  await nextMessage<LoadEvent>(load);
  const total = EDGES * batchesPerEdge;
  const times = await runLoad(load, total);
  await caughtUp(dataDir, withRules);
  const doneMs = performance.now();
  const names = withRules ? ['broker', 'ingest', 'rules', 'load'] : ['broker', 'ingest', 'load'];
  const used = children.map((child, index) => `${names[index]} ${processorS(child).toFixed(1)} s`);
  process.stderr.write(`centre bench: processor time from start to end: ${used.join(', ')}\n`);
  const measured = (total - times.warmBatches) * BATCH_READINGS;
  return {
    readingsPerS: (measured / (doneMs - times.warmMs)) * 1_000,
    ackedPerS: (measured / (times.ackedMs - times.warmMs)) * 1_000,
  };
}

type Times = { readonly warmMs: number; readonly warmBatches: number; readonly ackedMs: number };

function runLoad(load: ChildProcess, total: number): Promise<Times> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the load did not end in time')), LIMIT_MS);
    let warm: { readonly ms: number; readonly batches: number } | undefined;
    load.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
    load.on('message', (event: LoadEvent) => {
      if (event.kind !== 'acked') return;
      const nowMs = performance.now();
      if (warm === undefined && event.batches >= total * WARM_UP_SHARE) warm = { ms: nowMs, batches: event.batches };
      if (event.batches < total || warm === undefined) return;
      clearTimeout(timer);
      resolve({ warmMs: warm.ms, warmBatches: warm.batches, ackedMs: nowMs });
    });
    load.send('go');
  });
}

const readings = (commitDelayMs: number, batchesPerEdge: number) => async (): Promise<number> => {
  const { readingsPerS, ackedPerS } = await withRig((rig) => measure(rig, commitDelayMs, batchesPerEdge));
  process.stderr.write(
    `centre, ${commitDelayMs} ms added: ${Math.round(ackedPerS)} acked/s, ${Math.round(readingsPerS)} all done/s\n`,
  );
  return readingsPerS;
};

export const rows: readonly BenchRow[] = [
  {
    name: 'centre.durable.readings_per_s',
    unit: 'readings/s',
    budget: 200_000,
    better: 'higher',
    run: readings(0, BATCHES_PER_EDGE),
  },
  {
    name: 'centre.durable20.readings_per_s',
    unit: 'readings/s',
    budget: 100_000,
    better: 'higher',
    run: readings(20, BATCHES_PER_EDGE),
  },
];
