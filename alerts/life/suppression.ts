/**
 * Decides which alert explains another: a gateway that is lost explains that its sensors are silent, so their alerts call
 * nobody while it lasts. Only a silence is ever explained; a level of a hazard never is, nor data lost beneath one.
 */
import type { Alert, AlertCondition, AlertId } from '#model/alert.ts';
import type { PointId, Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { Transition } from '#model/transition.ts';
import { stands } from '../conditions.ts';
import { type EventDraft, isEnded, type World } from '../episode.ts';

/** Whether it is about nothing but a sensor that is silent. */
export const isOfSilence = (condition: Pick<AlertCondition, 'evidence'>): boolean =>
  condition.evidence.measure === 'silence' && condition.evidence.sensorId !== null;

/** Whether a transition can leave a suppressed alert suppressed; anything else asks as it always does. */
export const staysExplained = (alert: Alert, transition: Transition): boolean =>
  alert.suppressedBy !== undefined && alert.hazard === 'equipment' && isOfSilence(transition);

/** Whether this alert says that a gateway is lost now: a candidate for explaining others. */
export const saysGatewayLost = (alert: Alert): boolean =>
  alert.subject.kind === 'edge' && alert.hazard === 'equipment' && !isEnded(alert) && alert.condition !== 'cleared';

/** Gateways whose sensors the alert's standing conditions are about; null when it is about anything else. */
export function gatewaysBehind(alert: Alert, registry: Registry): readonly string[] | null {
  if (alert.hazard !== 'equipment' || alert.subject.kind !== 'point' || isEnded(alert)) return null;
  const standing = alert.conditions.filter(stands);
  if (standing.length === 0 || !standing.every(isOfSilence)) return null;
  const edges = standing.map(({ evidence }) => registry.sensors.get(evidence.sensorId ?? '')?.edgeId);
  return edges.every((edge) => edge !== undefined) ? [...new Set(edges)] : null;
}

/** The alert that explains all of this one, or null: every gateway behind it must be known to be lost. */
export function explainedBy(
  alert: Alert,
  registry: Registry,
  lost: (edgeId: string, origin: Alert['origin']) => AlertId | undefined,
): AlertId | null {
  const parents = (gatewaysBehind(alert, registry) ?? []).map((edgeId) => lost(edgeId, alert.origin));
  return parents.every((id) => id !== undefined) ? (parents[0] ?? null) : null;
}

/** How long a gateway's sensors have to speak again once it is back: the same as rules allow them. */
export const graceMs = (alert: Alert, registry: Registry): number =>
  Math.max(
    0,
    ...alert.conditions
      .filter(stands)
      .map(({ evidence }) => registry.sensors.get(evidence.sensorId ?? '')?.staleAfterMs ?? 0),
  );

/** Points with a sensor on this gateway. */
export function pointsOf(registry: Registry): ReadonlyMap<string, readonly PointId[]> {
  const byEdge = new Map<string, Set<PointId>>();
  for (const { edgeId, pointId } of registry.sensors.values()) {
    const points = byEdge.get(edgeId) ?? new Set();
    byEdge.set(edgeId, points.add(pointId));
  }
  return new Map([...byEdge].map(([edgeId, points]) => [edgeId, [...points]]));
}

export const suppressedBy = (alert: Alert, parent: AlertId): Alert => ({ ...alert, suppressedBy: parent });
export function unsuppressed(alert: Alert): Alert {
  const { suppressedBy: _suppressedBy, ...rest } = alert;
  return rest;
}

const event = (alertId: string, text: Text, facts: EventDraft['facts'], world: World): EventDraft => ({
  alertId,
  atMs: world.nowMs,
  by: 'alerts',
  kind: 'suppressed',
  text,
  facts,
});

export const suppressedEvent = (alert: Alert, parent: AlertId, world: World): EventDraft =>
  event(
    alert.id,
    {
      zh: '网关失联所致，期间不再单独通知',
      en: 'its gateway is lost, which explains it: nobody is told of it meanwhile',
    },
    { suppressed: true, by: parent },
    world,
  );

export const unsuppressedEvent = (alert: Alert, parent: AlertId, stays: boolean, world: World): EventDraft =>
  event(
    alert.id,
    stays
      ? { zh: '网关失联已不能解释，恢复通知', en: 'a lost gateway explains it no longer' }
      : { zh: '随网关恢复', en: 'it ended with its gateway’s return' },
    { suppressed: false, by: parent },
    world,
  );

/** On the gateway's own record: one line with the count, instead of forty messages. */
export const explainsEvent = (parent: AlertId, children: readonly AlertId[], world: World): EventDraft =>
  event(
    parent,
    {
      zh: `另有${children.length}条传感器失联预警由此引起，不再单独通知`,
      en: `${children.length} alerts about silent sensors are explained by this one; nobody is told of them apart`,
    },
    { explains: children },
    world,
  );
