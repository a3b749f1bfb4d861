/** Runs all tests of one file against its rule files: findings in the tests, differences, and what they show of the rules. */
import type { Registry } from '#model/registry.ts';
import type { Lint } from '#model/result.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import { compileRules, type RuleText } from '../compile.ts';
import { readSource } from '../source.ts';
import { compareTest, OWN_RULES } from './compare.ts';
import { instantOf } from './instant.ts';
import { checkNames } from './names.ts';
import { placeOfTests } from './place.ts';
import type { TestSource } from './read.ts';
import { arrivesAt, measuredAt, type ParsedSeries, type Story } from './rows.ts';
import { ruleIdOf, runStory, type Said } from './run.ts';
import type { TestCase, TestFile } from './schema.ts';
import { parseSeries } from './series.ts';
import { faultOfWish, type RuleUse, usesOf } from './use.ts';

export type TestFailure = {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
  readonly came: string;
  readonly reason: Text | undefined;
};

export type CaseOutcome = {
  readonly name: string;
  readonly line: number;
  readonly column: number;
  readonly expectations: number;
  readonly failures: readonly TestFailure[];
  readonly uses: readonly RuleUse[];
};

export type FileOutcome = {
  readonly file: string;
  /** Why tests could not be run, or say nothing. */
  readonly lints: readonly Lint[];
  readonly cases: readonly CaseOutcome[];
};

const MAX_TICKS = 200_000;

type Bench = {
  readonly source: TestSource;
  readonly file: TestFile;
  readonly registry: Registry;
  readonly ruleIds: ReadonlySet<string>;
  readonly ruleSets: ReadonlyMap<number, CompiledRuleSet>;
};

function readSeries(bench: Bench, test: TestCase, index: number): readonly ParsedSeries[] {
  return test.inputSeries.flatMap(({ sensor, values, interval, from, arrives }, at) => {
    const samples = parseSeries(values);
    if (!samples.ok) {
      bench.source.report(['tests', index, 'inputSeries', at, 'values'], { kind: 'series', ...samples.error });
      return [];
    }
    const intervalMs = interval ?? test.interval ?? bench.file.interval;
    return [{ sensorId: sensor, samples: samples.value, intervalMs, fromMs: from, arrives }];
  });
}

/** The test as a story, or undefined when a series cannot be read or it would never end. */
function storyOf(bench: Bench, test: TestCase, index: number): Story | undefined {
  const series = readSeries(bench, test, index);
  if (series.length < test.inputSeries.length) return undefined;
  const evaluationMs = Math.max(1, bench.file.evaluationInterval);
  const lasts = series.map((one) =>
    Math.max(measuredAt(one, one.samples.length - 1), arrivesAt(one, one.samples.length - 1)),
  );
  const wishes = [...test.expect, ...(test.changes ?? []), ...test.doubted, ...test.gateways].map(({ at }) => at);
  const endMs = Math.max(test.until ?? 0, ...lasts, ...wishes);
  if (endMs / evaluationMs > MAX_TICKS) {
    const message = `the test runs over more than ${MAX_TICKS} evaluations`;
    bench.source.report(['tests', index], { kind: 'too-long', message, mend: 'make evaluationInterval longer' });
    return undefined;
  }
  const startMs = instantOf(test.start ?? bench.file.start, bench.registry.county.zone);
  return { startMs, endMs, evaluationMs, series, gateways: test.gateways };
}

/** Without what other sensors of a whole county say of their silence. */
function ofThisTest(said: Said, bench: Bench, test: TestCase): Said {
  const sensors = new Set([...test.inputSeries.map(({ sensor }) => sensor), ...bench.file.sensors.map(({ id }) => id)]);
  const edges = new Set([...sensors].map((id) => bench.registry.sensors.get(id)?.edgeId));
  const belongs = (sensorId: string | null, subject: string) =>
    sensorId === null ? edges.has(subject) : sensors.has(sensorId);
  return {
    doubts: said.doubts,
    transitions: said.transitions.filter(
      (one) => !OWN_RULES.includes(ruleIdOf(one)) || belongs(one.evidence.sensorId, one.subject.id),
    ),
  };
}

function runCase(bench: Bench, test: TestCase, index: number): readonly CaseOutcome[] {
  const { source, registry, ruleIds, ruleSets } = bench;
  const path = ['tests', index];
  const isNamed = checkNames(test, path, { registry, ruleIds }, source.report);
  const story = storyOf(bench, test, index);
  if (!isNamed || story === undefined) return [];
  for (const [at, wish] of test.expect.entries()) {
    const fault = faultOfWish(wish, story, ruleSets);
    if (fault !== undefined) source.report([...path, 'expect', at], fault);
  }
  const sensorIds = new Set(test.inputSeries.map(({ sensor }) => sensor));
  const said = ofThisTest(runStory(story, registry, ruleSets, sensorIds), bench, test);
  const { expectations, differences } = compareTest(test, said, story.startMs);
  const failures = differences.map(({ path: inner, expected, came, reason }) => ({
    ...source.placeOf([...path, ...inner]),
    ...{ expected, came, reason },
  }));
  return [{ name: test.name, ...source.placeOf(path), expectations, failures, uses: usesOf(story, said, ruleSets) }];
}

/** `lints` is what `source` reports to; `ruleFiles` are those that it names, `county` the one that it names. */
export function runTestFile(
  source: TestSource,
  lints: Lint[],
  ruleFiles: readonly RuleText[],
  county: Registry | undefined,
): FileOutcome {
  const { file, content } = source;
  if (content === undefined) return { file, lints, cases: [] };
  const contents = ruleFiles.flatMap((one) => readSource(one.file, one.text, []).content ?? []);
  const registry = placeOfTests(content, contents, county);
  const compiled = compileRules(ruleFiles, registry, { tickMs: 1_000 });
  if (!compiled.ok) {
    lints.push(...compiled.error.filter(({ severity }) => severity === 'error'));
    return { file, lints, cases: [] };
  }
  const ruleIds = new Set(contents.flatMap(({ rules = [] }) => rules.map(({ id }) => id)));
  const bench: Bench = { source, file: content, registry, ruleIds, ruleSets: compiled.value };
  const cases = content.tests.flatMap((test, index) => runCase(bench, test, index));
  return { file, lints, cases };
}
