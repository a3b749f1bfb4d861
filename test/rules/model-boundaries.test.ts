import { describe, expect, it } from 'vitest';
import type { JournalRow } from '#model/journal.ts';
import { toSteps } from '#model/quantity.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { createEngine, type Engine } from '#rules/engine.ts';
import { compiled, countyOf, TOWNSHIP } from '#test/rules/county-of.ts';
import { MINUTE, rowMaker, T0, type Value } from '#test/rules/rows.ts';

const title = 'title: { zh: 规则, en: rule }';
const edgeId = `edge-${TOWNSHIP}`;

/** An engine that tells what changed, one batch a value. */
function runOn(first: CompiledRuleSet, engine: Engine = createEngine(3)) {
  const make = rowMaker();
  const lines: string[] = [];
  const apply = (row: JournalRow): void => {
    for (const { atMs, from, to, condition, rule } of engine.apply(row))
      lines.push(`${Math.round((atMs - T0) / MINUTE)}m ${rule.split('@')[0]} ${from}→${to} ${condition}`);
  };
  apply(make.rules(first));
  return {
    engine,
    lines,
    rules: (next: CompiledRuleSet, atMs: number) => apply(make.rules(next, atMs)),
    values: (...values: readonly Value[]) => {
      for (const value of values) apply(make.batch([value], value.atMs, { edgeId }));
    },
  };
}

describe('a schedule that turns within a delay', () => {
  const registry = countyOf({ slope: {} }, { crack: { point: 'slope', quantity: 'displacement' } });
  // T0 is 00:00 in UTC: red has no limit from 02:00 to 04:00.
  const allDay = compiled(
    registry,
    `rules:
  - { id: crack, ${title}, hazard: landslide, quantity: displacement, measure: { kind: value },
      levels: { blue: 10, red: { limit: 50, onDelay: 1h } }, offDelay: 0s,
      schedule: [{ hours: "00:00..02:00", levels: { orange: 40 } }, { hours: "04:00..24:00", levels: { orange: 40 } }] }`,
  );
  const gone = compiled(
    registry,
    `rules:
  - { id: crack, ${title}, hazard: landslide, quantity: displacement, measure: { kind: value },
      levels: { blue: 10 }, onDelay: 0s, offDelay: 0s,
      schedule: [{ hours: "00:00..02:00", levels: { red: { limit: 50, onDelay: 1h } } },
                 { hours: "04:00..24:00", levels: { red: { limit: 50, onDelay: 1h } } }] }`,
  );
  const at = (minutes: number, value: number): Value => ({
    id: 'crack',
    atMs: T0 + minutes * MINUTE,
    value: toSteps('displacement', value),
  });

  it('holds a level of the whole day through its own delay, whatever else turns', () => {
    const { values, lines } = runOn(allDay);
    values(at(90, 60), at(119, 60), at(121, 60), at(150, 60));
    expect(lines).toEqual([
      '90m crack none→orange active',
      '121m crack orange→blue active',
      '150m crack blue→red active',
    ]);
  });

  it('begins the delay of a level anew when the level had no limit in between', () => {
    const { values, lines } = runOn(gone);
    values(at(90, 60), at(130, 5), at(185, 5), at(235, 60), at(245, 60), at(304, 60), at(305, 60));
    expect(lines).toEqual([
      '90m crack none→blue active',
      '130m crack blue→none cleared',
      '235m crack none→blue active',
      '305m crack blue→red active',
    ]);
  });
});
