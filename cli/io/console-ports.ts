/** What the console reads of the other stages, through their own files. */
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { openDeskReaders } from '#alerts/io/readers.ts';
import { readHeartbeats, readMetricsText } from '#cli/io/health.ts';
import { openCountyHistory } from '#cli/io/history-query.ts';
import { influxHealth } from '#cli/io/influx-health.ts';
import { openLedgerCheck } from '#cli/io/ledger-check.ts';
import type { ConsolePorts, HealthReport } from '#dashboards/api/config.ts';
import { commandsFile } from '#dashboards/api/io/command-file.ts';
import { NO_REGISTRY_DESK } from '#dashboards/api/registry-desk.ts';
import { openHistoryReader } from '#ingest/io/history-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { openQuarantineReader } from '#ingest/io/quarantine-reader.ts';
import type { DeskCommand } from '#model/command.ts';
import { openLogWriter } from '#model/io/append-log.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { openRegistryDesk } from './registry-desk.ts';

/** Without these the centre does not watch; edges come and go. */
const CENTRE = ['broker', 'ingest', 'rules', 'alerts'] as const;

function reportHealth(dataDir: string): HealthReport {
  const beats = new Map(readHeartbeats(dataDir).map((beat) => [beat.name, beat]));
  const parts = CENTRE.map((name) => {
    // Several stages may share a process, whose name is then all of theirs.
    const beat = beats.get(name) ?? [...beats.values()].find((other) => other.name.split('-').includes(name));
    if (beat === undefined) return { name, ok: false, detail: 'has never run on this data folder' };
    if (beat.away) return { name, ok: false, detail: `silent since ${new Date(beat.atMs).toISOString()}` };
    return { name, ok: beat.state === 'ready', detail: beat.state };
  });
  // InfluxDB follows the journal: while it is away everything goes on, and it is filled when it comes back.
  return { ready: parts.every((part) => part.ok), parts: [...parts, ...influxHealth(dataDir)] };
}

/** Without the county's folder the registry can be read and not be checked, exported or imported. */
export function openConsolePorts(
  dataDir: string,
  registry: RegistryPort,
  countyDir?: string,
  nowMs: () => EpochMs = Date.now,
): ConsolePorts {
  const journal = openJournalReader(dataDir);
  return {
    registry,
    registryDesk: countyDir === undefined ? NO_REGISTRY_DESK : openRegistryDesk(countyDir),
    journal,
    history: openHistoryReader(dataDir, journal),
    query: openCountyHistory(dataDir, registry, countyDir, nowMs),
    alerts: openAlertReader(dataDir),
    parts: openDeskReaders(dataDir),
    commands: openLogWriter<DeskCommand>(commandsFile(dataDir)),
    quarantine: openQuarantineReader(dataDir),
    verifyLedger: openLedgerCheck(dataDir),
    metricsText: () => readMetricsText(dataDir),
    health: () => reportHealth(dataDir),
  };
}
