/**
 * What a platform that takes an incident over (119 接处警) needs in order to come: where it is, down to the floor and the
 * zone, which heads spoke, and whom to ring. Nobody else's name goes along.
 */
import type { Alert, AlertCondition } from '#model/alert.ts';
import type { Level } from '#model/level.ts';
import { type AlertHazard, ancestry, type HazardPoint, type Registry, type Site } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { stands } from './conditions.ts';
import { POST_TEXT, subjectName } from './wording.ts';

type Head = { readonly sensorId: string; readonly name: Text; readonly sinceMs: EpochMs; readonly reason: Text };

export type HandoverZone = {
  /** Null: heads that belong to no zone. */
  readonly zone: Site['zones'][number] | null;
  /** Heads that speak. */
  readonly heads: readonly Head[];
  /** What was found of the zone as a whole. */
  readonly findings: readonly Text[];
};

export type Handover = {
  /** The same for all that is said of one incident. */
  readonly incident: string;
  /** Later ones are newer; the receiver keeps the highest. */
  readonly update: number;
  readonly hazard: AlertHazard;
  readonly level: Level;
  readonly raisedAtMs: EpochMs;
  readonly place: {
    readonly pointId: string;
    readonly name: Text;
    /** WGS-84, degrees; a Chinese web map wants GCJ-02. */
    readonly lon: number | null;
    readonly lat: number | null;
    /** County first. */
    readonly grids: readonly { readonly code: string; readonly name: Text }[];
    readonly site: Omit<Site, 'zones'> | null;
  };
  readonly zones: readonly HandoverZone[];
  readonly contacts: readonly { readonly name: string; readonly phone: string; readonly role: Text }[];
};

/** Measures that are about several heads together. */
const OF_A_GROUP: ReadonlySet<string> = new Set(['zoneCoincidence', 'kOfN', 'lostTogether']);
const CONTACTS_AT_MOST = 8;

const zoneIdOf = (condition: AlertCondition, registry: Registry): string | null => {
  const { sensorId } = condition.evidence;
  return sensorId === null ? null : (registry.sensors.get(sensorId)?.zone ?? null);
};

/** Ids are single words of a sentence. */
const wordsOf = ({ en }: Text): ReadonlySet<string> => new Set(en.split(/[^A-Za-z0-9_-]+/));

/**
 * The heads that a condition is about. A finding about a group is bound to the first of it, and names in its sentence those
 * that speak; the last of them may not have a condition of its own yet, for the group is judged before it.
 */
function speakersOf(condition: AlertCondition, pointId: string, registry: Registry): readonly string[] {
  const { sensorId, measure } = condition.evidence;
  if (sensorId === null) return [];
  if (!OF_A_GROUP.has(measure)) return [sensorId];
  const words = wordsOf(condition.reason);
  const zone = zoneIdOf(condition, registry);
  return [...registry.sensors.values()]
    .filter((sensor) => sensor.pointId === pointId && (sensor.zone ?? null) === zone && words.has(sensor.id))
    .map(({ id }) => id);
}

function headOf(sensorId: string, { sinceMs, reason }: AlertCondition, registry: Registry): Head {
  const name = registry.sensors.get(sensorId)?.name ?? { zh: sensorId, en: sensorId };
  return { sensorId, name, sinceMs, reason };
}

function zonesOf(alert: Alert, site: Site | undefined, registry: Registry): readonly HandoverZone[] {
  const standing = alert.conditions.filter(stands);
  return [...Map.groupBy(standing, (condition) => zoneIdOf(condition, registry))].map(([id, own]) => {
    const zone = site?.zones.find((one) => one.id === id) ?? null;
    const isGroup = ({ evidence }: AlertCondition) => OF_A_GROUP.has(evidence.measure) || evidence.sensorId === null;
    // Two rules may speak of one head: it stands here once, with what is said of it alone, if anything.
    const heads = new Map<string, Head>();
    for (const condition of [...own].sort((a, b) => Number(isGroup(a)) - Number(isGroup(b))))
      for (const id of speakersOf(condition, alert.subject.id, registry))
        if (!heads.has(id)) heads.set(id, headOf(id, condition, registry));
    return { zone, heads: [...heads.values()], findings: own.filter(isGroup).map(({ reason }) => reason) };
  });
}

/** Who holds a post at the place itself, then the leaders of the teams that are sent there. */
function contactsOf(alert: Alert, registry: Registry): Handover['contacts'] {
  const grid = registry.grids.get(alert.gridCode);
  const order = Object.keys(POST_TEXT);
  const posts = [...registry.people.values()].flatMap((person) =>
    person.posts
      .filter(({ gridCode }) => gridCode === alert.gridCode)
      .map(({ post }) => ({ person, post, rank: order.indexOf(post) })),
  );
  posts.sort((a, b) => a.rank - b.rank);
  const found = posts.map(({ person, post }) => ({
    name: person.name,
    phone: person.phone,
    role: { zh: `${grid?.name.zh ?? ''}${POST_TEXT[post].zh}`, en: `${POST_TEXT[post].en} of ${grid?.name.en ?? ''}` },
  }));
  const chain = ancestry(registry, alert.gridCode).map(({ code }) => code);
  for (const team of registry.teams ?? []) {
    const leader = registry.people.get(team.members[0] ?? '');
    if (leader === undefined || !team.hazards.includes(alert.hazard)) continue;
    if (!team.covers.some((code) => chain.includes(code))) continue;
    const role = { zh: `${team.name.zh}负责人`, en: `leader of ${team.name.en}` };
    found.push({ name: leader.name, phone: leader.phone, role });
  }
  return found.slice(0, CONTACTS_AT_MOST);
}

const siteWithoutZones = (point: HazardPoint | undefined): Omit<Site, 'zones'> | null => {
  if (point?.site === undefined) return null;
  const { zones: _zones, ...site } = point.site;
  return site;
};

export function handoverOf(alert: Alert, update: number, registry: Registry): Handover {
  const point = alert.subject.kind === 'point' ? registry.points.get(alert.subject.id) : undefined;
  const grids = ancestry(registry, alert.gridCode).toReversed();
  return {
    incident: alert.id,
    update,
    hazard: alert.hazard,
    level: alert.level,
    raisedAtMs: alert.raisedAtMs,
    place: {
      pointId: alert.subject.id,
      name: subjectName(alert.subject, registry),
      lon: point?.lon ?? null,
      lat: point?.lat ?? null,
      grids: grids.map(({ code, name }) => ({ code, name })),
      site: siteWithoutZones(point),
    },
    zones: zonesOf(alert, point?.site, registry),
    contacts: contactsOf(alert, registry),
  };
}
