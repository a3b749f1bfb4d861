/**
 * What a transition does to an alert: raise one, move its level or its condition, ask people anew, or only leave a
 * note. One alert is the open episode of (subject, hazard, origin); an ended one never opens again.
 */
import type { Alert } from '#model/alert.ts';
import { isLevel, type Level, type LevelOrNone, rankOf } from '#model/level.ts';
import type { Text } from '#model/text.ts';
import { conditionKey, subjectKey, type Transition } from '#model/transition.ts';
import { foldCondition, levelInForce, stands, stateOf, takesOver } from './conditions.ts';
import {
  type Change,
  type Episode,
  type EventDraft,
  NOTHING,
  type Notice,
  type Outcome,
  type World,
} from './episode.ts';
import { isShelved } from './life/shelving.ts';
import { settleSides } from './life/sides.ts';
import { staysExplained } from './life/suppression.ts';
import { gridOf } from './place.ts';
import { policyOf } from './policy.ts';
import { targetPeople } from './targeting.ts';
import { headline, levelMove, reasonOf } from './wording.ts';

/** The open alert of the transition's (subject, hazard, origin), and the one that ended last. */
export type Found = { readonly open: Episode | undefined; readonly ended: Episode | undefined };

export const alertKey = (of: Pick<Alert, 'subject' | 'hazard' | 'origin'>): string =>
  `${subjectKey(of.subject)}|${of.hazard}|${of.origin}`;

const factsOf = (transition: Transition): EventDraft['facts'] => ({
  transition: transition.id,
  key: conditionKey(transition),
  rule: transition.rule,
  site: transition.site,
  from: transition.from,
  to: transition.to,
  condition: transition.condition,
  measuredAtMs: transition.atMs,
  evidence: transition.evidence,
});

const bySite = (transition: Transition): string => (transition.site === 'edge' ? 'edge' : 'rules');

type Asking = { readonly change: Change; readonly from: LevelOrNone; readonly reason: Text };

/** People found now, one more round, and the alert unanswered again. */
export function ask(episode: Episode, { change, from, reason }: Asking, world: World): Outcome {
  const { registry } = world.directory;
  const recipients = targetPeople(episode.alert, world.directory, world.nowMs);
  const alert: Alert = {
    ...episode.alert,
    gridCode: gridOf(episode.alert.subject, registry),
    lifecycle: 'raised',
    acknowledged: null,
    round: episode.alert.round + 1,
    recipients,
    policy: policyOf(registry).version,
  };
  const step = episode.step + 1;
  return {
    episode: { alert, step, askedAtMs: world.nowMs },
    events: [targetedEvent(alert, world)],
    notices: [noticeOf(alert, step, change, from, reason)],
  };
}

export function targetedEvent(alert: Alert, world: World): EventDraft {
  const { recipients } = alert;
  const names = recipients.map((recipient) => recipient.name).join('、');
  return {
    alertId: alert.id,
    atMs: world.nowMs,
    by: 'alerts',
    kind: 'targeted',
    text:
      recipients.length === 0
        ? { zh: '没有找到应通知的人员', en: 'nobody was found to be told' }
        : { zh: `通知${recipients.length}人：${names}`, en: `${recipients.length} people are told: ${names}` },
    facts: {
      round: alert.round,
      ...(alert.policy === undefined ? {} : { policy: alert.policy }),
      recipients: recipients.map(({ personId, tier, post, gridCode, reason }) => ({
        personId,
        tier,
        post,
        gridCode,
        reason,
      })),
    },
  };
}

const noticeOf = (alert: Alert, step: number, change: Change, from: LevelOrNone, reason: Text): Notice => ({
  alertId: alert.id,
  round: alert.round,
  step,
  change,
  from,
  to: alert.level,
  reason,
});

function raise(transition: Transition, level: Level, world: World): Outcome {
  const conditions = foldCondition([], transition);
  const alert: Alert = {
    id: world.newId(transition),
    subject: transition.subject,
    hazard: transition.hazard,
    origin: transition.origin,
    gridCode: gridOf(transition.subject, world.directory.registry),
    level,
    lifecycle: 'raised',
    condition: stateOf(conditions),
    shelvedUntilMs: null,
    raisedAtMs: transition.atMs,
    round: 0,
    acknowledged: null,
    closedAtMs: null,
    recipients: [],
    conditions,
    peak: level,
    changes: [world.nowMs],
    version: 0,
  };
  const asking: Asking = { change: 'raised', from: 'none', reason: transition.reason };
  const asked = ask({ alert, step: 0, askedAtMs: world.nowMs }, asking, world);
  const raised: EventDraft = {
    alertId: alert.id,
    atMs: world.nowMs,
    by: bySite(transition),
    kind: 'raised',
    text: headline(alert, 'raised', transition.reason, world.directory.registry),
    facts: { ...factsOf(transition), level },
  };
  return { ...asked, events: [raised, ...asked.events] };
}

const conditionEvent = (alertId: string, transition: Transition, world: World): EventDraft => ({
  alertId,
  atMs: world.nowMs,
  by: bySite(transition),
  kind: 'conditionChanged',
  text: transition.reason,
  facts: factsOf(transition),
});

const levelEvent = (alert: Alert, from: Level, transition: Transition, world: World): EventDraft => ({
  alertId: alert.id,
  atMs: world.nowMs,
  by: bySite(transition),
  kind: 'levelChanged',
  text: levelMove(from, alert.level),
  facts: { from, to: alert.level, transition: transition.id },
});

/** Which change people are told of, if any: an alert that is put aside or explained by another one tells nobody. */
function changeOf(before: Alert, after: Alert, transition: Transition): Change | null {
  if (staysExplained(after, transition)) return null;
  if (rankOf(after.level) > rankOf(before.level)) return 'worsened';
  if (isShelved(after)) return null;
  const returned = before.condition === 'cleared' && after.condition !== 'cleared';
  if (returned && !takesOver(before.conditions, transition)) return 'recurred';
  return rankOf(after.level) < rankOf(before.level) ? 'lowered' : null;
}

function follow(open: Episode, transition: Transition, world: World): Outcome {
  const before = open.alert;
  const conditions = foldCondition(before.conditions, transition);
  const inForce = levelInForce(conditions);
  const level = inForce === 'none' ? before.level : inForce;
  const settled = settleSides(before, { ...before, conditions, level, condition: stateOf(conditions) }, world);
  const { alert } = settled;
  const events = [conditionEvent(alert.id, transition, world)];
  if (level !== before.level) events.push(levelEvent(alert, before.level, transition, world));
  events.push(...settled.events);
  const change = changeOf(before, alert, transition);
  const episode: Episode = { ...open, alert };
  if (change === null) return { episode, events, notices: [] };
  const { reason } = transition;
  if (change === 'lowered') {
    // Those who were told of the worse level hear that it is over; nobody is asked again.
    const step = open.step + 1;
    return { episode: { ...episode, step }, events, notices: [noticeOf(alert, step, change, before.level, reason)] };
  }
  const asked = ask(episode, { change, from: before.level, reason }, world);
  return { ...asked, events: [...events, ...asked.events] };
}

/** Recorded where it belongs, and nothing else: no level moves, nobody is called. */
function recordLate(transition: Transition, found: Found, world: World): Outcome {
  const alertId = found.open?.alert.id ?? `late-${world.newId(transition)}`;
  const event: EventDraft = {
    alertId,
    atMs: world.nowMs,
    by: bySite(transition),
    kind: 'lateFinding',
    text: {
      zh: `迟到数据表明：${transition.reason.zh}（${levelMove(transition.from, transition.to).zh}）`,
      en: `late data show: ${transition.reason.en} (${levelMove(transition.from, transition.to).en})`,
    },
    facts: {
      ...factsOf(transition),
      subject: transition.subject,
      hazard: transition.hazard,
      origin: transition.origin,
    },
  };
  return { episode: found.open ?? null, events: [event], notices: [] };
}

/** A condition that a person ended with its alert goes its way on that alert's record, which stays ended. */
function recordAfterEnd(transition: Transition, ended: Episode | undefined, world: World): Outcome {
  const key = conditionKey(transition);
  if (ended === undefined || !ended.alert.conditions.some((one) => one.key === key && stands(one))) return NOTHING;
  const conditions = foldCondition(ended.alert.conditions, transition);
  const alert: Alert = { ...ended.alert, conditions, condition: stateOf(conditions) };
  return {
    episode: { ...ended, alert },
    events: [conditionEvent(alert.id, transition, world)],
    notices: [],
  };
}

/**
 * New evidence begins an episode: a level that is active, or one whose data stopped and that no alert here knew of. A
 * condition that falls from what a person declared false already is no news.
 */
function levelToRaise(transition: Transition, ended: Episode | undefined): Level | null {
  if (!isLevel(transition.to)) return null;
  const key = conditionKey(transition);
  const known = ended?.alert.conditions.find((one) => one.key === key && stands(one));
  if (transition.condition === 'active') {
    const falls = known?.state === 'active' && rankOf(transition.to) < rankOf(known.level);
    return falls ? null : transition.to;
  }
  return transition.condition === 'dataLost' && known === undefined ? transition.to : null;
}

export function applyTransition(raw: Transition, found: Found, world: World): Outcome {
  const transition: Transition = { ...raw, reason: reasonOf(raw, world.directory.registry) };
  if (transition.late) return recordLate(transition, found, world);
  if (found.open !== undefined) return follow(found.open, transition, world);
  const level = levelToRaise(transition, found.ended);
  return level === null ? recordAfterEnd(transition, found.ended, world) : raise(transition, level, world);
}

/** After a new registry: a point that moved into another grid has other people, who hear of it now. */
export function moveAlert(open: Episode, world: World): Outcome {
  const gridCode = gridOf(open.alert.subject, world.directory.registry);
  if (gridCode === open.alert.gridCode) return NOTHING;
  const from = open.alert.gridCode;
  const moved: Alert = { ...open.alert, gridCode };
  const alert: Alert = { ...moved, recipients: targetPeople(moved, world.directory, world.nowMs) };
  const step = open.step + 1;
  const reason = { zh: `位置更正：${from} → ${gridCode}`, en: `its place was corrected: ${from} → ${gridCode}` };
  const event: EventDraft = { ...targetedEvent(alert, world), text: reason };
  const { id: alertId, round, level } = alert;
  return {
    episode: { ...open, alert, step },
    events: [event],
    notices: [{ alertId, round, step, change: 'moved', from: level, to: level, reason }],
  };
}
