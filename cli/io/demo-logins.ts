/** Passwords for a county of simulated devices: new and random at every start, printed once, kept only as hashes. */
import { randomBytes } from 'node:crypto';
import { createLogin } from '#dashboards/api/main.ts';
import { ancestry, type Person, type Post, type Registry, type Tier } from '#model/registry.ts';

export type DemoLogin = { readonly personId: string; readonly password: string; readonly who: string };

const POST_TEXT: { readonly [P in Post]: string } = {
  head: '网格长 head',
  deputy: '副网格长 deputy',
  manager: '网格管理员 manager',
  member: '网格员 member',
  dispatcher: '调度员 dispatcher',
  information: '信息员 information officer',
};

/** The first person with such a post on such a tier. */
function holder(registry: Registry, tier: Tier, post: Post): { person: Person; where: string } | undefined {
  for (const person of registry.people.values()) {
    for (const held of person.posts) {
      const grid = registry.grids.get(held.gridCode);
      if (held.post === post && grid?.tier === tier) {
        return {
          person,
          where: [...ancestry(registry, grid.code)]
            .reverse()
            .map((part) => part.name.zh)
            .join(' '),
        };
      }
    }
  }
  return undefined;
}

/**
 * Less than what a password chosen by a person gets: these are 72 random bits that end with the process, and the full
 * cost is half a second of a core for each.
 */
const HASH_COST = 2 ** 14;

/** One person a tier, so that a newcomer can see what each may see. */
export async function demoLogins(dataDir: string, registry: Registry): Promise<readonly DemoLogin[]> {
  const wanted: readonly (readonly [Tier, Post])[] = [
    [1, 'dispatcher'],
    [2, 'head'],
    [3, 'head'],
  ];
  const logins: DemoLogin[] = [];
  for (const [tier, post] of wanted) {
    const found = holder(registry, tier, post);
    if (found === undefined) continue;
    const password = randomBytes(9).toString('base64url');
    await createLogin(dataDir, found.person.id, password, HASH_COST);
    logins.push({
      personId: found.person.id,
      password,
      who: `${found.person.name}, ${found.where} ${POST_TEXT[post]}`,
    });
  }
  return logins;
}
