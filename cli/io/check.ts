/** `fengsui check`: every finding in a county's files at once, with file, line, column and the mend. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { checkPlan } from '#alerts/drill/plan.ts';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { influxTargetOf, lintTokenFile } from '#cli/io/influx-target.ts';
import { findTestFiles, runRuleTests } from '#cli/io/rule-tests.ts';
import { parseDrill } from '#cli/load/drills.ts';
import { inspectCounty } from '#cli/load/io/read-county.ts';
import { sensorReaches } from '#cli/sensor-reach.ts';
import { formatLint, type Lint } from '#model/result.ts';
import { compileRules, lintRules, type RuleText } from '#rules/compile.ts';
import { coverRules } from '#rules/test/coverage.ts';
import { lintReach } from '#rules/test/reach.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { scenarioLints } from '#simulators/scenario-lints.ts';

type Look = { readonly lints: Lint[]; readonly looked: string[] };
type County = ReturnType<typeof inspectCounty>['county'];
type Profiles = ReturnType<typeof readProfiles>;

/** What a person asks to have checked: a whole county, or rule files for the county that they lie in or beside. */
type Target = {
  readonly countyDir: string;
  readonly isWhole: boolean;
  readonly ruleFiles: readonly RuleText[];
  readonly testPaths: readonly string[];
};

const isCounty = (dir: string): boolean => existsSync(join(dir, 'county.yaml'));

/** The shipped county with its devices, for rule files that lie nowhere near one. */
const TOP = join(import.meta.dirname, '..', '..');
const SHIPPED = join(TOP, 'county');

/** The county that a rule file belongs to: the folder above it, else the one in this folder, else the shipped one. */
function countyOf(path: string): string {
  for (const dir of [dirname(path), dirname(dirname(path)), 'county']) if (isCounty(dir)) return dir;
  return SHIPPED;
}

const readRules = (file: string): RuleText => ({ file: relative('', file), text: readFileSync(file, 'utf8') });

function targetOf(path: string): Target {
  if (existsSync(path) && !isCounty(path)) {
    const isFile = statSync(path).isFile();
    const names = isFile
      ? [path]
      : readdirSync(path)
          .sort()
          .map((name) => join(path, name));
    const isRules = (name: string) => name.endsWith('.yaml') && !name.endsWith('.test.yaml');
    const ruleFiles = names.filter(isRules).map(readRules);
    if (isFile || ruleFiles.length > 0)
      return { countyDir: countyOf(isFile ? path : join(path, 'x')), isWhole: false, ruleFiles, testPaths: [path] };
  }
  const testPaths = [join(path, 'rules')];
  return { countyDir: path, isWhole: true, ruleFiles: readRuleFiles(path), testPaths };
}

/** Rules against the county and its devices. */
function checkRules(target: Target, county: County, profiles: Profiles, tickMs: number, look: Look): void {
  look.looked.push(
    `${target.ruleFiles.length} rule files${target.isWhole ? '' : ` for the county in ${relative('', target.countyDir) || '.'}`}`,
  );
  if (county === null) return;
  look.lints.push(...lintRules(target.ruleFiles, county.registry));
  const compiled = compileRules(target.ruleFiles, county.registry, { tickMs });
  if (compiled.ok && profiles.ok)
    look.lints.push(...lintReach(target.ruleFiles, compiled.value, sensorReaches(county.registry, profiles.value)));
}

/** Rule tests: their own findings, what failed, and what they leave unsaid about the rules. */
function checkTests(target: Target, devicesDir: string, look: Look): void {
  const files = [...new Set(target.testPaths.flatMap((path) => (existsSync(path) ? findTestFiles(path, []) : [])))];
  const outcomes = runRuleTests(files, devicesDir);
  const known = new Set(look.lints.map(formatLint));
  for (const { file, lints, cases } of outcomes) {
    // A rule file that does not compile is told already.
    look.lints.push(...lints.filter((lint) => !known.has(formatLint(lint))));
    for (const { name, failures } of cases)
      for (const { line, column, expected, came, reason } of failures)
        look.lints.push({
          ...{ file, line, column, path: '', kind: 'rule-test', severity: 'error' },
          message: `${name}: expected ${expected}, came ${came}${reason === undefined ? '' : ` (${reason.en})`}`,
          mend: 'mend the rule or its test; fengsui test shows more',
        });
  }
  const complete = outcomes.every(({ lints }) => !lints.some(({ severity }) => severity === 'error'));
  const { coverage, lints } = coverRules(target.ruleFiles, outcomes);
  // A test that could not be run says nothing of what its rules lack.
  if (complete) look.lints.push(...lints);
  const tests = outcomes.reduce((sum, { cases }) => sum + cases.length, 0);
  look.looked.push(`${coverage.length} rules with ${tests} tests`);
}

function checkScenario(countyDir: string, county: County, profiles: Profiles, look: Look): void {
  const simulation = join(countyDir, 'simulation.yaml');
  if (!existsSync(simulation)) return;
  const scenario = parseScenario(relative('', simulation), readFileSync(simulation, 'utf8'));
  if (!scenario.ok) look.lints.push(...scenario.error);
  else if (county !== null && profiles.ok) {
    const simulated = [...county.registry.edges.values()].filter(({ origin }) => origin !== 'live');
    look.lints.push(...scenarioLints(relative('', simulation), simulated, profiles.value, scenario.value));
  }
}

/** Plans of drills; they are no part of the registry, so a plan may be written while the county runs. */
function checkDrills(countyDir: string, county: County, look: Look): void {
  const folder = join(countyDir, 'drills');
  if (county === null || !existsSync(folder)) return;
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  for (const name of files.sort()) {
    const file = join(folder, name);
    const plan = parseDrill(relative('', file), readFileSync(file, 'utf8'), county.registry, checkPlan);
    if (!plan.ok) look.lints.push(...plan.error);
  }
  look.looked.push(`${files.length} drills`);
}

/** Exit code: 0 when nothing is wrong; warnings count with `strict`. */
export function check(
  path: string,
  devicesDir: string,
  options: { readonly strict: boolean; readonly tickMs: number },
): number {
  const look: Look = { lints: [], looked: [] };
  const target = targetOf(path);
  const profiles = readProfiles(target.countyDir === SHIPPED ? join(TOP, 'devices') : devicesDir);
  if (profiles.ok) look.looked.push(`${profiles.value.size} device profiles`);
  else look.lints.push(...profiles.error);
  const { county, lints, looked } = inspectCounty(
    target.countyDir,
    Date.now(),
    profiles.ok ? profiles.value : undefined,
  );
  // Rules alone are asked about: the county around them only has to be readable.
  look.lints.push(...(target.isWhole || county === null ? lints : []));
  for (const [what, count] of Object.entries(looked)) look.looked.push(`${count} ${what}`);
  checkRules(target, county, profiles, options.tickMs, look);
  checkTests(target, devicesDir, look);
  if (target.isWhole) checkScenario(target.countyDir, county, profiles, look);
  if (target.isWhole && county !== null) {
    const file = relative('', join(target.countyDir, 'county.yaml'));
    look.lints.push(...lintTokenFile(file, influxTargetOf(county.registry, target.countyDir)));
  }
  if (target.isWhole) checkDrills(target.countyDir, county, look);
  for (const lint of look.lints) console.log(formatLint(lint));
  const errors = look.lints.filter((lint) => lint.severity === 'error').length;
  console.log(`Looked at ${look.looked.join(', ')}: ${errors} errors, ${look.lints.length - errors} warnings.`);
  return errors > 0 || (options.strict && look.lints.length > 0) ? 1 : 0;
}
