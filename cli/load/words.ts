/** Closed word lists of the county's files that the model spells as types only. */
import type { GridKind, HazardPoint, Post, Tier } from '#model/registry.ts';

export const HAZARD_POINT_KINDS = [
  'slope',
  'reservoir',
  'river',
  'rain-station',
  'warehouse',
] as const satisfies readonly HazardPoint['kind'][];

export const RISK_GRADES = ['major', 'larger', 'general', 'low'] as const satisfies readonly HazardPoint['riskGrade'][];

export const TIER_OF_KIND: { readonly [K in GridKind]: Tier } = {
  county: 1,
  township: 2,
  park: 2,
  village: 3,
  community: 3,
  enterprise: 3,
  group: 4,
};

/** Posts without which a grid of the tier cannot do its work; a missing one is a warning. */
export const NEEDED_POSTS: { readonly [T in Tier]: readonly Post[] } = {
  1: ['head', 'deputy', 'dispatcher'],
  2: ['head', 'manager', 'dispatcher'],
  3: ['head', 'member'],
  4: [],
};

export const POST_ZH: { readonly [P in Post]: string } = {
  head: '网格长',
  deputy: '副网格长',
  manager: '网格管理员',
  member: '网格员',
  dispatcher: '调度员',
  information: '信息员',
};
