import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexRegistry } from '#alerts/directory.ts';
import { type StandInStep, standIns } from '#alerts/targeting/stand-ins.ts';
import { explainTargets, type Target, targetPeople } from '#alerts/targeting.ts';
import type { Level, LevelOrNone } from '#model/level.ts';
import { ancestry, HAZARDS, type Registry } from '#model/registry.ts';
import { counties } from './counties.ts';
import { tellAreaNaively, tellNaively } from './oracle.ts';

const level = fc.constantFrom<Level>('blue', 'yellow', 'orange', 'red');
const hazard = fc.constantFrom(...HAZARDS);
const RUNS = { numRuns: 400 };
const onePlace = fc.record({
  county: counties,
  subject: fc.constantFrom<Target['subject']>(
    { kind: 'point', id: 'P0' },
    { kind: 'point', id: 'P1' },
    { kind: 'point', id: 'unknown' },
    { kind: 'edge', id: 'E0' },
    { kind: 'edge', id: 'E1' },
  ),
  level,
  hazard,
});
const oneArea = fc.record({
  county: counties,
  picks: fc.array(fc.tuple(fc.nat(30), fc.constantFrom<LevelOrNone>('none', 'blue', 'yellow', 'orange', 'red')), {
    minLength: 1,
    maxLength: 4,
  }),
  level,
  hazard,
});

const areaTarget = (
  registry: Registry,
  picks: readonly (readonly [number, LevelOrNone])[],
  of: Pick<Target, 'level' | 'hazard'>,
): Target => {
  const codes = [...registry.grids.keys()];
  const named = new Map(picks.map(([at, own]) => [codes[at % codes.length] ?? '', own]));
  return {
    ...of,
    subject: { kind: 'area', id: 'w' },
    areas: [...named].map(([gridCode, own]) => ({ gridCode, level: own, sinceMs: 0 })),
  };
};

/** Everybody who may be told at all of what lies in these grids or above them. */
function within(registry: Registry, codes: ReadonlySet<string>, target: Target): ReadonlySet<string> {
  const found = new Set<string>();
  for (const person of registry.people.values())
    if (person.posts.some(({ gridCode }) => codes.has(gridCode))) found.add(person.id);
  for (const { gridCode, a, b } of registry.duty)
    if (codes.has(gridCode)) for (const id of [a, b]) if (id !== null) found.add(id);
  for (const team of registry.teams ?? [])
    if (team.covers.some((code) => codes.has(code)) && team.hazards.includes(target.hazard))
      for (const id of team.members) found.add(id);
  for (const { callerId } of registry.points.get(target.subject.id)?.households ?? []) found.add(callerId);
  return found;
}

describe('targeting, in any county under any policy', () => {
  it('tells whom the naive version tells, by the same channels', () => {
    fc.assert(
      fc.property(onePlace, ({ county: { registry, atMs }, ...target }) => {
        const told = targetPeople(target, indexRegistry(registry), atMs);
        const seen = new Map(told.map(({ personId, channels }) => [personId, channels]));
        const naive = new Map(
          tellNaively(target, registry, atMs).map(({ personId, channels }) => [personId, channels]),
        );
        expect(new Map([...seen].sort())).toEqual(new Map([...naive].sort()));
      }),
      RUNS,
    );
  });

  it('tells whom the naive version tells of a warning for an area', () => {
    fc.assert(
      fc.property(oneArea, ({ county: { registry, atMs }, picks, ...of }) => {
        const target = areaTarget(registry, picks, of);
        const { recipients } = explainTargets(target, indexRegistry(registry), atMs);
        const naive = tellAreaNaively(target, registry, atMs);
        const told = new Set(recipients.map(({ personId }) => personId));
        // Beyond the lines there is only the last resort: a warned grid of which nobody at all had heard.
        for (const id of naive) expect(told).toContain(id);
        const more = recipients.filter(({ personId }) => !naive.has(personId));
        for (const { reason } of more) expect(reason.en).toContain('no line of the policy holds');
      }),
      RUNS,
    );
  });

  it('reaches somebody or says why not, each person once, each with a reason in both languages', () => {
    fc.assert(
      fc.property(fc.oneof(onePlace, oneArea), (one) => {
        const { registry, atMs } = one.county;
        const target: Target = 'subject' in one ? one : areaTarget(registry, one.picks, one);
        const { recipients, gaps } = explainTargets(target, indexRegistry(registry), atMs);
        if (recipients.length === 0) expect(gaps.length).toBeGreaterThan(0);
        expect(new Set(recipients.map(({ personId }) => personId)).size).toBe(recipients.length);
        for (const { personId, name, reason } of recipients) {
          expect(registry.people.get(personId)?.name).toBe(name);
          expect(reason.zh).toMatch(/\p{Script=Han}/u);
          expect(reason.en.length).toBeGreaterThan(3);
        }
      }),
      RUNS,
    );
  });

  it('says the same again, whatever the order of the people and of the shifts in the registry', () => {
    fc.assert(
      fc.property(onePlace, ({ county: { registry, atMs }, ...target }) => {
        const first = targetPeople(target, indexRegistry(registry), atMs);
        const turned = { ...registry, people: new Map([...registry.people].reverse()) };
        expect(targetPeople(target, indexRegistry(registry), atMs)).toEqual(first);
        expect(targetPeople(target, indexRegistry(turned), atMs).map(({ personId }) => personId)).toEqual(
          first.map(({ personId }) => personId),
        );
      }),
      RUNS,
    );
  });

  it('never tells anybody outside the chain, the team or the list', () => {
    fc.assert(
      fc.property(onePlace, ({ county: { registry, atMs }, ...target }) => {
        const { subject } = target;
        const own =
          subject.kind === 'point'
            ? registry.points.get(subject.id)?.gridCode
            : registry.edges.get(subject.id)?.township;
        const codes = new Set([...ancestry(registry, own ?? ''), ...ancestry(registry, 'C')].map(({ code }) => code));
        const may = within(registry, codes, target);
        for (const { personId } of targetPeople(target, indexRegistry(registry), atMs)) expect(may).toContain(personId);
      }),
      RUNS,
    );
  });

  it('never tells anybody outside the area, and nobody of a grid where it was lifted', () => {
    fc.assert(
      fc.property(oneArea, ({ county: { registry, atMs }, picks, ...of }) => {
        const target = areaTarget(registry, picks, of);
        const raised = (target.areas ?? []).filter((area) => area.level !== 'none');
        const up = raised.flatMap(({ gridCode }) => ancestry(registry, gridCode).map(({ code }) => code));
        const touched = [...registry.grids.keys()].filter((code) => {
          const nearest = ancestry(registry, code).find((grid) =>
            target.areas?.some(({ gridCode }) => gridCode === grid.code),
          );
          return (
            target.areas?.find(({ gridCode }) => gridCode === nearest?.code)?.level !== 'none' && nearest !== undefined
          );
        });
        const may = within(registry, new Set([...up, ...touched]), target);
        for (const { personId } of targetPeople(target, indexRegistry(registry), atMs)) expect(may).toContain(personId);
      }),
      RUNS,
    );
  });

  it('asks as stand-ins only people of the same grid or above, never the silent one, never one asked before', () => {
    fc.assert(
      fc.property(
        onePlace,
        fc.constantFrom<StandInStep>('deputy', 'above'),
        ({ county: { registry, atMs }, ...target }, step) => {
          const directory = indexRegistry(registry);
          const told = targetPeople(target, directory, atMs);
          const asked = new Set(told.map(({ personId }) => personId));
          for (const silent of told)
            for (const one of standIns(silent, target, directory, atMs, step, asked)) {
              expect(asked).not.toContain(one.personId);
              const chain = ancestry(registry, silent.gridCode).map(({ code }) => code);
              expect(step === 'deputy' ? chain.slice(0, 1) : chain.slice(1)).toContain(one.gridCode);
            }
        },
      ),
      RUNS,
    );
  });
});
