/** Going home and closing: who returns in which order, and what must be so before either may be ordered. */
import type { Evacuation, EvacuationHousehold } from '#model/evacuation.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { isOut, type Standing } from './list.ts';

const refuse = (zh: string, en: string): Result<never, Text> => err({ zh, en });

/** The risk of going back: who could not leave again by himself goes last. */
const riskOf = (household: EvacuationHousehold): number => (household.needsHelp.length > 0 ? 1 : 0);

/** Named ones first and exactly as named; the others by risk, the lesser first, then as they stand on the list. */
export function returnOrder(list: Evacuation, named: readonly string[]): Result<readonly string[], Text> {
  const out = list.households.filter(isOut);
  const ids = new Set(out.map(({ householdId }) => householdId));
  const strange = named.filter((id) => !ids.has(id));
  if (strange.length > 0)
    return refuse(
      `返回顺序中有未转移的住户：${strange.slice(0, 5).join('、')}`,
      `the order names households that are not out: ${strange.slice(0, 5).join(', ')}`,
    );
  if (new Set(named).size !== named.length)
    return refuse('返回顺序中有重复的住户', 'the order names a household twice');
  const rest = out.filter(({ householdId }) => !named.includes(householdId)).sort((x, y) => riskOf(x) - riskOf(y));
  return ok([...named, ...rest.map(({ householdId }) => householdId)]);
}

const isInForce = (alert: NonNullable<Standing>): boolean =>
  alert.lifecycle !== 'closed' && alert.lifecycle !== 'falseAlarm';

/** As with closing an alert: nobody is sent home under a condition that stands, nor, without a look on the spot, into the unknown. */
export function orderReturn(
  list: Evacuation,
  named: readonly string[],
  note: string,
  alert: Standing,
): Result<Evacuation, Text> {
  if (list.state === 'closed') return refuse('转移已结束', 'the evacuation is closed');
  if (alert !== null && isInForce(alert) && alert.condition === 'active')
    return refuse(
      '险情条件仍然成立，不能下达返回指令：请等待解除；确属误报的，先判定误报并写明原因',
      'its condition is still active, so nobody may be sent home: wait until it has cleared, or declare a false alarm first and say why',
    );
  if (alert !== null && isInForce(alert) && alert.condition === 'dataLost' && note === '')
    return refuse(
      '监测数据中断，情况不明：下达返回指令须写明现场核查情况',
      'its data are lost and nobody knows how it stands: to send people home, note what was found on the spot',
    );
  const order = returnOrder(list, named);
  if (!order.ok) return order;
  if (order.value.length === 0) return refuse('没有已转移的住户', 'nobody is out');
  return ok({ ...list, state: 'returning', returnOrder: order.value });
}

/** A list is closed when everybody who left is back; otherwise the note says why. */
export function closeList(list: Evacuation, note: string, nowMs: EpochMs): Result<Evacuation, Text> {
  if (list.state === 'closed') return refuse('转移已结束', 'the evacuation is closed already');
  const out = list.households.filter(isOut).length;
  if (out > 0 && note === '')
    return refuse(
      `还有${out}户在外未返回：请先逐户登记返回，或写明原因后结束`,
      `${out} households are still out: mark each as returned, or close with a note that says why`,
    );
  const open = list.households.length - out - list.households.filter(({ state }) => state === 'returned').length;
  if (open > 0 && note === '')
    return refuse(
      `还有${open}户没有结果：请逐户登记，或写明原因后结束`,
      `${open} households have no outcome: mark each, or close with a note that says why`,
    );
  return ok({ ...list, state: 'closed', closedAtMs: nowMs });
}
