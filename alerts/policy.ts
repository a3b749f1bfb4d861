/** Who is told at which level: the default policy of the county as one table. A county's own policy is another table. */
import { type Level, rankOf } from '#model/level.ts';
import type { Policy, PolicyLine, When } from '#model/policy.ts';
import type { AlertHazard, Grid, Registry } from '#model/registry.ts';
import { type EpochMs, formatInZone, HOUR_MS, MINUTE_MS } from '#model/time.ts';

export const POINT_POLICY: readonly PolicyLine[] = [
  {
    from: 'blue',
    group: { kind: 'posts', tiers: [4, 3], posts: null },
    why: { zh: '隐患点所在网格', en: "the point's own grid" },
  },
  {
    from: 'yellow',
    group: { kind: 'duty', tier: 2 },
    why: { zh: '黄色及以上报乡镇值班', en: 'yellow and above goes to the township’s duty desk' },
  },
  {
    from: 'orange',
    group: { kind: 'duty', tier: 1 },
    why: { zh: '橙色及以上报县值班', en: 'orange and above goes to the county’s duty desk' },
  },
  {
    from: 'red',
    group: { kind: 'posts', tiers: [4, 3, 2, 1], posts: ['head'] },
    why: { zh: '红色报各级网格长', en: 'red goes to the head of every tier' },
  },
  {
    from: 'red',
    group: { kind: 'households' },
    why: { zh: '红色须叫醒转移户', en: 'red wakes the households to be evacuated' },
  },
  {
    from: 'blue',
    group: { kind: 'teams' },
    why: { zh: '负责该灾种的队伍', en: 'a team for this hazard' },
  },
];

/** A gateway that went silent is a technician's matter first. */
export const GATEWAY_POLICY: readonly PolicyLine[] = [
  {
    from: 'blue',
    group: { kind: 'posts', tiers: [2], posts: ['information', 'manager'] },
    why: { zh: '本乡镇监测网关', en: 'a gateway of this township' },
  },
  {
    from: 'blue',
    group: { kind: 'posts', tiers: [1], posts: ['dispatcher'] },
    why: { zh: '网关失联须县级调度', en: 'a lost gateway needs the county’s dispatcher' },
  },
];

/** A warning from above: each grid that it touches hears it through its own people, and so does every desk above. */
export const AREA_POLICY: readonly PolicyLine[] = [
  {
    from: 'blue',
    group: { kind: 'posts', tiers: [4, 3], posts: ['head', 'deputy', 'manager', 'member', 'information'] },
    why: { zh: '预警覆盖的网格', en: 'a grid that the warning touches' },
  },
  {
    from: 'blue',
    group: { kind: 'duty', tier: 2 },
    why: { zh: '预警覆盖的乡镇值班', en: 'the desk of a township that the warning touches' },
  },
  { from: 'blue', group: { kind: 'duty', tier: 1 }, why: { zh: '县值班', en: 'the county’s duty desk' } },
  {
    from: 'red',
    group: { kind: 'posts', tiers: [3, 2, 1], posts: ['head'] },
    why: { zh: '红色报各级网格长', en: 'red goes to the head of every tier' },
  },
];

/** What holds where the county has no `policy.yaml`: design.md's policy, 叫应 in five minutes, no reports upwards. */
export const DEFAULT_POLICY: Policy = {
  version: 'default',
  point: POINT_POLICY,
  gateway: GATEWAY_POLICY,
  area: AREA_POLICY,
  channels: [],
  calls: [
    { from: 'yellow', ask: true, tries: 3, withinMs: 5 * MINUTE_MS, next: ['deputy', 'above'] },
    { from: 'blue', ask: false, tries: 1, withinMs: 0, next: [] },
  ],
  reports: [],
  evacuation: [{ from: 'red' }],
  broadcast: [{ from: 'red' }],
  latch: [],
  shelveAtMostMs: 24 * HOUR_MS,
  digest: { messages: 5, windowMs: 10 * MINUTE_MS, everyMs: MINUTE_MS },
};

export const policyOf = (registry: Pick<Registry, 'policy'>): Policy => registry.policy ?? DEFAULT_POLICY;

/** What a line's `when` and `from` are held against; `chain` is the subject's grid and all above it. */
export type Case = {
  readonly level: Level;
  readonly hazard: AlertHazard;
  readonly chain: readonly Grid[];
  readonly atMs: EpochMs;
  readonly zone: string;
};

/** The moment asked of last: one alert asks of the same moment with every line, and a time in words is dear. */
let asked: { readonly atMs: EpochMs; readonly zone: string; readonly minute: number } | undefined;

function minuteOfDay(atMs: EpochMs, zone: string): number {
  if (asked?.atMs === atMs && asked.zone === zone) return asked.minute;
  const [hours = 0, minutes = 0] = formatInZone(atMs, zone).slice(11, 16).split(':').map(Number);
  asked = { atMs, zone, minute: hours * 60 + minutes };
  return asked.minute;
}

export function whenHolds(when: When | undefined, { hazard, chain, atMs, zone }: Omit<Case, 'level'>): boolean {
  if (when === undefined) return true;
  if (when.hazards !== undefined && !when.hazards.includes(hazard)) return false;
  if (when.grids !== undefined && !when.grids.some((code) => chain.some((grid) => grid.code === code))) return false;
  if (when.hours === undefined) return true;
  const { fromMinute, toMinute } = when.hours;
  const minute = minuteOfDay(atMs, zone);
  return toMinute > fromMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

type Line = { readonly from: Level; readonly when?: When };
export const lineHolds = (line: Line, of: Case): boolean =>
  rankOf(of.level) >= rankOf(line.from) && whenHolds(line.when, of);
/** The first line that holds. */
export const firstLine = <L extends Line>(lines: readonly L[], of: Case): L | undefined =>
  lines.find((line) => lineHolds(line, of));
