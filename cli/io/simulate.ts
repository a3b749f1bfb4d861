/** `fengsui simulate`: plays a scenario or a whole sweep of it, prints what came, and fails where it is not what it expects. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { openBar } from '#cli/io/backtest-progress.ts';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import type { SimulateArguments } from '#cli/io/simulate-command.ts';
import { inspectCounty } from '#cli/load/io/read-county.ts';
import type { Settings } from '#cli/settings.ts';
import { formatTrials, sayVerdict, trialsJson, verdictJson } from '#cli/simulate-text.ts';
import { err, formatLint, type Lint, ok, type Result } from '#model/result.ts';
import type { RuleText } from '#rules/compile.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { type County, problem } from '#simulators/threshold/place.ts';
import { type ScenarioInput, simulate, simulateAll, tallyOf } from '#simulators/threshold/sweep.ts';
import { parseVariation, type Variation } from '#simulators/threshold/vary.ts';

type Findings<T> = Result<T, readonly Lint[]>;

/** Exit codes: 0 as expected; 1 something is missed; 2 what was asked for cannot be done. */
const MISSED = 1;
const REFUSED = 2;

const isRules = (name: string): boolean => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);

function readRules(path: string, from: string): Findings<readonly RuleText[]> {
  if (!existsSync(path)) return err([problem(from, `there are no rules in ${path}`, 'mend the path')]);
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .filter(isRules)
        .map((name) => join(path, name))
    : [path];
  return ok(files.map((file) => ({ file: relative('', file), text: readFileSync(file, 'utf8') })));
}

function readCounty(countyDir: string, devicesDir: string): Findings<County> {
  const profiles = readProfiles(devicesDir);
  if (!profiles.ok) return profiles;
  const { county, lints } = inspectCounty(countyDir, Date.now(), profiles.value);
  return county === null ? err(lints) : ok({ registry: county.registry, profiles: profiles.value });
}

/** The scenario with its rules and, where it has no points of its own, its county. */
export function readScenario(
  settings: Pick<Settings, 'countyDir' | 'devicesDir'>,
  file: string,
  given: Pick<SimulateArguments, 'rules' | 'county'>,
): Findings<ScenarioInput> {
  if (!existsSync(file)) return err([problem(file, 'there is no such file', 'name a scenario')]);
  const text = readFileSync(file, 'utf8');
  const scenario = parseScenario(file, text);
  if (!scenario.ok) return scenario;
  const { story } = scenario.value;
  const countyDir = given.county ?? settings.countyDir;
  const isOwn = story.points.length > 0 && given.county === undefined;
  const paths = given.rules ?? story.rules.map((path) => join(dirname(file), path));
  const rules: RuleText[] = [];
  for (const path of paths) {
    const read = readRules(path, file);
    if (!read.ok) return read;
    rules.push(...read.value);
  }
  if (paths.length === 0) {
    if (isOwn) return err([problem(file, 'it names no rules', 'write rules: […] in it, or give --rules')]);
    rules.push(...readRuleFiles(countyDir));
  }
  if (isOwn) return ok({ file, text, rules });
  const county = readCounty(countyDir, settings.devicesDir);
  return county.ok ? ok({ file, text, rules, county: county.value }) : county;
}

function refuse(lints: readonly Lint[]): number {
  for (const lint of lints) console.error(formatLint(lint));
  return REFUSED;
}

function readVariations(given: readonly string[], file: string): Findings<readonly Variation[]> {
  const parsed = given.map(parseVariation);
  const wrong = parsed.flatMap((one) => (one.ok ? [] : [problem(file, one.error, 'mend --vary')]));
  return wrong.length > 0 ? err(wrong) : ok(parsed.flatMap((one) => (one.ok ? [one.value] : [])));
}

function sweep(input: ScenarioInput, given: readonly string[], json: boolean): number {
  const variations = readVariations(given, input.file);
  if (!variations.ok) return refuse(variations.error);
  const bar = openBar();
  const trials = simulateAll(input, variations.value, (done, of) => bar.step('simulating', done, of));
  bar.end();
  if (!trials.ok) return refuse([problem(input.file, trials.error, 'mend --vary')]);
  const names = variations.value.map(({ path }) => path.join('.'));
  console.log(formatTrials(names, trials.value));
  const tally = tallyOf(trials.value);
  console.log(
    `${trials.value.length} combinations: ${tally.holding} hold, ${tally.played - tally.holding} do not, ${trials.value.length - tally.played} cannot be played; ${tally.falseAlarms} false alarms.`,
  );
  if (json) console.log(JSON.stringify(trialsJson(names, trials.value)));
  // A sweep is a question: a threshold that does not hold is an answer to it.
  return tally.played > 0 ? 0 : REFUSED;
}

export async function simulateCommand(settings: Settings, file: string, given: SimulateArguments): Promise<number> {
  const input = readScenario(settings, file, given);
  if (!input.ok) return refuse(input.error);
  if (given.vary !== undefined) {
    if (given.wires) return refuse([problem(file, '--vary is for the engine alone', 'leave out --wires')]);
    return sweep(input.value, given.vary, given.json);
  }
  const startedMs = performance.now();
  const done = given.wires ? await onWires(settings, input.value, given) : simulate(input.value);
  if (!done.ok) return refuse(done.error);
  const elapsedMs = Math.round(performance.now() - startedMs);
  const { stage, played, verdict } = done.value;
  console.log(sayVerdict(stage.scenario.story, verdict));
  const much = `${played.readings} readings, ${played.missing} missing, ${elapsedMs} ms${given.wires ? ' on wires' : ''}`;
  console.log(verdict.misses.length === 0 ? `As expected (${much}).` : `${verdict.misses.length} missed (${much}).`);
  const { readings, missing } = played;
  if (given.json) console.log(JSON.stringify({ ...verdictJson(verdict), readings, missing, elapsedMs }));
  return verdict.misses.length === 0 ? 0 : MISSED;
}

async function onWires(settings: Settings, input: ScenarioInput, given: SimulateArguments) {
  const { simulateOnWires } = await import('#cli/io/simulate-wires.ts');
  const name = basename(input.file).replace(/[^A-Za-z0-9_-]/g, '-');
  const bar = openBar();
  const done = await simulateOnWires(input, {
    dataDir: given.data ?? join(settings.dataDir, 'simulate', name),
    onProgress: (polls, of) => bar.step('polling', polls, of),
  });
  bar.end();
  return done;
}
