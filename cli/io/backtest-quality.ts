/**
 * Doubts about gauges belong to a report whatever rules are tried: where those bring none of their own, the county's rules
 * that doubt sensors are played beside them, in a run of their own, for their flags only. No level is touched by it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lint } from '#model/result.ts';
import type { BacktestInput, BacktestRun, SensorFlag } from '#rules/backtest/result.ts';
import { runBacktest } from '#rules/backtest/run.ts';
import type { RuleText } from '#rules/compile.ts';

/** Comparing neighbours costs some 20 µs a reading: a season of a few gauges, not a year of minutes of a county. */
const MOST_ROWS = 500_000;
/** A lone gauge needs two others to be alone among. */
const FEWEST_GAUGES = 3;

const hasDoubt = ({ text }: RuleText): boolean => /^\s*doubt\s*:/m.test(text);

/** Rule files of a county that doubt sensors. */
function doubtRules(countyDir: string): readonly RuleText[] {
  const folder = join(countyDir, 'rules');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name))
    .sort()
    .map((name) => ({ file: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }))
    .filter(hasDoubt);
}

const skipped = (message: string): Lint => ({
  ...{ file: '', line: 0, column: 0, path: '', kind: 'quality', severity: 'warning', message },
  mend: 'add the county’s rule for lone gauges to --rules',
});

/** The flags of the county's own doubts, beside a run whose rules have none. */
export function doubtsBeside(
  input: BacktestInput,
  countyDir: string,
): { readonly flags: readonly SensorFlag[]; readonly notes: readonly Lint[] } {
  const none = { flags: [], notes: [] };
  const gauges = input.recording.series.filter(({ sensor }) => sensor.quantity === 'rain');
  if (gauges.length < FEWEST_GAUGES || input.rules.some(hasDoubt)) return none;
  const rules = doubtRules(countyDir);
  if (rules.length === 0) return none;
  if (gauges.reduce((sum, { columns }) => sum + columns.count, 0) > MOST_ROWS)
    return { flags: [], notes: [skipped('neighbouring gauges were not compared: the recording is long')] };
  // The file's own flags are in the first run already.
  const series = gauges.map(({ sensor, columns }) => ({ sensor, columns }));
  const run = runBacktest({ ...input, rules, recording: { ...input.recording, series, notes: [] } });
  const own = new Set(
    rules.flatMap(({ text }) => [...text.matchAll(/^\s*-\s*id:\s*(\S+)/gm)].map((match) => match[1])),
  );
  return run.ok ? { flags: run.value.flags.filter(({ flag }) => own.has(flag)), notes: [] } : none;
}

/** The run with those flags among its own. */
export function withDoubts(run: BacktestRun, input: BacktestInput, countyDir: string): BacktestRun {
  const { flags, notes } = doubtsBeside(input, countyDir);
  if (flags.length === 0 && notes.length === 0) return run;
  return {
    ...run,
    flags: [...run.flags, ...flags].sort((a, b) => a.atMs - b.atMs),
    notes: [...run.notes, ...notes],
  };
}
