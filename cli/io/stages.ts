/** The composition root: how each stage is wired. A stage's code is loaded when it is asked for. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessContext } from '#cli/io/context.ts';
import type { CountySource } from '#cli/io/county-source.ts';
import type { Started } from '#cli/io/started.ts';
import { hostText } from '#cli/settings.ts';
import type { DeskCommand } from '#model/command.ts';
import { formatLint } from '#model/result.ts';

export const STAGE_NAMES = ['simulators', 'edge', 'broker', 'ingest', 'rules', 'alerts', 'console'] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** What stages in one process share: one county, and the broker's port when it runs here. */
type Shared = { county: CountySource | undefined; mqttPort: number | undefined };
const shared = new WeakMap<ProcessContext, Shared>();

function sharedOf(context: ProcessContext): Shared {
  let own = shared.get(context);
  if (own === undefined) {
    own = { county: undefined, mqttPort: undefined };
    shared.set(context, own);
  }
  return own;
}

async function countyOf(context: ProcessContext): Promise<CountySource> {
  const own = sharedOf(context);
  if (own.county !== undefined) return own.county;
  const { openCountySource } = await import('#cli/io/county-source.ts');
  const { countyDir, devicesDir, tickMs } = context.settings;
  const opened = openCountySource({ countyDir, devicesDir }, context, tickMs);
  if (!opened.ok) throw new Error(`The county's files have errors:\n${opened.error.map(formatLint).join('\n')}`);
  own.county = opened.value;
  context.signal.addEventListener('abort', () => opened.value.stop(), { once: true });
  return opened.value;
}

/** The broker of this process, or the one that FENGSUI_MQTT names. */
function mqttUrl(context: ProcessContext): string {
  const { host, port } = context.settings.mqtt;
  return `mqtt://${hostText(host)}:${sharedOf(context).mqttPort ?? port}`;
}

async function startSimulators(context: ProcessContext): Promise<Started> {
  const { dataDir, countyDir } = context.settings;
  const county = await countyOf(context);
  const { startSimulators: start } = await import('#simulators/main.ts');
  const { parseScenario } = await import('#simulators/scenario.ts');
  const { planSimulation } = await import('#simulators/plan.ts');
  const { scenarioLints } = await import('#simulators/scenario-lints.ts');
  const other = process.env['FENGSUI_SIMULATION'];
  const file = other ?? join(countyDir, 'simulation.yaml');
  const isThere = other !== undefined || existsSync(file);
  const scenario = parseScenario(file, isThere ? readFileSync(file, 'utf8') : 'sensors: []\n');
  if (!scenario.ok) throw new Error(scenario.error.map(formatLint).join('\n'));
  const edges = [...county.registry.current().edges.values()].filter(
    (edge) => edge.origin !== 'live' || process.env['FENGSUI_SIMULATE_LIVE'] === '1',
  );
  const { linePath } = await import('#cli/io/edge-files.ts');
  const lints = scenarioLints(file, edges, county.profiles, scenario.value);
  for (const lint of lints) context.log.warn('the scenario does not fit the inventory', { finding: formatLint(lint) });
  const plan = planSimulation(edges, county.profiles, scenario.value, {
    dataDir: join(dataDir, 'simulators'),
    resolveBus: (bus) => (bus.kind === 'modbus-rtu' ? { ...bus, path: linePath(dataDir, bus.path) } : bus),
    resolveLink: (link) => (link.kind === 'serial' ? { ...link, path: linePath(dataDir, link.path) } : link),
  });
  const service = await start(plan, context);
  const ports: { [name: string]: number } = {};
  for (const line of service.lines) if (line.kind !== 'modbus-rtu') ports[line.id] = line.port;
  return { service, ports, lines: service.lines };
}

async function startEdge(context: ProcessContext, options: { readonly config?: string }): Promise<Started> {
  const file = options.config ?? process.env['FENGSUI_EDGE_CONFIG'];
  if (file === undefined)
    throw new Error(
      'Which edge? Give --config FILE (the JSON that the centre compiled for it) or FENGSUI_EDGE_CONFIG.',
    );
  const { parseEdgeConfig } = await import('#edge/config.ts');
  const config = parseEdgeConfig(file, readFileSync(file, 'utf8'));
  if (!config.ok) throw new Error(config.error.map(formatLint).join('\n'));
  const { startEdge: start } = await import('#edge/main.ts');
  const { clockPolicy } = await import('#edge/acquire/clock-watch.ts');
  const { startHeart } = await import('#edge/io/heart.ts');
  const heart = startHeart(context.log);
  const service = await start(config.value, context, { clockPolicy: clockPolicy(context.settings.clock) });
  const stop = async (): Promise<void> => {
    await service.stop();
    await heart.stop();
  };
  return { service: { ...service, stop }, ports: {} };
}

async function startBroker(context: ProcessContext): Promise<Started> {
  const { startBroker: start } = await import('#broker/main.ts');
  const { credentialsFile } = await import('#cli/io/secrets.ts');
  const { deviceMqttOf } = await import('#cli/io/native-doors.ts');
  const { dataDir, mqtt } = context.settings;
  const devices = deviceMqttOf(context.settings);
  const config = { ...mqtt, credentialsFile: credentialsFile(dataDir) };
  const service = await start(devices === undefined ? config : { ...config, devices }, context);
  sharedOf(context).mqttPort = service.port;
  const { devicePort } = service;
  return { service, ports: { mqtt: service.port, ...(devicePort === null ? {} : { deviceMqtt: devicePort }) } };
}

async function startIngest(context: ProcessContext): Promise<Started> {
  const { startIngest: start } = await import('#ingest/main.ts');
  const { openSnapshotFloor } = await import('#rules/io/snapshot-floor.ts');
  const { credentialsFile, servicePassword } = await import('#cli/io/secrets.ts');
  const { openEdgePushes } = await import('#cli/io/edge-pushes.ts');
  const { openTokenCheck, pushOf } = await import('#cli/io/native-doors.ts');
  const county = await countyOf(context);
  const { dataDir, tickMs } = context.settings;
  const user = 'svc-ingest';
  const push = pushOf(context.settings, county.registry.current());
  const config = {
    dataDir,
    tickMs,
    mqttUrl: mqttUrl(context),
    username: user,
    password: servicePassword(dataDir, user),
    ...(push === undefined ? {} : { push }),
  };
  const { registry, ruleSets } = county;
  const minCursor = openSnapshotFloor(dataDir).positions;
  const broken = (message: string) => context.log.error('credential file not taken over', { message });
  const checkToken = await openTokenCheck(credentialsFile(dataDir), broken);
  const edgeConfigs = openEdgePushes(county);
  const service = await start(config, { registry, ruleSets, minCursor, checkToken, edgeConfigs }, context);
  const influx =
    registry.current().history?.influx === undefined
      ? undefined
      : (await import('#cli/io/influx.ts')).startCountyInflux(dataDir, context.settings.countyDir, registry, context);
  const stop = async (): Promise<void> => {
    await Promise.all([influx?.stop(), service.stop()]);
  };
  return { service: { ...service, stop }, ports: service.pushPort === null ? {} : { push: service.pushPort } };
}

async function startRules(context: ProcessContext): Promise<Started> {
  const { startRules: start } = await import('#rules/main.ts');
  const { openJournalReader } = await import('#ingest/io/journal-reader.ts');
  const { dataDir } = context.settings;
  return { service: await start({ dataDir }, { journal: openJournalReader(dataDir) }, context), ports: {} };
}

async function startAlerts(context: ProcessContext): Promise<Started> {
  const { startAlerts: start } = await import('#alerts/main.ts');
  const { openTransitionReader } = await import('#rules/io/transition-reader.ts');
  const { openLogReader } = await import('#model/io/append-log.ts');
  const { commandsFile } = await import('#dashboards/api/io/command-file.ts');
  const { servicePassword } = await import('#cli/io/secrets.ts');
  const county = await countyOf(context);
  const { dataDir, anchorFile } = context.settings;
  const user = 'svc-alerts';
  const speakers = 'svc-broadcast';
  const broadcast = { username: speakers, password: servicePassword(dataDir, speakers) };
  const mqtt = { url: mqttUrl(context), username: user, password: servicePassword(dataDir, user), broadcast };
  const ports = {
    transitions: openTransitionReader(dataDir),
    commands: openLogReader<DeskCommand>(commandsFile(dataDir)),
    registry: county.registry,
  };
  return {
    service: await start({ dataDir, mqtt, ...(anchorFile === undefined ? {} : { anchorFile }) }, ports, context),
    ports: {},
  };
}

async function startConsole(context: ProcessContext): Promise<Started> {
  const { startConsole: start } = await import('#dashboards/api/main.ts');
  const { openConsolePorts } = await import('#cli/io/console-ports.ts');
  const { dataDir, countyDir, http, token } = context.settings;
  const county = await countyOf(context);
  const staticDir = join(import.meta.dirname, '..', '..', 'dashboards', 'console', 'dist');
  const ports = {
    ...openConsolePorts(dataDir, county.registry, countyDir, context.clock.nowMs),
    ruleSets: county.ruleSets,
  };
  const service = await start({ ...http, dataDir, token, staticDir }, ports, context);
  // Feeds of other platforms come in by the same door as people's commands, whose log this process writes.
  const { startFeeds } = await import('#alerts/io/atom/feeds.ts');
  const give = (entry: DeskCommand): void => {
    ports.commands.append([{ key: entry.id, entry }]);
  };
  const feeds = startFeeds({ registry: county.registry, give }, context);
  const stop = async (): Promise<void> => {
    await feeds.stop();
    await service.stop();
  };
  return { service: { ...service, stop }, ports: { http: service.port } };
}

export async function startStage(
  name: string,
  context: ProcessContext,
  options: { readonly config?: string },
): Promise<Started> {
  switch (name as StageName) {
    case 'simulators':
      return startSimulators(context);
    case 'edge':
      return startEdge(context, options);
    case 'broker':
      return startBroker(context);
    case 'ingest':
      return startIngest(context);
    case 'rules':
      return startRules(context);
    case 'alerts':
      return startAlerts(context);
    case 'console':
      return startConsole(context);
    default:
      throw new Error(`There is no stage "${name}": ${STAGE_NAMES.join(', ')}.`);
  }
}
