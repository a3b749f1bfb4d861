import { describe, expect, it } from 'vitest';
import type { Level } from '#model/level.ts';
import type { DutyShift, HazardPoint } from '#model/registry.ts';
import { HOUR_MS } from '#model/time.ts';
import { indexRegistry } from './directory.ts';
import { onDuty, rosterGaps } from './roster.ts';
import { targetPeople } from './targeting.ts';
import { POINTS, sampleRegistry, T0 } from './testing/sample.ts';

const AT = T0 + HOUR_MS;
const target = (point: string, level: Level, registry = sampleRegistry(), atMs = AT) =>
  targetPeople({ subject: { kind: 'point', id: point }, level, hazard: 'landslide' }, indexRegistry(registry), atMs);
const ids = (people: readonly { readonly personId: string }[]) => people.map((one) => one.personId);
const moved = (id: string, gridCode: string): readonly HazardPoint[] =>
  POINTS.map((one) => (one.id === id ? { ...one, gridCode } : one));

describe('who is told of a point, by level', () => {
  const cases: readonly [string, string, Level, readonly string[]][] = [
    ['blue reaches the posts of the point’s village', 'P1', 'blue', ['v1-head', 'v1-member']],
    ['a point in a group reaches the group and its village', 'P4', 'blue', ['g1-member', 'v1-head', 'v1-member']],
    ['yellow adds the township’s duty desk, A before B', 'P1', 'yellow', ['v1-head', 'v1-member', 't1-a', 't1-b']],
    ['orange adds the county’s duty desk', 'P1', 'orange', ['v1-head', 'v1-member', 't1-a', 't1-b', 'c-a', 'c-b']],
    [
      'red adds every tier’s head and whoever wakes the households',
      'P1',
      'red',
      ['v1-member', 'v1-head', 't1-a', 't1-b', 't1-head', 'c-a', 'c-b', 'c-head'],
    ],
  ];
  it.each(cases)('%s', (_, point, level, expected) => {
    expect(ids(target(point, level))).toEqual(expected);
  });

  it('gives every person a reason in both languages and lists each once, with all reasons', () => {
    const people = target('P1', 'red');
    expect(new Set(ids(people)).size).toBe(people.length);
    for (const one of people) {
      expect(one.reason.zh).toMatch(/\p{Script=Han}/u);
      expect(one.reason.en).toMatch(/[a-z]{3}/);
    }
    const caller = people.find((one) => one.personId === 'v1-member');
    expect(caller?.post).toBe('household');
    expect(caller?.reason.zh).toContain('负责叫醒2户6人');
    expect(JSON.stringify(caller?.reason)).not.toContain('张三');
    expect(caller?.reason.zh).toContain('上湾村网格员');
  });

  it('two points in two villages get disjoint village posts', () => {
    const one = ids(target('P1', 'blue'));
    const two = ids(target('P2', 'blue'));
    expect(one.length * two.length).toBeGreaterThan(0);
    expect(one.filter((id) => two.includes(id))).toEqual([]);
  });

  it('moving a point moves its people, up to the township', () => {
    expect(ids(target('P2', 'blue'))).toEqual(['v2-head']);
    expect(ids(target('P2', 'yellow', sampleRegistry(undefined, moved('P2', '331004002001'))))).toEqual([
      'v3-head',
      't2-head',
      't2-disp',
    ]);
  });

  it('who is on duty at that time decides', () => {
    const early = target('P1', 'orange', undefined, T0 + 11 * HOUR_MS).filter((one) => one.tier === 1);
    const later = target('P1', 'orange', undefined, T0 + 12 * HOUR_MS).filter((one) => one.tier === 1);
    expect(ids(early)).toEqual(['c-a', 'c-b']);
    expect(ids(later)).toEqual(['c-b', 'c-a']);
    expect(early[0]?.reason.zh).toContain('A岗');
    expect(early[1]?.reason.zh).toContain('B岗');
  });

  it('tells the head and the dispatcher when the roster is empty, and says that it is', () => {
    const desk = target('P3', 'yellow').filter((one) => one.tier === 2);
    expect(ids(desk)).toEqual(['t2-head', 't2-disp']);
    for (const one of desk) expect(one.reason.zh).toContain('值班表此时无人');
  });

  it('goes upwards where a grid has nobody at all, and says so', () => {
    const registry = sampleRegistry();
    const people = new Map([...registry.people].filter(([id]) => !id.startsWith('v2') && !id.startsWith('t1')));
    const found = target('P2', 'yellow', { ...registry, people });
    expect(ids(found)).toEqual(['c-a', 'c-b']);
    expect(found[0]?.reason.zh).toContain('下级网格无登记人员');
  });

  it('takes a point that the registry does not know to the county', () => {
    expect(ids(target('P9', 'blue'))).toEqual(['c-a', 'c-b']);
  });
});

it('a lost gateway goes to the township’s information officer and the county’s dispatcher', () => {
  const directory = indexRegistry(sampleRegistry());
  const found = targetPeople(
    { subject: { kind: 'edge', id: 'edge-1' }, level: 'yellow', hazard: 'equipment' },
    directory,
    AT,
  );
  expect(ids(found)).toEqual(['t1-info', 'c-disp']);
});

describe('the roster', () => {
  const shift = (from: number, to: number, a: string, b: string | null = null): DutyShift => ({
    gridCode: 'G',
    fromMs: from,
    toMs: to,
    a,
    b,
  });
  it('a shift begins with its first instant and has ended at its last', () => {
    const shifts = [shift(0, 10, 'x', 'y'), shift(10, 20, 'z')];
    expect(onDuty(shifts, 9).map((one) => one.personId)).toEqual(['x', 'y']);
    expect(onDuty(shifts, 10).map((one) => one.personId)).toEqual(['z']);
    expect(onDuty(shifts, 20)).toEqual([]);
  });
  it('lists the gaps between, before and after shifts', () => {
    const shifts = [shift(5, 10, 'x'), shift(8, 12, 'y'), shift(15, 20, 'z')];
    expect(rosterGaps(shifts, 0, 25)).toEqual([
      { fromMs: 0, toMs: 5 },
      { fromMs: 12, toMs: 15 },
      { fromMs: 20, toMs: 25 },
    ]);
    expect(rosterGaps([], 0, 5)).toEqual([{ fromMs: 0, toMs: 5 }]);
    expect(rosterGaps(shifts, 6, 12)).toEqual([]);
  });
});
