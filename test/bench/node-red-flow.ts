/**
 * Node-RED with a plain function flow, as a process: a function node compares a reading's sums with the table and sends on
 * what it crossed, another one counts. Readings are put in by the first node's own `receive`, without a wire before it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeRedOrder, type NodeRedSaid, sumsOf, TABLE } from '#test/bench/rules-peers.ts';

type FlowNode = { readonly receive: (message: unknown) => void };
type NodeRed = {
  readonly init: (server: unknown, settings: unknown) => void;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly nodes: { readonly getNode: (id: string) => FlowNode | null };
};

const { peers, readings } = JSON.parse(process.argv[2] ?? '{}') as NodeRedOrder;
const RED = createRequire(`${peers}package.json`)('node-red') as NodeRed;
const userDir = mkdtempSync(join(tmpdir(), 'fengsui-node-red-'));
const counted = { seen: 0, crossed: 0 };

const LEVEL_OF = `
const table = ${JSON.stringify(TABLE)};
let rank = 0;
for (const window of Object.keys(table))
  table[window].forEach((limit, index) => { if (msg.payload[window] >= limit && index + 1 > rank) rank = index + 1; });
msg.rank = rank;
return msg;`;
const COUNT = `
const counted = global.get('counted');
counted.seen++;
if (msg.rank > 0) counted.crossed++;
return null;`;

const node = (id: string, func: string, wires: readonly string[]) => ({
  // Without a place on the sheet a node is taken for a configuration and never started.
  ...{ id, type: 'function', z: 'tab', x: 100, y: 100, name: id, func, outputs: 1, wires: [wires] },
});

const flows = [
  { id: 'tab', type: 'tab', label: 'levels' },
  node('level', LEVEL_OF, ['count']),
  node('count', COUNT, []),
];
writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
RED.init(createServer(), {
  ...{ userDir, flowFile: 'flows.json', httpAdminRoot: false, httpNodeRoot: false, disableEditor: true },
  functionGlobalContext: { counted },
  credentialSecret: false,
  logging: { console: { level: 'fatal', metrics: false, audit: false } },
  telemetry: { enabled: false },
});
await RED.start();

const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setImmediate(resolve));
};
let level: FlowNode | null = null;
await until(() => {
  level = RED.nodes.getNode('level');
  return level !== null;
});

/** At most so many messages wait in the flow, as a broker's in-flight window would have it. */
const IN_FLIGHT = 1_000;
async function put(from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    level?.receive({ payload: sumsOf(index) });
    if (index - counted.seen >= IN_FLIGHT) await until(() => index - counted.seen < IN_FLIGHT / 2);
  }
  await until(() => counted.seen >= to);
}

await put(0, 5_000);
const began = performance.now();
await put(5_000, readings);
const said: NodeRedSaid = {
  perSecond: (readings - 5_000) / ((performance.now() - began) / 1_000),
  crossed: counted.crossed,
};
rmSync(userDir, { recursive: true, force: true });
process.send?.(said);
