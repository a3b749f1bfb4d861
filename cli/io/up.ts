/** `fengsui up` (npm start): the whole county on this machine, every stage a process of its own, until Ctrl-C. */
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { settleClock } from '#cli/io/chain-clock.ts';
import { openLog } from '#cli/io/context.ts';
import { type CountySource, openCountySource } from '#cli/io/county-source.ts';
import { lockDataFolder } from '#cli/io/data-lock.ts';
import { type DemoLogin, demoLogins } from '#cli/io/demo-logins.ts';
import { compileForHere, writeEdgeConfig } from '#cli/io/edge-files.ts';
import { edgeSpec, followCounty, simulatorsSpec } from '#cli/io/follow-county.ts';
import { influxAddress } from '#cli/io/influx-target.ts';
import { deviceMqttOf, pushOf } from '#cli/io/native-doors.ts';
import { ensureSecrets } from '#cli/io/secrets.ts';
import { type ChildSpec, openSupervisor, type ReadyMessage, type Supervisor } from '#cli/io/supervisor.ts';
import { hostText, type ListenAddress, type Settings } from '#cli/settings.ts';
import type { Registry } from '#model/registry.ts';
import { formatLint, type Result } from '#model/result.ts';
import { formatClockSpec } from '#model/time.ts';

const entry = join(import.meta.dirname, '..', 'fengsui.mjs');

/** A failure to start that a person can mend: printed as it is, without a stack. */
class CannotStart extends Error {}

function portIsFree({ host, port }: ListenAddress): Promise<boolean> {
  if (port === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

async function demandFreePorts(settings: Settings, registry: Registry): Promise<void> {
  const devices = deviceMqttOf(settings);
  const push = pushOf(settings, registry);
  const wanted = [
    ...(devices === undefined
      ? []
      : [{ name: 'FENGSUI_DEVICE_MQTT', what: "the broker's listener for devices", address: devices }]),
    ...(push === undefined ? [] : [{ name: 'FENGSUI_PUSH', what: 'the push of devices', address: push }]),
    { name: 'FENGSUI_HTTP', what: 'the console', address: settings.http },
    { name: 'FENGSUI_MQTT', what: 'the broker', address: settings.mqtt },
  ];
  for (const { name, what, address } of wanted) {
    if (await portIsFree(address)) continue;
    throw new CannotStart(
      `Port ${address.port} on ${address.host}, which ${what} wants, is in use: stop the program that holds it, or choose another with ${name}=${address.host}:PORT (0 takes any free one).`,
    );
  }
}

const portOf = (ready: ReadyMessage, name: string): number => {
  const port = ready.ports[name];
  if (port === undefined) throw new Error(`no port named ${name} was reported`);
  return port;
};

/** A process that comes again listens where its clients know it. */
const samePort = (ready: ReadyMessage, variable: string, name: string): { readonly [name: string]: string } => {
  const port = ready.ports[name];
  return port === undefined ? {} : { [variable]: `127.0.0.1:${port}` };
};

async function ensureConsoleIsBuilt(say: (text: string) => void): Promise<void> {
  const { buildConsole, isBuilt } = await import('#dashboards/console/build.ts');
  if (isBuilt()) return;
  say('Building the console page, once ...');
  const mask = process.umask(0o022);
  await buildConsole().finally(() => process.umask(mask));
}

type Chain = {
  readonly supervisor: Supervisor;
  readonly httpPort: number;
  readonly mqttPort: number;
  readonly notes: readonly string[];
  /** Where the simulated lines came to lie. */
  readonly lines: NonNullable<ReadyMessage['lines']>;
};

function superviseFrom(settings: Settings, say: (text: string) => void): Supervisor {
  return openSupervisor({
    entry,
    env: {
      ...process.env,
      FENGSUI_DATA: settings.dataDir,
      FENGSUI_COUNTY: settings.countyDir,
      FENGSUI_DEVICES: settings.devicesDir,
      FENGSUI_CLOCK: formatClockSpec(settings.clock),
    },
    logDir: join(settings.dataDir, 'logs'),
    onEvent: say,
  });
}

/** Starts every process as soon as the ports that it needs are known; resolves when all are ready. */
async function startChain(
  settings: Settings,
  registry: Registry,
  source: Pick<CountySource, 'profiles' | 'ruleSets'>,
  supervisor: Supervisor,
): Promise<Chain> {
  const { dataDir, http, mqtt } = settings;
  const starting: Promise<ReadyMessage>[] = [];
  const start = (spec: ChildSpec): Promise<ReadyMessage> => {
    const ready = supervisor.start(spec);
    ready.catch(() => {}); // Whoever awaits it hears of it, perhaps only after another one has failed.
    starting.push(ready);
    return ready;
  };
  const run = (name: string, env: { readonly [name: string]: string } = {}) =>
    start({ name, args: ['run', name], env });
  const simulated = [...registry.edges.values()].some((edge) => edge.origin === 'simulated');
  const simulating = simulated ? start(simulatorsSpec) : undefined;
  const broking = start({
    name: 'broker',
    args: ['run', 'broker'],
    env: { FENGSUI_MQTT: `${hostText(mqtt.host)}:${mqtt.port}` },
    envOnRestart: (ready) => ({
      FENGSUI_MQTT: `${hostText(mqtt.host)}:${portOf(ready, 'mqtt')}`,
      ...samePort(ready, 'FENGSUI_DEVICE_MQTT', 'deviceMqtt'),
    }),
  });
  run('rules');
  const mqttPort = portOf(await broking, 'mqtt');
  const toBroker = { FENGSUI_MQTT: `${hostText(mqtt.host)}:${mqttPort}` };
  const ingesting = start({
    name: 'ingest',
    args: ['run', 'ingest'],
    env: toBroker,
    envOnRestart: (ready) => ({ ...toBroker, ...samePort(ready, 'FENGSUI_PUSH', 'push') }),
  });
  run('alerts', toBroker);
  const console_ = start({
    name: 'console',
    args: ['run', 'console'],
    env: { ...toBroker, FENGSUI_HTTP: `${hostText(http.host)}:${http.port}` },
    envOnRestart: (ready) => ({ FENGSUI_HTTP: `${hostText(http.host)}:${portOf(ready, 'http')}` }),
  });
  const simulators = await simulating;
  const configs = compileForHere(registry, source.profiles, {
    dataDir,
    ruleSets: source.ruleSets.current(),
    mqttUrl: `mqtt://${hostText(mqtt.host)}:${mqttPort}`,
    lines: simulators?.lines ?? [],
  });
  for (const config of configs) {
    writeEdgeConfig(dataDir, config);
    if (registry.edges.get(config.edgeId)?.origin === 'live') continue;
    start(edgeSpec(dataDir, config.edgeId));
  }
  await Promise.all(starting);
  const httpPort = portOf(await console_, 'http');
  const doors = [...(await broking).addresses.slice(1), ...(await ingesting).addresses];
  const notes = [
    ...(simulators?.addresses ?? []).map((address) => `simulated line ${address}`),
    ...doors.map((address) => `devices' own messages ${address}`),
  ];
  return { supervisor, httpPort, mqttPort, notes, lines: simulators?.lines ?? [] };
}

function printWelcome(
  settings: Settings,
  registry: Registry,
  chain: Chain,
  logins: readonly DemoLogin[],
  tookMs: number,
): void {
  const influx = registry.history?.influx;
  const lines = [
    '',
    `Fengsui 烽燧 · ${registry.county.name.zh} ${registry.county.name.en} · ready in ${(tookMs / 1_000).toFixed(1)} s`,
    '',
    `  Console   http://${hostText(settings.http.host)}:${chain.httpPort}/`,
    `  MQTT      mqtt://${hostText(settings.mqtt.host)}:${chain.mqttPort} (each edge has a credential of its own)`,
    `  Data      ${settings.dataDir}`,
    ...(influx === undefined ? [] : [`  InfluxDB  ${influxAddress(influx)}`]),
    ...chain.notes.map((note) => `  Wire      ${note}`),
    '',
    '  Sign in as (the passwords are new at every start):',
    ...logins.map((login) => `    ${login.personId.padEnd(14)} ${login.password}   ${login.who}`),
    '',
    '  All devices here are simulated: nothing of this reaches a real channel. Ctrl-C stops everything.',
    '',
  ];
  console.log(lines.join('\n'));
}

async function stopEverything(supervisor: Supervisor, leaveCounty: () => void, unlock: () => void): Promise<number> {
  console.log('\n  Stopping ...');
  leaveCounty();
  await supervisor.stopAll();
  unlock();
  return 0;
}

/** The value, or the end of the start with the sentence that the error is. */
function orStop<T>(result: Result<T, string>): T {
  if (!result.ok) throw new CannotStart(result.error);
  return result.value;
}

export async function up(wanted: Settings): Promise<number> {
  const startedMs = performance.now();
  const log = { info: () => {}, warn: () => {}, error: openLog('up').error };
  const say = (text: string) => console.log(`  ${text}`);
  let unlock = () => {};
  process.umask(0o077); // Passwords and people are for whoever runs this alone.
  try {
    unlock = orStop(lockDataFolder(wanted.dataDir));
    const settings = { ...wanted, clock: orStop(settleClock(wanted.dataDir, wanted.clock, Date.now())) };
    const { openClock } = await import('#model/io/clock.ts');
    const source = openCountySource(settings, { clock: openClock(settings.clock), log }, settings.tickMs);
    if (!source.ok)
      throw new CannotStart(
        `The county's files have errors; mend them and start again:\n${source.error.map(formatLint).join('\n')}`,
      );
    const registry = source.value.registry.current();
    await demandFreePorts(settings, registry);
    ensureSecrets(settings.dataDir, registry);
    await ensureConsoleIsBuilt(say);
    const logins = await demoLogins(settings.dataDir, registry);
    const asked = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    });
    flushCompileCache(); // The stages load much of what is loaded here: at the first start they need not compile it again.
    const supervisor = superviseFrom(settings, say);
    const chain = await Promise.race([
      startChain(settings, registry, source.value, supervisor).catch(async (cause: unknown) => {
        await supervisor.stopAll();
        throw cause;
      }),
      asked,
    ]);
    if (chain === undefined) return await stopEverything(supervisor, source.value.stop, unlock);
    printWelcome(settings, registry, chain, logins, performance.now() - startedMs);
    if (supervisor.has(simulatorsSpec.name) && existsSync(join(settings.countyDir, 'simulation.yaml')))
      chain.supervisor.send('simulators', { kind: 'begin', again: true });
    const unfollow = followCounty({
      dataDir: settings.dataDir,
      mqttUrl: `mqtt://${hostText(settings.mqtt.host)}:${chain.mqttPort}`,
      supervisor,
      source: source.value,
      lines: chain.lines,
      say,
    });
    await asked;
    unfollow();
    return await stopEverything(supervisor, source.value.stop, unlock);
  } catch (cause) {
    unlock();
    console.error(cause instanceof Error ? cause.message : String(cause));
    return 1;
  }
}
