/** One reason to tell one person; and how the reasons for one person become one recipient. */
import type { Recipient } from '#model/alert.ts';
import type { PolicyLine } from '#model/policy.ts';
import { type Grid, type Person, POSTS } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { joinTexts } from '../wording.ts';

/** A line of the policy and its number in its list, from 1; null: told by no line of its own. */
export type Rule = { readonly line: PolicyLine; readonly n: number } | null;

export type Claim = {
  readonly person: Person;
  readonly grid: Grid;
  readonly post: Recipient['post'];
  /** A smaller weight is the weightier reason; it gives grid and post. */
  readonly weight: number;
  readonly reason: Text;
};

export const WEIGHT = { duty: 0, standIn: 1, household: 2, head: 3, post: 4, team: 5 } as const;

export const both = (zh: string, en: string): Text => ({ zh, en });

/** `（红色报各级网格长，预案第4条）`: why, and which line of the policy says so. */
export function because(rule: Rule): Text {
  if (rule === null) return both('', '');
  const { line, n } = rule;
  return both(`（${line.why.zh}，预案第${n}条）`, ` (${line.why.en}; policy line ${n})`);
}

/** What somebody is, of which grid, and why. */
export function claim(
  of: Pick<Claim, 'person' | 'grid' | 'post' | 'weight'> & { readonly what: Text; readonly rule: Rule },
): Claim {
  const { person, grid, post, weight, what, rule } = of;
  const why = because(rule);
  return {
    person,
    grid,
    post,
    weight,
    reason: both(`${grid.name.zh}${what.zh}${why.zh}`, `${what.en} of ${grid.name.en}${why.en}`),
  };
}

/** The same claim with something that explains why it came to this person. */
export const noted = (of: Claim, note: Text): Claim => ({
  ...of,
  reason: both(`${of.reason.zh}；${note.zh}`, `${of.reason.en}; ${note.en}`),
});

const postOrder = (post: Recipient['post']): number => (POSTS as readonly string[]).indexOf(post);

/** Each person once, deepest tier first: the weightiest reason gives grid and post, the others are added to the text. */
export function mergeClaims(claims: readonly Claim[]): readonly Recipient[] {
  const byPerson = new Map<string, Claim[]>();
  for (const one of claims) {
    const own = byPerson.get(one.person.id);
    if (own === undefined) byPerson.set(one.person.id, [one]);
    else own.push(one);
  }
  const people = [...byPerson.values()].map((own) => {
    const sorted = own.sort((x, y) => x.weight - y.weight || y.grid.tier - x.grid.tier);
    const { person, grid, post, weight } = sorted[0] as Claim;
    const reason = sorted.length === 1 ? (sorted[0] as Claim).reason : joinTexts(sorted.map((one) => one.reason));
    const recipient: Recipient = {
      personId: person.id,
      name: person.name,
      tier: grid.tier,
      gridCode: grid.code,
      post,
      reason,
    };
    return { weight, recipient };
  });
  people.sort(
    (x, y) =>
      y.recipient.tier - x.recipient.tier ||
      x.weight - y.weight ||
      postOrder(x.recipient.post) - postOrder(y.recipient.post) ||
      (x.recipient.personId < y.recipient.personId ? -1 : 1),
  );
  return people.map(({ recipient }) => recipient);
}
