/** `fengsui restore`: checks a backup and puts it back into folders that are free. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { openBar } from '#cli/io/backtest-progress.ts';
import { anchorFileOf } from '#cli/settings.ts';

type Options = {
  readonly data?: string;
  readonly county?: string;
  readonly anchor?: string;
  readonly check: boolean;
};

/** Beside the data folder, as the anchor file is. */
const countyDirOf = (dataDir: string): string => `${dataDir.replace(/\/+$/, '')}.county`;

export function addRestoreCommand(program: Command): void {
  program
    .command('restore')
    .argument('<backup>', 'a folder that fengsui backup wrote')
    .option('--data <folder>', 'the data folder to make; must not exist, or be empty')
    .option('--county <folder>', 'where the county files go (default: the data folder’s name with .county)')
    .option(
      '--anchor <file>',
      'where signed heads of the ledger go (default: the data folder’s name with .anchors.jsonl)',
    )
    .option('--check', 'only look whether the backup is whole', false)
    .description('put a backup back, or look whether it is whole (--check)')
    .action(async (backup: string, options: Options) => {
      process.umask(0o077);
      process.exitCode = options.check ? await check(resolve(backup)) : await restore(resolve(backup), options);
    });
}

async function check(backup: string): Promise<number> {
  const { checkBackup, readManifest } = await import('#cli/history/io/restore.ts');
  const read = readManifest(backup);
  if (!read.ok) {
    console.error(read.error);
    return 1;
  }
  const bar = openBar();
  const faults = await checkBackup(backup, read.value, (what, done, of) => bar.step('check', done, of, what));
  bar.end();
  for (const fault of faults) console.error(fault);
  const { files, takenAt, version, county } = read.value;
  if (faults.length === 0)
    console.log(`The backup is whole: ${files.length} files, taken ${takenAt} by version ${version}, ${county}.`);
  return faults.length === 0 ? 0 : 1;
}

async function restore(backup: string, options: Options): Promise<number> {
  if (options.data === undefined) {
    console.error('Where to? Name a folder that does not exist with --data.');
    return 2;
  }
  const { restoreBackup } = await import('#cli/history/io/restore.ts');
  const { runningClock } = await import('#cli/io/chain-clock.ts');
  const { openClock } = await import('#model/io/clock.ts');
  const dataDir = resolve(options.data);
  const countyDir = options.county === undefined ? countyDirOf(dataDir) : resolve(options.county);
  const anchorFile = options.anchor === undefined ? anchorFileOf(dataDir) : resolve(options.anchor);
  const bar = openBar();
  const done = await restoreBackup(
    { backup, dataDir, countyDir, anchorFile, chainAtMs: (folder) => openClock(runningClock(folder)).nowMs() },
    (what, part, of) => bar.step('restore', part, of, what),
  );
  bar.end();
  if (!done.ok) {
    console.error(done.error);
    return 1;
  }
  console.log(`Restored to ${dataDir}, as it stood at ${done.value.manifest.takenAt}.`);
  console.log(`Start it with: FENGSUI_DATA=${dataDir} FENGSUI_COUNTY=${countyDir} fengsui up`);
  console.log(
    'Start it soon: edges keep what was acked for ten minutes and send it again. The old centre must not run any more.',
  );
  for (const note of done.value.notes) console.log(`Note: ${note}.`);
  return 0;
}
