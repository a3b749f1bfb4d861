/**
 * Warnings from above as a part of the stage: typed by the county's dispatcher or come as CAP, told as one alert for their
 * area, lowered or lifted in parts, extended, cancelled, and run out by stored due time.
 */
import { createHash } from 'node:crypto';
import type { DeskCommand, WarningCommand } from '#model/command.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { alertIdOfWarning, type Warning, warningIdOf } from '#model/warning.ts';
import { isEnded, type Outcome, type World } from '../../episode.ts';
import { mergeAreas, worstOf } from '../../warning/areas.ts';
import { draftFault, mayIssue, strangerAmong, warningOfDraft } from '../../warning/draft.ts';
import { CLOSE_AFTER_MS, expire, nextEndMs } from '../../warning/ends.ts';
import { changeWarning, closeWarning, endWarning, raiseWarning } from '../../warning/tell.ts';
import { openToucher, type Toucher } from '../../warning/touch.ts';
import type { CommandResult, OpenPart, Part, PartTools } from '../part.ts';
import { takeCap } from './cap-in.ts';
import { openReach } from './reach.ts';
import { openWarningTable, WARNING_SCHEMA } from './table.ts';

const both = (zh: string, en: string): Text => ({ zh, en });
export const done = (zh: string, en: string): CommandResult => ({ ok: true, message: both(zh, en) });
export const refused = (zh: string, en: string): CommandResult => ({ ok: false, message: both(zh, en) });

type Said = { readonly by: string; readonly note: string };

/** The one way in which a warning changes: its row and its alert, together. */
export type Desk = {
  readonly table: ReturnType<typeof openWarningTable>;
  readonly tools: PartTools;
  readonly toucher: (registry: Registry) => Toucher;
  readonly idOf: (name: string) => string;
  readonly begin: (warning: Warning, said: Said, world: World) => void;
  /** With no area left in force it ends. */
  readonly change: (warning: Warning, said: Said, world: World) => void;
  readonly end: (warning: Warning, state: 'cancelled' | 'expired', said: Said, world: World) => void;
};

/** Made anew only when the registry is another one. */
function perRegistry<T>(make: (registry: Registry) => T): (registry: Registry) => T {
  let made: { readonly of: Registry; readonly value: T } | undefined;
  return (registry) => {
    if (made?.of !== registry) made = { of: registry, value: make(registry) };
    return made.value;
  };
}

function openDesk(tools: PartTools): Desk {
  const table = openWarningTable(tools.db);
  const episodeOf = (id: string) => tools.tables.episodes.byId(alertIdOfWarning(id));
  const apply = (outcome: Outcome, world: World): void => tools.apply(outcome, world);
  const end: Desk['end'] = (warning, state, said, world) => {
    const over: Warning = { ...warning, state };
    const open = episodeOf(warning.id);
    const tells = open !== undefined && !isEnded(open.alert);
    table.put(over, tells ? world.nowMs + CLOSE_AFTER_MS : null);
    if (tells) apply(endWarning(open, over, said, world), world);
  };
  return {
    table,
    tools,
    toucher: perRegistry(openToucher),
    idOf: (name) => `w${createHash('sha256').update(name).digest('hex').slice(0, 16)}`,
    begin: (warning, said, world) => {
      // Before the alert: whoever sees its outcome looks the warning up.
      table.put(warning, nextEndMs(warning));
      apply(raiseWarning(warning, said, world), world);
    },
    change: (warning, said, world) => {
      if (worstOf(warning.areas) === null) {
        end(warning, 'cancelled', said, world);
        return;
      }
      table.put(warning, nextEndMs(warning));
      const open = episodeOf(warning.id);
      if (open !== undefined && !isEnded(open.alert)) apply(changeWarning(open, warning, said, world), world);
    },
    end,
  };
}

function issue(command: WarningCommand & { readonly action: 'issue' }, desk: Desk, world: World): CommandResult {
  const { registry } = world.directory;
  const fault = draftFault(command.draft, registry, world.nowMs);
  if (fault !== null) return { ok: false, message: fault };
  const id = warningIdOf(command.id);
  desk.begin(warningOfDraft(command.draft, { id, by: command.by, nowMs: world.nowMs }, registry), command, world);
  return done(`预警已发布：${id}`, `the warning is issued: ${id}`);
}

function update(command: WarningCommand & { readonly action: 'update' }, desk: Desk, world: World): CommandResult {
  const { registry } = world.directory;
  const { nowMs } = world;
  const before = desk.table.get(command.warningId);
  if (before === undefined) return refused('没有这条预警', 'there is no such warning');
  if (before.state !== 'inForce') return refused('预警已结束', 'the warning is over');
  const stranger = strangerAmong(
    command.areas.map(({ gridCode }) => gridCode),
    registry,
  );
  if (stranger !== undefined) return refused(`没有网格 ${stranger}`, `there is no grid ${stranger}`);
  const expiresAtMs = command.expiresAtMs ?? before.expiresAtMs;
  if (expiresAtMs <= nowMs) return refused('有效期已过', 'that end has passed already');
  if (command.areas.length === 0 && command.expiresAtMs === null)
    return refused('没有写明变更内容', 'it says nothing that would change');
  const areas = mergeAreas(before.areas, command.areas, nowMs, registry);
  desk.change({ ...before, areas, expiresAtMs }, command, world);
  return done('预警已变更', 'the warning is changed');
}

function cancel(command: WarningCommand & { readonly action: 'cancel' }, desk: Desk, world: World): CommandResult {
  const before = desk.table.get(command.warningId);
  if (before === undefined) return refused('没有这条预警', 'there is no such warning');
  if (before.state !== 'inForce') return refused('预警已结束', 'the warning is over');
  desk.end(before, 'cancelled', command, world);
  return done('预警已解除', 'the warning is lifted');
}

function take(command: WarningCommand, desk: Desk, world: World): CommandResult {
  if (command.action === 'cap') return takeCap(command, desk, world);
  if (!mayIssue(command.by, command.from, world.directory, command.atMs))
    return refused('只有县级可以发布和变更预警', 'only the county issues and changes warnings');
  switch (command.action) {
    case 'issue':
      return issue(command, desk, world);
    case 'update':
      return update(command, desk, world);
    case 'cancel':
      return cancel(command, desk, world);
    default:
      return command satisfies never;
  }
}

const BY_ITSELF: Said = { by: 'warning', note: '' };

function runOut(warning: Warning, desk: Desk, world: World): void {
  if (warning.state === 'inForce') {
    const now = expire(warning, world.nowMs);
    if (now.state === 'expired') desk.end(warning, 'expired', BY_ITSELF, world);
    else desk.change(now, BY_ITSELF, world);
    return;
  }
  desk.table.put(warning, null);
  const open = desk.tools.tables.episodes.byId(alertIdOfWarning(warning.id));
  if (open !== undefined && !isEnded(open.alert)) desk.tools.apply(closeWarning(open, world), world);
}

function openPart(tools: PartTools): OpenPart {
  const desk = openDesk(tools);
  const reach = openReach(tools.db);
  return {
    command: (command: DeskCommand, world) => (command.kind === 'warning' ? take(command, desk, world) : undefined),
    onOutcome: ({ episode }, { directory }) => {
      const alert = episode?.alert;
      if (alert?.areas === undefined) return;
      reach(alert, alert.areas, directory.registry);
      // Declared false by a person: with its alert the warning is over, and an update of it begins a new one.
      const warning = isEnded(alert) ? desk.table.get(alert.subject.id) : undefined;
      if (warning?.state === 'inForce') desk.table.put({ ...warning, state: 'cancelled' }, null);
    },
    nextDueMs: desk.table.nextDueMs,
    runDue: (world, limit) => {
      for (const warning of desk.table.due(world.nowMs, limit)) runOut(warning, desk, world);
    },
  };
}

export const warningPart: Part = { name: 'warning', schema: WARNING_SCHEMA, open: openPart };
