/** The duty roster: who sits at a grid's desk at an instant (AB岗), and where nobody does. A shift is [from, to). */
import type { DutyShift, PersonId } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

export type OnDuty = { readonly personId: PersonId; readonly place: 'a' | 'b'; readonly shift: DutyShift };

/** Everybody on duty at `atMs`: the A persons first, then those who stand in for them. */
export function onDuty(shifts: readonly DutyShift[], atMs: EpochMs): readonly OnDuty[] {
  const running = shifts.filter((shift) => shift.fromMs <= atMs && atMs < shift.toMs);
  const found: OnDuty[] = running.map((shift) => ({ personId: shift.a, place: 'a', shift }));
  for (const shift of running) if (shift.b !== null) found.push({ personId: shift.b, place: 'b', shift });
  return found.filter((entry, index) => found.findIndex((other) => other.personId === entry.personId) === index);
}

/** The shift after this instant that begins first. */
export function nextShift(shifts: readonly DutyShift[], atMs: EpochMs): DutyShift | undefined {
  let next: DutyShift | undefined;
  for (const shift of shifts)
    if (shift.fromMs > atMs && (next === undefined || shift.fromMs < next.fromMs)) next = shift;
  return next;
}

export type RosterGap = { readonly fromMs: EpochMs; readonly toMs: EpochMs };

/** The parts of [from, to) in which the desk is empty, ascending. */
export function rosterGaps(shifts: readonly DutyShift[], fromMs: EpochMs, toMs: EpochMs): readonly RosterGap[] {
  const gaps: RosterGap[] = [];
  let coveredTo = fromMs;
  for (const shift of [...shifts].sort((x, y) => x.fromMs - y.fromMs)) {
    if (shift.toMs <= coveredTo || shift.toMs <= shift.fromMs) continue;
    if (shift.fromMs >= toMs) break;
    if (shift.fromMs > coveredTo) gaps.push({ fromMs: coveredTo, toMs: shift.fromMs });
    coveredTo = shift.toMs;
  }
  if (coveredTo < toMs) gaps.push({ fromMs: coveredTo, toMs });
  return gaps;
}
