/** `fengsui backtest diff`: two results, or two sets of rules over one recording. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { BacktestArguments } from '#cli/io/backtest-command.ts';
import { type Findings, readSetup } from '#cli/io/backtest-input.ts';
import { problem } from '#cli/io/backtest-problem.ts';
import { openBar } from '#cli/io/backtest-progress.ts';
import type { Settings } from '#cli/settings.ts';
import { formatTable } from '#cli/table.ts';
import { formatLint, ok } from '#model/result.ts';
import { contractOf } from '#rules/backtest/contract.ts';
import { type Comparable, type Difference, diffRuns } from '#rules/backtest/diff.ts';
import { runBacktest } from '#rules/backtest/run.ts';
import { scoreSkill } from '#rules/backtest/skill.ts';

const MAX_SHOWN = 40;

const level = z.enum(['none', 'blue', 'yellow', 'orange', 'red']);
const comparable = z.object({
  changes: z.array(
    z.object({ at: z.string(), level, from: level, subject: z.string(), hazard: z.string(), rule: z.string() }),
  ),
  skill: z.record(z.string(), z.unknown()),
  readings: z.number(),
});

/** A file that `--report` wrote, or what was printed with `--json`: the last line counts. */
function readResult(file: string): Findings<Comparable> {
  try {
    const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    const parsed = comparable.safeParse(JSON.parse(last));
    if (parsed.success) return ok(parsed.data);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) {
      const message = cause instanceof Error ? cause.message : String(cause);
      return { ok: false, error: [problem(file, message)] };
    }
  }
  const mend = 'give the JSON that a backtest wrote, or --data and two sets of rules';
  return { ok: false, error: [problem(file, 'this is no result of a backtest', mend)] };
}

function play(settings: Settings, given: BacktestArguments, rules: string): Findings<Comparable> {
  const bar = openBar();
  const setup = readSetup(settings, given, (done, of) => bar.step('reading', done, of), [rules]);
  if (!setup.ok) return setup;
  const { input, truth, matching, zone } = setup.value;
  const run = runBacktest(input, (done, of) => bar.step(rules, done, of));
  bar.end();
  if (!run.ok) return run;
  const skill = scoreSkill(run.value, truth, matching);
  return ok(contractOf({ run: run.value, skill, matching, zone, elapsedMs: 0 }));
}

/** Exit codes: 0 compared, whatever came of it; 2 what was asked for cannot be done. */
export async function diffCommand(settings: Settings, a: string, b: string, given: BacktestArguments): Promise<number> {
  const read = (path: string) => (given.data === undefined ? readResult(path) : play(settings, given, path));
  const [first, second] = [read(a), read(b)];
  for (const side of [first, second]) if (!side.ok) for (const lint of side.error) console.error(formatLint(lint));
  if (!first.ok || !second.ok) return 2;
  const difference = diffRuns(first.value, second.value);
  if (difference.otherData) console.error('These are runs of different recordings: the numbers of readings differ.');
  if (given.json) console.log(JSON.stringify(difference));
  else print(difference, a, b);
  return 0;
}

const hours = (ms: number): string => `${ms > 0 ? '+' : ''}${Math.round((ms / 3_600_000) * 100) / 100} h`;
const shown = (value: number | null): string => (value === null ? '–' : String(Math.round(value * 1_000) / 1_000));

function print({ onlyA, onlyB, first, skill, same }: Difference, a: string, b: string): void {
  console.log(`A  ${a}\nB  ${b}\n`);
  for (const [side, list] of [
    ['A', onlyA],
    ['B', onlyB],
  ] as const) {
    for (const change of list.slice(0, MAX_SHOWN))
      console.log(`only ${side}  ${change.at}  ${change.from} → ${change.level}  ${change.subject} ${change.hazard}`);
    if (list.length > MAX_SHOWN) console.log(`only ${side}  … and ${list.length - MAX_SHOWN} more`);
  }
  if (same) console.log('The same changes of level.');
  const reached = first
    .slice(0, MAX_SHOWN)
    .map((row) => [
      row.subject,
      row.hazard,
      row.level,
      row.a ?? '–',
      row.b ?? '–',
      row.laterMs === null ? '' : hours(row.laterMs),
    ]);
  if (reached.length > 0)
    console.log(`\n${formatTable(['subject', 'hazard', 'level', 'first in A', 'first in B', 'B − A'], reached)}`);
  console.log(
    `\n${formatTable(
      ['', 'A', 'B'],
      skill.map((row) => [row.name, shown(row.a), shown(row.b)]),
    )}`,
  );
}
