/** Plays the recorded sets through the live engine and writes docs/skill.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PlayedRow, type PlayedSet, skillPage } from '#cli/skill/page.ts';
import { scoreRules } from '#cli/skill/score.ts';
import { SKILL_SETS, type SkillPlay, type SkillRules, type SkillSet } from '#cli/skill/sets.ts';
import { err, formatLint, type Lint, ok, type Result } from '#model/result.ts';
import { formatInZone } from '#model/time.ts';
import { namesIn } from '#rules/backtest/names.ts';
import type { Recording } from '#rules/backtest/recording.ts';
import { runBacktest } from '#rules/backtest/run.ts';
import type { Truth } from '#rules/backtest/truth.ts';
import type { RuleText } from '#rules/compile.ts';
import { withDryGaps } from '#simulators/recorded/dry-gaps.ts';
import { loadRecording, loadTruth } from '#simulators/recorded/io/load.ts';

const RULES = 'docs/skill/rules';
const NATIONAL = 'county/rules/rainstorm-national.yaml';

type Findings<T> = Result<T, readonly Lint[]>;

/** The page, as it should stand in docs/skill.md. */
export function playSkill(top: string, data: string, onPlay: (title: string) => void = () => {}): Findings<string> {
  const played: PlayedSet[] = [];
  for (const set of SKILL_SETS) {
    const one = playSet(set, top, data, onPlay);
    if (!one.ok) return one;
    played.push(one.value);
  }
  return ok(skillPage(played));
}

function playSet(set: SkillSet, top: string, data: string, onPlay: (title: string) => void): Findings<PlayedSet> {
  const truth =
    set.truth === null
      ? ok(undefined)
      : loadTruth(join(top, 'simulators/recorded/truth', `${set.truth}.yaml`), undefined);
  if (!truth.ok) return truth;
  const rows: PlayedRow[] = [];
  const read = openReader(data);
  for (const play of set.plays) {
    onPlay(`${set.title}: ${play.title}`);
    const recording = read(play);
    if (!recording.ok) return recording;
    const some = playRules(play, recording.value, truth.value, top);
    if (!some.ok) return some;
    rows.push(...some.value);
  }
  return ok({ set, rows, source: truth.value?.source ?? null });
}

/** A set is read once, though several plays take it. */
function openReader(data: string): (play: SkillPlay) => Findings<Recording> {
  const read = new Map<string, Findings<Recording>>();
  return ({ data: path, sensors, dryGaps }) => {
    const loaded = read.get(path) ?? loadRecording(join(data, path));
    read.set(path, loaded);
    if (!loaded.ok) return loaded;
    const series = loaded.value.series.filter(({ sensor }) => sensors?.test(sensor.sensorId) !== false);
    const recording = { ...loaded.value, series };
    return ok(dryGaps === true ? withDryGaps(recording) : recording);
  };
}

type RuleFile = RuleText & { readonly rules: SkillRules; readonly ids: ReadonlySet<string>; readonly isDoubt: boolean };

function ruleFile(rules: SkillRules, top: string): RuleFile {
  const file = rules.file === 'national' ? NATIONAL : `${RULES}/${rules.file}.yaml`;
  const text = readFileSync(join(top, file), 'utf8');
  return { file, text, rules, ids: new Set(namesIn([{ file, text }]).rules), isDoubt: /^ {4}doubt:/m.test(text) };
}

/** Rules with levels do not hear of each other, so one run serves them all; a doubt would speak into the others. */
function playRules(
  play: SkillPlay,
  recording: Recording,
  truth: Truth | undefined,
  top: string,
): Findings<readonly PlayedRow[]> {
  const files = play.rules.map((rules) => ruleFile(rules, top));
  const rows: PlayedRow[] = [];
  for (const together of [files.filter(({ isDoubt }) => !isDoubt), files.filter(({ isDoubt }) => isDoubt)]) {
    if (together.length === 0) continue;
    const run = runBacktest({ recording, rules: together });
    if (!run.ok) return run;
    const { zone } = recording;
    for (const { file, ids, rules } of together) {
      const bound = run.value.ruleSet.rules.some(({ rule }) => ids.has(rule.split('@')[0] ?? rule));
      if (!bound) return err([unbound(file, play.title)]);
      const link = file === NATIONAL ? `../${file}` : file.replace('docs/', '');
      const row = scoreRules(run.value, ids, truth, offsetOf(run.value.fromMs, zone));
      rows.push({ ...row, play: play.title, what: rules.what, file: link, zone });
    }
  }
  return ok(rows);
}

const unbound = (file: string, title: string): Lint => ({
  ...{ file, line: 0, column: 0, path: '', kind: 'skill', severity: 'error' },
  message: `no rule of the file watches anything in "${title}"`,
});

/** The sets keep one offset all the year. */
function offsetOf(atMs: number, zone: string): number {
  return Date.parse(`${formatInZone(atMs, zone).slice(0, 19)}Z`) - Math.floor(atMs / 1_000) * 1_000;
}

/** Where the recorded sets lie: beside the project, or where FENGSUI_SHARED says. */
export const recordedData = (top: string): string =>
  join(process.env['FENGSUI_SHARED'] ?? join(top, '..', 'shared'), 'data');

export function skillCommand(top: string, options: { readonly check: boolean }): number {
  const data = recordedData(top);
  if (!existsSync(data)) {
    console.error(`The recorded sets are not at ${data}; FENGSUI_SHARED names the folder above them.`);
    return 2;
  }
  const page = playSkill(top, data, (title) => console.error(title));
  if (!page.ok) {
    for (const lint of page.error) console.error(formatLint(lint));
    return 2;
  }
  const file = join(top, 'docs', 'skill.md');
  if (!options.check) {
    writeFileSync(file, page.value);
    console.log(`Wrote ${file}.`);
    return 0;
  }
  const same = existsSync(file) && readFileSync(file, 'utf8') === page.value;
  console.log(same ? 'docs/skill.md is as the command gives it.' : 'docs/skill.md differs: run fengsui dev skill.');
  return same ? 0 : 1;
}
