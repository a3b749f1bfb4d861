/** The county as data: grids, people, duty, points, sensors and edges, parsed and checked; what every stage looks things up in. */
import type { ChannelConfig } from '#model/channel.ts';
import type { BusConfig, LinkConfig, MuteConfig, OutputConfig } from '#model/edge-config.ts';
import type { ExchangeConfig } from '#model/exchange.ts';
import type { HistoryConfig } from '#model/history.ts';
import type { Level } from '#model/level.ts';
import type { NativeGateway } from '#model/native.ts';
import type { Policy } from '#model/policy.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { RainFrequency } from '#model/trend.ts';
import type { WaterTable } from '#model/water.ts';

/** Division codes as strings (GB/T 2260): 6, 9, 12 digits; enterprises and groups bear a local suffix, e.g. `331004001-E01`. */
export type GridCode = string;
export type PersonId = string;
export type PointId = string;

/** 1 county 县, 2 township or park 乡镇·园区, 3 village, community or enterprise 村·社区·企业, 4 group 组. */
export type Tier = 1 | 2 | 3 | 4;
export type GridKind = 'county' | 'township' | 'park' | 'village' | 'community' | 'enterprise' | 'group';

export type Polygon = readonly (readonly [lon: number, lat: number])[];

export type Grid = {
  readonly code: GridCode;
  readonly tier: Tier;
  readonly kind: GridKind;
  readonly name: Text;
  readonly parent: GridCode | null;
  /** Outer rings, WGS-84, first point repeated last; empty when the grid has no boundary of its own. */
  readonly boundary: readonly Polygon[];
  /** Days (`2026-01-01`, the county's zone) on which the code begins and ceases to be in force; absent: without end. */
  readonly validFrom?: string;
  readonly validTo?: string;
  /** The code that took its place when it ceased to be in force. */
  readonly successor?: GridCode;
};

/** Whether a grid's code is in force on a day (`2026-01-01`, the county's zone); on `validTo` it is not any more. */
export const isInForce = (grid: Pick<Grid, 'validFrom' | 'validTo'>, day: string): boolean =>
  (grid.validFrom === undefined || grid.validFrom <= day) && (grid.validTo === undefined || day < grid.validTo);

/** 网格长, 副网格长, 网格管理员, 网格员, 调度员, 信息员. */
export const POSTS = ['head', 'deputy', 'manager', 'member', 'dispatcher', 'information'] as const;
export type Post = (typeof POSTS)[number];

export type Person = {
  readonly id: PersonId;
  readonly name: string;
  readonly phone: string;
  readonly posts: readonly { readonly gridCode: GridCode; readonly post: Post }[];
  /** Further numbers, in the order in which they are tried; `phone` is the first. */
  readonly otherPhones?: readonly string[];
  readonly email?: string;
  /** His name on a channel that has names of its own (a WeCom user id …), by the channel's id. */
  readonly accounts?: { readonly [channelId: string]: string };
};

/**
 * People who go together: a village's volunteer fire brigade, a works' micro fire station. They are told of the hazards
 * that are theirs wherever a point lies in one of the grids that they cover.
 */
export type Team = {
  readonly id: string;
  readonly name: Text;
  /** The grid that the team belongs to, usually a village. */
  readonly gridCode: GridCode;
  readonly hazards: readonly AlertHazard[];
  /** Grids, with all below them, that the team goes to: its own and its neighbours'. */
  readonly covers: readonly GridCode[];
  /** This level and worse. */
  readonly minLevel: Level;
  /** The leader is the first. */
  readonly members: readonly PersonId[];
};

/** One shift at a grid's duty desk; A/B (AB岗) stand in for each other. */
export type DutyShift = {
  readonly gridCode: GridCode;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly a: PersonId;
  readonly b: PersonId | null;
};

export const HAZARDS = ['landslide', 'rainstorm', 'flood', 'fire', 'intrusion', 'equipment'] as const;
export type Hazard = (typeof HAZARDS)[number];
/** What an alert may be about: what rules judge, a warning from above about anything else, or that nobody answers. */
export type AlertHazard = Hazard | 'other' | 'unanswered';

export type Sensor = {
  readonly id: SensorId;
  readonly pointId: PointId;
  readonly edgeId: string;
  readonly quantity: QuantityCode;
  readonly name: Text;
  /** Silence longer than this is stale; from the poll interval and the device. */
  readonly staleAfterMs: number;
  /** The zone of its point's site that it watches; absent: the point has no zones, or it watches all of it. */
  readonly zone?: string;
};

/** A zone of a site: a fire compartment, an alarm zone, a side of the fence. What happens together there counts together. */
export type SiteZone = {
  readonly id: string;
  readonly name: Text;
  /** 1 is the ground floor, -1 the first below it; null is outdoors (a fence). */
  readonly floor: number | null;
};

/** A building and its ground: what whoever comes to help must find. */
export type Site = {
  readonly building: Text;
  /** Storeys above ground. */
  readonly floors: number;
  readonly zones: readonly SiteZone[];
  readonly address?: string;
};

export type HazardPoint = {
  readonly id: PointId;
  readonly name: Text;
  readonly kind: 'slope' | 'reservoir' | 'river' | 'rain-station' | 'warehouse';
  readonly riskGrade: 'major' | 'larger' | 'general' | 'low';
  readonly lon: number;
  readonly lat: number;
  /** Derived from the location: the deepest grid that contains it, and its ancestors by tier. */
  readonly gridCode: GridCode;
  readonly households: readonly Household[];
  readonly site?: Site;
  /** Of a reservoir or a river section: its datum, flood season and characteristic levels. */
  readonly water?: WaterTable;
  /** How rare rains are here, by the county's handbook. */
  readonly rainFrequency?: RainFrequency;
};

/** On a point's evacuation list. */
export type Household = {
  readonly id: string;
  readonly headName: string;
  readonly people: number;
  readonly phone: string;
  readonly callerId: PersonId;
  /** The group or village that it belongs to, when that is not the point's own grid. */
  readonly gridCode?: GridCode;
  readonly address?: string;
  /** Who cannot go by himself, and what he needs; personal, shown only to those whose post needs it. */
  readonly needsHelp?: readonly string[];
  readonly routeId?: string;
  readonly shelterId?: string;
};

/** 避难场所: where people are taken to. */
export type Shelter = {
  readonly id: string;
  readonly name: Text;
  readonly lon: number;
  readonly lat: number;
  /** Derived from the location. */
  readonly gridCode: GridCode;
  /** People that it holds. */
  readonly capacity: number;
  readonly keeperId?: PersonId;
  readonly address?: string;
};

/** 转移路线: a way out, as a line and in words. */
export type EvacuationRoute = {
  readonly id: string;
  readonly name: Text;
  readonly shelterId: string;
  /** WGS-84, from the hazard point outwards; may be empty where nobody has drawn it. */
  readonly line: readonly (readonly [lon: number, lat: number])[];
  /** The way in words, for the card. */
  readonly way: Text;
};

export type EdgeUnit = {
  readonly id: string;
  readonly township: string;
  readonly origin: Origin;
  readonly name: Text;
  readonly buses: readonly BusConfig[];
  readonly links: readonly LinkConfig[];
  readonly outputs: readonly OutputConfig[];
  readonly mutes: readonly MuteConfig[];
  /** It brings its own messages to the centre: no box, no buses, no outbox. */
  readonly native?: NativeGateway;
};

export type Registry = {
  /** Hash of the county's files. */
  readonly version: string;
  readonly county: { readonly code: GridCode; readonly name: Text; readonly zone: string };
  /** Where readings are kept and for how long; absent: the embedded history with its defaults. */
  readonly history?: HistoryConfig;
  readonly grids: ReadonlyMap<GridCode, Grid>;
  readonly people: ReadonlyMap<PersonId, Person>;
  readonly duty: readonly DutyShift[];
  readonly points: ReadonlyMap<PointId, HazardPoint>;
  readonly sensors: ReadonlyMap<SensorId, Sensor>;
  readonly edges: ReadonlyMap<string, EdgeUnit>;
  readonly channels: readonly ChannelConfig[];
  readonly teams?: readonly Team[];
  readonly shelters?: ReadonlyMap<string, Shelter>;
  readonly routes?: ReadonlyMap<string, EvacuationRoute>;
  /** The county's own policy; absent: `DEFAULT_POLICY` of the alerts stage. */
  readonly policy?: Policy;
  /** Feeds of other platforms, and the one given to them; absent: none. */
  readonly exchange?: ExchangeConfig;
};

/** The registry in force; a bad edit leaves the last good one here and is told elsewhere. */
export type RegistryPort = { readonly current: () => Registry; readonly onChange: (run: () => void) => () => void };

/** The grid itself and its ancestors, deepest first. */
export function ancestry(registry: Pick<Registry, 'grids'>, code: GridCode): readonly Grid[] {
  const chain: Grid[] = [];
  let next: GridCode | null = code;
  while (next !== null && chain.length < 8) {
    const grid: Grid | undefined = registry.grids.get(next);
    if (grid === undefined) break;
    chain.push(grid);
    next = grid.parent;
  }
  return chain;
}

/** Whether `code` lies in the subtree of `root` (a grid lies in its own subtree). */
export const inSubtree = (registry: Pick<Registry, 'grids'>, code: GridCode, root: GridCode): boolean =>
  ancestry(registry, code).some((grid) => grid.code === root);

/** Topic tokens of a point: county, township and village codes, `-` where a level does not exist. */
export function topicPlace(
  registry: Pick<Registry, 'grids'>,
  gridCode: GridCode,
): { county: string; township: string; village: string } {
  const chain = ancestry(registry, gridCode);
  const at = (tier: Tier) => chain.find((grid) => grid.tier === tier)?.code ?? '-';
  return { county: at(1), township: at(2), village: at(3) };
}
