/** What a command about a shift's hand-over does: who may give it, from when to when, and what is written down. */
import type { RosterCommand } from '#model/command.ts';
import type { Handover } from '#model/handover.ts';
import { ancestry, type DutyShift, type PersonId, type Post, type Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { type EpochMs, formatInZone, HOUR_MS } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import type { EventDraft } from '../episode.ts';
import { withNote } from '../wording.ts';

export type Step =
  | { readonly ok: false; readonly message: Text }
  | { readonly ok: true; readonly message: Text; readonly handover: Handover; readonly event: EventDraft };

/** Before a shift begins, from when on its hand-over may be written. */
const EARLY_MS = 2 * HOUR_MS;
const ANSWERS: readonly Post[] = ['head', 'deputy', 'manager', 'dispatcher'];

const both = (zh: string, en: string): Text => ({ zh, en });
const refuse = (zh: string, en: string): Step => ({ ok: false, message: both(zh, en) });
export const shiftKey = (gridCode: string, shiftFromMs: EpochMs): string => `roster/${gridCode}/${shiftFromMs}`;

const nameOf = (registry: Registry, id: PersonId): string => registry.people.get(id)?.name ?? id;
const timeOf = (atMs: EpochMs, registry: Registry): string =>
  formatInZone(atMs, registry.county.zone).slice(0, 16).replace('T', ' ');

/** Whoever answers for the grid, or for one above it, may write for those at its desk; so may the machine's own token. */
function answersFor(registry: Registry, command: RosterCommand): boolean {
  const person = registry.people.get(command.by);
  if (person === undefined) return command.from === 'api';
  const chain = ancestry(registry, command.gridCode).map(({ code }) => code);
  return person.posts.some(({ gridCode, post }) => ANSWERS.includes(post) && chain.includes(gridCode));
}

const isOn = (shift: DutyShift, personId: PersonId): boolean => shift.a === personId || shift.b === personId;

/** Whoever comes is of the shift itself; whoever goes sits there now, or did until it began. */
function mayWrite(command: RosterCommand, shift: DutyShift, directory: Directory): boolean {
  if (answersFor(directory.registry, command)) return true;
  if (command.action === 'takeOver') return isOn(shift, command.by);
  const shifts = directory.shifts.get(command.gridCode) ?? [];
  return shifts.some(
    (one) => isOn(one, command.by) && one.fromMs < shift.fromMs && one.toMs >= Math.min(shift.fromMs, command.atMs),
  );
}

export const emptyHandover = ({ gridCode, fromMs, toMs, a, b }: DutyShift): Handover => ({
  gridCode,
  shiftFromMs: fromMs,
  shiftToMs: toMs,
  a,
  b,
  handedOver: null,
  takenOver: null,
  overdueAtMs: null,
});

function place(shift: DutyShift, registry: Registry): Text {
  const grid = registry.grids.get(shift.gridCode)?.name ?? both(shift.gridCode, shift.gridCode);
  const at = timeOf(shift.fromMs, registry);
  return both(`${grid.zh}${at}起的班次`, `${grid.en}, shift from ${at}`);
}

const isOver = (before: Handover | undefined, action: RosterCommand['action']): boolean =>
  action === 'takeOver' ? before?.takenOver != null : before?.handedOver != null;

export function handOver(
  command: RosterCommand,
  before: Handover | undefined,
  openAlerts: readonly string[],
  directory: Directory,
): Step {
  const { registry } = directory;
  const shift = (directory.shifts.get(command.gridCode) ?? []).find(({ fromMs }) => fromMs === command.shiftFromMs);
  if (shift === undefined)
    return refuse(
      '值班表中没有这个班次',
      'no shift of this desk begins then; look at the roster and name one that does',
    );
  if (command.atMs < shift.fromMs - EARLY_MS || command.atMs >= shift.toMs)
    return refuse(
      '交接班只能在班次开始前两小时至班次结束之间办理',
      'a hand-over is written from two hours before the shift until its end',
    );
  if (!mayWrite(command, shift, directory))
    return refuse('您不在该班次，也不是该网格负责人', 'you are not of this shift and do not answer for this grid');
  const name = nameOf(registry, command.by);
  const note = { by: command.by, atMs: command.atMs, note: command.note.trim() };
  const takes = command.action === 'takeOver';
  const old = before ?? emptyHandover(shift);
  // The first of A and B to take over has it; what others add goes into the ledger.
  const handover: Handover = isOver(before, command.action)
    ? old
    : { ...old, ...(takes ? { takenOver: note } : { handedOver: { ...note, openAlerts } }) };
  const done = takes ? both('接班', 'takes over') : both('交班', 'hands over');
  const where = place(shift, registry);
  const open = both(`未结预警${openAlerts.length}条`, `${openAlerts.length} open alerts`);
  const text = both(`${where.zh}：${name}${done.zh}，${open.zh}`, `${where.en}: ${name} ${done.en}, ${open.en}`);
  const facts = {
    command: command.id,
    action: command.action,
    from: command.from,
    gridCode: command.gridCode,
    shiftFromMs: shift.fromMs,
    shiftToMs: shift.toMs,
    a: shift.a,
    b: shift.b,
    openAlerts,
    note: note.note,
  };
  const alertId = shiftKey(command.gridCode, shift.fromMs);
  const event: EventDraft = {
    alertId,
    atMs: command.atMs,
    by: command.by,
    kind: 'roster',
    text: withNote(text, note.note),
    facts,
  };
  return { ok: true, message: done, handover, event };
}

/** A shift that nobody took over in time. */
export function overdueEvent(shift: DutyShift, atMs: EpochMs, registry: Registry): EventDraft {
  const where = place(shift, registry);
  const names = [shift.a, ...(shift.b === null ? [] : [shift.b])].map((id) => nameOf(registry, id));
  return {
    alertId: shiftKey(shift.gridCode, shift.fromMs),
    atMs,
    by: 'alerts',
    kind: 'roster',
    text: both(
      `${where.zh}逾时无人接班（当班${names.join('、')}）`,
      `${where.en}: nobody has taken over (on duty: ${names.join(', ')})`,
    ),
    facts: { action: 'overdue', gridCode: shift.gridCode, shiftFromMs: shift.fromMs, a: shift.a, b: shift.b },
  };
}
