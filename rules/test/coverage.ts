/** What all tests together say of a county's rules: which have no test, which never fire in theirs, which are never quiet. */
import type { Lint } from '#model/result.ts';
import type { RuleText } from '../compile.ts';
import { readSource } from '../source.ts';
import type { FileOutcome } from './run-file.ts';

export type RuleCoverage = {
  readonly rule: string;
  readonly file: string;
  /** Tests in which it had data. */
  readonly tests: number;
  readonly fired: boolean;
  readonly quiet: boolean;
  /** The levels that it reached in some test. */
  readonly levels: readonly string[];
};

function coverageOf(rule: string, file: string, outcomes: readonly FileOutcome[]): RuleCoverage {
  const perCase = outcomes
    .flatMap(({ cases }) => cases)
    .map(({ uses }) => uses.filter((use) => use.rule === rule))
    .filter((uses) => uses.length > 0);
  const uses = perCase.flat();
  return {
    ...{ rule, file, tests: perCase.length },
    fired: uses.some(({ fired }) => fired),
    quiet: uses.some(({ quiet }) => quiet),
    levels: [...new Set(uses.flatMap(({ levels }) => levels))],
  };
}

function faultOf({
  rule,
  tests,
  fired,
  quiet,
}: RuleCoverage): Omit<Lint, 'file' | 'line' | 'column' | 'path'> | undefined {
  if (tests === 0)
    return {
      ...{ kind: 'untested', severity: 'warning', message: `no test gives the rule "${rule}" data` },
      mend: 'add a test beside it (docs/rules.md)',
    };
  if (!fired)
    return {
      ...{ kind: 'never-fires', severity: 'error', message: `the rule "${rule}" fires in none of its ${tests} tests` },
      mend: 'look at its limits and its where, or add a test in which it fires',
    };
  if (!quiet)
    return {
      ...{
        kind: 'always-fires',
        severity: 'error',
        message: `the rule "${rule}" is quiet in none of its ${tests} tests`,
      },
      mend: 'look at its limits, or add a test with data that must raise nothing',
    };
  return undefined;
}

/** The coverage of every rule, and the findings about it at the rule's own place. */
export function coverRules(
  ruleFiles: readonly RuleText[],
  outcomes: readonly FileOutcome[],
): { readonly coverage: readonly RuleCoverage[]; readonly lints: readonly Lint[] } {
  const coverage: RuleCoverage[] = [];
  const lints: Lint[] = [];
  for (const { file, text } of ruleFiles) {
    const findings: Lint[] = [];
    const { content, report } = readSource(file, text, findings);
    // What is wrong with the file itself is told where it is compiled.
    findings.length = 0;
    for (const [index, { id }] of (content?.rules ?? []).entries()) {
      const one = coverageOf(id, file, outcomes);
      coverage.push(one);
      const fault = faultOf(one);
      if (fault !== undefined) report(['rules', index, 'id'], fault);
    }
    lints.push(...findings);
  }
  return { coverage, lints };
}
