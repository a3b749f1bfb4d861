/** What a mark on a household does: taken, overtaken by a newer one, or refused with what to do instead. */
import type { Evacuation, EvacuationHousehold, HouseholdState } from '#model/evacuation.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

export type Mark = {
  readonly householdId: string;
  readonly state: HouseholdState;
  readonly arrived: number | null;
  readonly note: string;
  readonly by: string;
  /** When it was so, by the clock of whoever marked it. */
  readonly atMs: EpochMs;
};

export type Marked =
  | { readonly kind: 'taken'; readonly list: Evacuation; readonly before: EvacuationHousehold; readonly atMs: EpochMs }
  /** A newer mark stands: this one is on record and changes nothing. */
  | { readonly kind: 'overtaken'; readonly by: EvacuationHousehold; readonly atMs: EpochMs }
  | { readonly kind: 'refused'; readonly message: Text };

const refused = (zh: string, en: string): Marked => ({ kind: 'refused', message: { zh, en } });

/**
 * A device's clock may run ahead or behind: an instant to come counts as now, so that it cannot freeze a household, and one
 * before the list as the list's first.
 */
const instantOf = (list: Evacuation, atMs: EpochMs, nowMs: EpochMs): EpochMs =>
  Math.max(list.openedAtMs, Math.min(atMs, nowMs));

/** The newest instant wins, whatever the order in which marks arrive; of two at the same instant the later arrival. */
export function applyMark(list: Evacuation, mark: Mark, nowMs: EpochMs): Marked {
  const before = list.households.find(({ householdId }) => householdId === mark.householdId);
  if (before === undefined)
    return refused(
      '清单上没有这一户：新增住户请在县域台账中登记，清单会自动补入',
      'this household is not on the list: enter it in the registry and it will appear here',
    );
  const atMs = instantOf(list, mark.atMs, nowMs);
  const isOld = before.atMs !== null && atMs < before.atMs;
  if (list.state === 'closed')
    return list.closedAtMs !== null && atMs < list.closedAtMs
      ? { kind: 'overtaken', by: before, atMs }
      : refused('转移已结束，不再登记', 'the evacuation is closed, nothing is marked any more');
  if (isOld) return { kind: 'overtaken', by: before, atMs };
  if (mark.state === 'returned' && list.state !== 'returning')
    return refused('尚未下达返回指令，不能登记返回', 'nobody may return yet: the order to return has not been given');
  if (mark.arrived !== null && mark.state !== 'moved')
    return refused('只有已转移的住户才登记到点人数', 'people are counted at a shelter only when they have moved');
  const after: EvacuationHousehold = {
    ...before,
    state: mark.state,
    arrived: mark.arrived,
    by: mark.by,
    atMs,
    note: mark.note,
  };
  const households = list.households.map((one) => (one === before ? after : one));
  return { kind: 'taken', list: { ...list, households }, before, atMs };
}
