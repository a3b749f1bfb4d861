/** How things look over HTTP: instants in ISO 8601 beside epoch milliseconds, values in their unit, privacy applied. */
import type { Alert, AlertEvent, Delivery } from '#model/alert.ts';
import { formatSteps, fromSteps, QUANTITIES } from '#model/quantity.ts';
import type { BadReason, Flag, Origin } from '#model/reading.ts';
import type { Grid, HazardPoint, Registry, Sensor } from '#model/registry.ts';
import type { Lang, Text } from '#model/text.ts';
import { say } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { sidesJson } from './life-wire.ts';
import { homeView, isConfidant, knowsHome, personView } from './privacy.ts';
import type { Viewer } from './viewer.ts';

export const iso = (atMs: EpochMs): string => new Date(atMs).toISOString();
const isoOrNull = (atMs: EpochMs | null): string | null => (atMs === null ? null : iso(atMs));

/** The newest or a historical reading, as the live feed and history both know it. */
export type Sample = {
  readonly atMs: EpochMs;
  readonly value: number | undefined;
  readonly quality: 'good' | 'suspect' | 'bad';
  readonly flags: readonly Flag[];
  readonly reason?: BadReason;
  readonly origin?: Origin;
};

/** A reading without a value has no `value` key: never 0, never null. */
export function readingJson(sensor: Sensor, sample: Sample) {
  const quantity = QUANTITIES[sensor.quantity];
  return {
    sensorId: sensor.id,
    pointId: sensor.pointId,
    quantity: sensor.quantity,
    unit: quantity.unit,
    measuredAt: iso(sample.atMs),
    measuredAtMs: sample.atMs,
    quality: sample.quality,
    ...(sample.value === undefined
      ? {}
      : { value: fromSteps(sensor.quantity, sample.value), text: formatSteps(sensor.quantity, sample.value) }),
    ...(sample.reason === undefined ? {} : { reason: sample.reason }),
    ...(sample.origin === undefined ? {} : { origin: sample.origin }),
    flags: sample.flags,
  };
}
export type ReadingJson = ReturnType<typeof readingJson>;

function subjectName(registry: Registry, alert: Alert): Text {
  const { kind, id } = alert.subject;
  if (kind === 'area') return registry.county.name;
  const name = kind === 'point' ? registry.points.get(id)?.name : registry.edges.get(id)?.name;
  return name ?? { zh: id, en: id };
}

export function alertJson(registry: Registry, alert: Alert, lang: Lang) {
  const acknowledged = alert.acknowledged;
  return {
    id: alert.id,
    level: alert.level,
    lifecycle: alert.lifecycle,
    condition: alert.condition,
    hazard: alert.hazard,
    origin: alert.origin,
    subject: alert.subject,
    subjectName: subjectName(registry, alert),
    gridCode: alert.gridCode,
    gridName: registry.grids.get(alert.gridCode)?.name ?? { zh: alert.gridCode, en: alert.gridCode },
    raisedAt: iso(alert.raisedAtMs),
    raisedAtMs: alert.raisedAtMs,
    closedAt: isoOrNull(alert.closedAtMs),
    shelvedUntil: isoOrNull(alert.shelvedUntilMs),
    ...sidesJson(alert),
    round: alert.round,
    version: alert.version,
    acknowledged:
      acknowledged === null
        ? null
        : {
            by: acknowledged.by,
            name: registry.people.get(acknowledged.by)?.name ?? acknowledged.by,
            at: iso(acknowledged.atMs),
            atMs: acknowledged.atMs,
          },
    recipients: alert.recipients.map((recipient) => ({
      personId: recipient.personId,
      name: recipient.name,
      tier: recipient.tier,
      gridCode: recipient.gridCode,
      post: recipient.post,
      reason: say(recipient.reason, lang),
      reasonText: recipient.reason,
    })),
    conditions: alert.conditions.map((condition) => ({
      key: condition.key,
      rule: condition.rule,
      site: condition.site ?? 'centre',
      level: condition.level,
      state: condition.state,
      since: iso(condition.sinceMs),
      sinceMs: condition.sinceMs,
      reason: say(condition.reason, lang),
      reasonText: condition.reason,
      evidence: condition.evidence,
    })),
  };
}
export type AlertJson = ReturnType<typeof alertJson>;

/** A person, a gateway that acted by itself, or the part of the system. */
function byName(registry: Registry, by: string, lang: Lang): string {
  const edge = registry.edges.get(by)?.name;
  return registry.people.get(by)?.name ?? (edge === undefined ? by : say(edge, lang));
}

/** What somebody noted of a household is personal: shown to those who know the place, kept from the others. */
function factsFor(registry: Registry, viewer: Viewer, event: AlertEvent): AlertEvent['facts'] {
  const { facts, kind } = event;
  if (kind !== 'evacuation' && facts['householdId'] === undefined) return facts;
  const gridCode = registry.points.get(String(facts['pointId']))?.gridCode ?? registry.county.code;
  return isConfidant(registry, viewer, gridCode) || typeof facts['note'] !== 'string' || facts['note'] === ''
    ? facts
    : { ...facts, note: '****' };
}

export const eventJson = (registry: Registry, viewer: Viewer, event: AlertEvent, lang: Lang) => ({
  seq: event.seq,
  alertId: event.alertId,
  at: iso(event.atMs),
  atMs: event.atMs,
  by: event.by,
  byName: byName(registry, event.by, lang),
  kind: event.kind,
  text: say(event.text, lang),
  textBoth: event.text,
  facts: factsFor(registry, viewer, event),
  hash: event.hash,
});
export type EventJson = ReturnType<typeof eventJson>;

export const deliveryJson = (registry: Registry, delivery: Delivery) => ({
  key: delivery.key,
  alertId: delivery.alertId,
  round: delivery.round,
  personId: delivery.personId,
  name: registry.people.get(delivery.personId)?.name ?? delivery.personId,
  channel: delivery.channel,
  state: delivery.state,
  attempts: delivery.attempts,
  updatedAt: iso(delivery.updatedAtMs),
  detail: delivery.detail,
});
export type DeliveryJson = ReturnType<typeof deliveryJson>;

export const gridJson = (grid: Grid) => ({
  code: grid.code,
  tier: grid.tier,
  kind: grid.kind,
  name: grid.name,
  parent: grid.parent,
  boundary: grid.boundary,
});
export type GridJson = ReturnType<typeof gridJson>;

export function pointJson(point: HazardPoint, sensors: readonly Sensor[], latest: ReadonlyMap<string, Sample>) {
  return {
    id: point.id,
    name: point.name,
    kind: point.kind,
    riskGrade: point.riskGrade,
    lon: point.lon,
    lat: point.lat,
    gridCode: point.gridCode,
    households: point.households.length,
    householdPeople: point.households.reduce((sum, household) => sum + household.people, 0),
    sensors: sensors.map((sensor) => {
      const sample = latest.get(sensor.id);
      return {
        id: sensor.id,
        name: sensor.name,
        quantity: sensor.quantity,
        unit: QUANTITIES[sensor.quantity].unit,
        edgeId: sensor.edgeId,
        staleAfterMs: sensor.staleAfterMs,
        latest: sample === undefined ? null : readingJson(sensor, sample),
      };
    }),
  };
}
export type PointJson = ReturnType<typeof pointJson>;

/** The evacuation list as the registry has it. */
export function householdsJson(registry: Registry, viewer: Viewer, point: HazardPoint) {
  return point.households.map((household) => {
    const grids = [point.gridCode, ...(household.gridCode === undefined ? [] : [household.gridCode])];
    return {
      id: household.id,
      ...homeView(household, knowsHome(registry, viewer, household, grids)),
      people: household.people,
      gridCode: household.gridCode ?? point.gridCode,
      callerId: household.callerId,
      routeId: household.routeId ?? null,
      shelterId: household.shelterId ?? null,
    };
  });
}

export const personJson = personView;
export type PersonJson = NonNullable<ReturnType<typeof personJson>>;
