import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { check } from '#cli/io/check.ts';
import { findTestFiles, runRuleTests } from '#cli/io/rule-tests.ts';
import { testRules } from '#cli/io/test-rules.ts';
import { isQuantityCode, QUANTITIES } from '#model/quantity.ts';
import { formatLint, type Lint } from '#model/result.ts';
import { HAZARD_MODELS } from '#rules/models/registry.ts';
import { readTestFile } from '#rules/test/read.ts';
import { runTestFile } from '#rules/test/run-file.ts';
import { top } from '#test/support/command.ts';

const folder = join(top, 'county', 'rules');
const devices = join(top, 'devices');
const spawned = (...args: string[]) =>
  spawnSync(process.execPath, [join(top, 'cli', 'fengsui.mjs'), ...args], { cwd: top, encoding: 'utf8' });

/** A command in this process: its exit code and what it printed. */
function said(run: () => number): { readonly status: number; readonly stdout: string } {
  const lines: string[] = [];
  const spy = vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(line);
  });
  const status = run();
  spy.mockRestore();
  return { status, stdout: `${lines.join('\n')}\n` };
}
const tested = (...paths: string[]) => said(() => testRules(paths, devices, false));
const checked = (path: string, strict = false) => said(() => check(path, devices, { strict, tickMs: 1_000 }));

let copy = '';
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'fengsui-rule-tests-'));
  cpSync(join(top, 'county'), copy, { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

type Limit = number | { limit?: unknown };
type Rule = {
  id: string;
  quantity: string;
  raiseWhen?: string;
  measure: { kind: string };
  levels?: { [level: string]: Limit };
  doubt?: { limit: number };
};
type Rules = { rules?: Rule[] };

/** Half where a lower figure is worse, else twice; codes are no amounts: of a state the limit goes beyond all of them. */
function factorOf({ quantity, raiseWhen, measure }: Rule): number {
  if (raiseWhen === 'below' || HAZARD_MODELS.get(measure.kind)?.below === true) return 0.5;
  return isQuantityCode(quantity) && QUANTITIES[quantity].kind === 'state' ? 1_000 : 2;
}

/** A limit of the file's own; those of the station's table stay. */
function harder(limit: Limit, factor: number): Limit {
  if (typeof limit === 'number') return limit * factor;
  return typeof limit.limit === 'number' ? { ...limit, limit: limit.limit * factor } : limit;
}
const ownLimits = (levels: { readonly [level: string]: Limit } = {}): boolean =>
  Object.values(levels).some((limit) => JSON.stringify(harder(limit, 2)) !== JSON.stringify(limit));

/** Failures and findings of one rule file's own tests. */
const troubles = (file: string): number =>
  runRuleTests(findTestFiles(file, []), devices).reduce(
    (sum, { lints, cases }) => sum + lints.length + cases.reduce((part, { failures }) => part + failures.length, 0),
    0,
  );

describe("the county's rule tests", () => {
  it('hold, and the last line of --json counts them', () => {
    const { status, stdout } = spawned('test', 'county', '--json');
    const count: { failed: number; findings: unknown[]; tests: number; rules: number } = JSON.parse(
      stdout.trim().split('\n').at(-1) ?? '',
    );
    expect(`${count.failed} failed, findings ${JSON.stringify(count.findings)}`).toBe('0 failed, findings []');
    expect(status).toBe(0);
    expect(count.tests).toBeGreaterThan(20);
    expect(count.rules).toBeGreaterThan(5);
  });

  it('leave no rule without a test, none that never fires, none that is never quiet', () => {
    const { status, stdout } = checked(join(top, 'county'), true);
    expect(stdout).toMatch(/0 errors, 0 warnings\.\n$/);
    expect(status).toBe(0);
  });

  const rules = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
    .flatMap((name) => {
      const content = parse(readFileSync(join(folder, name), 'utf8')) as Rules;
      return (content.rules ?? []).flatMap(({ id, levels, doubt }, index) =>
        doubt !== undefined || ownLimits(levels) ? [{ name, id, index }] : [],
      );
    });
  it.each(rules)('notice when the limits of $id are twice as hard to reach', ({ name, index }) => {
    const file = join(copy, 'rules', name);
    const text = readFileSync(join(folder, name), 'utf8');
    const content = parse(text) as Rules;
    const rule = content.rules?.[index];
    const levels = Object.entries(rule?.levels ?? {}).map(([level, limit]) => [
      level,
      harder(limit, rule === undefined ? 1 : factorOf(rule)),
    ]);
    if (rule?.levels !== undefined) rule.levels = Object.fromEntries(levels);
    if (rule?.doubt !== undefined) rule.doubt.limit *= 2;
    writeFileSync(file, stringify(content));
    const found = troubles(file);
    writeFileSync(file, text);
    expect(found).toBeGreaterThan(0);
  });
});

describe('fengsui test and fengsui check', () => {
  const CRACK = 'slope-displacement';
  let county = '';
  beforeAll(() => {
    county = mkdtempSync(join(tmpdir(), 'fengsui-rule-tests-'));
    cpSync(join(top, 'county'), county, { recursive: true });
    const rules = join(county, 'rules');
    for (const name of readdirSync(rules)) if (!name.startsWith(CRACK)) rmSync(join(rules, name));
  });
  afterAll(() => rmSync(county, { recursive: true, force: true }));
  const rule = () => join(county, 'rules', `${CRACK}.yaml`);
  const testOf = () => join(county, 'rules', `${CRACK}.test.yaml`);
  const edited = (file: string, from: string, to: string, run: () => void) => {
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(from);
    writeFileSync(file, text.replace(from, to));
    run();
    writeFileSync(file, text);
  };

  it('hold for a county whose rules all have their tests', () => {
    expect(checked(county, true).status).toBe(0);
    expect(tested(rule()).status).toBe(0);
  });

  it('fail with the place, what was expected, what came and why', () => {
    edited(rule(), 'blue: 10', 'blue: 11', () => {
      const test = tested(rule());
      expect(test.stdout).toMatch(
        /slope-displacement\.test\.yaml:\d+:\d+: failed: .*\n {2}expected: .*\n {2}came: .*\n {2}reason: {3}位移/,
      );
      expect(test.status).toBe(1);
      const look = checked(county);
      expect(look.stdout).toMatch(/slope-displacement\.test\.yaml:\d+:\d+: error: .*expected .* came /);
      expect(look.status).toBe(1);
    });
  });

  it('find a rule that can never fire by what its devices say', () => {
    edited(rule(), 'red: 80', 'red: 8000', () => {
      const { status, stdout } = checked(rule());
      expect(stdout).toMatch(
        /slope-displacement\.yaml:\d+:\d+: warning: .*red at 8000 mm is above .*can never fire there/,
      );
      expect(status).toBe(1);
    });
  });

  it('find a rule without a test only when asked to be strict', () => {
    const text = readFileSync(testOf(), 'utf8');
    rmSync(testOf());
    expect(checked(county).status).toBe(0);
    const strict = checked(county, true);
    expect(strict.stdout).toMatch(/slope-displacement\.yaml:\d+:\d+: warning: .*no test gives the rule/);
    expect(strict.status).toBe(1);
    writeFileSync(testOf(), text);
  });

  it('look at a rule file alone, for the county that it lies in', () => {
    expect(checked(rule()).status).toBe(0);
    edited(rule(), 'hazard: landslide', 'hazard: landslid', () => {
      const { status, stdout } = checked(rule());
      expect(stdout).toMatch(
        /slope-displacement\.yaml:\d+:\d+: error: .*no hazard "landslid".*did you mean "landslide"/,
      );
      expect(status).toBe(1);
    });
  });

  it('refuse a path without a test', () => {
    const { status, stdout } = tested(join(county, 'people.yaml'), join(county, 'nowhere'));
    expect(stdout).toMatch(/people\.yaml: error: .*no rule test beside it/);
    expect(stdout).toMatch(/nowhere: error: .*no such file/);
    expect(status).toBe(1);
  });
});

describe('the page on rules', () => {
  it('shows a rule and a test of it that hold', () => {
    const page = readFileSync(join(top, 'docs', 'rules.md'), 'utf8');
    const [text, tests] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? '');
    expect(text).toContain('id: slope-rate');
    const lints: Lint[] = [];
    const source = readTestFile('page.test.yaml', tests ?? '', lints);
    const { cases } = runTestFile(source, lints, [{ file: 'slope-rate.yaml', text: text ?? '' }], undefined);
    expect(lints.map(formatLint)).toEqual([]);
    expect(cases.flatMap(({ failures }) => failures)).toEqual([]);
    expect(cases.reduce((sum, { expectations }) => sum + expectations, 0)).toBe(3);
  });
});
