import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Evacuation, HOUSEHOLD_STATES, type HouseholdState } from '#model/evacuation.ts';
import { countByGrid, countHouseholds, isUnresolved, shelterLoads } from '#model/evacuation-count.ts';
import type { HazardPoint } from '#model/registry.ts';
import { indexRegistry } from '../directory.ts';
import { sampleRegistry } from '../testing/sample.ts';
import { deskAbove } from './above.ts';
import { closeList, orderReturn, returnOrder } from './home.ts';
import { followRegistry, openList, tellAgain } from './list.ts';
import { applyMark, type Mark } from './mark.ts';
import { mayMark } from './rights.ts';

const T = 1_000_000;
const registry = {
  ...sampleRegistry(),
  shelters: new Map([
    [
      'school',
      { id: 'school', name: { zh: '学校', en: 'school' }, lon: 0, lat: 0, gridCode: '331004001001', capacity: 6 },
    ],
  ]),
};
const p1 = registry.points.get('P1') as HazardPoint;
const point: HazardPoint = {
  ...p1,
  households: [
    { id: 'h1', headName: '张三', people: 4, phone: '1', callerId: 'v1-member', shelterId: 'school' },
    { id: 'h2', headName: '李四', people: 2, phone: '2', callerId: 'g1-member', needsHelp: ['卧床'] },
    {
      id: 'h3',
      headName: '王五',
      people: 3,
      phone: '3',
      callerId: 'v2-head',
      gridCode: '331004001002',
      shelterId: 'school',
    },
  ],
};
const opened = (): Evacuation => openList(point, { id: 'ev-1', alertId: 'a1', origin: 'live', by: 'alerts', atMs: T });
const mark = (householdId: string, state: HouseholdState, atMs: number, arrived: number | null = null): Mark => ({
  householdId,
  state,
  arrived,
  note: '',
  by: 'v1-member',
  atMs,
});
const marked = (list: Evacuation, ...marks: readonly Mark[]): Evacuation =>
  marks.reduce((now, one) => {
    const outcome = applyMark(now, one, T + 1_000_000);
    if (outcome.kind !== 'taken') throw new Error(`${one.householdId}: ${outcome.kind}`);
    return outcome.list;
  }, list);
const stateOf = (list: Evacuation, id: string) => list.households.find(({ householdId }) => householdId === id);

describe('a mark on a household', () => {
  it('of the newest instant stands, in whatever order the devices come back', () => {
    const marks = fc.uniqueArray(
      fc.record({
        household: fc.constantFrom('h1', 'h2', 'h3'),
        state: fc.constantFrom(...HOUSEHOLD_STATES.filter((state) => state !== 'returned')),
        atMs: fc.integer({ min: T + 1, max: T + 500 }),
      }),
      { selector: ({ household, atMs }) => `${household}${atMs}`, maxLength: 20 },
    );
    const shuffled = marks.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([inOrder, asArrived]) => {
        const play = (all: typeof inOrder) =>
          all.reduce((list, one) => {
            const outcome = applyMark(list, mark(one.household, one.state, one.atMs), T + 1_000);
            expect(outcome.kind).not.toBe('refused');
            return outcome.kind === 'taken' ? outcome.list : list;
          }, opened());
        const sorted = [...inOrder].sort((x, y) => x.atMs - y.atMs);
        expect(play(asArrived).households).toEqual(play(sorted).households);
      }),
    );
  });

  it('by a clock that runs ahead counts as now, so that the next one is not shut out', () => {
    const ahead = applyMark(opened(), mark('h1', 'refused', T + 9_000_000), T + 10);
    if (ahead.kind !== 'taken') throw new Error(ahead.kind);
    expect(ahead.atMs).toBe(T + 10);
    expect(applyMark(ahead.list, mark('h1', 'moved', T + 20), T + 20).kind).toBe('taken');
  });

  it('is refused for a stranger, for a return that nobody ordered, and for a head count of who did not move', () => {
    for (const one of [mark('h9', 'told', T + 1), mark('h1', 'returned', T + 1), mark('h1', 'refused', T + 1, 3)])
      expect(applyMark(opened(), one, T + 1).kind).toBe('refused');
  });

  it('with fewer people than the household has leaves the household among those to be looked after', () => {
    const list = marked(opened(), mark('h1', 'moved', T + 1, 3));
    expect(list.households.map(isUnresolved)).toEqual([true, false, false]);
    expect(marked(list, mark('h1', 'moved', T + 2, 4)).households.some(isUnresolved)).toBe(false);
  });

  it.each([
    ['the household’s caller', 'g1-member', 'h2', true],
    ['a caller of another household without a post over this one', 'v2-head', 'h1', false],
    ['whoever holds a post over the household’s own village', 'v2-head', 'h3', true],
    ['whoever holds a post over the point', 't1-head', 'h2', true],
    ['whoever sits at the township’s desk', 't1-b', 'h1', true],
    ['the desk of another township', 't2-disp', 'h1', false],
  ])('may be made by %s: %s of %s %s', (_, by, id, expected) => {
    const list = opened();
    const household = stateOf(list, id);
    if (household === undefined) throw new Error(id);
    const who = { by, from: 'console', atMs: Date.UTC(2022, 5, 3, 1) };
    expect(mayMark(indexRegistry(registry), who, list, household)).toBe(expected);
  });
});

describe('the figures', () => {
  it('add up to the same households and people in every tier', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gridCode: fc.constantFrom('331004001001', '331004001002', '331004001001-G1'),
            people: fc.nat(9),
            state: fc.constantFrom(...HOUSEHOLD_STATES),
          }),
        ),
        (all) => {
          const households = all.map((one) => ({ ...(opened().households[0] as never as object), ...one }) as never);
          const counts = countByGrid(households, registry);
          const people = all.reduce((sum, one) => sum + one.people, 0);
          for (const tier of [1, 2, 3] as const) {
            const own = counts.filter(({ gridCode }) => registry.grids.get(gridCode)?.tier === tier);
            expect(own.reduce((sum, count) => sum + count.people, 0)).toBe(people);
          }
          for (const count of counts) {
            const states = Object.values(count.byState);
            expect(states.reduce((sum, one) => sum + one.households, 0)).toBe(count.households);
          }
        },
      ),
    );
  });

  it('name the county first, then the township, then the villages', () => {
    expect(
      countByGrid(opened().households, registry).map(({ gridCode, households, people }) => [
        gridCode,
        households,
        people,
      ]),
    ).toEqual([
      ['331004', 3, 9],
      ['331004001', 3, 9],
      ['331004001001', 2, 6],
      ['331004001002', 1, 3],
    ]);
    expect(countHouseholds('x', [])).toMatchObject({ households: 0, people: 0 });
  });

  it('say before they come that a shelter will be too small, and when it is', () => {
    const [waiting] = shelterLoads(opened().households, registry);
    expect(waiting).toEqual({ shelterId: 'school', capacity: 6, expected: 7, inside: 0, state: 'short' });
    const list = marked(opened(), mark('h1', 'moved', T + 1), mark('h3', 'moved', T + 1, 3));
    expect(shelterLoads(list.households, registry)[0]).toMatchObject({ inside: 7, state: 'over' });
    const elsewhere = marked(list, mark('h3', 'safe', T + 2));
    expect(shelterLoads(elsewhere.households, registry)[0]).toMatchObject({ expected: 4, inside: 4, state: 'room' });
  });
});

describe('the way home', () => {
  const out = () => marked(opened(), ...['h1', 'h2', 'h3'].map((id) => mark(id, 'moved', T + 1)));

  it('begins with whoever could leave again by himself, unless the order is given by hand', () => {
    expect(returnOrder(out(), [])).toEqual({ ok: true, value: ['h1', 'h3', 'h2'] });
    expect(returnOrder(out(), ['h2', 'h3'])).toEqual({ ok: true, value: ['h2', 'h3', 'h1'] });
    expect(returnOrder(out(), ['h2', 'h2']).ok).toBe(false);
    expect(returnOrder(opened(), ['h1']).ok).toBe(false);
  });

  it('is barred while the condition stands, and asks for a look on the spot when its data are lost', () => {
    const under = (condition: 'active' | 'dataLost' | 'cleared', lifecycle: 'raised' | 'closed' = 'raised') => ({
      condition,
      lifecycle,
    });
    expect(orderReturn(out(), [], 'all quiet', under('active')).ok).toBe(false);
    expect(orderReturn(out(), [], '', under('dataLost')).ok).toBe(false);
    expect(orderReturn(out(), [], 'looked at it', under('dataLost')).ok).toBe(true);
    expect(orderReturn(out(), [], '', under('cleared')).ok).toBe(true);
    expect(orderReturn(out(), [], '', under('active', 'closed')).ok).toBe(true);
    expect(orderReturn(out(), [], '', null).ok).toBe(true);
  });

  it('is taken back when the hazard returns: who went home is fetched again', () => {
    const ordered = orderReturn(out(), [], '', null);
    if (!ordered.ok) throw new Error(ordered.error.en);
    const home = marked(ordered.value, mark('h1', 'returned', T + 5));
    const { list, again } = tellAgain(home, T + 9);
    expect(again).toEqual(['h1']);
    expect(list).toMatchObject({ state: 'open', returnOrder: [] });
    expect(list.households.map(({ state }) => state)).toEqual(['waiting', 'moved', 'moved']);
  });

  it('ends when everybody is back, or with a note', () => {
    expect(closeList(out(), '', T).ok).toBe(false);
    expect(closeList(opened(), '', T).ok).toBe(false);
    expect(closeList(opened(), 'opened by mistake', T)).toMatchObject({ ok: true, value: { state: 'closed' } });
    const ordered = orderReturn(out(), [], '', null);
    if (!ordered.ok) throw new Error(ordered.error.en);
    const home = marked(ordered.value, ...['h1', 'h2', 'h3'].map((id) => mark(id, 'returned', T + 5)));
    expect(closeList(home, '', T + 6).ok).toBe(true);
  });
});

describe('a new registry while the list is in force', () => {
  it('adds a household, corrects a telephone, and drops nobody', () => {
    const list = marked(opened(), mark('h1', 'moved', T + 1));
    const h1 = point.households[0];
    if (h1 === undefined) throw new Error('h1');
    const now: HazardPoint = {
      ...point,
      households: [
        { ...h1, phone: '111' },
        { id: 'h4', headName: '赵六', people: 1, phone: '4', callerId: 'v1-head' },
      ],
    };
    const updated = followRegistry(list, now);
    expect(updated).toMatchObject({ added: ['h4'], changed: ['h1'] });
    expect(updated.list.households.map(({ householdId, state }) => [householdId, state])).toEqual([
      ['h1', 'moved'],
      ['h2', 'waiting'],
      ['h3', 'waiting'],
      ['h4', 'waiting'],
    ]);
    expect(stateOf(updated.list, 'h1')?.phone).toBe('111');
    expect(followRegistry(list, point).list).toBe(list);
  });
});

describe('the desk above', () => {
  const directory = indexRegistry(registry);
  it('is the township’s, whoever sits there; with an empty roster its head', () => {
    const at = (hour: number) =>
      deskAbove(directory, '331004001001-G1', Date.UTC(2022, 5, 3, hour)).map(({ personId }) => personId);
    expect(at(1)).toEqual(['t1-a', 't1-b']);
    expect(at(13)).toEqual(['t1-head']);
  });
});
