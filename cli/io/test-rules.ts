/** `fengsui test`: rule tests, with what was expected, what came and the engine's own reason for every difference. */
import { findTestFiles, runRuleTests } from '#cli/io/rule-tests.ts';
import { formatLint, type Lint } from '#model/result.ts';
import type { FileOutcome, TestFailure } from '#rules/test/run-file.ts';

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `file:line:column: …`, then what was expected and what came, for people. */
export function formatFailure(file: string, test: string, failure: TestFailure): string {
  const { line, column, expected, came, reason } = failure;
  const why = reason === undefined ? [] : [`  reason:   ${reason.zh}`, `            ${reason.en}`];
  return [`${file}:${line}:${column}: failed: ${test}`, `  expected: ${expected}`, `  came:     ${came}`, ...why].join(
    '\n',
  );
}

/** Rules whose levels some test reached, for the count at the end. */
const rulesSeen = (outcomes: readonly FileOutcome[]): number =>
  new Set(outcomes.flatMap(({ cases }) => cases.flatMap(({ uses }) => uses.map(({ rule }) => rule)))).size;

export function testRules(paths: readonly string[], devicesDir: string, json: boolean): number {
  const lints: Lint[] = [];
  const files = [...new Set(paths.flatMap((path) => findTestFiles(path, lints)))];
  const outcomes = runRuleTests(files, devicesDir);
  lints.push(...outcomes.flatMap((outcome) => outcome.lints));
  const failures = outcomes.flatMap(({ file, cases }) =>
    cases.flatMap(({ name, failures }) => failures.map((failure) => ({ file, test: name, ...failure }))),
  );
  const tests = outcomes.reduce((sum, { cases }) => sum + cases.length, 0);
  const expectations = outcomes.reduce(
    (sum, { cases }) => sum + cases.reduce((part, one) => part + one.expectations, 0),
    0,
  );
  for (const lint of lints) console.log(formatLint(lint));
  for (const failure of failures) console.log(formatFailure(failure.file, failure.test, failure));
  const rules = rulesSeen(outcomes);
  const said = `${plural(outcomes.length, 'file')}, ${plural(tests, 'test')}, ${plural(expectations, 'expectation')} of ${plural(rules, 'rule')}`;
  console.log(`${said}: ${failures.length} failed, ${plural(lints.length, 'finding')}.`);
  if (json)
    console.log(
      JSON.stringify({
        files: outcomes.length,
        tests,
        expectations,
        rules,
        failed: failures.length,
        failures,
        findings: lints,
      }),
    );
  return failures.length > 0 || lints.length > 0 ? 1 : 0;
}
