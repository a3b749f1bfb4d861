/** Recorded sets through the live compiler and engine, for tests of what was computed from them by other means. */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatLint, type Lint, type Result } from '#model/result.ts';
import { formatInZone } from '#model/time.ts';
import type { Recording } from '#rules/backtest/recording.ts';
import type { BacktestRun } from '#rules/backtest/result.ts';
import { runBacktest } from '#rules/backtest/run.ts';
import type { RuleText } from '#rules/compile.ts';
import { loadRecording } from '#simulators/recorded/io/load.ts';

const top = fileURLToPath(new URL('../../', import.meta.url));
export const shared = process.env['FENGSUI_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
export const hasData = existsSync(`${shared}/data`);

export function sound<T>(result: Result<T, readonly Lint[]>): T {
  if (!result.ok) throw new Error(result.error.map(formatLint).join('\n'));
  return result.value;
}

const loaded = new Map<string, Recording>();

/** A set of ../shared/data, or one file of it; only the series whose names fit. */
export function recordingOf(path: string, series?: RegExp): Recording {
  const all = loaded.get(path) ?? sound(loadRecording(`${shared}/data/${path}`));
  loaded.set(path, all);
  return { ...all, series: all.series.filter(({ sensor }) => series?.test(sensor.sensorId) !== false) };
}

export const ruleFile = (path: string): RuleText => ({
  file: basename(path),
  text: readFileSync(`${top}${path}`, 'utf8'),
});
export const national = (): RuleText => ruleFile('county/rules/rainstorm-national.yaml');
export const skillRule = (name: string): RuleText => ruleFile(`docs/skill/rules/${name}.yaml`);

export const play = (recording: Recording, ...rules: readonly RuleText[]): BacktestRun =>
  sound(runBacktest({ recording, rules }));

/** Only the rows of a time: eleven years of ticks are for a benchmark. */
export const within = (recording: Recording, fromMs: number, toMs: number): Recording => ({
  ...recording,
  series: recording.series.map((series) => {
    const { atMs, values, marks, count } = series.columns;
    const from = atMs.subarray(0, count).findIndex((at) => at >= fromMs);
    const end = atMs.subarray(0, count).findLastIndex((at) => at <= toMs) + 1;
    const columns = { count: end - from, atMs: atMs.subarray(from, end), values: values.subarray(from, end) };
    return { ...series, columns: marks === undefined ? columns : { ...columns, marks: marks.subarray(from, end) } };
  }),
});

/** `09-11T19:00 blue`, for changes in a zone. */
export const changesIn = ({ changes }: BacktestRun, zone: string): readonly string[] =>
  changes.map(({ atMs, level }) => `${formatInZone(atMs, zone).slice(5, 16)} ${level}`);

/** Stretches of time above none, in hours, by where they begin. */
export function hoursUp(
  { changes, toMs }: BacktestRun,
  isUp: (level: string) => boolean = (level) => level !== 'none',
) {
  let sum = 0;
  let since: number | undefined;
  for (const { atMs, level } of changes) {
    if (isUp(level)) since ??= atMs;
    else if (since !== undefined) {
      sum += atMs - since;
      since = undefined;
    }
  }
  return (sum + (since === undefined ? 0 : toMs - since)) / 3_600_000;
}
