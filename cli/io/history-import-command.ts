/** `fengsui history import`: a CSV file into the embedded history, while the centre stands still. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ImportDone } from '#cli/history/io/import.ts';
import { openBar } from '#cli/io/backtest-progress.ts';
import { fail, gather } from '#cli/io/history-options.ts';
import type { Settings } from '#cli/settings.ts';
import { ORIGINS } from '#model/reading.ts';
import { err, type Result } from '#model/result.ts';

type ImportOptions = {
  readonly mapping?: readonly string[];
  readonly origin: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
};

/** The embedded history has one writer, and that is ingest while it runs. */
async function holdStill(dataDir: string): Promise<Result<() => void, string>> {
  const { lockDataFolder } = await import('#cli/io/data-lock.ts');
  const { readHeartbeats } = await import('#cli/io/health.ts');
  const running = readHeartbeats(dataDir).find(({ away, name }) => !away && name.split('-').includes('ingest'));
  return running === undefined
    ? lockDataFolder(dataDir)
    : err(`Ingest runs on ${dataDir} and is the one writer of its history: stop the centre, import, start it again.`);
}

function tell(done: ImportDone, isDry: boolean, rawMs: number, nowMs: number): number {
  const refused = [...done.refused.values()].reduce((sum, n) => sum + n, 0);
  const what = isDry ? 'would be stored' : 'stored';
  console.log(`${done.lines} lines: ${done.stored} readings ${what}, ${done.known} known already, ${refused} refused.`);
  if (!isDry && done.stored > 0)
    console.log('No rule has judged them and InfluxDB has none of them yet: fengsui history copy brings them there.');
  if (rawMs > 0 && done.oldestMs !== null && done.oldestMs < nowMs - rawMs)
    console.log(
      'Some are older than the county keeps readings: they are removed again, summed up, unless retention is longer.',
    );
  if (done.refusedFile === null) return 0;
  for (const [reason, n] of done.refused) console.error(`  refused ${n}: ${reason}`);
  console.error(
    `Each with its place and why in ${done.refusedFile}: mend them there or in the file, and import again.`,
  );
  return 1;
}

async function importCommand(settings: Settings, raw: string, options: ImportOptions): Promise<number> {
  const origin = ORIGINS.find((one) => one === options.origin);
  if (origin === undefined) return fail(`"${options.origin}" is no origin: ${ORIGINS.join(', ')}.`);
  if (origin === 'live' && !options.yes)
    return fail(
      'As live, these lines would stand in every figure as if our own gauges had measured them: add --yes if they did.',
    );
  const { openPlaces, openEmbedded } = await import('#cli/history/io/stores.ts');
  const { importFile } = await import('#cli/history/io/import.ts');
  const { openStamps } = await import('#cli/history/import-stamp.ts');
  const { openBulkStore } = await import('#ingest/io/transfer/bulk-store.ts');
  const { ANCIENT_MS, FUTURE_TOLERANCE_MS } = await import('#ingest/verify.ts');
  const { runningClock } = await import('#cli/io/chain-clock.ts');
  const { openClock } = await import('#model/io/clock.ts');
  const { DEFAULT_RETENTION } = await import('#model/history.ts');
  const { dataDir } = settings;
  process.umask(0o077);
  const places = openPlaces(settings, { mayBeEmpty: true });
  if (!places.ok) return fail(places.error);
  const { registry } = places.value;
  const { zone } = registry.county;
  const unlock = options.dryRun ? undefined : await holdStill(dataDir);
  if (unlock?.ok === false) return fail(unlock.error);
  const nowMs = openClock(runningClock(dataDir)).nowMs();
  const query = openEmbedded(places.value);
  const bar = openBar();
  try {
    const done = await importFile(
      {
        ...{ file: resolve(raw), mapping: options.mapping ?? [], origin, query },
        rules: {
          ...{ registry, stampOf: openStamps(zone), earliestMs: ANCIENT_MS, latestMs: nowMs + FUTURE_TOLERANCE_MS },
        },
        open: options.dryRun ? null : (id) => openBulkStore(dataDir, zone, id, nowMs),
      },
      (lines) => bar.step('import', lines, 0, `${lines} lines`),
    );
    bar.end();
    if (!done.ok) return fail(done.error);
    return tell(done.value, options.dryRun, registry.history?.retention.rawMs ?? DEFAULT_RETENTION.rawMs, nowMs);
  } catch (cause) {
    bar.end();
    return fail(
      `The import ended: ${cause instanceof Error ? cause.message : String(cause)}. What is stored stays, and is passed over when it is run again.`,
    );
  } finally {
    await query.close();
    if (unlock?.ok === true) unlock.value();
  }
}

export function addImport(history: Command, settings: () => Settings): void {
  history
    .command('import')
    .argument('<file>', 'CSV UTF-8: what history export wrote, or columns time,sensor,value,quantity,unit')
    .option('--mapping <column=heading>', 'which column is which; may be repeated or joined by commas', gather)
    .option('--origin <origin>', 'what they count as; rules judge none of them', 'replay')
    .option('--yes', 'yes, as live', false)
    .option('--dry-run', 'only look what would be stored and refused', false)
    .description('readings of a CSV file into the embedded history; the centre must stand still')
    .action(async (file: string, options: ImportOptions) => {
      process.exitCode = await importCommand(settings(), file, options);
    });
}
