/**
 * The centre's latency beyond the poll interval: from the moment when a slave first served a new value (its served log)
 * to the moment when a client of the live stream had the `state` message with it, over the chain as `fengsui up` starts
 * it (every stage a process, the edge polling Modbus TCP), with 1,800 readings/s beside it. A value that was served and
 * never shown counts as infinitely late. The busy row has three things more going on all the while: an engine that
 * replays without a pause, a truncating checkpoint of all stores every second, and history's compaction and the
 * journal's retention at full speed (on stores beside the chain's; see latency-busy.ts).
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { edgeSecretFile } from '#cli/io/secrets.ts';
import { servedLogName } from '#simulators/config.ts';
import { readServedLines, summarizeServed } from '#simulators/io/served-log.ts';
import type { LoadEvent, LoadOrder } from '#test/bench/centre-load.ts';
import type { BusyOrder, BusyReport } from '#test/bench/latency-busy.ts';
import {
  LINE,
  LOAD_EDGES,
  loadEdge,
  loadSensors,
  METERS,
  meterId,
  unitOf,
  writeLatencyCounty,
} from '#test/bench/latency-county.ts';
import { type Rig, withRig } from '#test/bench/rig.ts';
import type { BenchRow } from '#test/bench/row.ts';

const MEASURE_S = 50;
/** Not counted: compilers and connections are still warming up. */
const WARM_UP_MS = 10_000;
const LAST_WAIT_MS = 3_000;
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;
const MIN_SAMPLES = 300;
const LOAD_EVERY_MS = 1_000;
const TOKEN = 'bench-of-the-live-stream';
const top = join(import.meta.dirname, '..', '..');
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** Values are hundredths of a millimetre. */
const keyOf = (index: number, valueMm: number): string => `${index}:${Math.round(valueMm * 100)}`;

type Chain = { readonly httpPort: number; readonly mqttPort: number };

/** It stops its own processes, within its limit. */
async function stopChain(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await Promise.race([ended, pause(STOP_LIMIT_MS)]);
}

/** `fengsui up` on the bench's county, once it says where it listens. */
async function startChain(countyDir: string, dataDir: string, { children, endings }: Rig): Promise<Chain> {
  const env = {
    ...process.env,
    FENGSUI_COUNTY: countyDir,
    FENGSUI_DATA: dataDir,
    FENGSUI_HTTP: '127.0.0.1:0',
    FENGSUI_MQTT: '127.0.0.1:0',
    FENGSUI_TOKEN: TOKEN,
  };
  const child = spawn(process.execPath, [join(top, 'cli', 'fengsui.mjs'), 'up'], {
    env,
    cwd: top,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  endings.push(() => stopChain(child));
  let said = '';
  const ports = (scheme: string) => Number(new RegExp(`${scheme}://127\\.0\\.0\\.1:(\\d+)`).exec(said)?.[1] ?? 0);
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the chain was not ready in time:\n${said}`)), READY_LIMIT_MS);
    child.once('exit', (code) => reject(new Error(`the chain ended with ${code}:\n${said}`)));
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      if (!/Ctrl-C/.test(said)) return;
      clearTimeout(timer);
      resolve();
    });
  });
  return { httpPort: ports('http'), mqttPort: ports('mqtt') };
}

/** When the edge had read a value, ingest received it, and the stream showed it. */
type Shown = { readonly measuredAtMs: number; readonly receivedAtMs: number; readonly atMs: number };
type StateMessage = {
  readonly receivedAtMs: number;
  readonly readings: readonly { readonly sensorId: string; readonly measuredAtMs: number; readonly value?: number }[];
};

/** Keeps when each value of each meter was first shown. */
function watchStream(httpPort: number, shown: Map<string, Shown>): () => void {
  const take = (data: string, atMs: number): void => {
    const { receivedAtMs, readings } = JSON.parse(data) as StateMessage;
    for (const { sensorId, measuredAtMs, value } of readings) {
      const index = Number(sensorId.slice(meterId(0).length - 1));
      const key = keyOf(index, value ?? Number.NaN);
      if (!shown.has(key)) shown.set(key, { measuredAtMs, receivedAtMs, atMs });
    }
  };
  let rest = '';
  const headers = { authorization: `Bearer ${TOKEN}`, accept: 'text/event-stream' };
  const request = get({ host: '127.0.0.1', port: httpPort, path: '/api/v1/stream', headers }, (response) => {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const nowMs = Date.now();
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data?.includes('"pointId":"latency-') === true) take(data, nowMs);
      }
    });
    response.on('error', () => undefined);
  });
  request.on('error', () => undefined);
  return () => request.destroy();
}

/** Before the chain is asked to stop: it would only be in the way. */
function endWithRow(child: ChildProcess, { children, endings }: Rig): void {
  children.push(child);
  endings.unshift(async () => {
    child.kill('SIGKILL');
  });
}

async function startLoad(mqttPort: number, dataDir: string, rig: Rig): Promise<() => number> {
  const load = fork(file('./centre-load.ts'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  endWithRow(load, rig);
  const edges = Array.from({ length: LOAD_EDGES }, (_, index) => {
    const { id, township } = loadEdge(index);
    const password = readFileSync(edgeSecretFile(dataDir, id), 'utf8').trim();
    return { id, township, password, sensors: loadSensors(id) };
  });
  let acked = 0;
  load.on('message', (event: LoadEvent) => {
    if (event.kind === 'acked') acked = event.batches;
  });
  load.send({ port: mqttPort, edges, batchesPerEdge: 1_000_000, everyMs: LOAD_EVERY_MS } satisfies LoadOrder);
  await new Promise<void>((resolve, reject) => {
    load.once('message', () => resolve());
    load.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
  });
  load.send('go');
  return () => acked;
}

function startBusy(dataDir: string, ownDir: string, rig: Rig): () => BusyReport {
  const reports = new Map<string, BusyReport>();
  const orders: readonly BusyOrder[] = [{ kind: 'replay' }, { kind: 'upkeep', dataDir, ownDir }];
  for (const order of orders) {
    const child = fork(file('./latency-busy.ts'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    endWithRow(child, rig);
    child.on('message', (report: BusyReport) => reports.set(order.kind, report));
    child.send(order);
  }
  return () => Object.assign({}, ...reports.values());
}

/** What passed from the first serving of a value, in ms. */
type Passed = { readonly bus: number; readonly uplink: number; readonly centre: number; readonly all: number };
const NEVER: Passed = { bus: Number.NaN, uplink: Number.NaN, centre: Number.NaN, all: Number.POSITIVE_INFINITY };

/** Of all values that were first served between two instants. */
function latencies(dataDir: string, shown: ReadonlyMap<string, Shown>, fromMs: number, toMs: number): Passed[] {
  const lines = readServedLines(join(dataDir, 'simulators', servedLogName(LINE)));
  const found: Passed[] = [];
  for (let index = 0; index < METERS; index++) {
    const place = { unitId: unitOf(index), functionCode: 3, address: 0, type: 'float32', order: 'ABCD' } as const;
    const firstServed = new Map<string, number>();
    for (const { atMs, raw } of summarizeServed(lines, place).values) {
      const key = keyOf(index, raw);
      if (!firstServed.has(key)) firstServed.set(key, atMs);
    }
    for (const [key, atMs] of firstServed) {
      if (atMs < fromMs || atMs > toMs) continue;
      const seen = shown.get(key);
      if (seen === undefined) found.push(NEVER);
      else
        found.push({
          bus: seen.measuredAtMs - atMs,
          uplink: seen.receivedAtMs - seen.measuredAtMs,
          centre: seen.atMs - seen.receivedAtMs,
          all: seen.atMs - atMs,
        });
    }
  }
  return found;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
const spread = (found: readonly Passed[], part: keyof Passed): string =>
  `${part} ${[0.5, 0.9, 0.99, 1]
    .map((share) =>
      quantile(
        found.map((passed) => passed[part]),
        share,
      ),
    )
    .join('/')}`;

async function measure(isBusy: boolean, rig: Rig): Promise<number> {
  const { dir, endings } = rig;
  const [countyDir, dataDir, ownDir] = [join(dir, 'county'), join(dir, 'data'), join(dir, 'own')];
  writeLatencyCounty(countyDir, top, MEASURE_S + WARM_UP_MS / 1_000);
  mkdirSync(ownDir);
  const chain = await startChain(countyDir, dataDir, rig);
  const shown = new Map<string, Shown>();
  const leave = watchStream(chain.httpPort, shown);
  endings.unshift(async () => leave());
  const acked = await startLoad(chain.mqttPort, dataDir, rig);
  const busy = isBusy ? startBusy(dataDir, ownDir, rig) : () => ({});
  await pause(WARM_UP_MS);
  const [fromMs, before] = [Date.now(), acked()];
  await pause(MEASURE_S * 1_000 - WARM_UP_MS);
  const [toMs, after] = [Date.now(), acked()];
  await pause(LAST_WAIT_MS);
  const found = latencies(dataDir, shown, fromMs, toMs);
  if (found.length < MIN_SAMPLES) throw new Error(`only ${found.length} changes were seen`);
  const perS = Math.round(((after - before) * 100_000) / (toMs - fromMs));
  const spreads = (['all', 'bus', 'uplink', 'centre'] as const).map((part) => spread(found, part)).join(', ');
  process.stderr.write(
    `centre latency${isBusy ? ', busy' : ''}: ${found.length} changes, ${perS} readings/s beside them; ms at 50/90/99/100 %: ${spreads}${isBusy ? `; ${JSON.stringify(busy())}` : ''}\n`,
  );
  return quantile(
    found.map((passed) => passed.all),
    0.99,
  );
}

const unit = 'ms';
const better = 'lower';
export const rows: readonly BenchRow[] = [
  { name: 'centre.latency.p99_ms', unit, budget: 50, better, run: () => withRig((rig) => measure(false, rig)) },
  { name: 'centre.latency_busy.p99_ms', unit, budget: 250, better, run: () => withRig((rig) => measure(true, rig)) },
];
