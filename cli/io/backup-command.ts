/** `fengsui backup`: everything that a centre needs to stand again, in one folder, also while it runs. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openBar } from '#cli/io/backtest-progress.ts';
import { anchorFileOf, type Settings } from '#cli/settings.ts';

type Options = { readonly data?: string; readonly county?: string; readonly json: boolean };

const versionOf = (): string =>
  (JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { version: string })
    .version;

/** What lies outside the folders and has to be brought along. */
async function notesOf(countyDir: string): Promise<{ readonly name: string; readonly notes: readonly string[] }> {
  const { readCountyAt } = await import('#cli/io/county-at.ts');
  const notes = [
    "the boxes' own data (outboxes, configuration) are not in it: they belong to the boxes, which send again what the centre lost",
    'passwords that channels take from environment variables are not in it',
  ];
  const county = readCountyAt(countyDir, undefined);
  if (!county.ok)
    return { name: '', notes: [...notes, 'the county had errors when the backup was taken: run fengsui check'] };
  const { county: named, history } = county.value.registry;
  const token = history?.influx?.tokenFile;
  const influx =
    history?.influx === undefined
      ? []
      : [
          'what InfluxDB holds is not in it; after a restore run fengsui history copy, which finds and writes what is missing',
        ];
  return {
    name: named.name.en,
    notes: [
      ...notes,
      ...influx,
      ...(token === undefined ? [] : [`the token file ${token} is not in it, if it lies elsewhere`]),
    ],
  };
}

export function addBackupCommand(program: Command, settings: () => Settings): void {
  program
    .command('backup')
    .argument('<folder>', 'where it goes; must not exist yet, best on another disk')
    .option('--data <folder>', 'the data folder (default: FENGSUI_DATA)')
    .option('--county <folder>', "the county's files (default: FENGSUI_COUNTY)")
    .option('--json', 'end with one line of JSON', false)
    .description(
      'journal, history, rules, alerts with their ledger, accounts, credentials and county files, also while the centre runs',
    )
    .action(async (folder: string, options: Options) => {
      const { takeBackup } = await import('#cli/history/io/backup.ts');
      const { runningClock } = await import('#cli/io/chain-clock.ts');
      const { openClock } = await import('#model/io/clock.ts');
      process.umask(0o077);
      const own = settings();
      const dataDir = options.data === undefined ? own.dataDir : resolve(options.data);
      const countyDir = options.county === undefined ? own.countyDir : resolve(options.county);
      const { name, notes } = await notesOf(countyDir);
      const bar = openBar();
      const wish = {
        ...{ dataDir, countyDir, notes, county: name, target: resolve(folder), version: versionOf() },
        anchorFile: options.data === undefined ? own.anchorFile : anchorFileOf(dataDir),
        takenAtMs: Date.now(),
        chainAtMs: openClock(runningClock(dataDir)).nowMs(),
      };
      const done = await takeBackup(wish, (what, part, of) => bar.step('backup', part, of, what));
      bar.end();
      if (!done.ok) {
        console.error(done.error);
        process.exitCode = 1;
        return;
      }
      if (options.json) {
        console.log(JSON.stringify({ folder: wish.target, ...done.value, notes }));
        return;
      }
      console.log(`Backup in ${wish.target}: ${done.value.files} files, ${(done.value.bytes / 1e6).toFixed(1)} MB.`);
      console.log('It holds passwords and personal data; only its owner can read it. Keep it where nobody else can.');
      for (const note of notes) console.log(`Note: ${note}.`);
    });
}
