/** A stage of alerts on a temporary folder with logs that tests write, and a webhook receiver that keeps every request. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { type AlertsConfig, startAlerts } from '#alerts/main.ts';
import type { DeskCommand } from '#model/command.ts';
import { openLogReader, openLogWriter } from '#model/io/append-log.ts';
import type { StageContext } from '#model/ports.ts';
import type { Registry, RegistryPort } from '#model/registry.ts';
import type { Transition } from '#model/transition.ts';

export const FAST_RETRY = { firstPauseMs: 20, maxPauseMs: 100, rejectedTries: 3, giveUpAfterMs: 60_000 };

export const transitionsPath = (dataDir: string): string => join(dataDir, 'rules', 'rules.sqlite');
export const commandsPath = (dataDir: string): string => join(dataDir, 'console', 'commands.sqlite');

export async function until<T>(what: string, ask: () => T | undefined | false | null, limitMs = 20_000): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = ask();
    if (found !== undefined && found !== false && found !== null) return found;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export type Received = { readonly key: string; readonly body: string; readonly headers: IncomingHttpHeaders };
export type Receiver = {
  readonly url: string;
  readonly received: readonly Received[];
  /** What to answer the nth request (from 0); 200 when it says nothing. `hang` never answers. */
  answer: (n: number) => { readonly status: number; readonly retryAfter?: string } | 'hang' | undefined;
  readonly close: () => Promise<void>;
};

export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const n = received.length;
      const body = Buffer.concat(parts).toString('utf8');
      received.push({ key: String(request.headers['idempotency-key'] ?? ''), body, headers: request.headers });
      const answer = receiver.answer(n);
      if (answer === 'hang') return;
      if (answer?.retryAfter !== undefined) response.setHeader('retry-after', answer.retryAfter);
      response.writeHead(answer?.status ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/alerts`,
    received,
    answer: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

/** A registry that a test may replace. */
export function registryPort(first: Registry): RegistryPort & { readonly replace: (next: Registry) => void } {
  let current = first;
  const runs = new Set<() => void>();
  return {
    current: () => current,
    onChange: (run) => {
      runs.add(run);
      return () => runs.delete(run);
    },
    replace: (next) => {
      current = next;
      for (const run of runs) run();
    },
  };
}

export function stageContext(clock: StageContext['clock'], probe: StageContext['probe'] = () => undefined) {
  const counts = new Map<string, number>();
  const context: StageContext = {
    clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    metrics: {
      count: (name, labels, by = 1) => {
        const key = `${name}${JSON.stringify(labels ?? {})}`;
        counts.set(key, (counts.get(key) ?? 0) + by);
      },
      gauge: (name, value, labels) => counts.set(`${name}${JSON.stringify(labels ?? {})}`, value),
    },
    probe,
    signal: new AbortController().signal,
  };
  return { context, counts };
}

/** Logs, stage and reader on a folder of their own. */
export async function openDesk(registry: RegistryPort, context: StageContext, config: Partial<AlertsConfig> = {}) {
  const dataDir = config.dataDir ?? mkdtempSync(join(tmpdir(), 'fengsui-alerts-'));
  let transitions = openLogWriter<Transition>(transitionsPath(dataDir));
  const commands = openLogWriter<DeskCommand>(commandsPath(dataDir));
  const start = () =>
    startAlerts(
      { mqtt: null, retry: FAST_RETRY, ...config, dataDir },
      {
        registry,
        transitions: openLogReader<Transition>(transitionsPath(dataDir)),
        commands: openLogReader<DeskCommand>(commandsPath(dataDir)),
      },
      context,
    );
  let service = await start();
  const reader = openAlertReader(dataDir);
  return {
    dataDir,
    reader,
    sees: (...seen: readonly Transition[]) => transitions.append(seen.map((entry) => ({ key: entry.id, entry }))),
    does: (command: DeskCommand) => commands.append([{ key: command.id, entry: command }]),
    restart: async () => {
      await service.stop();
      service = await start();
    },
    /** As after somebody has removed the rules' folder. */
    restartOnEmptyTransitions: async () => {
      await service.stop();
      transitions.close();
      rmSync(dirname(transitionsPath(dataDir)), { recursive: true });
      transitions = openLogWriter<Transition>(transitionsPath(dataDir));
      service = await start();
    },
    stop: () => service.stop(),
    close: async () => {
      await service.stop();
      reader.close();
      transitions.close();
      commands.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
