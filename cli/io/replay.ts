/**
 * `fengsui replay`: a recorded series through the whole chain, as if a station had measured it: a real Modbus slave, a
 * real edge with its outbox, MQTT, journal, rules and alerts, all on one clock that moves from row to row.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { startAlerts } from '#alerts/main.ts';
import { startBroker } from '#broker/main.ts';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { credentialsFile, edgeDir, edgeSecretFile, ensureSecrets, servicePassword } from '#cli/io/secrets.ts';
import type { CountyReport } from '#cli/load/county.ts';
import { inspectCounty } from '#cli/load/io/read-county.ts';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { startEdge } from '#edge/main.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { startIngest } from '#ingest/main.ts';
import type { AlertCommand, AlertReader } from '#model/alert.ts';
import { openLogReader } from '#model/io/append-log.ts';
import { openSteppedClock, type SteppedClock } from '#model/io/clock.ts';
import type { JournalReader, LogReader } from '#model/journal.ts';
import type { Log, Service, StageContext } from '#model/ports.ts';
import type { Registry, Sensor } from '#model/registry.ts';
import { err, formatLint, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';
import { compileRules } from '#rules/compile.ts';
import { openTransitionReader } from '#rules/io/transition-reader.ts';
import { startRules } from '#rules/main.ts';
import {
  openReplaySlave,
  type ReplayProgress,
  type ReplayReport,
  replaySeries,
  replayStartMs,
} from '#simulators/io/replay.ts';
import { parseRecorded } from '#simulators/recorded/formats.ts';
import type { RecordedSeries } from '#simulators/recorded/series.ts';
import { stationProfile, stationUnit } from '#simulators/station.ts';

export type ReplayOptions = {
  readonly file: string;
  readonly countyDir: string;
  readonly devicesDir: string;
  /** A folder for this replay alone; what an earlier one left there is removed. */
  readonly dataDir: string;
  /** The county's sensor that the series is played into; by default the first of its quantity. */
  readonly sensorId?: string;
  readonly fromMs?: EpochMs;
  readonly toMs?: EpochMs;
  readonly onProgress?: (progress: ReplayProgress) => void;
};

export type ReplayOutcome = {
  readonly report: ReplayReport;
  readonly series: RecordedSeries;
  readonly sensor: Sensor;
  readonly alerts: AlertReader;
  readonly registry: Registry;
};

/** Own polls of the edge never come: each row is polled by order. */
const NEVER_MS = 1_000_000_000_000;
const MAX_TICK_MS = 900_000;
const SETTLE_LOOK_MS = 1;

const quiet: Log = {
  info: () => {},
  warn: () => {},
  error: (message, fields) => console.error(message, JSON.stringify(fields ?? {})),
};

function chooseSensor(registry: Registry, series: RecordedSeries, wanted: string | undefined): Result<Sensor, string> {
  const fitting = [...registry.sensors.values()].filter((sensor) => sensor.quantity === series.quantity);
  const found = wanted === undefined ? fitting[0] : fitting.find((sensor) => sensor.id === wanted);
  if (found !== undefined) return ok(found);
  const names = fitting.map((sensor) => sensor.id).join(', ') || 'none';
  return err(`The recording is of ${series.quantity}; sensors of the county that measure it: ${names}.`);
}

/** The county with this one station, which is marked as a replay. */
function countyOfStation(registry: Registry, sensor: Sensor, series: RecordedSeries): Registry {
  const edge = registry.edges.get(sensor.edgeId);
  if (edge === undefined) throw new Error(`sensor ${sensor.id} names an edge that does not exist`);
  const station: Sensor = { ...sensor, staleAfterMs: Math.max(sensor.staleAfterMs, series.stepMs * 3) };
  return {
    ...registry,
    edges: new Map([[edge.id, { ...edge, origin: 'replay', buses: [] }]]),
    sensors: new Map([[sensor.id, station]]),
  };
}

/** Remembers how far a log has been read, so that the replay knows when its reader has taken everything in. */
function tracked<T>(reader: LogReader<T>): { readonly reader: LogReader<T>; readonly isDone: () => boolean } {
  let asked = 0;
  const read: LogReader<T>['read'] = (afterPos, limit) => {
    asked = Math.max(asked, afterPos);
    return reader.read(afterPos, limit);
  };
  return { reader: { ...reader, read }, isDone: () => asked >= reader.head() };
}

function trackedJournal(reader: JournalReader): { readonly reader: JournalReader; readonly isDone: () => boolean } {
  const given = new Map<number, number>();
  const read: JournalReader['read'] = (partition, afterPos, limit) => {
    const rows = reader.read(partition, afterPos, limit);
    given.set(partition, Math.max(given.get(partition) ?? 0, rows.at(-1)?.pos ?? afterPos));
    return rows;
  };
  const isDone = () => [...reader.heads()].every(([partition, head]) => (given.get(partition) ?? 0) >= head);
  return { reader: { ...reader, read }, isDone };
}

type Centre = { readonly stop: () => Promise<void>; readonly isDone: () => boolean; readonly mqttUrl: string };

async function startCentre(
  dataDir: string,
  registry: Registry,
  countyDir: string,
  tickMs: number,
  ctx: StageContext,
): Promise<Result<Centre, string>> {
  const compiled = compileRules(readRuleFiles(countyDir), registry, { tickMs });
  // Rules that name points without a sensor here are no mistake of a replay: only this station measures.
  if (!compiled.ok) return err(compiled.error.map(formatLint).join('\n'));
  ensureSecrets(dataDir, registry);
  const services: Service[] = [];
  const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: credentialsFile(dataDir) }, ctx);
  services.push(broker);
  const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
  const registryPort = { current: () => registry, onChange: () => () => {} };
  const user = (name: 'svc-ingest' | 'svc-alerts') => ({ username: name, password: servicePassword(dataDir, name) });
  const ruleSets = { current: () => compiled.value, onChange: () => () => {} };
  services.push(
    await startIngest({ dataDir, tickMs, mqttUrl, ...user('svc-ingest') }, { registry: registryPort, ruleSets }, ctx),
  );
  const journal = trackedJournal(openJournalReader(dataDir));
  services.push(await startRules({ dataDir }, { journal: journal.reader }, ctx));
  const transitions = tracked<Transition>(openTransitionReader(dataDir));
  const commands = openLogReader<AlertCommand>(join(dataDir, 'console', 'commands.sqlite'));
  const mqtt = { url: mqttUrl, ...user('svc-alerts') };
  services.push(
    await startAlerts({ dataDir, mqtt }, { transitions: transitions.reader, commands, registry: registryPort }, ctx),
  );
  return ok({
    mqttUrl,
    isDone: () => journal.isDone() && transitions.isDone(),
    stop: async () => {
      for (const service of services.reverse()) await service.stop();
    },
  });
}

async function play(
  options: ReplayOptions,
  series: RecordedSeries,
  sensor: Sensor,
  registry: Registry,
  clock: SteppedClock,
): Promise<Result<ReplayReport, string>> {
  const abort = new AbortController();
  const ctx: StageContext = {
    clock,
    log: quiet,
    metrics: { count: () => {}, gauge: () => {} },
    probe: () => {},
    signal: abort.signal,
  };
  const { dataDir } = options;
  const edge = registry.edges.get(sensor.edgeId);
  if (edge === undefined) return err(`no edge ${sensor.edgeId}`);
  const profile = stationProfile(series.quantity);
  const centre = await startCentre(
    dataDir,
    registry,
    options.countyDir,
    Math.min(Math.max(series.stepMs, 5_000), MAX_TICK_MS),
    ctx,
  );
  if (!centre.ok) return centre;
  const slave = await openReplaySlave({
    kind: 'modbus-tcp',
    unitId: 1,
    profile,
    dataDir: join(dataDir, 'simulators'),
    lineId: 'replay',
    ctx,
  });
  const service = await startEdge(
    {
      edgeId: edge.id,
      township: edge.township,
      inventoryVersion: 'replay',
      profiles: { [profile.id]: profile },
      buses: [slave.bus({ id: 'replay', pollMs: NEVER_MS, unit: stationUnit(1, sensor.id, series.quantity) })],
      mqttUrl: centre.value.mqttUrl,
      credentialFile: edgeSecretFile(dataDir, edge.id),
      dataDir: edgeDir(dataDir, edge.id),
    },
    ctx,
    { clockPolicy: clockPolicy({ kind: 'virtual', startMs: clock.nowMs(), speed: 1, anchorMs: undefined }) },
  );
  const settled = async () => {
    while (service.unacked() > 0 || !centre.value.isDone())
      await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS));
  };
  try {
    const window = {
      ...(options.fromMs === undefined ? {} : { fromMs: options.fromMs }),
      ...(options.toMs === undefined ? {} : { toMs: options.toMs }),
    };
    const onProgress = options.onProgress === undefined ? {} : { onProgress: options.onProgress };
    return ok(await replaySeries({ series, window, clock, slave, pollOnce: service.readNow, settled, ...onProgress }));
  } finally {
    abort.abort();
    await service.stop();
    await slave.close();
    await centre.value.stop();
  }
}

function loadCounty(options: ReplayOptions, startMs: EpochMs): Result<Registry, string> {
  const profiles = readProfiles(options.devicesDir);
  if (!profiles.ok) return err(profiles.error.map(formatLint).join('\n'));
  const report: CountyReport = inspectCounty(options.countyDir, startMs, profiles.value);
  return report.county === null ? err(report.lints.map(formatLint).join('\n')) : ok(report.county.registry);
}

/** The chain's end state stays in the data folder; close `alerts` when done with it. */
export async function replay(options: ReplayOptions): Promise<Result<ReplayOutcome, string>> {
  const parsed = parseRecorded(options.file, readFileSync(options.file, 'utf8'));
  if (!parsed.ok) return err(parsed.error.map(formatLint).join('\n'));
  const [series] = parsed.value;
  if (series === undefined) return err(`${options.file} has no series.`);
  const window = {
    ...(options.fromMs === undefined ? {} : { fromMs: options.fromMs }),
    ...(options.toMs === undefined ? {} : { toMs: options.toMs }),
  };
  const startMs = replayStartMs(series, window);
  if (startMs === undefined) return err(`${options.file} has no rows in that time.`);
  const county = loadCounty(options, startMs);
  if (!county.ok) return county;
  const sensor = chooseSensor(county.value, series, options.sensorId);
  if (!sensor.ok) return sensor;
  rmSync(options.dataDir, { recursive: true, force: true });
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const registry = countyOfStation(county.value, sensor.value, series);
  const report = await play(options, series, sensor.value, registry, openSteppedClock(startMs));
  if (!report.ok) return report;
  return ok({ report: report.value, series, sensor: sensor.value, alerts: openAlertReader(options.dataDir), registry });
}
