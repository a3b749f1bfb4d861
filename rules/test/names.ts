/** Lints the names and times of a rule test: a name that nobody bears makes an expectation that says nothing. */
import type { Registry } from '#model/registry.ts';
import type { Path, Report } from '../source.ts';
import { nearest } from '../words.ts';
import { OWN_RULES } from './compare.ts';
import type { About, TestCase } from './schema.ts';

export type Known = { readonly registry: Registry; readonly ruleIds: ReadonlySet<string> };

function check(report: Report, path: Path, what: string, name: string | undefined, known: Iterable<string>): boolean {
  if (name === undefined) return true;
  const all = new Set(known);
  if (all.has(name)) return true;
  const meant = nearest(name, all);
  const mend =
    meant === undefined ? `declare it, or use one of ${[...all].slice(0, 12).join(', ')}` : `did you mean "${meant}"?`;
  report(path, { kind: `unknown-${what}`, message: `there is no ${what} "${name}" in this test`, mend });
  return false;
}

function checkAbout(report: Report, path: Path, about: About, { registry, ruleIds }: Known): boolean {
  const subjects = [...registry.points.keys(), ...registry.edges.keys()];
  return [
    check(report, [...path, 'rule'], 'rule', about.rule, [...ruleIds, ...OWN_RULES]),
    check(report, [...path, 'sensor'], 'sensor', about.sensor, registry.sensors.keys()),
    check(report, [...path, 'point'], 'point', about.point, subjects),
  ].every((sound) => sound);
}

const expectsSomething = ({ expect, changes, never, doubted }: TestCase): boolean =>
  expect.length > 0 || changes !== undefined || (never ?? []).length > 0 || doubted.length > 0;

/** Whether every name is known and the test can fail at all; what is wrong is reported. */
export function checkNames(test: TestCase, path: Path, known: Known, report: Report): boolean {
  const found: boolean[] = [];
  if (!expectsSomething(test)) {
    const message = `the test "${test.name}" expects nothing: it can never fail`;
    report(path, { kind: 'no-expectation', message, mend: 'add expect, changes, never or doubted' });
    found.push(false);
  }
  for (const [index, { sensor }] of test.inputSeries.entries())
    found.push(
      check(report, [...path, 'inputSeries', index, 'sensor'], 'sensor', sensor, known.registry.sensors.keys()),
    );
  for (const [index, { edge }] of test.gateways.entries())
    found.push(check(report, [...path, 'gateways', index, 'edge'], 'edge', edge, known.registry.edges.keys()));
  const wishes = { expect: test.expect, changes: test.changes ?? [], never: test.never ?? [], doubted: test.doubted };
  for (const [kind, list] of Object.entries(wishes))
    for (const [index, wish] of list.entries()) found.push(checkAbout(report, [...path, kind, index], wish, known));
  return found.every((sound) => sound);
}
