/** Evacuation lists as tables on a terminal; the fields are those of the API. */
import { padToWidth } from '#cli/table.ts';
import { HOUSEHOLD_STATE_TEXT, HOUSEHOLD_STATES, type HouseholdState } from '#model/evacuation.ts';
import type { Text } from '#model/text.ts';

type Sum = { readonly households: number; readonly people: number };
type Count = Sum & { readonly byState: { readonly [S in HouseholdState]: Sum }; readonly unresolved: number };
export type ListHead = {
  readonly id: string;
  readonly pointName: Text;
  readonly gridName: Text;
  readonly origin: string;
  readonly state: string;
  readonly openedAt: string;
  readonly count: Count;
};
export type ListWhole = ListHead & {
  readonly returnOrder: readonly string[];
  readonly shelters: readonly Load[];
  readonly households: readonly {
    readonly householdId: string;
    readonly headName: string;
    readonly phone: string;
    readonly people: number;
    readonly needsHelp: readonly string[] | null;
    readonly callerName: string;
    readonly shelterId: string | null;
    readonly state: HouseholdState;
    readonly arrived: number | null;
    readonly byName: string | null;
    readonly at: string | null;
    readonly note: string;
  }[];
};
type Load = {
  readonly name: Text;
  readonly inside: number;
  readonly expected: number;
  readonly capacity: number | null;
  readonly state: 'room' | 'short' | 'over';
};
export type Counts = {
  readonly origin: string;
  readonly grids: readonly (Count & { readonly gridName: Text; readonly gridCode: string; readonly missing: number })[];
  readonly shelters: readonly Load[];
};

const of = ({ households, people }: Sum): string => (households === 0 ? '-' : `${households}/${people}`);
const STATES = HOUSEHOLD_STATES.map((state) => HOUSEHOLD_STATE_TEXT[state].zh);
const sums = ({ byState }: Count): readonly string[] => HOUSEHOLD_STATES.map((state) => of(byState[state]));

export const LIST_HEADINGS = ['清单', '隐患点', '来源', '状态', '启动 (UTC)', '户/人', ...STATES, '待核查'];
export const listRow = (list: ListHead): readonly string[] => [
  list.id,
  `${list.pointName.zh}（${list.gridName.zh}）`,
  list.origin,
  list.state,
  list.openedAt.slice(0, 16),
  of(list.count),
  ...sums(list.count),
  String(list.count.unresolved),
];

export const HOUSEHOLD_HEADINGS = [
  '户',
  '户主',
  '人',
  '电话',
  '需帮助',
  '通知人',
  '避难场所',
  '状态',
  '到点',
  '登记',
  '备注',
];
export const householdRow = (one: ListWhole['households'][number]): readonly string[] => [
  one.householdId,
  one.headName,
  String(one.people),
  one.phone,
  one.needsHelp === null ? '****' : one.needsHelp.join('；'),
  one.callerName,
  one.shelterId ?? '-',
  HOUSEHOLD_STATE_TEXT[one.state].zh,
  one.arrived === null ? '-' : String(one.arrived),
  one.byName === null ? '-' : `${one.byName} ${(one.at ?? '').slice(11, 16)}`,
  one.note,
];

export const COUNT_HEADINGS = ['网格', '户/人', ...STATES, '待核查', '少人'];
export const countRow = (count: Counts['grids'][number]): readonly string[] => [
  `${count.gridName.zh} ${count.gridCode}`,
  of(count),
  ...sums(count),
  String(count.unresolved),
  String(count.missing),
];

const LOAD = { room: '', short: '：将不够', over: '：已超员' } as const;
export const loadLine = ({ name, inside, expected, capacity, state }: Load): string =>
  `${padToWidth(name.zh, 16)} ${inside} 人已到，应到 ${expected}，容量 ${capacity ?? '未登记'}${LOAD[state]}`;
