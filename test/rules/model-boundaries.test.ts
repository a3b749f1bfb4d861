import { describe, expect, it } from 'vitest';
import type { JournalRow } from '#model/journal.ts';
import { toSteps } from '#model/quantity.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { isDoubt } from '#model/transition.ts';
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

describe('a rule edit in the midst of an alarm', () => {
  const heads = (ids: readonly string[]) =>
    countyOf(
      { store: { kind: 'warehouse' } },
      Object.fromEntries(ids.map((id) => [id, { point: 'store', quantity: 'smoke', zone: 'east' } as const])),
    );
  const rules = (delay: string) => `rules:
  - { id: zone, ${title}, hazard: fire, quantity: smoke, measure: { kind: zoneCoincidence }, per: zone,
      levels: { orange: 1, red: 2 }, onDelay: ${delay} }`;
  const alarm = (id: string, minutes: number): Value => ({ id, atMs: T0 + minutes * MINUTE, value: 2 });
  const burning = (delay: string) => {
    const running = runOn(compiled(heads(['b', 'c']), rules(delay)));
    running.values(alarm('b', 0), alarm('c', 0), alarm('b', 2), alarm('c', 2));
    running.lines.length = 0;
    return running;
  };

  it('keeps a zone in alarm when it gets one more head, whatever its name, or loses one that is calm', () => {
    for (const ids of [
      ['a', 'b', 'c'],
      ['b', 'c', 'd'],
    ]) {
      const { rules: turn, lines } = burning('1m');
      turn(compiled(heads(ids), rules('1m')), T0 + 3 * MINUTE);
      expect(lines).toEqual(['3m zone red→none closed', '2m zone none→red active']);
    }
  });

  it('lowers a zone that loses one of the two heads in alarm, and knows the other', () => {
    const { rules: turn, lines } = burning('0s');
    turn(compiled(heads(['c']), rules('0s')), T0 + 3 * MINUTE);
    expect(lines).toEqual(['3m zone red→none closed', '2m zone none→orange active']);
  });
});

describe('a doubt', () => {
  const registry = countyOf(
    { dam: { kind: 'reservoir' } },
    {
      g: { point: 'dam', quantity: 'rain' },
      h: { point: 'dam', quantity: 'rain' },
      i: { point: 'dam', quantity: 'rain' },
    },
  );
  const lone = `rules:
  - { id: lone, ${title}, quantity: rain, measure: { kind: corroboration }, where: { sensors: [g] }, doubt: { limit: 10, hold: 6h } }
  - { id: sum, ${title}, hazard: rainstorm, quantity: rain, measure: { kind: rollingSum, window: 1h }, levels: { blue: 200 } }`;
  const doubted = () => {
    const engine = createEngine(3);
    const make = rowMaker();
    const notes: string[] = [];
    const apply = (row: JournalRow): void => {
      engine.apply(row);
      for (const note of engine.notes())
        if (isDoubt(note)) notes.push(`${note.sensorId} ${note.doubted} ${note.reason.en}`);
    };
    apply(make.rules(compiled(registry, lone)));
    for (let minute = 0; minute <= 120; minute += 5)
      for (const id of ['h', 'i', 'g'])
        apply(
          make.batch(
            [{ id, atMs: T0 + minute * MINUTE, value: id === 'g' && minute > 60 ? 3_000 : 0 }],
            T0 + minute * MINUTE,
            { edgeId },
          ),
        );
    expect(notes.map((note) => note.slice(0, 6))).toEqual(['g true']);
    notes.length = 0;
    return { apply, make, notes };
  };

  it('ends on the record when its rule is taken away', () => {
    const { apply, make, notes } = doubted();
    apply(make.rules(compiled(registry, lone.replace(/ {2}- \{ id: lone.*\n/, '')), T0 + 121 * MINUTE));
    expect(notes).toEqual([
      'g false no longer doubted: the rule "rule" was changed or removed; its condition is closed',
    ]);
  });

  it('ends on the record when its sensor goes into a drill', () => {
    const { apply, make, notes } = doubted();
    apply(make.batch([{ id: 'g', atMs: T0 + 125 * MINUTE, value: 0 }], T0 + 125 * MINUTE, { edgeId, origin: 'drill' }));
    expect(notes.map((note) => note.slice(0, 26))).toEqual(['g false no longer doubted:']);
  });

  it('stays through an edit of its limit', () => {
    const { apply, make, notes } = doubted();
    apply(make.rules(compiled(registry, lone.replace('limit: 10', 'limit: 12')), T0 + 121 * MINUTE));
    expect(notes).toEqual([]);
  });
});
