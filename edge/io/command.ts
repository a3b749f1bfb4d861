/** The stand-alone command: `fengsui run edge --config FILE`, on a box that has nothing of the centre. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { formatLint } from '../../model/result.ts';
import { clockPolicy } from '../acquire/clock-watch.ts';
import { parseEdgeConfig } from '../config.ts';
import { startEdge } from '../main.ts';
import { EDGE_VERSION } from '../version.ts';
import { startHeart } from './heart.ts';
import { isWatchedBySystemd, openServiceManager } from './service-manager.ts';
import { openStandalone, serveMetrics } from './standalone.ts';

const HELP = `fengsui ${EDGE_VERSION}, edge agent

  fengsui run edge --config FILE    read the buses in FILE and send what they say to the centre
  fengsui --version
  fengsui --help

FILE is JSON that the centre writes for each edge; FENGSUI_EDGE_CONFIG names it as well.
FENGSUI_EDGE_MODEM=/dev/ttyUSB2 names a port of the modem that answers AT+CSQ, where ModemManager does not run.
FENGSUI_EDGE_METRICS=PORT serves /metrics on 127.0.0.1.
FENGSUI_CLOCK=virtual:START×SPEED runs on a clock of its own.
`;

const STOP_LIMIT_MS = 4_500;

type Io = { readonly out: (text: string) => void; readonly fail: (text: string) => void };

async function runEdge(file: string, env: NodeJS.ProcessEnv, io: Io): Promise<number> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    io.fail(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}\n`);
    return undefined;
  });
  if (text === undefined) return 1;
  const config = parseEdgeConfig(file, text);
  if (!config.ok) {
    io.fail(`${config.error.map(formatLint).join('\n')}\n`);
    return 1;
  }
  const stopping = new AbortController();
  const alone = openStandalone(env['FENGSUI_CLOCK'] ?? '', stopping.signal);
  if (alone === undefined) {
    io.fail(`FENGSUI_CLOCK=${env['FENGSUI_CLOCK'] ?? ''} is no clock: write real or virtual:2026-06-01T00:00:00Z×60\n`);
    return 1;
  }
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // From the signal on, also when it comes in the middle of the start.
  const hard = ended.then(() => setTimeout(() => process.exit(1), STOP_LIMIT_MS));
  const heart = isWatchedBySystemd(env) ? undefined : startHeart(alone.ctx.log);
  const service = await startEdge(config.value, alone.ctx, { clockPolicy: clockPolicy(alone.spec) });
  const manager = openServiceManager(env, alone.ctx.log, service.isAlive);
  manager.ready();
  const port = env['FENGSUI_EDGE_METRICS'];
  const door = port === undefined ? undefined : await serveMetrics(Number(port), alone.metricsText);
  if (door !== undefined)
    alone.ctx.log.info('metrics are served', { address: `http://127.0.0.1:${door.port}/metrics` });
  await ended;
  stopping.abort();
  manager.stop();
  door?.server.close();
  await service.stop();
  await heart?.stop();
  clearTimeout(await hard);
  return 0;
}

/** Returns the exit code; usage errors name what to write instead. */
export async function runCommand(argv: readonly string[], env: NodeJS.ProcessEnv, io: Io): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (cause) {
    io.fail(`${cause instanceof Error ? cause.message : String(cause)}\n\n${HELP}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.version === true) {
    io.out(`${EDGE_VERSION}\n`);
    return 0;
  }
  if (values.help === true || positionals.length === 0) {
    io.out(HELP);
    return 0;
  }
  if (positionals.join(' ') !== 'run edge') {
    io.fail(`fengsui: unknown command ${positionals.join(' ')}; this package has the edge only\n\n${HELP}`);
    return 2;
  }
  const file = values.config ?? env['FENGSUI_EDGE_CONFIG'];
  if (file === undefined) {
    io.fail('fengsui run edge: name the configuration with --config FILE or FENGSUI_EDGE_CONFIG\n');
    return 2;
  }
  return await runEdge(file, env, io);
}

const parse = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      version: { type: 'boolean', short: 'v' },
      help: { type: 'boolean', short: 'h' },
    },
  });
