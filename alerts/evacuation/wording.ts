/** The sentences of an evacuation, zh-CN first. They name households by their ids only: the ledger is read by many. */
import { type Evacuation, HOUSEHOLD_STATE_TEXT, type HouseholdState } from '#model/evacuation.ts';
import { isUnresolved, missingOf } from '#model/evacuation-count.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';

export const pointName = (registry: Registry, pointId: string): Text =>
  registry.points.get(pointId)?.name ?? { zh: pointId, en: pointId };

const total = (households: readonly { readonly people: number }[]): number =>
  households.reduce((sum, { people }) => sum + people, 0);

export function openedText(name: Text, list: Evacuation): Text {
  const n = list.households.length;
  const people = total(list.households);
  return {
    zh: `${name.zh}启动转移：${n}户${people}人`,
    en: `evacuation of ${name.en} opened: ${n} households, ${people} people`,
  };
}

export function markText(householdId: string, state: HouseholdState, arrived: number | null, by: string): Text {
  const what = HOUSEHOLD_STATE_TEXT[state];
  const counted = arrived === null ? '' : `，到点${arrived}人`;
  const countedEn = arrived === null ? '' : `, ${arrived} people counted`;
  return { zh: `${by}：${householdId} ${what.zh}${counted}`, en: `${by}: ${householdId} ${what.en}${countedEn}` };
}

export function missingText(list: Evacuation, householdId: string): Text | null {
  const household = list.households.find((one) => one.householdId === householdId);
  const missing = household === undefined ? 0 : missingOf(household);
  if (missing === 0) return null;
  return {
    zh: `已记；到点人数少${missing}人，列入待核查`,
    en: `marked; ${missing} people are missing at the shelter, the household is on the list to be looked after`,
  };
}

/** For the desk above, and the ledger: numbers, no names. */
export function unresolvedText(list: Evacuation): Text {
  const open = list.households.filter(isUnresolved);
  const parts = (['refused', 'notFound'] as const).flatMap((state) => {
    const own = open.filter((household) => household.state === state);
    return own.length === 0 ? [] : [{ what: HOUSEHOLD_STATE_TEXT[state], n: own.length, people: total(own) }];
  });
  const missing = open.reduce((sum, household) => sum + missingOf(household), 0);
  const zh = parts.map(({ what, n, people }) => `${what.zh}${n}户${people}人`);
  const en = parts.map(({ what, n, people }) => `${what.en}: ${n} households, ${people} people`);
  if (missing > 0) {
    zh.push(`到点人数少${missing}人`);
    en.push(`${missing} people missing at the shelter`);
  }
  return {
    zh: `${zh.join('，')}，请派人到场`,
    en: `${en.join('; ')}; send somebody there`,
  };
}
