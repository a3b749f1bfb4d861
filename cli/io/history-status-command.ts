/** `fengsui history status`: what the embedded history holds, and how far InfluxDB has come. */
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { fail } from '#cli/io/history-options.ts';
import type { Settings } from '#cli/settings.ts';
import type { Retention } from '#model/history.ts';
import { DAY_MS, type EpochMs, formatInZone } from '#model/time.ts';

export type HistoryStatus = {
  readonly embedded: {
    /** In chunks; what the journal holds beyond them comes with the next flush. */
    readonly readings: number;
    readonly series: number;
    readonly bytes: number;
    readonly bytesPerReading: number | null;
    readonly oldestMs: EpochMs | null;
    readonly newestMs: EpochMs | null;
    readonly rowsBehind: number;
    readonly retention: Retention;
  };
  readonly influx: null | {
    readonly address: string;
    readonly hasRun: boolean;
    readonly rowsBehind: number;
    readonly setAside: { readonly [reason: string]: number };
    readonly waitingForClock: number;
    readonly refill: string | null;
  };
};

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

async function readStatus(settings: Settings): Promise<HistoryStatus | string> {
  const { openPlaces } = await import('#cli/history/io/stores.ts');
  const { openReadable } = await import('#model/io/sqlite.ts');
  const { historyPath } = await import('#ingest/io/history-schema.ts');
  const { journalPath } = await import('#ingest/io/journal-schema.ts');
  const { readHistoryCursors } = await import('#ingest/io/history-file.ts');
  const { readInfluxStanding } = await import('#ingest/io/influx/state-reader.ts');
  const { influxAddress, influxTargetOf } = await import('#cli/io/influx-target.ts');
  const { DEFAULT_RETENTION } = await import('#model/history.ts');
  const places = openPlaces(settings);
  if (!places.ok) return places.error;
  const { dataDir, registry, countyDir } = places.value;
  const journal = openReadable(journalPath(dataDir));
  const rowsBehind = (cursors: ReadonlyMap<number, number>): number => {
    if (journal === undefined) return 0;
    const partitions = journal.prepare('SELECT DISTINCT partition AS p FROM rows').all() as { p: number }[];
    const count = journal.prepare('SELECT count(*) AS n FROM rows WHERE partition = ? AND pos > ?');
    return partitions.reduce((sum, { p }) => sum + (count.get(p, cursors.get(p) ?? 0) as { n: number }).n, 0);
  };
  const db = openReadable(historyPath(dataDir));
  const sums = db
    ?.prepare(
      'SELECT coalesce(sum(n), 0) AS readings, count(DISTINCT series) AS series, min(from_ms) AS oldest, max(to_ms) AS newest FROM chunks',
    )
    .get() as { readings: number; series: number; oldest: number | null; newest: number | null } | undefined;
  db?.close();
  const bytes = sizeOf(historyPath(dataDir)) + sizeOf(`${historyPath(dataDir)}-wal`);
  const { readings = 0, series = 0, oldest = null, newest = null } = sums ?? {};
  const target = influxTargetOf(registry, countyDir);
  const standing = readInfluxStanding(dataDir);
  const status: HistoryStatus = {
    embedded: {
      ...{ readings, series, bytes, bytesPerReading: readings === 0 ? null : bytes / readings },
      ...{ oldestMs: oldest, newestMs: newest, rowsBehind: rowsBehind(readHistoryCursors(dataDir)) },
      retention: registry.history?.retention ?? DEFAULT_RETENTION,
    },
    influx:
      target === undefined
        ? null
        : {
            ...{ address: influxAddress(target), hasRun: standing !== undefined },
            rowsBehind: rowsBehind(standing?.cursors ?? new Map()),
            ...{ setAside: Object.fromEntries(standing?.aside ?? []), waitingForClock: standing?.waiting ?? 0 },
            refill: standing?.refill ?? null,
          },
  };
  journal?.close();
  return status;
}

const keeps = (ms: number): string => (ms === 0 ? 'for ever' : `${Math.round(ms / DAY_MS)} days`);

function show({ embedded, influx }: HistoryStatus, zone: string): void {
  const at = (ms: EpochMs | null): string => (ms === null ? '-' : formatInZone(ms, zone));
  const { readings, series, bytes, bytesPerReading, retention } = embedded;
  console.log('Embedded history');
  console.log(
    `  readings   ${readings} of ${series} series, ${(bytes / 1e6).toFixed(1)} MB${bytesPerReading === null ? '' : `, ${bytesPerReading.toFixed(2)} bytes a reading with its summaries`}`,
  );
  console.log(`  from, to   ${at(embedded.oldestMs)}, ${at(embedded.newestMs)}`);
  console.log(`  journal    ${embedded.rowsBehind} rows wait for the next flush`);
  console.log(
    `  keeps      readings ${keeps(retention.rawMs)}, 1m ${keeps(retention['1m'])}, 10m ${keeps(retention['10m'])}, 1h ${keeps(retention['1h'])}, 1d ${keeps(retention['1d'])}`,
  );
  if (influx === null) {
    console.log('InfluxDB: the county names none.');
    return;
  }
  console.log(`InfluxDB at ${influx.address}`);
  if (!influx.hasRun) {
    console.log('  its writer has not run yet: start the centre');
    return;
  }
  console.log(`  journal    ${influx.rowsBehind} rows to be written`);
  console.log(`  waiting    ${influx.waitingForClock} readings for the clock of their box`);
  const aside = Object.entries(influx.setAside);
  console.log(
    `  set aside  ${aside.length === 0 ? 'nothing' : aside.map(([reason, n]) => `${n} ${reason}`).join(', ')}`,
  );
  if (influx.refill !== null) console.log(`  refill     under way (${influx.refill})`);
}

export function addStatus(history: Command, settings: () => Settings): void {
  history
    .command('status')
    .option('--json', 'one line of JSON', false)
    .description('what is stored, how much room it takes, and how far InfluxDB has come')
    .action(async ({ json }: { readonly json: boolean }) => {
      const own = settings();
      const status = await readStatus(own);
      if (typeof status === 'string') {
        process.exitCode = fail(status);
        return;
      }
      if (json) {
        console.log(JSON.stringify(status));
        return;
      }
      const { openPlaces } = await import('#cli/history/io/stores.ts');
      const places = openPlaces(own);
      show(status, places.ok ? places.value.registry.county.zone : 'UTC');
    });
}
