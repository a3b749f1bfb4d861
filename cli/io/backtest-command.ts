/** `fengsui backtest`: the command line of it; what it does is loaded when it is called. */
import type { Command } from 'commander';
import type { Settings } from '#cli/settings.ts';

export type BacktestArguments = {
  readonly rules?: readonly string[];
  readonly data?: string;
  readonly zone?: string;
  readonly from?: string;
  readonly to?: string;
  readonly truth?: string;
  readonly inventory?: string;
  readonly county?: string;
  readonly origin?: string;
  readonly quantity?: string;
  readonly warnLevel?: string;
  readonly lead?: string;
  readonly tolerance?: string;
  readonly merge?: string;
  readonly sweep?: readonly string[];
  readonly report?: string;
  readonly checkReplay?: string;
  readonly json: boolean;
};

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addBacktestCommand(program: Command, settings: () => Settings): void {
  const backtest = program
    .command('backtest')
    .option('--rules <path...>', 'rule files, or folders of them')
    .option(
      '--data <path>',
      "a recording (a file or folder of a known format, or CSV with time,sensor,value), or a centre's data folder",
    )
    .option('--zone <iana>', 'interprets stamps without an offset, schedules, and how times are written')
    .option('--from <time>', 'begin here; local time of the zone where no offset is named')
    .option('--to <time>', 'end here')
    .option('--truth <file>', 'what really happened: CSV, JSON or YAML with from,to or at')
    .option('--inventory <file>', "each sensor's quantity, unit, point and place: CSV, JSON or YAML")
    .option('--county <folder>', "the county whose points and grids the rules name; with a centre's data: its own")
    .option('--origin <origin>', "of a centre's data: live, simulated, replay or drill (default: live)")
    .option('--quantity <code>', 'of sensors of which nobody says it')
    .option('--warn-level <level>', 'a warning is this level or above (default: blue)')
    .option('--lead <duration>', 'a warning that ended this long before an event still counts (default: 0h)')
    .option('--tolerance <duration>', 'a warning that began this long after an event still counts (default: 0h)')
    .option('--merge <duration>', 'warnings that lie closer are one period (default: 24h)')
    .option('--sweep <rule.level=from..to/step>', 'score that threshold alone over a range; may be repeated', gather)
    .option('--report <file>', 'where the report goes (HTML; the JSON beside it)')
    .option(
      '--check-replay <folder>',
      "a centre's data folder: judge its journal again and compare with what came live",
    )
    .option('--json', 'end with one line of JSON', false)
    .description('run the live rules over recorded data: level changes with reasons, hits, misses, false alarms')
    .action(async (options: BacktestArguments) => {
      const { backtestCommand } = await import('#cli/io/backtest.ts');
      process.exitCode = await backtestCommand(settings(), options);
    });
  backtest
    .command('diff')
    .argument('<a>', 'the JSON of a backtest; with --data, rule files or a folder of them')
    .argument('<b>', 'the other')
    .description('compare two backtests, or two sets of rules on one recording')
    .action(async (a: string, b: string, _: unknown, command: Command) => {
      const { diffCommand } = await import('#cli/io/backtest-diff.ts');
      process.exitCode = await diffCommand(settings(), a, b, command.optsWithGlobals<BacktestArguments>());
    });
}
