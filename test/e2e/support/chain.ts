/** The centre in this process, over real MQTT and HTTP on free ports, in front of a copied county; each part stops and starts on its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { startAlerts } from '#alerts/main.ts';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import { openConsolePorts } from '#cli/io/console-ports.ts';
import { openContext, type ProcessContext } from '#cli/io/context.ts';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { credentialsFile, edgeDir, edgeSecretFile, ensureSecrets, servicePassword } from '#cli/io/secrets.ts';
import { watchCounty } from '#cli/load/io/watch-county.ts';
import { createLogin, startConsole } from '#dashboards/api/main.ts';
import { openHistoryReader } from '#ingest/io/history-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { startIngest } from '#ingest/main.ts';
import type { DeskCommand } from '#model/command.ts';
import { openLogReader } from '#model/io/append-log.ts';
import { openClock, type SteppedClock } from '#model/io/clock.ts';
import type { JournalReader, LogReader } from '#model/journal.ts';
import type { Service } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { Clock } from '#model/time.ts';
import type { Finding } from '#model/transition.ts';
import { compileRules } from '#rules/compile.ts';
import { openTransitionReader } from '#rules/io/transition-reader.ts';
import { startRules } from '#rules/main.ts';
import { top } from '#test/support/command.ts';
import { until } from '#test/support/until.ts';
import { type Box, openBox } from './box.ts';
import { type CountyCopy, copyCounty } from './county-copy.ts';

export const PARTS = ['broker', 'ingest', 'rules', 'alerts', 'console'] as const;
export type Part = (typeof PARTS)[number];
export const TOKEN = 'token-of-this-test-0123456789';
export const PASSWORD = 'correct horse battery';
const CHEAP_SCRYPT = 1_024;
const LOOK_AT_FILES_MS = 50;

export type ChainOptions = {
  readonly edit?: (county: CountyCopy) => void;
  readonly clock?: Clock;
  readonly tickMs?: number;
  readonly parts?: readonly Part[];
  readonly logins?: readonly string[];
  readonly commandWaitMs?: number;
  readonly wallMs?: () => number;
  readonly quarantineRowsPerEdge?: number;
};
export type Chain = Awaited<ReturnType<typeof startChain>>;

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** Rule sets that follow the county's files; what does not compile is a mistake of the test. */
function watchRules(countyDir: string, registry: RegistryPort, tickMs: number) {
  const compile = (): ReadonlyMap<number, CompiledRuleSet> => {
    const compiled = compileRules(readRuleFiles(countyDir), registry.current(), { tickMs });
    if (!compiled.ok) throw new Error(compiled.error.map(formatLint).join('\n'));
    return compiled.value;
  };
  let current = compile();
  const listeners = new Set<() => void>();
  registry.onChange(() => {
    current = compile();
    for (const run of listeners) run();
  });
  return {
    current: () => current,
    onChange: (run: () => void) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
  };
}

/** Remembers how far a reader has come, so that a test knows when everything has been taken in. */
function trackJournal(journal: JournalReader): { readonly reader: JournalReader; readonly isDone: () => boolean } {
  const given = new Map<number, number>();
  const read: JournalReader['read'] = (partition, afterPos, limit) => {
    const rows = journal.read(partition, afterPos, limit);
    given.set(partition, Math.max(given.get(partition) ?? 0, rows.at(-1)?.pos ?? afterPos));
    return rows;
  };
  const isDone = () => [...journal.heads()].every(([partition, head]) => (given.get(partition) ?? 0) >= head);
  return { reader: { ...journal, read }, isDone };
}

function trackLog<T>(log: LogReader<T>): { readonly reader: LogReader<T>; readonly isDone: () => boolean } {
  let asked = 0;
  const read: LogReader<T>['read'] = (afterPos, limit) => {
    asked = Math.max(asked, afterPos);
    return log.read(afterPos, limit);
  };
  return { reader: { ...log, read }, isDone: () => asked >= log.head() };
}

/** Says when ingest waits for its next tick, so that a stepped clock is not moved past it. */
function watchTicks(clock: Clock, tickMs: number): { readonly clock: Clock; readonly isWaiting: () => boolean } {
  let waiting = 0;
  return {
    isWaiting: () => waiting > 0,
    clock: {
      ...clock,
      sleep: (ms, signal) => {
        const slept = clock.sleep(ms, signal);
        if (ms !== tickMs) return slept;
        waiting++;
        return slept.finally(() => {
          waiting--;
        });
      },
    },
  };
}

type Running = { readonly service: Service; readonly context: ProcessContext };

export async function startChain(options: ChainOptions = {}) {
  const clock = options.clock ?? openClock({ kind: 'real' });
  const tickMs = options.tickMs ?? 5_000;
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-chain-'));
  const county = copyCounty();
  options.edit?.(county);
  const profiles = readProfiles(join(top, 'devices'));
  if (!profiles.ok) throw new Error(profiles.error.map(formatLint).join('\n'));
  const watched = watchCounty(county.dir, {
    clock,
    log: silent,
    profiles: () => profiles.value,
    pollMs: LOOK_AT_FILES_MS,
  });
  if (!watched.ok) throw new Error(watched.error.map(formatLint).join('\n'));
  const registry = watched.value;
  const ruleSets = watchRules(county.dir, registry, tickMs);
  ensureSecrets(dataDir, registry.current());
  for (const person of options.logins ?? []) await createLogin(dataDir, person, PASSWORD, CHEAP_SCRYPT);

  let mqttPort = 0;
  let httpPort = 0;
  let rulesRead = () => true;
  let alertsRead = () => true;
  const ticks = watchTicks(clock, tickMs);
  const mqttUrl = () => `mqtt://127.0.0.1:${mqttPort}`;
  const user = (name: 'svc-ingest' | 'svc-alerts') => ({ username: name, password: servicePassword(dataDir, name) });
  const settings = {
    dataDir,
    countyDir: county.dir,
    devicesDir: join(top, 'devices'),
    http: { host: '127.0.0.1', port: 0 },
    mqtt: { host: '127.0.0.1', port: 0 },
    token: TOKEN,
    clock: { kind: 'real' },
    tickMs,
  } as const;

  const launch: { readonly [P in Part]: (context: ProcessContext) => Promise<Service> } = {
    broker: async (context) => {
      const place = { host: '127.0.0.1', port: mqttPort, credentialsFile: credentialsFile(dataDir) };
      const service = await startBroker(place, context);
      mqttPort = service.port;
      return service;
    },
    ingest: (context) => {
      const rows = options.quarantineRowsPerEdge;
      const store = rows === undefined ? {} : { store: { quarantine: { rowsPerEdge: rows, bytesPerEdge: 1_000_000 } } };
      const config = { dataDir, tickMs, mqttUrl: mqttUrl(), ...user('svc-ingest'), ...store };
      return startIngest(config, { registry, ruleSets }, { ...context, clock: ticks.clock });
    },
    rules: (context) => {
      const journal = trackJournal(openJournalReader(dataDir));
      rulesRead = journal.isDone;
      return startRules({ dataDir }, { journal: journal.reader }, context);
    },
    alerts: (context) => {
      const transitions = trackLog<Finding>(openTransitionReader(dataDir));
      alertsRead = transitions.isDone;
      const commands = openLogReader<DeskCommand>(join(dataDir, 'console', 'commands.sqlite'));
      const mqtt = { url: mqttUrl(), ...user('svc-alerts') };
      return startAlerts({ dataDir, mqtt }, { transitions: transitions.reader, commands, registry }, context);
    },
    console: async (context) => {
      const config = {
        host: '127.0.0.1',
        port: httpPort,
        dataDir,
        token: TOKEN,
        staticDir: join(dataDir, 'page'),
        scryptCost: CHEAP_SCRYPT,
        ...(options.commandWaitMs === undefined ? {} : { commandWaitMs: options.commandWaitMs }),
        ...(options.wallMs === undefined ? {} : { wallMs: options.wallMs }),
      };
      const service = await startConsole(config, openConsolePorts(dataDir, registry), context);
      httpPort = service.port;
      return service;
    },
  };

  const running = new Map<Part, Running>();
  const start = async (part: Part): Promise<void> => {
    const context: ProcessContext = { ...openContext(part, settings), clock, log: silent };
    running.set(part, { service: await launch[part](context), context });
    context.beat('ready', []);
  };
  const stop = async (part: Part): Promise<void> => {
    const one = running.get(part);
    running.delete(part);
    one?.context.abort.abort();
    await one?.service.stop();
    one?.context.close();
  };
  for (const part of options.parts ?? PARTS) await start(part);

  const boxes: Box[] = [];
  const journal = openJournalReader(dataDir);
  const history = openHistoryReader(dataDir, journal);
  const alerts = openAlertReader(dataDir);
  const isSettled = () => rulesRead() && alertsRead();

  return {
    dataDir,
    county,
    clock,
    registry,
    journal,
    history,
    alerts,
    mqttUrl,
    http: () => `http://127.0.0.1:${httpPort}`,
    start,
    stop,
    /** A box comes on line; one that the county does not know needs its township named. */
    box: async (edgeId: string, place?: string): Promise<Box> => {
      const township = place ?? registry.current().edges.get(edgeId)?.township;
      if (township === undefined) throw new Error(`no edge ${edgeId}`);
      const box = await openBox({ mqttUrl: mqttUrl(), dataDir, clock }, edgeId, township);
      boxes.push(box);
      return box;
    },
    /** Edits files of the county and waits until the change is in force. */
    edit: async (file: string, change: (text: string) => string): Promise<void> => {
      const before = registry.current().version;
      county.edit(file, change);
      await until(`the edit of ${file}`, 10_000, () => {
        if (registry.current().version !== before) return true;
        throw new Error(registry.lints().map(formatLint).join('\n'));
      });
      ensureSecrets(dataDir, registry.current());
    },
    /** A credential for a box that the county does not know yet, as when it is sent out before its papers are. */
    giveCredential: (edgeId: string, township: string): void => {
      const made = ensureCredential(credentialsFile(dataDir), edgeId, { kind: 'edge', township, origin: 'simulated' });
      mkdirSync(edgeDir(dataDir, edgeId), { recursive: true });
      writeFileSync(edgeSecretFile(dataDir, edgeId), made ?? '', { mode: 0o600 });
    },
    /** Rules and alerts have taken in everything that is on disk. */
    settled: () => until('rules and alerts to take everything in', 10_000, isSettled),
    /** Moves a stepped clock on, tick by tick. */
    advance: async (ms: number): Promise<void> => {
      const stepped = clock as SteppedClock;
      const endMs = stepped.nowMs() + ms;
      while (stepped.nowMs() < endMs) {
        if (running.has('ingest')) await soon('ingest to wait for its tick', ticks.isWaiting);
        stepped.advanceTo(Math.min(endMs, stepped.nowMs() + tickMs));
      }
      if (running.has('ingest')) await soon('the last tick to be written', ticks.isWaiting);
      if (running.has('rules') && running.has('alerts')) await soon('rules and alerts', isSettled);
    },
    /** Prometheus text with what every part has counted by now. */
    metrics: async (): Promise<string> => {
      for (const { context } of running.values()) context.beat('ready', []);
      return (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
    },
    close: async (): Promise<void> => {
      for (const box of boxes) await box.close();
      for (const part of [...running.keys()].reverse()) await stop(part);
      registry.stop();
      alerts.close();
      history.close();
      journal.close();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
      county.remove();
    },
  };
}

/** Looks more often than `until`: a stepped clock takes hundreds of steps. */
async function soon(what: string, isTrue: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
