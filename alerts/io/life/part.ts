/**
 * The sides of an alert that change by time or by another alert: shelving that expires, chatter that calms down, silence
 * that a lost gateway explains. It must see a change after every other part, for it may answer it with one of its own.
 */
import type { Alert, AlertId } from '#model/alert.ts';
import type { PointId, Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { type Episode, type EventDraft, isEnded, type Outcome, type World } from '../../episode.ts';
import { calmAtMs, chatterEvent, settleChatter } from '../../life/chatter.ts';
import { isShelved, unshelved, unshelvedEvent, whyUnshelved } from '../../life/shelving.ts';
import {
  explainedBy,
  explainsEvent,
  gatewaysBehind,
  graceMs,
  pointsOf,
  saysGatewayLost,
  suppressedBy,
  suppressedEvent,
  unsuppressed,
  unsuppressedEvent,
} from '../../life/suppression.ts';
import { alertKey, ask } from '../../lifecycle.ts';
import type { OpenPart, Part, PartTools } from '../part.ts';
import { type Due, LIFE_SCHEMA, openLifeTable } from './due-table.ts';

const SHELVED: Text = { zh: '预警已搁置，不再发送', en: 'the alert is put aside; not sent' };
const EXPLAINED: Text = { zh: '由网关失联解释，不单独发送', en: 'explained by its lost gateway; not sent' };
const STILL_SILENT: Text = {
  zh: '网关已恢复，传感器仍无数据',
  en: 'the gateway is back, its sensor is still silent',
};

/** Points by gateway, made once for each registry. */
function openPoints(): (registry: Registry, edgeId: string) => readonly PointId[] {
  let made: { readonly of: Registry; readonly points: ReadonlyMap<string, readonly PointId[]> } | undefined;
  return (registry, edgeId) => {
    if (made?.of !== registry) made = { of: registry, points: pointsOf(registry) };
    return made.points.get(edgeId) ?? [];
  };
}

/** Changes of one alert that are nobody's command: read anew each time, for a part before may have changed it. */
function openChanges({ tables, apply }: PartTools) {
  const put = (episode: Episode, alert: Alert, events: readonly EventDraft[], world: World): void =>
    apply({ episode: { ...episode, alert }, events, notices: [] }, world);
  /** People are asked again, if there is still anything to ask about. */
  const askAgain = (episode: Episode, events: readonly EventDraft[], reason: Text, world: World): void => {
    const { alert } = episode;
    const quiet = alert.condition === 'cleared' || alert.suppressedBy !== undefined || isShelved(alert);
    if (isEnded(alert) || quiet) {
      if (events.length > 0) put(episode, alert, events, world);
      return;
    }
    const asked: Outcome = ask(episode, { change: 'recurred', from: alert.level, reason }, world);
    apply({ ...asked, events: [...events, ...asked.events] }, world);
  };
  return { byId: tables.episodes.byId, put, askAgain };
}

function openSuppression(tools: PartTools, life: ReturnType<typeof openLifeTable>) {
  const { episodes, ledger } = tools.tables;
  const changes = openChanges(tools);
  const pointsBehind = openPoints();
  const lost = (edgeId: string, origin: Alert['origin']): AlertId | undefined => {
    const open = episodes.openOf(alertKey({ subject: { kind: 'edge', id: edgeId }, hazard: 'equipment', origin }));
    return open !== undefined && saysGatewayLost(open.alert) ? open.alert.id : undefined;
  };
  const release = (episode: Episode, world: World): void => {
    const { alert } = episode;
    const parent = alert.suppressedBy ?? '';
    const stays = !isEnded(alert) && alert.condition !== 'cleared';
    life.setParent(alert.id, null);
    life.setDue(alert.id, 'grace', null);
    const free = { ...episode, alert: unsuppressed(alert) };
    changes.askAgain(free, [unsuppressedEvent(alert, parent, stays, world)], STILL_SILENT, world);
  };
  /** One alert as it stands now: newly explained, still so, or no longer. Says whether it is newly explained. */
  const settle = (id: AlertId, world: World): boolean => {
    const episode = changes.byId(id);
    if (episode === undefined) return false;
    const { alert } = episode;
    const { registry } = world.directory;
    const parent = isEnded(alert) ? null : explainedBy(alert, registry, lost);
    if (parent !== null) life.setDue(id, 'grace', null);
    if (parent === (alert.suppressedBy ?? null)) return false;
    if (parent !== null) {
      const isNew = alert.suppressedBy === undefined;
      life.setParent(id, parent);
      const explained = suppressedBy(alert, parent);
      changes.put(episode, explained, [suppressedEvent(explained, parent, world)], world);
      return isNew;
    }
    // Its gateway is back: its sensors have their usual time to speak before anybody is asked.
    const waits = gatewaysBehind(alert, registry) !== null;
    if (waits && !life.isDue(id, 'grace')) life.setDue(id, 'grace', world.nowMs + graceMs(alert, registry));
    if (!waits) release(episode, world);
    return false;
  };
  return {
    settle,
    release: (id: AlertId, world: World): void => {
      const episode = changes.byId(id);
      if (episode?.alert.suppressedBy !== undefined) release(episode, world);
    },
    /** A gateway's alert changed: what it explains, or explains no longer. */
    settleChildren: (parent: Alert, world: World): void => {
      if (!saysGatewayLost(parent)) {
        for (const id of life.childrenOf(parent.id)) settle(id, world);
        return;
      }
      const children = pointsBehind(world.directory.registry, parent.subject.id)
        .flatMap((id) => episodes.openAt({ kind: 'point', id }))
        .filter(({ alert }) => alert.hazard === 'equipment' && alert.origin === parent.origin)
        .map(({ alert }) => alert.id)
        .filter((id) => settle(id, world));
      if (children.length > 0) ledger.append(explainsEvent(parent.id, children, world));
    },
  };
}

function openLife(tools: PartTools): OpenPart {
  const life = openLifeTable(tools.db);
  const changes = openChanges(tools);
  const suppression = openSuppression(tools, life);

  function follow(alert: Alert, events: readonly EventDraft[], world: World): void {
    const open = !isEnded(alert);
    life.setDue(alert.id, 'shelf', open ? alert.shelvedUntilMs : null);
    life.setDue(alert.id, 'calm', open ? calmAtMs(alert) : null);
    if (!open) life.setParent(alert.id, null);
    if (events.some(({ kind, facts }) => kind === 'unshelved' && facts['action'] === 'unshelve')) {
      const episode = changes.byId(alert.id);
      if (episode !== undefined) changes.askAgain(episode, [], whyUnshelved('byHand'), world);
    }
    if (alert.hazard !== 'equipment') return;
    if (alert.subject.kind === 'edge') suppression.settleChildren(alert, world);
    else suppression.settle(alert.id, world);
  }

  function runOne({ alertId, kind }: Due, world: World): void {
    life.setDue(alertId, kind, null);
    if (kind === 'grace') suppression.release(alertId, world);
    const episode = changes.byId(alertId);
    if (kind === 'grace' || episode === undefined || isEnded(episode.alert)) return;
    const { alert } = episode;
    if (kind === 'calm') {
      const calm = settleChatter(alert, world.nowMs);
      if (calm.chattering !== true) changes.put(episode, calm, [chatterEvent(calm, world.nowMs)], world);
      else life.setDue(alertId, kind, calmAtMs(calm));
    } else if (isShelved(alert)) {
      const back = { ...episode, alert: unshelved(alert) };
      changes.askAgain(back, [unshelvedEvent(alertId, 'expired', world)], whyUnshelved('expired'), world);
    }
  }

  return {
    onOutcome: ({ episode, events }, world) => {
      if (episode !== null) follow(episode.alert, events, world);
    },
    unwanted: ({ alertId, personId, message }) => {
      if (message.covers !== undefined || message.digest !== undefined || message.change === 'overdue') return null;
      if (life.hasParent(alertId)) return EXPLAINED;
      // A platform that takes incidents over keeps hearing of them: putting aside is about calling people.
      return personId !== '*' && life.isDue(alertId, 'shelf') ? SHELVED : null;
    },
    nextDueMs: life.nextDueMs,
    runDue: (world, limit) => {
      for (const one of life.due(world.nowMs, limit)) runOne(one, world);
    },
  };
}

export const lifePart: Part = { name: 'life', schema: LIFE_SCHEMA, open: openLife };
