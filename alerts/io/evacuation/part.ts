/** The evacuation lists as a part of the stage: opened by policy or by hand, marked, told anew, ordered home, closed. */
import type { Alert } from '#model/alert.ts';
import type { DeskCommand, EvacuationCommand } from '#model/command.ts';
import type { Evacuation } from '#model/evacuation.ts';
import { isUnresolved } from '#model/evacuation-count.ts';
import { rankOf } from '#model/level.ts';
import { ancestry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { MINUTE_MS } from '#model/time.ts';
import { asks, type EventDraft, isEnded, type Outcome, type World } from '../../episode.ts';
import { deskAbove } from '../../evacuation/above.ts';
import { closeList, orderReturn } from '../../evacuation/home.ts';
import { followRegistry, type Opening, openList, tellAgain } from '../../evacuation/list.ts';
import { applyMark, type Mark } from '../../evacuation/mark.ts';
import { answersFor, EVACUATION_DECIDERS, mayMark } from '../../evacuation/rights.ts';
import { markText, missingText, openedText, pointName, unresolvedText } from '../../evacuation/wording.ts';
import { gridPath } from '../../place.ts';
import { lineHolds, policyOf } from '../../policy.ts';
import type { CommandResult, OpenPart, Part, PartTools } from '../part.ts';
import { EVACUATION_SCHEMA, openListTable } from './list-table.ts';

/** Marks come one after another: the desk above gets one message, not one a household. */
const GATHER_MS = MINUTE_MS;

const both = (zh: string, en: string): Text => ({ zh, en });
const done = (zh: string, en: string): CommandResult => ({ ok: true, message: both(zh, en) });
const NO_LIST = both('没有这份转移清单', 'there is no such evacuation list');
const NOT_YOURS = both('不在您的网格范围内', 'it lies outside your grids');

const pathsOf = (list: Evacuation, { directory }: World): string =>
  [...new Set([list.gridCode, ...list.households.map(({ gridCode }) => gridCode)])]
    .map((code) => gridPath(code, directory.registry))
    .join('');

function holds(alert: Alert, { directory, nowMs }: World): boolean {
  const { registry } = directory;
  const chain = ancestry(registry, alert.gridCode);
  const of = { level: alert.level, hazard: alert.hazard, chain, atMs: nowMs, zone: registry.county.zone };
  return policyOf(registry).evacuation.some((line) => lineHolds(line, of));
}

export function openEvacuation(tools: PartTools): OpenPart {
  const { ledger, episodes } = tools.tables;
  const lists = openListTable(tools.db);
  const alertOf = (list: Evacuation): Alert | null =>
    list.alertId === null ? null : (episodes.byId(list.alertId)?.alert ?? null);

  const record = (
    list: Evacuation,
    said: Pick<EventDraft, 'by' | 'atMs' | 'text'>,
    facts: EventDraft['facts'],
    kind: EventDraft['kind'] = 'evacuation',
  ): number =>
    ledger.append({
      ...said,
      alertId: list.alertId ?? list.id,
      kind,
      facts: { evacuationId: list.id, pointId: list.pointId, origin: list.origin, ...facts },
    });
  const put = (list: Evacuation, before: Evacuation | undefined, version: number, world: World): void =>
    lists.put(list, before, version, pathsOf(list, world));

  function begin(pointId: string, opening: Opening, facts: EventDraft['facts'], world: World): Evacuation | null {
    const { registry } = world.directory;
    const point = registry.points.get(pointId);
    if (point === undefined || point.households.length === 0) return null;
    const list = openList(point, opening);
    const text = openedText(pointName(registry, pointId), list);
    const people = list.households.reduce((sum, household) => sum + household.people, 0);
    const figures = { action: 'open', households: list.households.length, people };
    const version = record(list, { by: opening.by, atMs: opening.atMs, text }, { ...figures, ...facts });
    put(list, undefined, version, world);
    return list;
  }

  /** A list in force while the hazard gets worse or comes back. */
  function again(list: Evacuation, alert: Alert, change: string, world: World): void {
    if (alert.id !== list.alertId && !holds(alert, world)) return;
    const own = alertOf(list);
    const isOver = own === null || isEnded(own);
    const told = tellAgain(isOver ? { ...list, alertId: alert.id } : list, world.nowMs);
    const n = told.again.length;
    const withdrawn = list.state === 'returning';
    const text = both(
      `险情变化，${withdrawn ? '撤回返回指令，' : ''}${n}户须重新通知`,
      `the hazard changed: ${withdrawn ? 'the order to return is withdrawn, ' : ''}${n} households are to be told again`,
    );
    const facts = { action: 'tellAgain', change, alertId: alert.id, withdrawn, households: told.again };
    put(told.list, list, record(told.list, { by: 'alerts', atMs: world.nowMs, text }, facts), world);
    if (told.list.households.some(isUnresolved)) lists.tellAt(list.id, world.nowMs + GATHER_MS);
  }

  function follow({ episode, notices }: Outcome, world: World): void {
    const change = notices.find((notice) => asks(notice.change))?.change;
    if (episode === null || change === undefined || episode.alert.subject.kind !== 'point') return;
    const { alert } = episode;
    const pointId = alert.subject.id;
    if ((world.directory.registry.points.get(pointId)?.households.length ?? 0) === 0) return;
    const list = lists.openAt(pointId, alert.origin);
    if (list !== undefined) {
      again(list, alert, change, world);
      return;
    }
    if (!holds(alert, world)) return;
    const id = `ev-${alert.id}-`;
    const opening = { id: `${id}${lists.countOf(id) + 1}`, alertId: alert.id, origin: alert.origin };
    begin(pointId, { ...opening, by: 'alerts', atMs: world.nowMs }, { level: alert.level }, world);
  }

  /** Without an alert named: the gravest live one of the point, or a list that stands for itself. */
  function openByHand(command: EvacuationCommand & { readonly action: 'open' }, world: World): CommandResult {
    const { registry } = world.directory;
    const point = registry.points.get(command.pointId);
    if (point === undefined) return { ok: false, message: both('没有这个隐患点', 'there is no such point') };
    if (!answersFor(world.directory, command, point.gridCode, EVACUATION_DECIDERS))
      return { ok: false, message: NOT_YOURS };
    const open = episodes.openAt({ kind: 'point', id: point.id }).map(({ alert }) => alert);
    const live = open.filter(({ origin }) => origin === 'live').sort((x, y) => rankOf(y.level) - rankOf(x.level))[0];
    const named = open.find(({ id }) => id === command.alertId);
    if (command.alertId !== null && named === undefined)
      return { ok: false, message: both('该隐患点没有这条未结预警', 'the point has no such open alert') };
    const alert = named ?? live ?? null;
    const origin = alert?.origin ?? 'live';
    if (lists.openAt(point.id, origin) !== undefined)
      return { ok: false, message: both('该隐患点的转移清单已经启动', 'the point’s list is open already') };
    const opening = { id: `ev-${command.id}`, alertId: alert?.id ?? null, origin, by: command.by };
    const facts = { command: command.id, from: command.from, note: command.note };
    const list = begin(point.id, { ...opening, atMs: world.nowMs }, facts, world);
    return list === null
      ? {
          ok: false,
          message: both(
            '该隐患点没有登记转移户：请先登记住户',
            'the point has no households on record: enter them first',
          ),
        }
      : done('转移清单已启动', 'the evacuation list is open');
  }

  function mark(command: EvacuationCommand & { readonly action: 'mark' }, list: Evacuation, world: World) {
    const { householdId, state, arrived, by, note } = command;
    const said: Mark = { householdId, state, arrived, note, by, atMs: command.atMs };
    const household = list.households.find((one) => one.householdId === householdId);
    const facts = { action: 'mark', command: command.id, householdId, state, arrived, from: command.from, note };
    const refuse = (message: Text): CommandResult => {
      record(list, { by, atMs: world.nowMs, text: message }, facts, 'refused');
      return { ok: false, message };
    };
    if (household !== undefined && !mayMark(world.directory, command, list, household)) return refuse(NOT_YOURS);
    const marked = applyMark(list, said, world.nowMs);
    if (marked.kind === 'refused') return refuse(marked.message);
    const name = world.directory.registry.people.get(by)?.name ?? by;
    const text = markText(householdId, state, arrived, name);
    const when = { saidAtMs: command.atMs, markedAtMs: marked.atMs };
    if (marked.kind === 'overtaken') {
      const later = both(`${text.zh}（迟到，已有更新的登记）`, `${text.en} (late, a newer mark stands)`);
      record(list, { by, atMs: world.nowMs, text: later }, { ...facts, ...when, overtaken: true });
      return done(
        '已记入台账；该户此后已有更新的登记，现状不变',
        'on record; a newer mark of this household stands and is not changed',
      );
    }
    const version = record(list, { by, atMs: world.nowMs, text }, { ...facts, ...when, before: marked.before.state });
    put(marked.list, list, version, world);
    const after = marked.list.households.find((one) => one.householdId === householdId);
    if (after !== undefined && isUnresolved(after) && !isUnresolved(marked.before))
      lists.tellAt(list.id, world.nowMs + GATHER_MS);
    return { ok: true, message: missingText(marked.list, householdId) ?? both('已登记', 'marked') };
  }

  /** The order home, and the end: both by those who answer for the grid. */
  function end(command: EvacuationCommand & { readonly action: 'return' | 'close' }, list: Evacuation, world: World) {
    const { by, note, action } = command;
    const facts = { action, command: command.id, from: command.from, note };
    const result = !answersFor(world.directory, command, list.gridCode, EVACUATION_DECIDERS)
      ? ({ ok: false, error: NOT_YOURS } as const)
      : action === 'return'
        ? orderReturn(list, command.order, note.trim(), alertOf(list))
        : closeList(list, note.trim(), world.nowMs);
    if (!result.ok) {
      record(list, { by, atMs: world.nowMs, text: result.error }, facts, 'refused');
      return { ok: false, message: result.error };
    }
    const next = result.value;
    const message =
      action === 'return'
        ? both(`下达返回指令：${next.returnOrder.length}户`, `ordered to return: ${next.returnOrder.length} households`)
        : both('转移结束', 'the evacuation is closed');
    const version = record(list, { by, atMs: world.nowMs, text: message }, { ...facts, order: next.returnOrder });
    put(next, list, version, world);
    if (next.state === 'closed') lists.told(list.id);
    return { ok: true, message };
  }

  function take(command: EvacuationCommand, world: World): CommandResult {
    if (command.action === 'open') return openByHand(command, world);
    const list = lists.byId(command.evacuationId);
    if (list === undefined) return { ok: false, message: NO_LIST };
    return command.action === 'mark' ? mark(command, list, world) : end(command, list, world);
  }

  /** A mark that was put right within the minute needs nobody from above. It informs, and asks for no answer. */
  function tell(id: string, world: World): void {
    lists.told(id);
    const list = lists.byId(id);
    if (list === undefined || list.state === 'closed' || !list.households.some(isUnresolved)) return;
    const text = unresolvedText(list);
    const people = deskAbove(world.directory, list.gridCode, world.nowMs);
    const households = list.households.filter(isUnresolved).map(({ householdId }) => householdId);
    const facts = { action: 'toldAbove', people: people.map(({ personId }) => personId), households };
    record(list, { by: 'alerts', atMs: world.nowMs, text }, facts);
    const episode = list.alertId === null ? undefined : episodes.byId(list.alertId);
    if (episode === undefined || isEnded(episode.alert) || people.length === 0) return;
    const step = episode.step + 1;
    const { id: alertId, round, level } = episode.alert;
    const told = { alertId, round, step, from: level, to: level, reason: text, only: people };
    tools.apply({ episode: { ...episode, step }, events: [], notices: [{ ...told, change: 'evacuation' }] }, world);
  }

  function settle(world: World): void {
    for (const id of lists.openIds()) {
      const list = lists.byId(id);
      if (list === undefined) continue;
      const point = world.directory.registry.points.get(list.pointId);
      const { list: now, added, changed } = followRegistry(list, point);
      if (now === list) continue;
      const text = both(
        `台账更新：新增${added.length}户，更正${changed.length}户`,
        `the registry changed: ${added.length} households new, ${changed.length} corrected`,
      );
      const facts = { action: 'registry', added, changed, registry: world.directory.registry.version };
      put(now, list, record(now, { by: 'registry', atMs: world.nowMs, text }, facts), world);
    }
  }

  return {
    command: (command: DeskCommand, world) => (command.kind === 'evacuation' ? take(command, world) : undefined),
    onOutcome: follow,
    onRegistry: settle,
    nextDueMs: lists.nextTellMs,
    runDue: (world, limit) => {
      for (const id of lists.tellDue(world.nowMs, limit)) tell(id, world);
    },
  };
}

export const evacuationPart: Part = { name: 'evacuation', schema: EVACUATION_SCHEMA, open: openEvacuation };
