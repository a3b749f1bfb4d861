/**
 * What becomes of a post, a desk or a whole grid that is empty: the next grid upwards with anybody is told instead, and
 * reads why it is they.
 */
import type { Grid, Post, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { POST_TEXT, TIER_TEXT } from '../wording.ts';
import { both, type Claim, noted, type Rule } from './claim.ts';
import { actingHead, type Desk, dutyOf, holders } from './people.ts';

/** Where somebody is missing, what, and the grids above it, the nearest first. */
export type Gap = { readonly grid: Grid; readonly what: Text; readonly above: readonly Grid[] };

/** People of a grid by its posts; a head that it does not have is acted for. */
export function postsAt(desk: Desk, grid: Grid, posts: readonly Post[] | null, rule: Rule): readonly Claim[] {
  const found = holders(desk, grid, posts, rule);
  return found.length === 0 && posts?.includes('head') === true ? actingHead(desk, grid, rule) : found;
}

export function vacancy(posts: readonly Post[] | null): Text {
  if (posts === null) return both('下级网格无登记人员', 'nobody is on record in the grid below');
  const names = posts.map((post) => POST_TEXT[post]);
  return both(`${names.map(({ zh }) => zh).join('、')}空缺`, `no ${names.map(({ en }) => en).join(', no ')}`);
}

export const EMPTY_DESK = both('值班表此时无人，也无网格长、调度员', 'nobody on duty, no head, no dispatcher');
export const LAPSED = both('网格代码不在有效期内', 'the grid’s code is not in force');
export const NO_LINE = both(
  '预案没有适用的条款，由最近的有人网格负责',
  'no line of the policy holds, so the nearest grid is told',
);

export function absent(tiers: readonly Tier[]): Text {
  const names = tiers.map((tier) => TIER_TEXT[tier]);
  return both(
    `不在${names.map(({ zh }) => zh).join('、')}级网格内`,
    `it lies in no ${names.map(({ en }) => en).join(' or ')}`,
  );
}

/** Names beyond these are only counted. */
const NAMED = 3;

function textOf(gaps: readonly Gap[]): Text {
  const kinds = [...Map.groupBy(gaps, ({ what }) => what.zh).values()].map((same) => {
    const names = [...new Set(same.map(({ grid }) => grid))].map(({ name }) => name);
    const more = names.length - NAMED;
    const what = same[0]?.what ?? both('', '');
    const zh = names.slice(0, NAMED).map((name) => name.zh);
    const en = names.slice(0, NAMED).map((name) => name.en);
    return both(
      `${what.zh}：${zh.join('、')}${more > 0 ? `等${names.length}个` : ''}`,
      `${what.en}: ${en.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    );
  });
  return both(kinds.map(({ zh }) => zh).join('；'), kinds.map(({ en }) => en).join('; '));
}

/** Whoever there is in a grid: its desk, else its head and dispatcher, else any holder of a post. */
export function anybodyAt(desk: Desk, grid: Grid, rule: Rule): readonly Claim[] {
  const onDesk = dutyOf(desk, grid, rule);
  return onDesk.length > 0 ? onDesk : holders(desk, grid, null, rule);
}

export type Passed = { readonly claims: readonly Claim[]; readonly gaps: readonly Text[] };

/**
 * Passes each gap to the nearest grid above it with anybody: those whom the line names there read why it is they, and
 * where it names nobody, whoever answers for the grid is told.
 */
export function passUpward(
  desk: Desk,
  named: ReadonlyMap<Grid, readonly Claim[]>,
  gaps: readonly Gap[],
  rule: Rule,
): Passed {
  if (gaps.length === 0) return { claims: [...named.values()].flat(), gaps: [] };
  const found = new Map(named);
  const claimsAt = (grid: Grid): readonly Claim[] => {
    const known = found.get(grid);
    if (known !== undefined && known.length > 0) return known;
    const more = anybodyAt(desk, grid, rule);
    found.set(grid, more);
    return more;
  };
  const extra = new Map<Grid, Gap[]>();
  const lost: Gap[] = [];
  for (const gap of gaps) {
    const target = gap.above.find((grid) => (extra.has(grid) ? true : claimsAt(grid).length > 0));
    if (target === undefined) lost.push(gap);
    else extra.set(target, [...(extra.get(target) ?? []), gap]);
  }
  const claims: Claim[] = [];
  for (const [grid, own] of found) {
    const passed = extra.get(grid);
    if (passed === undefined) {
      if (named.has(grid)) claims.push(...own);
    } else claims.push(...own.map((one) => noted(one, textOf(passed))));
  }
  const texts = [...extra.values()].map(textOf);
  return { claims, gaps: lost.length > 0 ? [...texts, textOf(lost)] : texts };
}
