/** Every route that shows people, for every kind of viewer: what is read in full, what is masked, and what is on record. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asToken, startUnderTest, type Under } from './support/console-under-test.ts';
import { fakePorts } from './support/fake-ports.ts';

const WHO = {
  otherVillage: 'p-other',
  onDuty: 'p-none',
  member: 'p-member',
  information: 'p-info',
  head: 'p-head',
  township: 'p-town',
  county: 'p-county',
} as const;
type Who = keyof typeof WHO | 'token';

/** Telephones of the fake county's households and of people who hold a post in the member's village. */
const HOUSEHOLDS = ['13900000001', '13900000002', '13900000003'] as const;
const VILLAGERS = ['13800000005', '13800000006'] as const;

let under: Under;
const cookies = new Map<string, string>();
/** Signed in once: five tries a minute are another test's subject. */
async function cookieOf(user: string): Promise<string> {
  const cookie = cookies.get(user) ?? (await under.cookieOf(user));
  cookies.set(user, cookie);
  return cookie;
}
beforeAll(async () => {
  under = await startUnderTest({}, fakePorts(0, Number.MAX_SAFE_INTEGER));
});
afterAll(() => under.stop());

const headersOf = async (who: Who): Promise<Record<string, string>> =>
  who === 'token' ? asToken : { cookie: await cookieOf(WHO[who]) };
const read = async (path: string, who: Who) =>
  (await fetch(`${under.base}${path}`, { headers: await headersOf(who) })).text();
const seen = (text: string, numbers: readonly string[]): readonly string[] =>
  numbers.filter((number) => text.includes(number));

/** Of each route and viewer the telephones that stand in the answer in full; written by hand. */
const EXPECTED: { readonly [path: string]: readonly (readonly [Who, readonly string[]])[] } = {
  '/api/v1/points/slope-1': [
    ['otherVillage', []],
    ['information', []],
    ['member', [HOUSEHOLDS[0]]], // He calls this household.
    ['head', [HOUSEHOLDS[0]]],
    ['onDuty', [HOUSEHOLDS[0]]],
    ['township', [HOUSEHOLDS[0]]],
    ['county', [HOUSEHOLDS[0]]],
    ['token', [HOUSEHOLDS[0]]],
  ],
  '/api/v1/evacuations/ev-1': [
    ['otherVillage', [HOUSEHOLDS[2]]], // The one whom he calls, and nobody else of the list.
    ['information', []],
    ['member', [HOUSEHOLDS[0], HOUSEHOLDS[1]]],
    ['head', HOUSEHOLDS],
    ['onDuty', HOUSEHOLDS],
    ['township', HOUSEHOLDS],
    ['county', HOUSEHOLDS],
    ['token', HOUSEHOLDS],
  ],
  '/api/v1/people': [
    ['otherVillage', []],
    ['information', []],
    ['member', [VILLAGERS[0]]], // His own.
    ['head', VILLAGERS],
    ['onDuty', VILLAGERS],
    ['township', VILLAGERS],
    ['county', VILLAGERS],
    ['token', VILLAGERS],
  ],
  '/api/v1/evacuations': (['otherVillage', 'information', 'head', 'county', 'token'] as const).map((who) => [who, []]),
  '/api/v1/evacuations/counts': (['information', 'head', 'county', 'token'] as const).map((who) => [who, []]),
  '/api/v1/points': (['information', 'head', 'county', 'token'] as const).map((who) => [who, []]),
};

describe('personal data', () => {
  for (const [path, rows] of Object.entries(EXPECTED))
    test.each(rows)(`${path} shows to %s in full: %s`, async (who, numbers) => {
      const wanted = path.endsWith('people') ? VILLAGERS : HOUSEHOLDS;
      expect(seen(await read(path, who), wanted)).toEqual([...numbers]);
    });

  test('names, needs and notes are kept from whoever does not need them, and said to be masked', async () => {
    const of = async (who: Who) =>
      (JSON.parse(await read('/api/v1/evacuations/ev-1', who)) as { households: readonly object[] }).households;
    const masked = {
      headName: '胡**',
      phone: '139****0002',
      needsHelp: null,
      note: '',
      masked: true,
      state: 'refused',
    };
    expect((await of('information'))[1]).toMatchObject(masked);
    expect((await of('head'))[1]).toMatchObject({
      headName: '胡二婶',
      needsHelp: ['轮椅'],
      note: '要喂猪',
      masked: false,
    });
    expect((await of('otherVillage')).map((one) => (one as { householdId: string }).householdId)).toEqual([
      'slope-1-h3',
    ]);
  });

  test('telephones of a duty roster read in full are on record as well, and the others see them masked', async () => {
    const fakes = fakePorts(0, Number.MAX_SAFE_INTEGER);
    const always = { fromMs: 0, toMs: Date.UTC(2100, 0, 1), b: null };
    const duty = [
      { ...always, gridCode: '999900001', a: 'p-town' },
      { ...always, gridCode: '999900001001', a: 'p-head' },
    ];
    const registry = { ...fakes.ports.registry.current(), duty };
    const ports = { ...fakes.ports, registry: { ...fakes.ports.registry, current: () => registry } };
    const fresh = await startUnderTest({}, { ...fakes, ports });
    try {
      const get = async (path: string, user: string) => {
        const headers = { cookie: await fresh.cookieOf(user) };
        const response = await fetch(`${fresh.base}${path}`, { headers });
        expect(response.status).toBe(200);
        return response.text();
      };
      expect(await get('/api/v1/roster', 'p-county')).toContain('13800000006');
      expect(await get('/api/v1/grids/999900001/handover', 'p-county')).toContain('13800000003');
      const masked = await get('/api/v1/roster', 'p-member');
      expect(masked).toContain('138****0006');
      expect(masked).not.toContain('13800000006');
      expect(fresh.alerts.accessSeen.map(({ by, what, object }) => [by, what, object])).toEqual([
        ['p-county', 'telephones', 'roster/999900'],
        ['p-county', 'telephones', 'roster/999900001'],
      ]);
    } finally {
      await fresh.stop();
    }
  });

  test('read in full is on record once for a viewer and an object; read masked it is not', async () => {
    const fresh = await startUnderTest({}, fakePorts(0, Number.MAX_SAFE_INTEGER));
    try {
      const inside = new Map<string, string>();
      for (const user of ['p-head', 'p-info']) inside.set(user, await fresh.cookieOf(user));
      const get = async (path: string, user: string) => {
        const response = await fetch(`${fresh.base}${path}`, { headers: { cookie: inside.get(user) ?? '' } });
        expect(response.status).toBe(200);
      };
      for (const path of ['/api/v1/points/slope-1', '/api/v1/evacuations/ev-1', '/api/v1/people'])
        for (const user of ['p-head', 'p-info']) {
          await get(path, user);
          await get(path, user);
        }
      expect(fresh.alerts.accessSeen.map(({ by, what, object, from }) => [by, what, object, from])).toEqual([
        ['p-head', 'households', 'point/slope-1', 'console'],
        ['p-head', 'households', 'evacuation/ev-1', 'console'],
        ['p-head', 'telephones', 'people/999900001001', 'console'],
      ]);
    } finally {
      await fresh.stop();
    }
  });
});
