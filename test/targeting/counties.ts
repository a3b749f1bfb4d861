/** Counties drawn at random: any tree, posts that nobody holds, desks with gaps, teams, dates, a policy of any lines. */
import fc from 'fast-check';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import type { Level } from '#model/level.ts';
import type { Group, Policy, PolicyLine, When } from '#model/policy.ts';
import {
  type DutyShift,
  type Grid,
  HAZARDS,
  type HazardPoint,
  type Person,
  POSTS,
  type Registry,
  type Team,
  type Tier,
} from '#model/registry.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';

export const START = Date.UTC(2026, 5, 1);
const KINDS = { 1: 'county', 2: 'township', 3: 'village', 4: 'group' } as const;
const level = fc.constantFrom<Level>('blue', 'yellow', 'orange', 'red');
const hazard = fc.constantFrom(...HAZARDS);
const tiers = fc.uniqueArray(fc.constantFrom<Tier>(1, 2, 3, 4), { minLength: 1 });
const pick = <T>(from: readonly T[], max: number) => fc.uniqueArray(fc.constantFrom(...from), { maxLength: max });

/** `C`, `C1`, `C12`, `C123`: the code says where a grid lies. */
const codes = fc
  .array(fc.tuple(fc.nat(2), fc.nat(2), fc.nat(1), fc.integer({ min: 2, max: 4 })), { minLength: 1, maxLength: 14 })
  .map((rows) => {
    const found = new Set(['C']);
    for (const [township, village, group, depth] of rows) {
      const parts = [township, village, group].slice(0, depth - 1);
      for (let at = 1; at <= parts.length; at++) found.add(`C${parts.slice(0, at).join('')}`);
    }
    return [...found].sort();
  });

const day = fc.constantFrom(undefined, undefined, undefined, '2026-05-20', '2026-06-03');
const gridOf = (code: string, [validFrom, validTo]: readonly [string | undefined, string | undefined]): Grid => {
  const tier = code.length as Tier;
  const base = { code, tier, kind: KINDS[tier], name: { zh: `网格${code}`, en: `grid ${code}` }, boundary: [] };
  const parent = code === 'C' ? null : code.slice(0, -1);
  if (tier === 1) return { ...base, parent };
  return {
    ...base,
    parent,
    ...(validFrom !== undefined && { validFrom }),
    ...(validTo !== undefined && validFrom === undefined && { validTo }),
  };
};

const when = (places: readonly string[]): fc.Arbitrary<When | undefined> =>
  fc.option(
    fc.record(
      {
        hazards: fc.uniqueArray(hazard, { minLength: 1, maxLength: 3 }),
        hours: fc.record({
          fromMinute: fc.integer({ min: 0, max: 1_439 }),
          toMinute: fc.integer({ min: 1, max: 1_440 }),
        }),
        grids: fc.uniqueArray(fc.constantFrom(...places), { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  );

const group: fc.Arbitrary<Group> = fc.oneof(
  fc.record({
    kind: fc.constant('posts' as const),
    tiers,
    posts: fc.option(fc.uniqueArray(fc.constantFrom(...POSTS), { minLength: 1, maxLength: 3 })),
  }),
  fc.record({ kind: fc.constant('duty' as const), tier: fc.constantFrom<Tier>(1, 2, 3) }),
  fc.constant({ kind: 'households' as const }),
  fc.constant({ kind: 'teams' as const }),
);
const withWhen = <T extends object>(base: T, at: When | undefined): T & { readonly when?: When } =>
  at === undefined ? base : { ...base, when: at };
const line = (places: readonly string[]): fc.Arbitrary<PolicyLine> =>
  fc
    .record({ from: level, group, at: when(places) })
    .map(({ from, group: who, at }) => withWhen({ from, group: who, why: { zh: '因', en: 'why' } }, at));

const policy = (places: readonly string[]): fc.Arbitrary<Policy> =>
  fc
    .record({
      point: fc.array(line(places), { maxLength: 5 }),
      gateway: fc.array(line(places), { maxLength: 3 }),
      area: fc.array(line(places), { maxLength: 4 }),
      channels: fc.array(
        fc
          .record({ from: level, channels: pick(['sms', 'voice', 'mail'], 3), at: when(places) })
          .map(({ at, ...rest }) => withWhen(rest, at)),
        { maxLength: 3 },
      ),
    })
    .map((lines) => ({ ...DEFAULT_POLICY, ...lines }));

const NAMES = Array.from({ length: 12 }, (_, index) => `p${String(index).padStart(2, '0')}`);
const person = fc.constantFrom(...NAMES);
/** Somebody who left and is still written down somewhere. */
const anybody = fc.constantFrom(...NAMES, 'gone');

const people = (places: readonly string[]): fc.Arbitrary<readonly Person[]> =>
  fc
    .array(fc.record({ id: person, gridCode: fc.constantFrom(...places), post: fc.constantFrom(...POSTS) }), {
      maxLength: 18,
    })
    .map((held) =>
      NAMES.map((id) => ({
        id,
        name: `名${id}`,
        phone: '',
        posts: held.filter((one) => one.id === id).map(({ gridCode, post }) => ({ gridCode, post })),
      })),
    );

const duty = (places: readonly string[]): fc.Arbitrary<readonly DutyShift[]> =>
  fc.array(
    fc
      .record({
        gridCode: fc.constantFrom(...places),
        startH: fc.integer({ min: 0, max: 100 }),
        hours: fc.integer({ min: 0, max: 24 }),
        a: anybody,
        b: fc.option(anybody),
      })
      .map(({ gridCode, startH, hours, a, b }) => ({
        gridCode,
        fromMs: START + startH * HOUR_MS,
        toMs: START + (startH + hours) * HOUR_MS,
        a,
        b,
      })),
    { maxLength: 12 },
  );

const teams = (places: readonly string[]): fc.Arbitrary<readonly Team[]> =>
  fc.array(
    fc
      .record({
        gridCode: fc.constantFrom(...places),
        hazards: fc.uniqueArray(hazard, { minLength: 1, maxLength: 2 }),
        covers: pick(places, 3),
        minLevel: level,
        members: fc.uniqueArray(anybody, { minLength: 1, maxLength: 3 }),
      })
      .map((team) => ({ ...team, id: 't', name: { zh: '队', en: 'team' } })),
    { maxLength: 3 },
  );

const pointOf = (gridCode: string, index: number, callers: readonly string[]): HazardPoint => ({
  id: `P${index}`,
  name: { zh: `点${index}`, en: `point ${index}` },
  kind: 'slope',
  riskGrade: 'low',
  lon: 0,
  lat: 0,
  gridCode,
  households: callers.map((callerId, at) => ({ id: `h${at}`, headName: '户', people: at + 1, phone: '', callerId })),
});

const edge = (id: string, township: string): Registry['edges'] extends ReadonlyMap<string, infer E> ? E : never => ({
  id,
  township,
  origin: 'live',
  name: { zh: id, en: id },
  buses: [],
  links: [],
  outputs: [],
  mutes: [],
});

/** A registry and a moment in it. */
export const counties: fc.Arbitrary<{ readonly registry: Registry; readonly atMs: number }> = codes.chain((places) =>
  fc
    .record({
      dates: fc.array(fc.tuple(day, day), { minLength: places.length, maxLength: places.length }),
      staff: people(places),
      shifts: duty(places),
      groups: teams(places),
      lines: fc.option(policy(places), { nil: undefined }),
      at: fc.array(fc.tuple(fc.constantFrom(...places, 'nowhere'), fc.array(anybody, { maxLength: 3 })), {
        minLength: 1,
        maxLength: 4,
      }),
      atMs: fc.integer({ min: START, max: START + 5 * DAY_MS }),
    })
    .map(({ dates, staff, shifts, groups, lines, at, atMs }) => ({
      atMs,
      registry: {
        version: 'random',
        county: { code: 'C', name: { zh: '县', en: 'county' }, zone: 'Asia/Shanghai' },
        grids: new Map(places.map((code, index) => [code, gridOf(code, dates[index] ?? [undefined, undefined])])),
        people: new Map(staff.map((one) => [one.id, one])),
        duty: shifts,
        points: new Map(at.map(([code, callers], index) => [`P${index}`, pointOf(code, index, callers)])),
        sensors: new Map(),
        edges: new Map([
          ['E0', edge('E0', places[1] ?? 'C')],
          ['E1', edge('E1', 'nowhere')],
        ]),
        channels: [],
        teams: groups,
        ...(lines !== undefined && { policy: lines }),
      } satisfies Registry,
    })),
);
