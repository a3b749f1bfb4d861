/**
 * CAP out: every notice of an alert becomes one message a CAP channel (and one for the feed), numbered, with the whole chain
 * of references, made in the same transaction as the notice; cancelled at the end, said again before it expires.
 */
import type { Alert } from '#model/alert.ts';
import type { CapChannel } from '#model/channel.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Warning } from '#model/warning.ts';
import { composeCap } from '../../cap/compose.ts';
import { unitDigits } from '../../cap/identifier.ts';
import { FEED, isEcho, senderOfFeed, takesFeed } from '../../cap/reach.ts';
import { expiryOf, isOver, renewAtMs, typeOfNext } from '../../cap/timetable.ts';
import { writeCap } from '../../cap/write.ts';
import { deliveryKey, EVERYBODY } from '../../deliveries.ts';
import { asks, type Outcome, type World } from '../../episode.ts';
import { passGate } from '../../origin-gate.ts';
import type { OpenPart, Part, PartTools } from '../part.ts';
import { openWarningTable } from '../warning/table.ts';
import { openAttach } from './attach.ts';
import { CAP_SCHEMA, openCapTable } from './table.ts';

/** Whom it is said to: a channel, or the feed, which is read and not sent. */
type Target = { readonly id: string; readonly sender: string; readonly channel: CapChannel | null };

const isCap = (channel: Registry['channels'][number]): channel is CapChannel => channel.kind === 'cap';

/** The words of a notice; without one, why it stands. */
const reasonOf = (alert: Alert, warning: Warning | null): Text => {
  if (warning !== null) return warning.description;
  const reasons = alert.conditions.filter(({ state }) => state !== 'cleared').map(({ reason }) => reason);
  const told = reasons.length > 0 ? reasons : alert.conditions.map(({ reason }) => reason);
  return { zh: told.map(({ zh }) => zh).join('；') || '—', en: told.map(({ en }) => en).join('; ') || '—' };
};

function openMaker({ db }: Pick<PartTools, 'db'>) {
  const table = openCapTable(db);
  return {
    table,
    /** Makes, numbers and keeps the next message about an alert for a target. */
    make: (alert: Alert, warning: Warning | null, reason: Text, to: Target, registry: Registry, nowMs: EpochMs) => {
      const over = isOver(alert);
      const references = table.referencesOf(alert.id, to.id);
      const msgType = typeOfNext(references.length > 0, over);
      const identifier = table.number(unitDigits(to.sender, registry.county.code), nowMs, registry.county.zone);
      const expiresMs = over ? nowMs : expiryOf(warning, nowMs);
      const facts = {
        alert,
        warning,
        reason,
        msgType,
        sender: to.sender,
        identifier,
        sentMs: nowMs,
        expiresMs,
        references,
      };
      const message = composeCap(facts, registry);
      const xml = writeCap(message);
      const headline = message.infos[0]?.headline ?? '';
      const { level, id: alertId } = alert;
      const { sender, sent } = message;
      table.keep({
        identifier,
        channel: to.id,
        alertId,
        sender,
        sent,
        sentMs: nowMs,
        type: msgType,
        headline,
        level,
        expiresMs,
        xml,
      });
      if (over) table.fall(alertId, to.id);
      else table.stand({ alertId, channel: to.id, expiresMs }, renewAtMs(warning, expiresMs));
      return { document: { kind: 'cap', id: identifier, body: xml } as const, headline: message.infos };
    },
  };
}

function openPart(tools: PartTools): OpenPart {
  const { table, make } = openMaker(tools);
  const attach = openAttach(tools.db, tools.tables);
  const warnings = openWarningTable(tools.db);
  const warningOf = (alert: Alert): Warning | null =>
    alert.subject.kind === 'area' ? (warnings.get(alert.subject.id) ?? null) : null;
  const targetOf = (id: string, alert: Alert, registry: Registry): Target | null => {
    if (id === FEED) return takesFeed(alert, registry) ? { id, sender: senderOfFeed(registry), channel: null } : null;
    const channel = registry.channels.filter(isCap).find((one) => one.id === id);
    if (channel === undefined || !passGate(channel, alert.origin).pass) return null;
    return { id, sender: channel.sender, channel };
  };

  /** A message that no notice brought: the end, a renewal, an extension. */
  function sayAlso(alert: Alert, id: string, name: string, step: number, { directory, nowMs }: World): void {
    const { registry } = directory;
    const to = targetOf(id, alert, registry);
    if (to === null) {
      table.fall(alert.id, id);
      return;
    }
    const warning = warningOf(alert);
    const { document, headline } = make(alert, warning, reasonOf(alert, warning), to, registry, nowMs);
    if (to.channel === null) return;
    const key = `${alert.id}/${alert.round}/${name}/0/${EVERYBODY}/${id}`;
    const text = { zh: headline[0]?.headline ?? '', en: headline.at(-1)?.headline ?? '' };
    attach.asRow({ key, channel: to.channel, alert, step, text, document, nowMs });
  }

  function sayNotices(outcome: Outcome, alert: Alert, world: World): void {
    const { registry } = world.directory;
    const warning = warningOf(alert);
    for (const notice of outcome.notices) {
      if (isEcho(alert) || !(asks(notice.change) || notice.change === 'lowered' || notice.change === 'moved')) continue;
      if (takesFeed(alert, registry)) {
        const feed: Target = { id: FEED, sender: senderOfFeed(registry), channel: null };
        make(alert, warning, notice.reason, feed, registry, world.nowMs);
      }
      for (const channel of registry.channels.filter(isCap)) {
        const key = deliveryKey(notice, 0, EVERYBODY, channel.id);
        if (!attach.waits(key)) continue;
        const to: Target = { id: channel.id, sender: channel.sender, channel };
        attach.toRow(key, make(alert, warning, notice.reason, to, registry, world.nowMs).document);
      }
    }
  }

  return {
    onOutcome: (outcome, world) => {
      const { episode } = outcome;
      if (episode === null) return;
      const { alert, step } = episode;
      sayNotices(outcome, alert, world);
      const standing = table.standing(alert.id);
      if (standing.length === 0) return;
      const expiresMs = warningOf(alert)?.expiresAtMs;
      for (const one of standing)
        if (isOver(alert)) sayAlso(alert, one.channel, 'end', step, world);
        else if (expiresMs !== undefined && expiresMs > one.expiresMs)
          sayAlso(alert, one.channel, `until-${expiresMs}`, step, world);
    },
    /** No message was made for it: it says nothing that CAP has words for, or it would go back to where it came from. */
    unwanted: (claim, { directory }) => {
      const channel = directory.registry.channels.find(({ id }) => id === claim.channel);
      if (channel?.kind !== 'cap' || 'document' in claim.message) return null;
      return { zh: '无需以CAP发送', en: 'nothing to say in CAP' };
    },
    nextDueMs: table.nextRenewMs,
    runDue: (world, limit) => {
      for (const { alertId, channel, expiresMs } of table.due(world.nowMs, limit)) {
        const episode = tools.tables.episodes.byId(alertId);
        // What has cleared is left to lapse.
        if (episode === undefined || episode.alert.condition === 'cleared')
          table.stand({ alertId, channel, expiresMs }, null);
        else sayAlso(episode.alert, channel, `again-${expiresMs}`, episode.step, world);
      }
    },
  };
}

export const capPart: Part = { name: 'cap', schema: CAP_SCHEMA, open: openPart };
