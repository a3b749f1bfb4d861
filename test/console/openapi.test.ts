/** The API's description against the API itself: every route stands in it, and every real answer is as it says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Route } from '#dashboards/api/access.ts';
import { ANSWERS, answerSchema, MEDIA_ANSWERS } from '#dashboards/api/answers.ts';
import { describeApi } from '#dashboards/api/openapi.ts';
import { ROUTE_IDS, ROUTES, type RouteId } from '#dashboards/api/permissions.ts';
import { bodySchema, QUERIES } from '#dashboards/api/schemas.ts';
import type { Delivery } from '#model/alert.ts';
import type { Call } from '#model/call.ts';
import type { ChannelHealth } from '#model/channel.ts';
import type { Handover } from '#model/handover.ts';
import type { UpReport } from '#model/report.ts';
import { asToken, startUnderTest, type Under } from './support/console-under-test.ts';
import { fakeAlert } from './support/fake-alert.ts';
import { fakePorts } from './support/fake-ports.ts';

type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: object } } };
  readonly responses: { readonly [status: string]: { readonly description: string; readonly content?: object } };
};
type Described = {
  readonly openapi: string;
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
};

const CALL: Call = {
  ...{ key: 'a-1/1/p-head', alertId: 'a-1', round: 1, personId: 'p-head', name: '褚卫', gridCode: '999900001001' },
  ...{ tier: 3, post: 'head', reason: { zh: '网格长', en: 'head' }, state: 'answered', step: 0, standsInFor: null },
  ...{ tries: 1, triesAtMost: 3, channels: ['sms'], askedAtMs: 1_000, nextDueMs: null, endedAtMs: 2_000 },
  by: { id: 'p-head', how: 'sms', note: '' },
};
const DELIVERY: Delivery = {
  ...{ key: 'a-1/1/0/1/p-head/sms', alertId: 'a-1', round: 1, personId: 'p-head', channel: 'sms', state: 'sent' },
  ...{ attempts: 1, updatedAtMs: 1_500, detail: '' },
};
const HEALTH: ChannelHealth = {
  ...{ channel: 'sms', kind: 'gsm-sms', state: 'down', sinceMs: 1, failuresInARow: 3, lastOkAtMs: null, detail: 'x' },
};
const REPORT: UpReport = {
  ...{ id: 'r-1', alertId: 'a-1', rule: 'phone', name: { zh: '电话报告', en: 'by telephone' }, kind: 'telephone' },
  ...{ gridCode: '999900001001', to: { zh: '镇', en: 'township' }, n: 1, startedAtMs: 0, dueAtMs: 1 },
  ...{ state: 'overdue', doneAtMs: null, by: null, note: '', contents: { zh: '内容', en: 'contents' } },
};
const HANDOVER: Handover = {
  ...{ gridCode: '999900001', shiftFromMs: 0, shiftToMs: 3_600_000, a: 'p-town', b: null, overdueAtMs: 900_000 },
  handedOver: { by: 'p-none', atMs: 1, note: '', openAlerts: ['a-1'] },
  takenOver: null,
};

/** Nothing is empty here: an empty list fits every schema. */
function filledPorts() {
  const fakes = fakePorts(0, Date.UTC(2100, 0));
  const { parts } = fakes.ports;
  const calls = {
    list: ({ personId }: { readonly personId?: string }) => ({
      items: [{ ...CALL, personId: personId ?? CALL.personId, state: 'asking' as const }],
      next: null,
    }),
    ofAlert: () => [CALL],
  };
  const filled = {
    ...parts,
    calls,
    reports: { list: () => [REPORT], get: () => REPORT },
    handovers: { ofGrid: () => [HANDOVER], get: () => HANDOVER },
    channels: () => [HEALTH],
  };
  const alerts = { ...fakes.ports.alerts, deliveries: () => [DELIVERY] };
  return { ...fakes, ports: { ...fakes.ports, alerts, parts: filled } };
}

const IDS: { readonly [part: string]: string } = {
  ...{ alerts: 'a-1', points: 'slope-1', grids: '999900001', evacuations: 'ev-1', warnings: 'w-1' },
  ...{ reports: 'r-1', drills: 'dr-1' },
};
/** The path of a GET about an object that is there. */
const pathOf = (id: RouteId): string =>
  ROUTES[id].path.replace(/(\w+)\/:id/, (_, part: string) => `${part}/${IDS[part]}`) +
  (id === 'readings'
    ? '?sensor=crack-1&from=0'
    : id === 'pointHistory'
      ? '?origin=live&from=0&to=86400'
      : id === 'alerts' || id === 'evacuations'
        ? '?state=all'
        : '');

let under: Under;
let described: Described;
beforeAll(async () => {
  under = await startUnderTest({}, filledPorts());
  under.alerts.put(fakeAlert());
  under.journal.append(
    [
      {
        ...{ sensorId: 'crack-1', measuredAtMs: 1_000, raw: null, flags: [], timeQuality: 'synced' },
        ...{ quality: 'good', value: 2_240 },
      },
    ] as unknown as Parameters<Under['journal']['append']>[0],
    2_000,
  );
  described = (await (await fetch(`${under.base}/openapi.json`)).json()) as Described;
});
afterAll(() => under?.stop());

const operations = (): readonly Operation[] => Object.values(described.paths).flatMap((path) => Object.values(path));
const LISTED = ROUTE_IDS.filter((id) => id !== 'page');

describe('the description of the API', () => {
  test('names every route once, with its parameters, its body and its answers', () => {
    const wrong: string[] = [];
    for (const id of LISTED) {
      const route: Route = ROUTES[id];
      const operation = described.paths[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.method];
      if (operation?.operationId !== id) wrong.push(`${id} is missing`);
      const named = (place: string) =>
        (operation?.parameters ?? []).filter((one) => one.in === place).map(({ name }) => name);
      const query = (QUERIES as { readonly [key: string]: { readonly shape: object } })[id];
      if (named('query').join() !== Object.keys(query?.shape ?? {}).join())
        wrong.push(`${id}: query ${named('query')}`);
      if (named('path').join() !== (route.path.includes(':id') ? 'id' : '')) wrong.push(`${id}: path ${named('path')}`);
      const takesBody = bodySchema(id) !== undefined || route.media !== undefined;
      if ((operation?.requestBody !== undefined) !== takesBody) wrong.push(`${id}: body`);
      const good = operation?.responses['200'] ?? operation?.responses['201'];
      if (good?.content === undefined) wrong.push(`${id}: no answer`);
      if (route.effect === 'command' && operation?.responses['202'] === undefined) wrong.push(`${id}: no 202`);
    }
    expect(wrong).toEqual([]);
    expect(operations()).toHaveLength(LISTED.length);
  });

  test('is a document of OpenAPI 3.1: what it refers to is there, and every name in it is one', () => {
    expect(described).toMatchObject({ openapi: '3.1.0', info: { title: expect.any(String), version: '1' } });
    const refs = new Set<string>();
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === '$ref' && typeof inner === 'string') refs.add(inner);
        walk(inner);
      }
    };
    walk(described);
    expect(refs.size).toBeGreaterThan(10);
    for (const ref of refs) {
      const found = ref
        .replace(/^#\//, '')
        .split('/')
        .reduce<unknown>((value, key) => (value as { readonly [key: string]: unknown } | undefined)?.[key], described);
      expect([ref, typeof found]).toEqual([ref, 'object']);
    }
    const METHODS = ['get', 'post', 'delete'];
    for (const [path, item] of Object.entries(described.paths)) {
      expect(path).toMatch(/^\//);
      for (const [method, operation] of Object.entries(item)) {
        expect(METHODS).toContain(method);
        for (const [status, response] of Object.entries(operation.responses)) {
          expect(status).toMatch(/^[2-5]\d\d$/);
          expect(response.description).not.toBe('');
        }
        for (const one of operation.parameters ?? []) expect(one.schema).toBeTypeOf('object');
      }
    }
    expect(JSON.parse(JSON.stringify(describeApi('1')))).toEqual(described);
  });

  test('has an answer for every route, of one sort', () => {
    const both = LISTED.filter((id) => id in ANSWERS && MEDIA_ANSWERS[id] !== undefined);
    expect(both).toEqual([]);
    expect(LISTED.filter((id) => !(id in ANSWERS) && MEDIA_ANSWERS[id] === undefined)).toEqual([]);
  });
});

describe('the real answers', () => {
  test.for(LISTED.filter((id) => ROUTES[id].method === 'get' && id in ANSWERS))(
    'of %s are as described',
    async (id) => {
      const response = await fetch(`${under.base}${pathOf(id)}`, { headers: asToken });
      expect([id, response.status]).toEqual([id, 200]);
      const body = (await response.json()) as { readonly items?: readonly unknown[] };
      const fits = answerSchema(id)?.safeParse(body);
      expect(fits?.error?.issues ?? []).toEqual([]);
      if (body.items !== undefined) expect([id, body.items.length > 0]).toEqual([id, true]);
    },
  );

  test('that are no JSON are of the type that is described', async () => {
    for (const [id, path] of [
      ['metrics', '/metrics'],
      ['printStyle', '/print.css'],
      ['printCard', '/print/card/slope-1'],
      ['printMap', '/print/map/999900001'],
      ['printGrid', '/print/grid/999900001'],
      ['capFeed', '/feeds/cap.atom'],
      ['capDocument', '/feeds/cap/c-1.xml'],
      ['registryExport', '/api/v1/registry/export?kind=points&format=csv'],
    ] as const) {
      const response = await fetch(`${under.base}${path}`, { headers: asToken });
      const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
      expect([id, MEDIA_ANSWERS[id]?.includes(type) ? '' : type]).toEqual([id, '']);
      await response.body?.cancel();
    }
  });

  test('of commands are as described', async () => {
    for (const [path, id, body] of [
      ['alerts/a-1/note', 'note', { note: '看过' }],
      ['alerts/a-1/shelve', 'shelve', { note: '暂缓' }],
      ['alerts/a-1/reached', 'reached', { person: 'p-head', means: 'door' }],
      ['alerts/a-1/answer', 'answer', { person: 'p-head' }],
      ['evacuations/ev-1/mark', 'markHousehold', { household: 'slope-1-h1', state: 'told' }],
      ['evacuations/ev-1/return', 'orderReturn', {}],
      ['warnings/w-1/cancel', 'cancelWarning', {}],
      ['reports/r-1/done', 'doneReport', {}],
      ['drills/dr-1/end', 'endDrill', {}],
      ['grids/999900001/handover', 'giveHandover', {}],
      ['receipts', 'receipts', { channel: 'sms', receipts: [{ from: '138', event: 'answered' }] }],
    ] as const) {
      const response = await fetch(`${under.base}/api/v1/${path}`, {
        method: 'POST',
        headers: { ...asToken, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect([id, response.status]).toEqual([id, 200]);
      expect([id, answerSchema(id)?.safeParse(await response.json()).error?.issues ?? []]).toEqual([id, []]);
    }
  });

  test('would be found out: an answer with a field of another kind does not fit', async () => {
    const body = (await (await fetch(`${under.base}${pathOf('calls')}`, { headers: asToken })).json()) as {
      readonly items: readonly object[];
    };
    const bent = { ...body, items: body.items.map((item) => ({ ...item, askedAt: 1 })) };
    expect(answerSchema('calls')?.safeParse(bent).success).toBe(false);
  });
});
