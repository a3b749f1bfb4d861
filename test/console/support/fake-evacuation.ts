/** One evacuation list in force, of 上坪滑坡: two households in 上坪村, and one of 下湾村 whom somebody from there calls. */
import type { Evacuation, EvacuationHousehold, EvacuationReader } from '#model/evacuation.ts';
import { inSubtree, type Registry } from '#model/registry.ts';

const household = (n: number, over: Partial<EvacuationHousehold>): EvacuationHousehold => ({
  householdId: `slope-1-h${n}`,
  headName: ['杨大伯', '胡二婶', '林老三'][n - 1] ?? '',
  phone: `1390000000${n}`,
  people: n + 3,
  gridCode: '999900001001',
  callerId: 'p-member',
  needsHelp: n === 2 ? ['轮椅'] : [],
  routeId: null,
  shelterId: null,
  state: 'waiting',
  arrived: null,
  by: null,
  atMs: null,
  note: '',
  ...over,
});

export const FAKE_EVACUATION: Evacuation = {
  id: 'ev-1',
  pointId: 'slope-1',
  gridCode: '999900001001',
  alertId: 'a-1',
  origin: 'live',
  state: 'open',
  openedAtMs: 1_000_000,
  openedBy: 'alerts',
  closedAtMs: null,
  returnOrder: [],
  households: [
    household(1, {}),
    household(2, { state: 'refused', by: 'p-member', atMs: 1_060_000, note: '要喂猪' }),
    household(3, { gridCode: '999900001002', callerId: 'p-other' }),
  ],
  version: 7,
};

/** Any id of a list gives this one: what became of it is the alerts stage's affair. */
export const fakeEvacuations = (registry: Registry, lists = [FAKE_EVACUATION]): EvacuationReader => ({
  list: ({ gridCodes, open, origin }) =>
    lists.filter(
      (list) =>
        (open === undefined || open === (list.state !== 'closed')) &&
        (origin === undefined || origin === list.origin) &&
        [list.gridCode, ...list.households.map(({ gridCode }) => gridCode)].some((code) =>
          gridCodes.some((root) => inSubtree(registry, code, root)),
        ),
    ),
  get: (id) => (id.startsWith('ev-') ? lists[0] : undefined),
});
