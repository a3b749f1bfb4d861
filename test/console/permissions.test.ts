import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Route } from '#dashboards/api/access.ts';
import { ROUTE_IDS, ROUTES, type RouteId } from '#dashboards/api/permissions.ts';
import { asToken, PASSWORD, startUnderTest, type Under } from './support/console-under-test.ts';
import { fakeAlert } from './support/fake-alert.ts';
import { fakePorts } from './support/fake-ports.ts';

const WHO = [
  'anonymous',
  'otherVillage',
  'otherTownship',
  'onDuty',
  'member',
  'head',
  'township',
  'county',
  'token',
] as const;
const USERS = {
  otherVillage: 'p-other',
  otherTownship: 'p-far',
  onDuty: 'p-none',
  member: 'p-member',
  head: 'p-head',
  township: 'p-town',
  county: 'p-county',
};

/** Written by hand, one status for each of WHO, about an alert, point and sensor of 上坪村: it is not derived from the table. */
const EXPECTED: { readonly [Id in RouteId]: readonly number[] } = {
  healthz: [200, 200, 200, 200, 200, 200, 200, 200, 200],
  readyz: [200, 200, 200, 200, 200, 200, 200, 200, 200],
  metrics: [200, 200, 200, 200, 200, 200, 200, 200, 200],
  openapi: [200, 200, 200, 200, 200, 200, 200, 200, 200],
  page: [404, 404, 404, 404, 404, 404, 404, 404, 404],
  signIn: [200, 200, 200, 200, 200, 200, 200, 200, 200],
  signOut: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  me: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  grids: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  people: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  points: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  point: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  readings: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  alerts: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  alert: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  alertEvents: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  alertDeliveries: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  acknowledge: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  handle: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  close: [401, 403, 403, 200, 403, 200, 200, 200, 200],
  falseAlarm: [401, 403, 403, 200, 403, 200, 200, 200, 200],
  note: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  quarantine: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  calls: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  myCalls: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  alertCalls: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  // Nobody was asked about this alert.
  answer: [401, 403, 403, 403, 403, 403, 403, 403, 200],
  reached: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  receipts: [401, 401, 401, 401, 401, 401, 401, 401, 200],
  channels: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  testChannel: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  evacuations: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  evacuationCounts: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  evacuation: [401, 200, 403, 200, 200, 200, 200, 200, 200],
  openEvacuation: [401, 403, 403, 200, 403, 200, 200, 200, 200],
  markHousehold: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  orderReturn: [401, 403, 403, 200, 403, 200, 200, 200, 200],
  printStyle: [200, 200, 200, 200, 200, 200, 200, 200, 200],
  printCard: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  printMap: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  printGrid: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  closeEvacuation: [401, 403, 403, 200, 403, 200, 200, 200, 200],
  roster: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  // The desk of the township; a village's people stand below it.
  handover: [401, 403, 403, 200, 403, 403, 200, 200, 200],
  giveHandover: [401, 403, 403, 200, 403, 403, 200, 200, 200],
  explainPoint: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  drills: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  drill: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  drillReport: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  startDrill: [401, 403, 403, 201, 403, 201, 201, 201, 201],
  endDrill: [401, 403, 403, 200, 403, 200, 200, 200, 200],
  warnings: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  warning: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  issueWarning: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  updateWarning: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  cancelWarning: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  takeCap: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  takeEbd: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  capFeed: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  capDocument: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  shelve: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  unshelve: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  reset: [401, 403, 403, 200, 403, 200, 200, 200, 200],
  reports: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  report: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  doneReport: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  waiveReport: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  ledger: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  verifyLedger: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  evidence: [401, 403, 403, 200, 403, 200, 200, 200, 200],
  registryCheck: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  registryExport: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  registryImport: [401, 403, 403, 403, 403, 403, 403, 200, 200],
  pointTrend: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  pointSeason: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  pointReturnPeriod: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  pointSameDay: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  pointAccelerations: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  pointOutlook: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  pointHistory: [401, 403, 403, 200, 200, 200, 200, 200, 200],
  stream: [401, 200, 200, 200, 200, 200, 200, 200, 200],
};

const pathOf = (route: Route): string =>
  route.path
    .replace('/alerts/:id', '/alerts/a-1')
    .replace('/drills/:id', '/drills/dr-1')
    .replace('/warnings/:id', '/warnings/w-1')
    .replace('/feeds/cap/:id', '/feeds/cap/c-1')
    .replace('/reports/:id', '/reports/r-1')
    .replace('/points/:id', '/points/slope-1')
    .replace('/grids/:id', '/grids/999900001')
    .replace('/evacuations/:id', '/evacuations/ev-1')
    .replace('/channels/:id', '/channels/console')
    .replace('/card/:id', '/card/slope-1')
    .replace('/map/:id', '/map/999900001001')
    .replace('/grid/:id', '/grid/999900001001')
    .replace('/{*file}', '/no-such-file')
    .replace('/export', '/export?kind=people&format=csv')
    .replace('/import', '/import?kind=people&file=people.csv')
    .replace(/readings$/, 'readings?sensor=crack-1');

/** What a route takes that is not a note. */
const BODIES: { readonly [Id in RouteId]?: object } = {
  signIn: { user: 'p-head', password: PASSWORD },
  markHousehold: { household: 'slope-1-h1', state: 'told' },
  answer: { person: 'p-head' },
  startDrill: {
    name: { zh: '演练', en: 'drill' },
    grid: '999900001001',
    endsAfterMs: 60_000,
    steps: [{ afterMs: 0, point: 'slope-1', hazard: 'landslide', level: 'red', reason: { zh: '演练', en: 'drill' } }],
  },
  reached: { person: 'p-head', means: 'door' },
  issueWarning: {
    hazard: 'rainstorm',
    headline: '暴雨',
    expires: '2099-01-01T00:00:00+08:00',
    areas: [{ grid: '999900001001', level: 'red' }],
  },
  receipts: { channel: 'sms', receipts: [{ from: '138', event: 'answered' }] },
};

const BODY_OF = {
  json: (value: object) => ({ type: 'application/json', body: JSON.stringify(value) }),
  xml: () => ({ type: 'application/xml', body: '<x/>' }),
  bytes: () => ({ type: 'application/octet-stream', body: '姓名,电话\n' }),
} as const;

let under: Under;
let wallMs = 1_000_000;
/** The five tries a minute are another test's subject. */
const nextMinute = () => {
  wallMs += 61_000;
};
beforeAll(async () => {
  under = await startUnderTest({ wallMs: () => wallMs }, fakePorts(0, Date.UTC(2100, 0)));
});
beforeEach(nextMinute);
afterAll(() => under.stop());

async function headersOf(who: (typeof WHO)[number]): Promise<Record<string, string>> {
  if (who === 'anonymous') return {};
  return who === 'token' ? asToken : { cookie: await under.cookieOf(USERS[who]) };
}

describe('the permission table', () => {
  test('is walked entry by entry for every kind of caller', async () => {
    const seen: string[] = [];
    for (const [column, who] of WHO.entries()) {
      nextMinute();
      const headers = await headersOf(who);
      // Signing out comes last: it ends the session that the others need.
      for (const id of [...ROUTE_IDS.filter((one) => one !== 'signOut'), 'signOut' as const]) {
        const route: Route = ROUTES[id];
        under.alerts.put(fakeAlert());
        const { type, body } = BODY_OF[route.media ?? 'json'](BODIES[id] ?? { note: 'seen' });
        const abort = new AbortController();
        const response = await fetch(`${under.base}${pathOf(route)}`, {
          method: route.method.toUpperCase(),
          headers: { 'content-type': type, ...headers },
          ...(route.method === 'post' ? { body } : {}),
          signal: abort.signal,
        });
        const { status } = response;
        abort.abort();
        if (status !== EXPECTED[id][column]) seen.push(`${id} as ${who}: ${status}, not ${EXPECTED[id][column]}`);
      }
    }
    expect(seen).toEqual([]);
  });

  test('knows every route that the router has, and the router none beside', async () => {
    for (const path of ['/api/v1/nothing', '/api/v1/alerts/a-1/shelve', '/api', '/api/v1']) {
      const response = await fetch(`${under.base}${path}`, { headers: asToken });
      expect([path, response.status]).toEqual([path, 404]);
    }
    expect(Object.keys(EXPECTED).sort()).toEqual([...ROUTE_IDS].sort());
  });

  test('lets a GET change nothing', () => {
    for (const id of ROUTE_IDS) if (ROUTES[id].method === 'get') expect(ROUTES[id].effect).toBe('none');
  });
});

describe('the scope of lists', () => {
  const idsOf = async (path: string, headers: Record<string, string>, key: string) => {
    const response = await fetch(`${under.base}${path}`, { headers });
    const { items } = (await response.json()) as { items: readonly { readonly [name: string]: unknown }[] };
    return items.map((item) => String(item[key])).sort();
  };

  test('ends at the caller’s own subtree', async () => {
    const member = { cookie: await under.cookieOf('p-member') };
    const far = { cookie: await under.cookieOf('p-far') };
    expect(await idsOf('/api/v1/grids', member, 'code')).toEqual(['999900001001']);
    expect(await idsOf('/api/v1/points', member, 'id')).toEqual(['slope-1']);
    expect(await idsOf('/api/v1/people', member, 'id')).toEqual(['p-head', 'p-member']);
    expect(await idsOf('/api/v1/points', far, 'id')).toEqual(['river-1', 'store-1']);
    expect(await idsOf('/api/v1/alerts?state=all', far, 'id')).toEqual([]);
    expect(await idsOf('/api/v1/points', asToken, 'id')).toEqual(['rain-1', 'river-1', 'slope-1', 'store-1']);
  });

  test('cannot be widened by the grid filter', async () => {
    const headers = { cookie: await under.cookieOf('p-other') };
    for (const list of ['grids', 'people', 'points', 'readings', 'alerts']) {
      expect((await fetch(`${under.base}/api/v1/${list}?grid=999900`, { headers })).status).toBe(403);
      expect((await fetch(`${under.base}/api/v1/${list}?grid=999900002001`, { headers })).status).toBe(403);
      expect((await fetch(`${under.base}/api/v1/${list}?grid=12`, { headers })).status).toBe(404);
    }
  });

  test('of a sensor cannot be widened by the caller’s own grid beside it', async () => {
    const headers = { cookie: await under.cookieOf('p-other') };
    for (const query of ['sensor=crack-1', 'sensor=crack-1&grid=999900001002', 'grid=999900001002&sensor=level-1'])
      expect([query, (await fetch(`${under.base}/api/v1/readings?${query}`, { headers })).status]).toEqual([
        query,
        403,
      ]);
  });

  test('masks telephones and households except for those who answer for the grid', async () => {
    const read = async (path: string, user: string) =>
      (await (await fetch(`${under.base}${path}`, { headers: { cookie: await under.cookieOf(user) } })).json()) as {
        readonly items: readonly { readonly phone: string }[];
        readonly evacuation: readonly { readonly phone: string; readonly headName: string }[];
      };
    expect((await read('/api/v1/people', 'p-member')).items[0]?.phone).toBe('138****0006');
    expect((await read('/api/v1/points/slope-1', 'p-info')).evacuation[0]).toMatchObject({
      phone: '139****0001',
      headName: '杨**',
    });
    expect((await read('/api/v1/points/slope-1', 'p-head')).evacuation[0]).toMatchObject({
      phone: '13900000001',
      headName: '杨大伯',
    });
  });
});
