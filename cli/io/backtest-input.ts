/** Reads what a backtest needs from the command line and from files; everything that is wrong comes back as findings. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { BacktestArguments } from '#cli/io/backtest-command.ts';
import { problem } from '#cli/io/backtest-problem.ts';
import { isStore, readStore } from '#cli/io/backtest-store.ts';
import { readProfiles } from '#cli/io/county-source.ts';
import { inspectCounty } from '#cli/load/io/read-county.ts';
import type { Settings } from '#cli/settings.ts';
import { isLevel } from '#model/level.ts';
import { isQuantityCode, QUANTITIES } from '#model/quantity.ts';
import { ORIGINS, type Origin } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { type EpochMs, formatInZone } from '#model/time.ts';
import type { Recording } from '#rules/backtest/recording.ts';
import type { BacktestInput } from '#rules/backtest/result.ts';
import { parseSweep, type SweepSpec } from '#rules/backtest/sweep.ts';
import { DEFAULT_SKILL, type SkillOptions, type Truth } from '#rules/backtest/truth.ts';
import type { RuleText } from '#rules/compile.ts';
import { durationMs } from '#rules/models/params.ts';
import { type LoadOptions, loadInventory, loadRecording, loadTruth } from '#simulators/recorded/io/load.ts';
import { readDay, readStamp } from '#simulators/recorded/stamp.ts';
import { openZone } from '#simulators/recorded/zone-clock.ts';

export type Findings<T> = Result<T, readonly Lint[]>;

export type BacktestSetup = {
  readonly input: BacktestInput;
  readonly zone: string;
  readonly truth: Truth | undefined;
  readonly matching: SkillOptions;
  readonly sweeps: readonly SweepSpec[];
};

const isRuleFile = (name: string): boolean => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);

/** Files as they are, folders with their rule files in order of name; rule tests beside them are none. */
export function readRules(paths: readonly string[]): Findings<readonly RuleText[]> {
  const files: RuleText[] = [];
  const lints: Lint[] = [];
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    const folder = stat?.isDirectory() === true;
    const names = folder ? readdirSync(path).filter(isRuleFile).sort() : [''];
    if (stat === undefined) lints.push(problem(path, 'there is no such file or folder'));
    else if (names.length === 0) lints.push(problem(path, 'the folder has no rule file'));
    else
      for (const name of names) {
        const file = name === '' ? path : join(path, name);
        files.push({ file: relative('', file), text: readFileSync(file, 'utf8') });
      }
  }
  return lints.length > 0 ? err(lints) : ok(files);
}

function readRegistry(countyDir: string, devicesDir: string): Findings<Registry> {
  if (!existsSync(countyDir)) return err([problem(countyDir, 'there is no such folder')]);
  const profiles = readProfiles(devicesDir);
  if (!profiles.ok) return profiles;
  const { county, lints } = inspectCounty(countyDir, Date.now(), profiles.value);
  return county === null ? err(lints) : ok(county.registry);
}

function instant(name: '--from' | '--to', raw: string | undefined, zone: string): Findings<EpochMs | undefined> {
  if (raw === undefined) return ok(undefined);
  const day = readDay(raw);
  const stamp = readStamp(raw);
  const localMs = day === undefined ? stamp?.localMs : name === '--from' ? day.fromMs : day.toMs;
  if (localMs === undefined)
    return err([problem(name, `${raw} is no time`, 'write one such as 2013-09-09T00:00:00-07:00 or 2013-09-09')]);
  if (day === undefined && stamp?.offsetMs !== null && stamp !== undefined) return ok(stamp.localMs - stamp.offsetMs);
  const clock = openZone(zone);
  return clock === undefined
    ? err([problem('--zone', `there is no zone ${zone}`)])
    : ok(clock.toInstant(localMs, Number.NEGATIVE_INFINITY).atMs);
}

function readMatching(given: BacktestArguments): Findings<SkillOptions> {
  const { warnLevel = DEFAULT_SKILL.warnLevel } = given;
  if (!isLevel(warnLevel))
    return err([problem('--warn-level', `"${warnLevel}" is no level`, 'blue, yellow, orange or red')]);
  const lints: Lint[] = [];
  const duration = (name: string, raw: string | undefined, fallback: number): number => {
    if (raw === undefined) return fallback;
    const ms = durationMs(raw);
    if (ms === undefined) lints.push(problem(name, `"${raw}" is no duration`, 'write one such as 90m, 6h or 3d'));
    return ms ?? fallback;
  };
  const matching = {
    warnLevel,
    leadMs: duration('--lead', given.lead, DEFAULT_SKILL.leadMs),
    toleranceMs: duration('--tolerance', given.tolerance, DEFAULT_SKILL.toleranceMs),
    mergeMs: duration('--merge', given.merge, DEFAULT_SKILL.mergeMs),
  };
  return lints.length > 0 ? err(lints) : ok(matching);
}

function readSweeps(raw: readonly string[]): Findings<readonly SweepSpec[]> {
  const parsed = raw.map(parseSweep);
  const wrong = parsed.flatMap((sweep) => (sweep.ok ? [] : [problem('--sweep', sweep.error)]));
  return wrong.length > 0 ? err(wrong) : ok(parsed.flatMap((sweep) => (sweep.ok ? [sweep.value] : [])));
}

function loadOptions(given: BacktestArguments, onBytes: (done: number, of: number) => void): Findings<LoadOptions> {
  const { quantity, zone } = given;
  if (quantity !== undefined && !isQuantityCode(quantity))
    return err([problem('--quantity', `there is no quantity "${quantity}"`, Object.keys(QUANTITIES).join(', '))]);
  const inventory = given.inventory === undefined ? undefined : loadInventory(given.inventory);
  if (inventory !== undefined && !inventory.ok) return inventory;
  return ok({
    ...(zone === undefined ? {} : { zone }),
    ...(inventory === undefined ? {} : { inventory: inventory.value }),
    ...(quantity === undefined ? {} : { defaultQuantity: quantity }),
    onProgress: onBytes,
  });
}

type Stretch = { readonly fromMs?: EpochMs; readonly toMs?: EpochMs };

function readStretch(given: BacktestArguments, zone: string): Findings<Stretch> {
  const fromMs = instant('--from', given.from, zone);
  const toMs = instant('--to', given.to, zone);
  if (!fromMs.ok) return fromMs;
  if (!toMs.ok) return toMs;
  if (fromMs.value !== undefined && toMs.value !== undefined && toMs.value <= fromMs.value)
    return err([problem('--to', `${formatInZone(toMs.value, zone)} is not after --from`)]);
  return ok({
    ...(fromMs.value === undefined ? {} : { fromMs: fromMs.value }),
    ...(toMs.value === undefined ? {} : { toMs: toMs.value }),
  });
}

const isOrigin = (name: string): name is Origin => (ORIGINS as readonly string[]).includes(name);

/** A recording in files, or a centre's own history. */
function readData(
  given: BacktestArguments,
  data: string,
  county: Registry | undefined,
  options: LoadOptions,
): Findings<Recording> {
  const { origin = 'live' } = given;
  if (county !== undefined && isStore(data)) {
    if (!isOrigin(origin)) return err([problem('--origin', `"${origin}" is no origin`, ORIGINS.join(', '))]);
    const zone = given.zone ?? county.county.zone;
    const stretch = readStretch(given, zone);
    if (!stretch.ok) return stretch;
    const { inventory } = options;
    const wish = { dataDir: data, registry: county, zone, origin, ...stretch.value };
    return readStore(inventory === undefined ? wish : { ...wish, inventory }, options.onProgress ?? (() => {}));
  }
  if (given.origin !== undefined)
    return err([problem('--origin', `${data} is no data folder of a centre: only these have origins`, 'leave it out')]);
  const own = loadRecording(data, options);
  // Stamps of a file that names no zone are of the county's time.
  const countyZone = given.zone === undefined ? county?.county.zone : undefined;
  return own.ok || countyZone === undefined ? own : loadRecording(data, { ...options, zone: countyZone });
}

/** All of it; `rules` may be others than those of the command line, for a comparison. */
export function readSetup(
  settings: Settings,
  given: BacktestArguments,
  onBytes: (done: number, of: number) => void,
  rulePaths: readonly string[] | undefined = given.rules,
): Findings<BacktestSetup> {
  const { data } = given;
  if (rulePaths === undefined || rulePaths.length === 0)
    return err([problem('--rules', 'name a rule file or a folder')]);
  if (data === undefined) return err([problem('--data', 'name a recording: a file or a folder')]);
  const rules = readRules(rulePaths);
  const matching = readMatching(given);
  const sweeps = readSweeps(given.sweep ?? []);
  const options = loadOptions(given, onBytes);
  const countyDir = given.county ?? (isStore(data) ? settings.countyDir : undefined);
  const county = countyDir === undefined ? ok(undefined) : readRegistry(countyDir, settings.devicesDir);
  if (!rules.ok) return rules;
  if (!matching.ok) return matching;
  if (!sweeps.ok) return sweeps;
  if (!options.ok) return options;
  if (!county.ok) return county;
  const recording = readData(given, data, county.value, options.value);
  if (!recording.ok) return recording;
  const zone = given.zone ?? recording.value.zone;
  const truth = given.truth === undefined ? ok(undefined) : loadTruth(given.truth, zone);
  const stretch = readStretch(given, zone);
  if (!truth.ok) return truth;
  if (!stretch.ok) return stretch;
  const input: BacktestInput = {
    ...{ recording: recording.value, rules: rules.value, zone },
    ...(county.value === undefined ? {} : { county: county.value }),
    ...stretch.value,
  };
  return ok({ input, zone, truth: truth.value, matching: matching.value, sweeps: sweeps.value });
}
