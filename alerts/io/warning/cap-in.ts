/**
 * A CAP message that came in. Each is taken once; one that a later message has named, or that is older than what stands, is
 * written down and changes nothing; a test, a draft or an acknowledgement reaches nobody.
 */
import type { WarningCommand } from '#model/command.ts';
import type { Text } from '#model/text.ts';
import type { Warning } from '#model/warning.ts';
import type { CapMessage, CapReference } from '../../cap/message.ts';
import { parseCapTime } from '../../cap/times.ts';
import type { World } from '../../episode.ts';
import { mergeAreas } from '../../warning/areas.ts';
import { anyLevel, type Incoming, readIncoming } from '../../warning/of-cap.ts';
import { parseCap } from '../cap/check.ts';
import type { CommandResult } from '../part.ts';
import type { Desk } from './part.ts';

type CapCommand = WarningCommand & { readonly action: 'cap' };
type Taking = {
  readonly command: CapCommand;
  readonly message: CapMessage;
  readonly desk: Desk;
  readonly world: World;
};

const both = (zh: string, en: string): Text => ({ zh, en });

const nameOf = ({ sender, identifier, sent }: CapMessage): CapReference => ({ sender, identifier, sent });

/** Written down with why nothing came of it; the message counts as taken. */
function only(
  { command, message, desk, world }: Taking,
  zh: string,
  en: string,
  warning: string | null = null,
): CommandResult {
  const { sender, identifier, sent, msgType, status } = message;
  desk.table.putMessage({ sender, identifier, sent, type: msgType }, warning);
  desk.tools.tables.ledger.append({
    alertId: 'cap-log',
    atMs: world.nowMs,
    by: command.from,
    kind: 'warning',
    text: both(`CAP ${identifier}：${zh}`, `CAP ${identifier}: ${en}`),
    facts: { source: command.source, sender, identifier, sent, msgType, status, warning },
  });
  return { ok: true, message: both(zh, en) };
}

/** The warning that a message is about, by its references or theirs. */
function referredTo({ message, desk }: Taking): Warning | undefined {
  for (const reference of message.references.toReversed()) {
    const id = desk.table.message(reference)?.warning ?? null;
    const warning = id === null ? undefined : desk.table.get(id);
    if (warning !== undefined) return warning;
  }
  return undefined;
}

/** Others must not lift or lower what they did not decree. */
const strangerAmong = ({ sender, references }: CapMessage): CapReference | undefined =>
  references.find((reference) => reference.sender !== sender);

function supersede({ message, desk }: Taking, warning: string | null): void {
  for (const reference of message.references) desk.table.supersede(reference, warning);
}

function warningOf({ command, message, desk, world }: Taking, incoming: Incoming, origin: Warning['origin']): Warning {
  const { registry } = world.directory;
  const { hazard, headline, description, instruction, onsetMs, expiresAtMs, polygons, levels } = incoming;
  return {
    id: desk.idOf(`${message.sender},${message.identifier}`),
    source: command.source,
    message: nameOf(message),
    origin,
    hazard,
    headline,
    description,
    instruction,
    issuedBy: message.infos[0]?.senderName ?? message.sender,
    issuedAtMs: world.nowMs,
    onsetMs,
    expiresAtMs,
    areas: mergeAreas([], levels, world.nowMs, registry),
    polygons,
    state: 'inForce',
  };
}

/** A new warning, or an update whose first message never came here. */
function begin(taking: Taking, incoming: Incoming, origin: Warning['origin']): CommandResult {
  const { command, message, desk, world } = taking;
  if (anyLevel(incoming.levels).length === 0)
    return only(taking, '不涉及本县，仅登记', 'it touches no grid of this county; written down only');
  const warning = warningOf(taking, incoming, origin);
  desk.table.putMessage({ ...nameOf(message), type: message.msgType }, warning.id);
  supersede(taking, warning.id);
  desk.begin(warning, { by: command.from, note: command.note }, world);
  return { ok: true, message: both(`预警已接收：${warning.id}`, `the warning is taken: ${warning.id}`) };
}

/**
 * An update: grids that it names get its levels; those that it does not name keep theirs until the message that named them
 * said they would end, for a partial lowering names only what is lowered.
 */
function update(taking: Taking, before: Warning, incoming: Incoming): CommandResult {
  const { command, message, desk, world } = taking;
  const { nowMs, directory } = world;
  desk.table.putMessage({ ...nameOf(message), type: message.msgType }, before.id);
  supersede(taking, before.id);
  const held = before.areas.map((area) =>
    area.level === 'none' || area.untilMs !== undefined || incoming.expiresAtMs === before.expiresAtMs
      ? area
      : { ...area, untilMs: before.expiresAtMs },
  );
  const ends = Math.max(incoming.expiresAtMs, before.expiresAtMs);
  const named = incoming.levels.map((area) =>
    area.untilMs === undefined && ends !== incoming.expiresAtMs ? { ...area, untilMs: incoming.expiresAtMs } : area,
  );
  const { headline, description, instruction } = incoming;
  const said = anyLevel(incoming.levels).length > 0 ? { headline, description, instruction } : {};
  const areas = mergeAreas(held, named, nowMs, directory.registry);
  const warning: Warning = { ...before, ...said, message: nameOf(message), areas, expiresAtMs: ends };
  desk.change(warning, { by: command.from, note: command.note }, world);
  return { ok: true, message: both(`预警已变更：${warning.id}`, `the warning is changed: ${warning.id}`) };
}

function cancel(taking: Taking, before: Warning | undefined): CommandResult {
  const { command, message, desk, world } = taking;
  supersede(taking, before?.id ?? null);
  if (before === undefined)
    return only(
      taking,
      '所解除的预警未收到过，已登记',
      'it cancels what never came here; should it come later, it is void',
    );
  desk.table.putMessage({ ...nameOf(message), type: message.msgType }, before.id);
  if (before.state === 'inForce') desk.end(before, 'cancelled', { by: command.from, note: command.note }, world);
  return { ok: true, message: both(`预警已解除：${before.id}`, `the warning is lifted: ${before.id}`) };
}

/** Whether what stands is younger than the message: it was overtaken on its way. */
const isOlder = (message: CapMessage, before: Warning): boolean =>
  (parseCapTime(before.message?.sent ?? '') ?? 0) > (parseCapTime(message.sent) ?? 0);

function judge(taking: Taking): CommandResult {
  const { message, desk, world } = taking;
  const known = desk.table.message(message);
  if (known !== undefined) return { ok: true, message: both('此前已接收', 'it was taken before') };
  const incoming = readIncoming(message, world.directory.registry, desk.toucher(world.directory.registry));
  if (message.msgType === 'Ack' || message.msgType === 'Error')
    return only(taking, '回执，仅登记', 'an answer between systems; written down only');
  if (incoming.origin === null)
    return only(
      taking,
      `状态为${message.status}，仅登记`,
      `its status is ${message.status}: written down, nobody is told`,
    );
  const stranger = strangerAmong(message);
  if (stranger !== undefined)
    return only(
      taking,
      '引用了他人发布的预警，不予执行',
      `it refers to a message of another sender (${stranger.sender}); nothing is changed`,
    );
  if (desk.table.superseded(message)) {
    supersede(taking, null);
    return only(taking, '已被后来的消息取代', 'a later message has replaced it already');
  }
  const before = message.references.length === 0 ? undefined : referredTo(taking);
  if (before !== undefined && before.origin !== incoming.origin)
    return only(taking, '演练与实警不得互相变更', 'an exercise does not change what is real, nor the reverse');
  if (before !== undefined && isOlder(message, before))
    return only(taking, '早于现行内容，不予变更', 'it is older than what stands', before.id);
  if (message.msgType === 'Cancel') return cancel(taking, before);
  if (incoming.expiresAtMs <= world.nowMs) return only(taking, '收到时已过期', 'it had run out when it came');
  if (before !== undefined && before.state === 'inForce') return update(taking, before, incoming);
  return begin(taking, incoming, incoming.origin);
}

export function takeCap(command: CapCommand, desk: Desk, world: World): CommandResult {
  const read = parseCap(command.xml);
  if (!read.ok) {
    const [first] = read.error.filter(({ severity }) => severity === 'error');
    const what =
      first === undefined ? '' : `line ${first.line}${first.path === '' ? '' : `, ${first.path}`}: ${first.message}`;
    return { ok: false, message: both(`不是有效的CAP消息：${what}`, `this is no valid CAP message: ${what}`) };
  }
  return judge({ command, message: read.value.message, desk, world });
}
