/** Who is told at which level: the default policy of the county as one table. A county's own policy is another table. */
import type { Level } from '#model/level.ts';
import type { Post, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';

/** A group of people, found along the subject's own chain of grids and nowhere else. */
export type Group =
  /** Holders of posts in the chain's grids of these tiers; `posts` null: any post. */
  | { readonly kind: 'posts'; readonly tiers: readonly Tier[]; readonly posts: readonly Post[] | null }
  /** Whoever is on duty in the chain's grid of this tier at that time. */
  | { readonly kind: 'duty'; readonly tier: Tier }
  /** Whoever has to wake the households of the point's evacuation list. */
  | { readonly kind: 'households' }
  /** Members of the teams whose hazard it is and who cover one of the chain's grids, from each team's own level on. */
  | { readonly kind: 'teams' };

export type PolicyLine = {
  /** This level and all worse ones. */
  readonly from: Level;
  readonly group: Group;
  readonly why: Text;
};

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
