/** `fengsui backtest`: reads, plays, scores, and writes the report; the line of JSON is the last of standard output. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { BacktestArguments } from '#cli/io/backtest-command.ts';
import { type BacktestSetup, type Findings, readSetup } from '#cli/io/backtest-input.ts';
import { type Bar, openBar } from '#cli/io/backtest-progress.ts';
import { withDoubts } from '#cli/io/backtest-quality.ts';
import { checkReplay, type ReplayVerdict } from '#cli/io/check-replay.ts';
import type { Settings } from '#cli/settings.ts';
import { formatLint, type Lint, ok } from '#model/result.ts';
import { type BacktestJson, contractOf, sweepJson } from '#rules/backtest/contract.ts';
import { sayMismatch } from '#rules/backtest/replay-check.ts';
import { htmlReport } from '#rules/backtest/report.ts';
import type { BacktestRun, Skill } from '#rules/backtest/result.ts';
import { runBacktest } from '#rules/backtest/run.ts';
import { scoreSkill } from '#rules/backtest/skill.ts';
import { runSweep, type Sweep } from '#rules/backtest/sweep.ts';

const MAX_SHOWN = 50;

/** Exit codes: 0 done; 1 a replay that differs; 2 what was asked for cannot be done. */
export async function backtestCommand(settings: Settings, given: BacktestArguments): Promise<number> {
  if (given.checkReplay !== undefined) return checkReplayCommand(given.checkReplay, given.json);
  const startedMs = performance.now();
  const bar = openBar();
  const done = backtest(settings, given, bar);
  bar.end();
  if (!done.ok) return refuse(done.error);
  const { setup, run, skill, sweeps } = done.value;
  const elapsedMs = performance.now() - startedMs;
  const { zone, matching } = setup;
  const json: BacktestJson = contractOf({ run, skill, matching, zone, elapsedMs });
  const whole = sweeps.length === 0 ? json : { ...json, sweeps: sweeps.map(sweepJson) };
  const reportFile = given.report ?? (given.json ? undefined : defaultReport(settings, given));
  if (reportFile !== undefined) {
    const written = writeReport(reportFile, htmlReport(reportOf(given, done.value)), JSON.stringify(whole));
    if (written !== undefined) return refuse([written]);
  }
  for (const note of run.notes.slice(0, MAX_SHOWN)) console.error(formatLint(note));
  if (run.notes.length > MAX_SHOWN) console.error(`… and ${run.notes.length - MAX_SHOWN} more notes.`);
  if (given.json) console.log(JSON.stringify(whole));
  else print(json, sweeps, reportFile);
  return 0;
}

function refuse(lints: readonly Lint[]): number {
  for (const lint of lints) console.error(formatLint(lint));
  return 2;
}

type Done = {
  readonly setup: BacktestSetup;
  readonly run: BacktestRun;
  readonly skill: Skill;
  readonly sweeps: readonly Sweep[];
};

function backtest(settings: Settings, given: BacktestArguments, bar: Bar): Findings<Done> {
  const setup = readSetup(settings, given, (done, of) => bar.step('reading', done, of));
  if (!setup.ok) return setup;
  const { input, truth, matching } = setup.value;
  const run = runBacktest(input, (done, of, atMs) =>
    bar.step('playing', done, of, new Date(atMs).toISOString().slice(0, 10)),
  );
  if (!run.ok) return run;
  const sweeps: Sweep[] = [];
  for (const spec of setup.value.sweeps) {
    const sweep = runSweep(input, spec, truth, matching, (done, of) => bar.step('sweeping', done, of, spec.rule));
    if (!sweep.ok) return sweep;
    sweeps.push(sweep.value);
  }
  const whole = withDoubts(run.value, input, given.county ?? settings.countyDir);
  return ok({ setup: setup.value, run: whole, skill: scoreSkill(whole, truth, matching), sweeps });
}

const defaultReport = (settings: Settings, { data = '' }: BacktestArguments): string =>
  join(settings.dataDir, 'backtest', `${basename(data).replace(/[^A-Za-z0-9_-]/g, '-')}.html`);

const reportOf = (given: BacktestArguments, { setup, run, skill, sweeps }: Done) => ({
  title: `回测 Backtest: ${basename(given.data ?? '')}`,
  ...{ run, skill, sweeps, matching: setup.matching, zone: setup.zone, series: setup.input.recording.series },
  source: [given.data, ...(given.rules ?? []), given.truth].flatMap((path) => (path === undefined ? [] : [path])),
});

/** The JSON lies beside the page under the same name. */
function writeReport(file: string, html: string, json: string): Lint | undefined {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, html);
    writeFileSync(file.replace(/(\.html?)?$/i, '.json'), `${json}\n`);
    return undefined;
  } catch (cause) {
    const message = `the report cannot be written (${cause instanceof Error ? cause.message : String(cause)})`;
    return { ...{ file, line: 0, column: 0, path: '', kind: 'report', severity: 'error' }, message };
  }
}

const shown = (value: number | null): string => (value === null ? '–' : String(Math.round(value * 1_000) / 1_000));

function print(json: BacktestJson, sweeps: readonly Sweep[], reportFile: string | undefined): void {
  for (const { at, level, subject, hazard, reason } of json.changes.slice(0, MAX_SHOWN))
    console.log(`${at}  ${level.padEnd(6)} ${subject} ${hazard}\n  ${reason.zh}\n  ${reason.en}`);
  const hidden = json.changes.length - MAX_SHOWN;
  if (hidden > 0) console.log(`… and ${hidden} more changes, in the report.`);
  for (const { at, sensor, flag } of json.flags.slice(0, MAX_SHOWN)) console.log(`${at}  ${sensor}: ${flag}`);
  const { hits, misses, falseAlarms, pod, far, csi, alarmHours, leadTimesMs } = json.skill;
  console.log(`\n${json.from} – ${json.to}: ${json.readings} readings, ${json.changes.length} changes of level.`);
  console.log(
    hits === null
      ? `Alarm hours ${shown(alarmHours)}; without --truth there is nothing to score against.`
      : `Hits ${hits}, misses ${misses}, false alarms ${falseAlarms}; POD ${shown(pod)}, FAR ${shown(far)}, CSI ${shown(csi)}; alarm hours ${shown(alarmHours)}; lead ${leadTimesMs.map((ms) => `${shown(ms / 3_600_000)} h`).join(', ') || '–'}.`,
  );
  for (const { rule, level, points, area } of sweeps) {
    console.log(`\n${rule}.${level}${area === null ? '' : `, area under the ROC curve ${shown(area)}`}`);
    for (const { limit, skill } of points)
      console.log(
        `  ${String(limit).padStart(10)}  hits ${skill.hits ?? '–'}  misses ${skill.misses ?? '–'}  false ${skill.falseAlarms ?? '–'}  POD ${shown(skill.pod)}  FAR ${shown(skill.far)}  CSI ${shown(skill.csi)}  alarm hours ${shown(skill.alarmHours)}`,
      );
  }
  if (reportFile !== undefined) console.log(`Report: ${relative('', reportFile)}`);
}

function checkReplayCommand(dataDir: string, json: boolean): number {
  const bar = openBar();
  const verdict = checkReplay(dataDir, (done, of) => bar.step('judging', done, of));
  bar.end();
  if (!verdict.ok) {
    console.error(verdict.error);
    return 2;
  }
  sayVerdict(verdict.value, json);
  const compared = verdict.value.partitions.some(({ skipped }) => !skipped);
  if (!compared) return 2;
  return verdict.value.mismatches.length === 0 ? 0 : 1;
}

function sayVerdict({ equal, mismatches, partitions, rows }: ReplayVerdict, json: boolean): void {
  const say = json ? console.error : console.log;
  for (const { partition, fromPos, skipped } of partitions) {
    if (skipped) say(`partition ${partition}: its first rows are gone and it has no snapshot: nothing to begin from`);
    else if (fromPos > 0)
      say(`partition ${partition}: its first rows are gone, judged from the snapshot at row ${fromPos} on`);
  }
  for (const mismatch of mismatches.slice(0, MAX_SHOWN)) say(sayMismatch(mismatch));
  say(`${rows} rows judged again: ${equal} findings equal, ${mismatches.length} not.`);
  if (json) console.log(JSON.stringify({ rows, equal, mismatches, partitions, same: mismatches.length === 0 }));
}
