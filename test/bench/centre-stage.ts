/** One stage of the bench's centre in a process of its own; told by a message what to be, answers when it is ready. */
import { existsSync } from 'node:fs';
import { startBroker } from '#broker/main.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { startIngest } from '#ingest/main.ts';
import { openClock } from '#model/io/clock.ts';
import type { Service, StageContext } from '#model/ports.ts';
import { benchRegistry, benchRuleSets } from '#test/bench/centre-county.ts';

export type StageOrder =
  | { readonly stage: 'broker'; readonly credentialsFile: string }
  | {
      readonly stage: 'ingest';
      readonly dataDir: string;
      readonly mqttUrl: string;
      readonly password: string;
      readonly commitDelayMs: number;
    }
  | { readonly stage: 'rules'; readonly dataDir: string };
export type StageReady = { readonly addresses: readonly string[] };

const line = (level: string) => (message: string, fields?: object) => {
  if (level !== 'info' || process.env['BENCH_LOG'] !== undefined)
    process.stderr.write(`${level} ${message} ${JSON.stringify(fields ?? {})}\n`);
};
const ctx: StageContext = {
  clock: openClock({ kind: 'real' }),
  log: { info: line('info'), warn: line('warn'), error: line('error') },
  metrics: { count: () => undefined, gauge: () => undefined },
  probe: () => undefined,
  signal: new AbortController().signal,
};

const RULES = new URL('../../rules/main.ts', import.meta.url);
type StartRules = (config: object, ports: object, ctx: StageContext) => Promise<Service>;

async function start(order: StageOrder): Promise<Service> {
  if (order.stage === 'broker')
    return startBroker({ host: '127.0.0.1', port: 0, credentialsFile: order.credentialsFile }, ctx);
  if (order.stage === 'rules') {
    if (!existsSync(RULES)) throw new Error('the rules stage is not there');
    const { startRules } = (await import(RULES.href)) as { readonly startRules: StartRules };
    return startRules({ dataDir: order.dataDir }, { journal: openJournalReader(order.dataDir) }, ctx);
  }
  const registry = benchRegistry();
  const sets = benchRuleSets();
  const { dataDir, mqttUrl, password, commitDelayMs } = order;
  return startIngest(
    {
      dataDir,
      mqttUrl,
      username: 'svc-ingest',
      password,
      tickMs: 1_000,
      store: { commitDelayMs },
      history: { flushMs: 500 },
    },
    {
      registry: { current: () => registry, onChange: () => () => undefined },
      ruleSets: { current: () => sets, onChange: () => () => undefined },
    },
    ctx,
  );
}

let service: Service | undefined;
process.on('message', (order: StageOrder | 'stop') => {
  if (order === 'stop') {
    (service?.stop() ?? Promise.resolve()).finally(() => process.exit(0));
    return;
  }
  start(order).then(
    (started) => {
      service = started;
      process.send?.({ addresses: started.addresses } satisfies StageReady);
    },
    (cause) => {
      process.stderr.write(`${String(cause)}\n`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
