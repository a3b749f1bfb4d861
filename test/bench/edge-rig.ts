/** Paced pseudo-terminals, the edge that polls them and a centre that acks: each but the centre a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import { type BusConfig, type EdgeConfig, NOTHING_LOCAL } from '#model/edge-config.ts';
import type { BoxCounts } from '#test/bench/edge-box.ts';
import type { SimMessage, SimOrder } from '#test/bench/edge-sim.ts';
import type { Rig } from '#test/bench/rig.ts';
import { EDGE_ID, startCentre, TOWNSHIP } from '#test/edge/support.ts';

const PASSWORD = 'correct horse';
const START_LIMIT_MS = 30_000;

export type LinesPlan = {
  readonly lines: number;
  readonly unitsPerLine: number;
  /** 32-bit registers of a unit, each a sensor. */
  readonly sensorsPerUnit: number;
  readonly baudRate: number;
  /** Null: units answer at once. */
  readonly turnaroundMs: number | null;
  readonly pollMs: number;
};

const REGISTER: Omit<RegisterSpec, 'key' | 'address'> = {
  name: 'value',
  quantity: 'level',
  functionCode: 3,
  type: 'uint32',
  order: 'ABCD',
  scale: 0.001,
  offset: 0,
  sentinels: [],
  counter: null,
  plausible: { min: -1e9, max: 1e9, maxPerMinute: null },
};

const profileOf = ({ sensorsPerUnit, baudRate }: LinesPlan): DeviceProfile => ({
  id: 'bench',
  maker: 'none',
  model: 'none',
  name: { zh: '测量', en: 'bench' },
  source: 'made for the bench',
  baudRate,
  parity: 'none',
  maxRegistersPerRead: 125,
  timeoutMs: 500,
  gapMs: 0,
  registers: Array.from({ length: sensorsPerUnit }, (_, at) => ({ ...REGISTER, key: `r${at}`, address: at * 2 })),
});

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

/** One message from the child, or the reason why there is none. */
export function messageOf<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: nothing within ${START_LIMIT_MS} ms`)), START_LIMIT_MS);
    child.once('message', (message) => {
      clearTimeout(timer);
      resolve(message as T);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${what} ended with ${code}`));
    });
  });
}

const forked = (rig: Rig, file: string | URL): ChildProcess => {
  const child = fork(new URL(file, import.meta.url), { execArgv: [] });
  rig.children.push(child);
  return child;
};

export type Served = {
  readonly paths: readonly string[];
  readonly silence: (unitIds: readonly number[]) => void;
};

/** Lines that spend the time which their baud rate costs. */
export async function serveLines(rig: Rig, plan: LinesPlan): Promise<Served> {
  const simulator = forked(rig, './edge-sim.ts');
  const { unitsPerLine, baudRate, turnaroundMs } = plan;
  const paths = range(plan.lines).map((index) => join(rig.dir, `line-${index}.edge`));
  const order: SimOrder = { paths, unitsPerLine, baudRate, turnaroundMs };
  const ready = messageOf(simulator, 'the simulator');
  simulator.send(order);
  await ready;
  return {
    paths,
    silence: (silent) => void simulator.send({ silent } satisfies SimMessage),
  };
}

export type Box = { readonly look: () => Promise<BoxCounts>; readonly acked: () => number };

const BUNDLE = new URL('../../node_modules/.cache/fengsui-bench/edge-box.mjs', import.meta.url);

/** As it is shipped: one file of JavaScript beside its packages, since Node's reading of TypeScript costs memory. */
async function bundleBox(): Promise<URL> {
  await build({
    entryPoints: [fileURLToPath(new URL('./edge-box.ts', import.meta.url))],
    outfile: fileURLToPath(BUNDLE),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return BUNDLE;
}

/** The edge, with its outbox on disk and its uplink to a broker. */
export async function startBox(rig: Rig, plan: LinesPlan, paths: readonly string[]): Promise<Box> {
  const centre = await startCentre();
  rig.endings.push(centre.stop);
  const credentialFile = join(rig.dir, 'credential');
  writeFileSync(credentialFile, `${PASSWORD}\n`, { mode: 0o600 });
  const units = (line: number) =>
    range(plan.unitsPerLine).map((unit) => ({
      unitId: unit + 1,
      profile: 'bench',
      sensors: range(plan.sensorsPerUnit).map((at) => ({ sensorId: `s${line}-${unit + 1}-${at}`, register: `r${at}` })),
    }));
  const { baudRate, pollMs } = plan;
  const buses = paths.map(
    (path, index): BusConfig => ({
      id: `line-${index}`,
      kind: 'modbus-rtu',
      path,
      baudRate,
      parity: 'none',
      pollMs,
      units: units(index),
    }),
  );
  const config: EdgeConfig = {
    edgeId: EDGE_ID,
    township: TOWNSHIP,
    inventoryVersion: 'bench-1',
    profiles: { bench: profileOf(plan) },
    buses,
    links: [],
    local: NOTHING_LOCAL,
    mqttUrl: `mqtt://127.0.0.1:${centre.port}`,
    credentialFile,
    dataDir: join(rig.dir, 'edge'),
  };
  const box = forked(rig, await bundleBox());
  const ready = messageOf(box, 'the edge');
  box.send(config);
  await ready;
  return {
    look: () => {
      const counts = messageOf<BoxCounts>(box, 'the edge');
      box.send({});
      return counts;
    },
    acked: () => centre.batches.length,
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
