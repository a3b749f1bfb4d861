/**
 * What others do with the threshold part of our work: five numbers of a reading (sums of 1, 3, 6, 12 and 24 h) compared with
 * four levels each. `json-rules-engine` in this process; a Node-RED function flow in a process of its own. They are given
 * the sums ready made: windows, deadbands, delays, late data and reasons, which our rows include, they do not have.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from '#test/bench/row.ts';

const PEERS = fileURLToPath(new URL('./peers/', import.meta.url));
const READINGS = { jsonRules: 40_000, nodeRed: 40_000 } as const;

/** mm by hours of the window: blue, yellow, orange, red. */
export const TABLE = {
  h1: [35, 45, 60, 80],
  h3: [55, 75, 100, 120],
  h6: [70, 95, 120, 150],
  h12: [85, 110, 140, 175],
  h24: [100, 130, 160, 200],
} as const;
const LEVELS = ['blue', 'yellow', 'orange', 'red'] as const;
export type Sums = { readonly [window in keyof typeof TABLE]: number };

/** One reading in a hundred crosses something. */
export const sumsOf = (index: number): Sums => {
  const storm = index % 100 === 0 ? 20 : 1;
  const rain = ((index * 7) % 23) / 10;
  return { h1: rain * storm, h3: rain * 2 * storm, h6: rain * 3 * storm, h12: rain * 4 * storm, h24: rain * 5 * storm };
};

/** Installs what is compared with, once: it is no part of Fengsui. */
function install(): void {
  if (existsSync(`${PEERS}node_modules/node-red/package.json`)) return;
  console.error('installing the peers of the bench (npm ci), once ...');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['ci', ...flags], { cwd: PEERS, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the peers could not be installed: npm ci in test/bench/peers failed');
}

type JsonRules = {
  readonly Engine: new () => {
    addRule: (rule: unknown) => void;
    run: (facts: Sums) => Promise<{ readonly events: readonly unknown[] }>;
  };
};

async function measureJsonRules(): Promise<number> {
  install();
  const { Engine } = createRequire(`${PEERS}package.json`)('json-rules-engine') as JsonRules;
  const engine = new Engine();
  for (const [fact, limits] of Object.entries(TABLE))
    for (const [index, value] of limits.entries())
      engine.addRule({
        conditions: { all: [{ fact, operator: 'greaterThanInclusive', value }] },
        event: { type: LEVELS[index], params: { fact, value } },
      });
  let events = 0;
  const round = async (from: number, to: number) => {
    for (let index = from; index < to; index++) events += (await engine.run(sumsOf(index))).events.length;
  };
  await round(0, 5_000);
  const began = performance.now();
  await round(5_000, READINGS.jsonRules);
  const seconds = (performance.now() - began) / 1_000;
  if (events === 0) throw new Error('json-rules-engine raised nothing');
  return (READINGS.jsonRules - 5_000) / seconds;
}

/** What the process with Node-RED in it says when it is done. */
export type NodeRedSaid = { readonly perSecond: number; readonly crossed: number };
export type NodeRedOrder = { readonly peers: string; readonly readings: number };

async function measureNodeRed(): Promise<number> {
  install();
  const order: NodeRedOrder = { peers: PEERS, readings: READINGS.nodeRed };
  const child: ChildProcess = fork(new URL('./node-red-flow.ts', import.meta.url), [JSON.stringify(order)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const said = await new Promise<NodeRedSaid>((resolve, reject) => {
      child.once('message', (message) => resolve(message as NodeRedSaid));
      child.once('exit', (code) => reject(new Error(`Node-RED ended with ${code} before it was done`)));
      setTimeout(() => reject(new Error('Node-RED was not done in two minutes')), 120_000).unref();
    });
    if (said.crossed === 0) throw new Error('the flow raised nothing');
    return said.perSecond;
  } finally {
    child.kill('SIGKILL');
  }
}

const peer = (name: string, run: () => Promise<number>): BenchRow => ({
  name: `rules.peer.${name}.readings_per_s`,
  unit: 'readings/s',
  budget: null,
  better: 'higher',
  run,
});

export const rows: readonly BenchRow[] = [
  peer('json_rules_engine', measureJsonRules),
  peer('node_red', measureNodeRed),
];
