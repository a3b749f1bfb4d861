/** How the roster and a hand-over note look over HTTP. */
import type { Alert } from '#model/alert.ts';
import type { Handover } from '#model/handover.ts';
import type { DutyShift, GridCode, Registry } from '#model/registry.ts';
import { nextShift, onDuty } from '#model/roster.ts';
import type { EpochMs } from '#model/time.ts';
import type { WarningReader } from '#model/warning.ts';
import { nameOfSubject } from './subject.ts';
import type { Viewer } from './viewer.ts';
import { iso, personJson } from './wire.ts';

const gridName = (registry: Registry, code: GridCode) => registry.grids.get(code)?.name ?? { zh: code, en: code };

/** Somebody on duty: his name for everybody who sees the desk; his number as the viewer may see it elsewhere. */
function dutyPerson(registry: Registry, viewer: Viewer, id: string) {
  const person = registry.people.get(id);
  const seen = person === undefined ? null : personJson(registry, viewer, person);
  return { id, name: person?.name ?? id, phone: seen?.phone ?? null };
}

export function shiftJson(registry: Registry, viewer: Viewer, shift: DutyShift) {
  return {
    from: iso(shift.fromMs),
    fromMs: shift.fromMs,
    to: iso(shift.toMs),
    toMs: shift.toMs,
    a: dutyPerson(registry, viewer, shift.a),
    b: shift.b === null ? null : dutyPerson(registry, viewer, shift.b),
  };
}

/** A desk at an instant: the shifts that run then, who sits there, and the next one. */
export function deskJson(
  registry: Registry,
  viewer: Viewer,
  gridCode: GridCode,
  shifts: readonly DutyShift[],
  atMs: EpochMs,
) {
  const running = shifts.filter(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  const next = nextShift(shifts, atMs);
  return {
    gridCode,
    gridName: gridName(registry, gridCode),
    at: iso(atMs),
    people: onDuty(running, atMs).map(({ personId, place }) => ({ place, ...dutyPerson(registry, viewer, personId) })),
    shifts: running.map((shift) => shiftJson(registry, viewer, shift)),
    next: next === undefined ? null : shiftJson(registry, viewer, next),
    empty: running.length === 0,
  };
}

type DeskJson = Pick<ReturnType<typeof deskJson>, 'people' | 'shifts' | 'next'>;

/** Whether anybody's number but his own stands on the desk in full. */
export function isReadInFull(registry: Registry, viewer: Viewer, { people, shifts, next }: DeskJson): boolean {
  const sitting = [...shifts, ...(next === null ? [] : [next])].flatMap(({ a, b }) => (b === null ? [a] : [a, b]));
  return [...people, ...sitting].some(({ id }) => {
    const person = registry.people.get(id);
    return id !== viewer.id && person !== undefined && personJson(registry, viewer, person)?.masked === false;
  });
}

const noteJson = (registry: Registry, note: Handover['takenOver']) =>
  note === null
    ? null
    : { by: note.by, name: registry.people.get(note.by)?.name ?? note.by, at: iso(note.atMs), note: note.note };

export const handoverJson = (registry: Registry, one: Handover) => ({
  shiftFrom: iso(one.shiftFromMs),
  shiftTo: iso(one.shiftToMs),
  a: one.a,
  b: one.b,
  handedOver: noteJson(registry, one.handedOver),
  takenOver: noteJson(registry, one.takenOver),
  overdueSince: one.overdueAtMs === null ? null : iso(one.overdueAtMs),
});

/** An open alert in one line. */
export const openAlertJson = (registry: Registry, warnings: WarningReader, alert: Alert) => ({
  id: alert.id,
  level: alert.level,
  hazard: alert.hazard,
  lifecycle: alert.lifecycle,
  condition: alert.condition,
  origin: alert.origin,
  subject: alert.subject,
  subjectName: nameOfSubject(registry, warnings, alert.subject),
  gridCode: alert.gridCode,
  raisedAt: iso(alert.raisedAtMs),
});
