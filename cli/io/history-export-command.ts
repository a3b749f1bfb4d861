/** `fengsui history export`: readings and summaries as CSV or Parquet. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { openBar } from '#cli/io/backtest-progress.ts';
import { fail, gather, stretchOf } from '#cli/io/history-options.ts';
import type { Settings } from '#cli/settings.ts';
import { RESOLUTIONS, type Resolution } from '#model/history.ts';

type ExportOptions = {
  readonly format?: string;
  readonly from?: string;
  readonly to?: string;
  readonly sensor?: readonly string[];
  readonly point?: readonly string[];
  readonly grid?: readonly string[];
  readonly origin?: readonly string[];
  readonly resolution: string;
  readonly store: string;
  readonly out: string;
  readonly force: boolean;
};

const isResolution = (raw: string): raw is Resolution => (RESOLUTIONS as readonly string[]).includes(raw);

async function exportCommand(settings: Settings, options: ExportOptions): Promise<number> {
  const { openPlaces, openStore, STORES } = await import('#cli/history/io/stores.ts');
  const { exportHistory } = await import('#cli/history/io/export.ts');
  const { wantedSeries } = await import('#cli/history/wanted-series.ts');
  const format = options.format ?? (options.out.endsWith('.parquet') ? 'parquet' : 'csv');
  if (format !== 'csv' && format !== 'parquet') return fail(`"${format}" is no format: csv or parquet.`);
  const { resolution } = options;
  if (resolution !== 'raw' && !isResolution(resolution))
    return fail(`"${resolution}" is no resolution: raw, ${RESOLUTIONS.join(', ')}.`);
  const store = STORES.find((name) => name === options.store);
  if (store === undefined) return fail(`"${options.store}" is no store: ${STORES.join(' or ')}.`);
  const places = openPlaces(settings);
  if (!places.ok) return fail(places.error);
  const { registry } = places.value;
  const stretch = stretchOf(options.from, options.to, registry.county.zone);
  if (typeof stretch === 'string') return fail(stretch);
  const { sensor = [], point = [], grid = [], origin = [] } = options;
  const series = wantedSeries(registry, { sensors: sensor, points: point, grids: grid, origins: origin });
  if (!series.ok) return fail(series.error);
  const query = openStore(places.value, store);
  if (!query.ok) return fail(query.error);
  const bar = openBar();
  const out = resolve(options.out);
  process.umask(0o077);
  const done = await exportHistory(
    {
      ...{ query: query.value, series: series.value, ...stretch, resolution, format, out },
      ...{ zone: registry.county.zone, mayReplace: options.force },
    },
    (at, of, rows) => bar.step('export', at, of, `${rows} rows`),
  );
  bar.end();
  await query.value.close();
  if (!done.ok) return fail(done.error);
  console.log(`${done.value.rows} rows of ${done.value.series} series in ${out}.`);
  if (done.value.rows === 0)
    console.log('There was nothing of that kind: look at --origin (default: live), --from and --to.');
  return 0;
}

export function addExport(history: Command, settings: () => Settings): void {
  history
    .command('export')
    .requiredOption('--out <file>', 'where to; .parquet makes a Parquet file')
    .option('--format <format>', 'csv or parquet')
    .option('--from <time>', "begin here; the county's wall clock where no offset is named")
    .option('--to <time>', 'end before this')
    .option('--sensor <id>', 'only this sensor; may be repeated', gather)
    .option('--point <id>', 'only the sensors of this point; may be repeated', gather)
    .option('--grid <code>', 'only what lies in this grid; may be repeated', gather)
    .option('--origin <origin>', 'live, simulated, replay, drill or all (default: live); may be repeated', gather)
    .option('--resolution <length>', `raw, ${RESOLUTIONS.join(', ')}`, 'raw')
    .option('--store <store>', 'embedded or influx', 'embedded')
    .option('--force', 'replace the file if there is one', false)
    .description('readings or their summaries as CSV (for spreadsheets) or Parquet, also while the centre runs')
    .action(async (options: ExportOptions) => {
      process.exitCode = await exportCommand(settings(), options);
    });
}
