/**
 * The emergency broadcast as a part of the stage: a message is played when people are asked, taken back when the hazard is
 * lowered or over, asked after when the platform is silent, and its answers go into the delivery and the ledger.
 */
import type { Alert } from '#model/alert.ts';
import type { EbdChannel } from '#model/channel.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { MINUTE_MS } from '#model/time.ts';
import { policySounds, wantsDevices } from '../../broadcast/wants.ts';
import type { DeliveryDocument } from '../../cap/document.ts';
import { isOver, STANDS_MS } from '../../cap/timetable.ts';
import { deliveryKey, EVERYBODY } from '../../deliveries.ts';
import { askState, cancelEbm, type EbmFacts, playEbm } from '../../ebd/compose.ts';
import {
  deliveryStateOf,
  ebmOfReceipt,
  isFinal,
  isNews,
  readState,
  STATE_TEXT,
  type StateAnswer,
} from '../../ebd/state.ts';
import { asks, type Notice, type Outcome, type World } from '../../episode.ts';
import { passGate } from '../../origin-gate.ts';
import { openAttach } from '../cap/attach.ts';
import { readXml } from '../cap/read-xml.ts';
import type { CommandResult, OpenPart, Part, PartTools } from '../part.ts';
import { EBD_SCHEMA, type EbmRow, openEbdTable } from './table.ts';

/** A platform that has not said anything for so long is asked, so often; then its silence stands. */
const ASK_AFTER_MS = MINUTE_MS;
const ASK_AT_MOST = 5;

const isEbd = (channel: Registry['channels'][number]): channel is EbdChannel => channel.kind === 'ebd';
const both = (zh: string, en: string): Text => ({ zh, en });
const TITLE = both('紧急广播', 'emergency broadcast');

function openPart(tools: PartTools): OpenPart {
  const table = openEbdTable(tools.db);
  const attach = openAttach(tools.db, tools.tables);
  const { rows, ledger, episodes } = tools.tables;

  /** A numbered document about an alert, for a channel. */
  function factsOf(alert: Alert, text: Text, related: string | null, channel: EbdChannel, world: World): EbmFacts {
    const { registry } = world.directory;
    const { sourceId: source, destinationId: destination } = channel;
    return {
      ebdId: table.packetId(source),
      ebmId: table.messageId(source, world.nowMs, registry.county.zone),
      source,
      destination,
      related,
      alert,
      title: alert.conditions[0]?.rule.startsWith('warning@') === true ? (alert.conditions[0]?.reason ?? TITLE) : TITLE,
      text,
      atMs: world.nowMs,
      endsMs: world.nowMs + STANDS_MS,
    };
  }

  const documentOf = (facts: EbmFacts, xml: string): DeliveryDocument => ({ kind: 'ebd', id: facts.ebmId, body: xml });

  function keep(facts: EbmFacts, kind: EbmRow['kind'], key: string, channel: string, world: World): void {
    const dueMs = world.nowMs + ASK_AFTER_MS;
    const { ebmId, alert } = facts;
    table.put({ ebmId, channel, alertId: alert.id, key, kind, state: null, over: false, asked: 0, dueMs });
  }

  const take = (row: EbmRow): void => table.put({ ...row, over: true, dueMs: null });

  function play(alert: Alert, notice: Notice, key: string, channel: EbdChannel, world: World): void {
    const earlier = table.standing(alert.id).filter((row) => row.channel === channel.id);
    const text = rows.message(key)?.text ?? notice.reason;
    const facts = factsOf(alert, text, earlier.at(-1)?.ebmId ?? null, channel, world);
    attach.toRow(key, documentOf(facts, playEbm(facts, world.directory.registry)));
    // What is said anew replaces what was said before.
    for (const row of earlier) take(row);
    keep(facts, 'play', key, channel.id, world);
  }

  function cancel(alert: Alert, step: number, row: EbmRow, channel: EbdChannel, world: World): void {
    const text = both('此前播发的预警已解除或降级，请听从当地指挥。', 'the warning that was played is over or lowered');
    const facts = factsOf(alert, text, row.ebmId, channel, world);
    const document = documentOf(facts, cancelEbm(facts, world.directory.registry));
    const key = `${alert.id}/${alert.round}/cancel-${row.ebmId.slice(-12)}/0/${EVERYBODY}/${channel.id}`;
    attach.asRow({ key, channel, alert, step, text, document, nowMs: world.nowMs });
    take(row);
    keep(facts, 'cancel', key, channel.id, world);
  }

  const channelOf = (id: string, alert: Alert, registry: Registry): EbdChannel | undefined =>
    registry.channels.filter(isEbd).find((channel) => channel.id === id && passGate(channel, alert.origin).pass);

  function onOutcome(outcome: Outcome, world: World): void {
    const { episode } = outcome;
    if (episode === null) return;
    const { alert, step } = episode;
    const { registry } = world.directory;
    const where = { registry, atMs: world.nowMs };
    for (const channel of registry.channels.filter(isEbd))
      for (const notice of outcome.notices) {
        const key = deliveryKey(notice, 0, EVERYBODY, channel.id);
        const announces = asks(notice.change) || notice.change === 'moved';
        if (announces && wantsDevices(channel, notice, alert, where) && attach.waits(key))
          play(alert, notice, key, channel, world);
      }
    if (!isOver(alert) && policySounds(alert, alert.level, registry, world.nowMs)) return;
    for (const row of table.standing(alert.id)) {
      const channel = channelOf(row.channel, alert, registry);
      if (channel === undefined) take(row);
      else cancel(alert, step, row, channel, world);
    }
  }

  /** Asks after a message of which nothing final was heard. */
  function ask(row: EbmRow, world: World): void {
    const episode = episodes.byId(row.alertId);
    const channel = episode === undefined ? undefined : channelOf(row.channel, episode.alert, world.directory.registry);
    if (episode === undefined || channel === undefined || row.asked >= ASK_AT_MOST) {
      table.put({ ...row, dueMs: null });
      return;
    }
    const asked = row.asked + 1;
    table.put({ ...row, asked, dueMs: world.nowMs + ASK_AFTER_MS * 2 ** asked });
    const { sourceId: source, destinationId: destination } = channel;
    const head = { ebdId: table.packetId(source), source, destination, atMs: world.nowMs };
    const body = askState(head, row.ebmId, world.directory.registry);
    const key = `${row.alertId}/${episode.alert.round}/ask-${row.ebmId.slice(-12)}-${asked}/0/${EVERYBODY}/${channel.id}`;
    const document: DeliveryDocument = { kind: 'ebd', id: row.ebmId, body };
    const text = both('查询播发状态', 'asks what became of a broadcast');
    attach.asRow({ key, channel, alert: episode.alert, step: episode.step, text, document, nowMs: world.nowMs });
  }

  function hear({ ebmId, state, detail }: StateAnswer, by: string, world: World): CommandResult {
    const row = table.get(ebmId);
    if (row === undefined)
      return { ok: false, message: both('没有这条广播消息', 'there is no such broadcast message') };
    if (!isNews(row.state, state)) return { ok: true, message: both('此前已知', 'this was known') };
    table.put({ ...row, state, dueMs: isFinal(state) ? null : row.dueMs });
    const next = row.kind === 'play' ? deliveryStateOf(state) : null;
    if (next !== null) rows.advance(row.key, next, `${STATE_TEXT[state].en} ${detail}`.trim(), world.nowMs);
    const what = STATE_TEXT[state];
    ledger.append({
      alertId: row.alertId,
      atMs: world.nowMs,
      by,
      kind: 'channel',
      text: both(
        `${row.channel}：应急广播${what.zh}${detail === '' ? '' : `（${detail}）`}`,
        `${row.channel}: broadcast ${what.en}`,
      ),
      facts: { delivery: row.key, channel: row.channel, ebmId, state, detail },
    });
    return { ok: true, message: what };
  }

  function hearXml(xml: string, by: string, world: World): CommandResult {
    const tree = readXml(xml);
    if (!tree.ok)
      return {
        ok: false,
        message: both(`XML有误：${tree.error.message}`, `line ${tree.error.line}: ${tree.error.message}`),
      };
    const answer = readState(tree.value);
    return answer.ok ? hear(answer.value, by, world) : { ok: false, message: both(answer.error, answer.error) };
  }

  return {
    command: (command, world) =>
      command.kind === 'exchange' && command.format === 'ebd' ? hearXml(command.xml, command.source, world) : undefined,
    onOutcome,
    onReceipt: (receipt, world) => {
      const ebmId = ebmOfReceipt(receipt.from);
      if (ebmId === null) return;
      const state = (['unhandled', 'waiting', 'playing', 'done', 'failed', 'cancelled'] as const).find((one) =>
        receipt.detail.startsWith(one),
      );
      if (state !== undefined)
        hear({ ebmId, state, detail: receipt.detail.slice(state.length).trim() }, receipt.channel, world);
    },
    /** Lowered or informed of: the platform gets a cancel of its own, not this notice. */
    unwanted: (claim, { directory }) => {
      const channel = directory.registry.channels.find(({ id }) => id === claim.channel);
      if (channel?.kind !== 'ebd' || 'document' in claim.message) return null;
      return both('无需播发', 'nothing to play');
    },
    nextDueMs: table.nextDueMs,
    runDue: (world, limit) => {
      for (const row of table.due(world.nowMs, limit)) ask(row, world);
    },
  };
}

export const ebdPart: Part = { name: 'ebd', schema: EBD_SCHEMA, open: openPart };
