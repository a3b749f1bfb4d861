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
import {
  chooseStation,
  countyOfStation,
  rulesWatching,
  type StationWish,
  type Watching,
} from '#cli/io/replay-county.ts';
import { credentialsFile, edgeDir, edgeSecretFile, ensureSecrets, servicePassword } from '#cli/io/secrets.ts';
import type { CountyReport } from '#cli/load/county.ts';
import { inspectCounty } from '#cli/load/io/read-county.ts';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { startEdge } from '#edge/main.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { startIngest } from '#ingest/main.ts';
import type { AlertReader } from '#model/alert.ts';
import type { DeskCommand } from '#model/command.ts';
import { NOTHING_LOCAL } from '#model/edge-config.ts';
import { openLogReader } from '#model/io/append-log.ts';
import { openSteppedClock, type SteppedClock } from '#model/io/clock.ts';
import type { JournalReader, LogReader } from '#model/journal.ts';
import type { Log, Service, StageContext } from '#model/ports.ts';
import type { Registry, Sensor } from '#model/registry.ts';
import { err, formatLint, ok, type Result } from '#model/result.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { EpochMs } from '#model/time.ts';
import type { Finding } from '#model/transition.ts';
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
import { chooseSeries, zeroed } from '#simulators/recorded/select.ts';
import type { RecordedSeries } from '#simulators/recorded/series.ts';
import { stationProfile, stationUnit } from '#simulators/station.ts';

export type ReplayOptions = StationWish & {
  readonly file: string;
  readonly countyDir: string;
  readonly devicesDir: string;
  /** A folder for this replay alone; what an earlier one left there is removed. */
  readonly dataDir: string;
  /** Which series of a file that has several; by default the first. */
  readonly seriesId?: string;
  /** Subtract the first value, as a meter shows that was set then. */
  readonly zero?: boolean;
  readonly fromMs?: EpochMs;
  readonly toMs?: EpochMs;
  readonly onProgress?: (progress: ReplayProgress) => void;
};

export type ReplayOutcome = {
  readonly report: ReplayReport;
  readonly series: RecordedSeries;
  /** How many series the file has. */
  readonly seriesCount: number;
  readonly sensor: Sensor;
  readonly isVirtual: boolean;
  /** The county's rules that watch the station; none when no rule watches the quantity there. */
  readonly watching: readonly Watching[];
  readonly alerts: AlertReader;
  readonly registry: Registry;
};

/** Own polls of the edge never come: each row is polled by order. */
const NEVER_MS = 1_000_000_000_000;
const MIN_TICK_MS = 5_000;
const MAX_TICK_MS = 900_000;
const SETTLE_LOOK_MS = 1;

/** Of a chain in one process: a person who watches it sees what went wrong, and nothing else. */
export const quiet: Log = {
  info: () => {},
  warn: () => {},
  error: (message, fields) => console.error(message, JSON.stringify(fields ?? {})),
};

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

export type RuleSets = ReadonlyMap<number, CompiledRuleSet>;
export type Centre = { readonly stop: () => Promise<void>; readonly isDone: () => boolean; readonly mqttUrl: string };

/** Broker, ingest, rules and alerts on one clock. */
export async function startCentre(
  dataDir: string,
  registry: Registry,
  compiled: RuleSets,
  tickMs: number,
  ctx: StageContext,
): Promise<Centre> {
  ensureSecrets(dataDir, registry);
  const services: Service[] = [];
  const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: credentialsFile(dataDir) }, ctx);
  services.push(broker);
  const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
  const registryPort = { current: () => registry, onChange: () => () => {} };
  const user = (name: 'svc-ingest' | 'svc-alerts') => ({ username: name, password: servicePassword(dataDir, name) });
  const ruleSets = { current: () => compiled, onChange: () => () => {} };
  services.push(
    await startIngest({ dataDir, tickMs, mqttUrl, ...user('svc-ingest') }, { registry: registryPort, ruleSets }, ctx),
  );
  const journal = trackedJournal(openJournalReader(dataDir));
  services.push(await startRules({ dataDir }, { journal: journal.reader }, ctx));
  const transitions = tracked<Finding>(openTransitionReader(dataDir));
  const commands = openLogReader<DeskCommand>(join(dataDir, 'console', 'commands.sqlite'));
  const mqtt = { url: mqttUrl, ...user('svc-alerts') };
  services.push(
    await startAlerts({ dataDir, mqtt }, { transitions: transitions.reader, commands, registry: registryPort }, ctx),
  );
  return {
    mqttUrl,
    isDone: () => journal.isDone() && transitions.isDone(),
    stop: async () => {
      for (const service of services.reverse()) await service.stop();
    },
  };
}

const tickOf = (series: RecordedSeries): number => Math.min(Math.max(series.stepMs, MIN_TICK_MS), MAX_TICK_MS);

async function play(
  options: ReplayOptions,
  series: RecordedSeries,
  sensor: Sensor,
  county: { readonly registry: Registry; readonly ruleSets: RuleSets },
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
  const { registry, ruleSets } = county;
  const edge = registry.edges.get(sensor.edgeId);
  if (edge === undefined) return err(`no edge ${sensor.edgeId}`);
  const profile = stationProfile(series.quantity);
  const centre = await startCentre(dataDir, registry, ruleSets, tickOf(series), ctx);
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
      links: [],
      local: NOTHING_LOCAL,
      buses: [slave.bus({ id: 'replay', pollMs: NEVER_MS, unit: stationUnit(1, sensor.id, series.quantity) })],
      mqttUrl: centre.mqttUrl,
      credentialFile: edgeSecretFile(dataDir, edge.id),
      dataDir: edgeDir(dataDir, edge.id),
    },
    ctx,
    { clockPolicy: clockPolicy({ kind: 'virtual', startMs: clock.nowMs(), speed: 1, anchorMs: undefined }) },
  );
  const settled = async () => {
    while (service.unacked() > 0 || !centre.isDone())
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
    await centre.stop();
  }
}

function loadCounty(options: ReplayOptions, startMs: EpochMs): Result<Registry, string> {
  const profiles = readProfiles(options.devicesDir);
  if (!profiles.ok) return err(profiles.error.map(formatLint).join('\n'));
  const report: CountyReport = inspectCounty(options.countyDir, startMs, profiles.value);
  return report.county === null ? err(report.lints.map(formatLint).join('\n')) : ok(report.county.registry);
}

/** The series that was asked for, as it is to be played. */
function loadSeries(options: ReplayOptions): Result<{ series: RecordedSeries; seriesCount: number }, string> {
  const parsed = parseRecorded(options.file, readFileSync(options.file, 'utf8'));
  if (!parsed.ok) return err(parsed.error.map(formatLint).join('\n'));
  const chosen = chooseSeries(parsed.value, options.seriesId);
  if (!chosen.ok) return err(`${options.file}: ${chosen.error}`);
  const series = options.zero === true ? zeroed(chosen.value, options.fromMs) : chosen;
  return series.ok ? ok({ series: series.value, seriesCount: parsed.value.length }) : series;
}

/** The chain's end state stays in the data folder; close `alerts` when done with it. */
export async function replay(options: ReplayOptions): Promise<Result<ReplayOutcome, string>> {
  const loaded = loadSeries(options);
  if (!loaded.ok) return loaded;
  const { series } = loaded.value;
  const window = {
    ...(options.fromMs === undefined ? {} : { fromMs: options.fromMs }),
    ...(options.toMs === undefined ? {} : { toMs: options.toMs }),
  };
  const startMs = replayStartMs(series, window);
  if (startMs === undefined) return err(`${options.file} has no rows in that time.`);
  const county = loadCounty(options, startMs);
  if (!county.ok) return county;
  const station = chooseStation(county.value, series, options);
  if (!station.ok) return station;
  const { sensor } = station.value;
  const registry = countyOfStation(county.value, sensor, series);
  const ruleSets = compileRules(readRuleFiles(options.countyDir), registry, { tickMs: tickOf(series) });
  if (!ruleSets.ok) return err(ruleSets.error.map(formatLint).join('\n'));
  rmSync(options.dataDir, { recursive: true, force: true });
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const clock = openSteppedClock(startMs);
  const report = await play(options, series, sensor, { registry, ruleSets: ruleSets.value }, clock);
  if (!report.ok) return report;
  const watching = rulesWatching(ruleSets.value, sensor, series.stepMs);
  const alerts = openAlertReader(options.dataDir);
  return ok({ ...loaded.value, ...station.value, report: report.value, watching, alerts, registry });
}
