/** Finds files of rule tests, with the rule files and counties that they name, and runs them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { readProfiles } from '#cli/io/county-source.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import type { Registry } from '#model/registry.ts';
import type { Lint } from '#model/result.ts';
import type { RuleText } from '#rules/compile.ts';
import { readTestFile } from '#rules/test/read.ts';
import { type FileOutcome, runTestFile } from '#rules/test/run-file.ts';

const TEST_END = '.test.yaml';
const shown = (file: string): string => relative('', file) || file;
const bare = { line: 0, column: 0, path: '' };

function testFilesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFilesUnder(path);
      return entry.name.endsWith(TEST_END) ? [path] : [];
    });
}

/** The test files of a path: itself, all in a folder and below it, or those beside a rule file. */
export function findTestFiles(path: string, lints: Lint[]): readonly string[] {
  const fail = (message: string, mend: string): readonly string[] => {
    lints.push({ file: path, ...bare, kind: 'no-test', message, mend, severity: 'error' });
    return [];
  };
  if (!existsSync(path)) return fail('there is no such file or folder', 'mend the path');
  if (statSync(path).isDirectory()) {
    const found = testFilesUnder(path);
    return found.length > 0
      ? found
      : fail('there is no rule test in this folder', `write one in a file named …${TEST_END}`);
  }
  if (path.endsWith(TEST_END)) return [path];
  const beside = path.replace(/\.ya?ml$/, TEST_END);
  return beside !== path && existsSync(beside)
    ? [beside]
    : fail('this file has no rule test beside it', `write ${shown(beside)}`);
}

type Counties = (dir: string) => Registry | readonly Lint[];

/** Each county is read once. */
function openCounties(devicesDir: string): Counties {
  const known = new Map<string, Registry | readonly Lint[]>();
  return (dir) => {
    const before = known.get(dir);
    if (before !== undefined) return before;
    const profiles = readProfiles(devicesDir);
    const county = readCounty(dir, Date.now(), profiles.ok ? profiles.value : undefined);
    const result = county.ok ? county.value : county.error.filter(({ severity }) => severity === 'error');
    known.set(dir, result);
    return result;
  };
}

function runOne(path: string, counties: Counties): FileOutcome {
  const file = shown(path);
  const lints: Lint[] = [];
  const source = readTestFile(file, readFileSync(path, 'utf8'), lints);
  const { content } = source;
  if (content === undefined) return { file, lints, cases: [] };
  const here = dirname(path);
  const ruleFiles: RuleText[] = [];
  for (const [index, name] of content.rules.entries()) {
    const rules = join(here, name);
    if (existsSync(rules) && statSync(rules).isFile())
      ruleFiles.push({ file: shown(rules), text: readFileSync(rules, 'utf8') });
    else
      source.report(['rules', index], {
        kind: 'no-file',
        message: `there is no file ${shown(rules)}`,
        mend: 'mend the name; it is relative to this file',
      });
  }
  // Nothing of its own: the tests are about the county that they lie in.
  const named = content.county ?? (content.sensors.length === 0 ? '..' : undefined);
  const county = named === undefined ? undefined : counties(join(here, named));
  if (Array.isArray(county)) {
    source.report(content.county === undefined ? ['tests'] : ['county'], {
      kind: 'no-county',
      message: `the county in ${shown(join(here, named ?? ''))} cannot be used: ${county[0]?.message ?? 'it is empty'}`,
      mend: 'declare sensors in the test, or name a county that fengsui check accepts',
    });
    return { file, lints, cases: [] };
  }
  if (ruleFiles.length < content.rules.length) return { file, lints, cases: [] };
  return runTestFile(source, lints, ruleFiles, county as Registry | undefined);
}

/** Runs files one after another. */
export function runRuleTests(files: readonly string[], devicesDir: string): readonly FileOutcome[] {
  const counties = openCounties(devicesDir);
  return files.map((file) => runOne(file, counties));
}
