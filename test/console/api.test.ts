import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLogin, listLogins } from '#dashboards/api/main.ts';
import { ROUTE_IDS, ROUTES } from '#dashboards/api/permissions.ts';
import { asToken, PASSWORD, post, startUnderTest, TOKEN, type Under } from './support/console-under-test.ts';
import { fakeAlert } from './support/fake-alert.ts';

let under: Under;
let wallMs = 1_000_000;
beforeAll(async () => {
  under = await startUnderTest({ wallMs: () => wallMs, commandWaitMs: 150 });
});
beforeEach(() => {
  wallMs += 61_000;
});
afterAll(() => under.stop());

type Body = { readonly [key: string]: unknown };
const errorOf = async (response: Response) => ((await response.json()) as { readonly error: Body }).error;
const get = (path: string, headers: Record<string, string> = asToken) => fetch(`${under.base}${path}`, { headers });
const getJson = async (path: string) => (await (await get(path)).json()) as Body & { readonly items: readonly Body[] };

describe('signing in', () => {
  test('takes an id or a telephone number and gives a cookie that scripts cannot read', async () => {
    for (const user of ['p-member', '13800000005']) {
      const response = await under.signIn(user);
      expect(response.status).toBe(200);
      expect(response.headers.get('set-cookie')).toMatch(/^fengsui_session=[\w-]{32}; .*HttpOnly; SameSite=Strict/);
      expect(await response.json()).toMatchObject({ id: 'p-member', roots: ['999900001001'], origins: ['simulated'] });
    }
  });

  test('says the same for a wrong password, an unknown user and one without a login', async () => {
    const answers = [];
    for (const [user, password] of [
      ['p-member', 'wrong password!'],
      ['nobody', PASSWORD],
      ['p-county-head', PASSWORD],
    ] as const) {
      const response = await under.signIn(user, password);
      answers.push([response.status, await response.text()]);
    }
    expect(answers[0]?.[0]).toBe(401);
    expect(new Set(answers.map(String)).size).toBe(1);
  });

  test('allows five tries a minute for a user', async () => {
    const statuses = [];
    for (let n = 0; n < 6; n++) statuses.push((await under.signIn('p-far', 'wrong password!')).status);
    const refused = await under.signIn('p-far');
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await under.signIn('p-other')).status).toBe(200);
    wallMs += 61_000;
    expect((await under.signIn('p-far')).status).toBe(200);
  });

  test('ends after thirty idle minutes, after twelve hours, and at sign-out', async () => {
    const idle = await under.cookieOf('p-member');
    wallMs += 29 * 60_000;
    expect((await get('/api/v1/session', { cookie: idle })).status).toBe(200);
    wallMs += 31 * 60_000;
    expect((await get('/api/v1/session', { cookie: idle })).status).toBe(401);

    const long = await under.cookieOf('p-member');
    for (let minutes = 0; minutes < 12 * 60; minutes += 20) {
      expect((await get('/api/v1/session', { cookie: long })).status).toBe(200);
      wallMs += 20 * 60_000;
    }
    wallMs += 60_000;
    expect((await get('/api/v1/session', { cookie: long })).status).toBe(401);

    const out = await under.cookieOf('p-member');
    await fetch(`${under.base}/api/v1/session`, { method: 'DELETE', headers: { cookie: out } });
    expect((await get('/api/v1/session', { cookie: out })).status).toBe(401);
  });

  test('a new password ends the old sessions; a short one is refused', async () => {
    const old = await under.cookieOf('p-other');
    expect(await createLogin(under.dataDir, 'p-other', 'short')).toMatchObject({ ok: false });
    expect(await createLogin(under.dataDir, 'p-other', 'another long password', 1_024)).toMatchObject({ ok: true });
    expect((await get('/api/v1/session', { cookie: old })).status).toBe(401);
    expect((await under.signIn('p-other', 'another long password')).status).toBe(200);
    await createLogin(under.dataDir, 'p-other', PASSWORD, 1_024);
    expect(listLogins(under.dataDir)).toContain('p-other');
  });

  test('a wrong token is no token', async () => {
    expect((await get('/api/v1/points', { authorization: `Bearer ${TOKEN}x` })).status).toBe(401);
    expect((await get('/api/v1/points', { authorization: TOKEN })).status).toBe(401);
  });
});

describe('a request from another site', () => {
  test.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('changes nothing: %j', async (foreign) => {
    under.alerts.put(fakeAlert());
    const cookie = await under.cookieOf('p-head');
    const response = await fetch(`${under.base}/api/v1/alerts/a-1/acknowledge`, post({ cookie, ...foreign }));
    expect(response.status).toBe(403);
    expect(under.alerts.reader.get('a-1')?.lifecycle).toBe('raised');
  });

  test('nor does a form', async () => {
    const cookie = await under.cookieOf('p-head');
    const response = await fetch(`${under.base}/api/v1/alerts/a-1/acknowledge`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'text/plain' },
      body: '{}',
    });
    expect(response.status).toBe(415);
  });
});

describe('bad input', () => {
  const send = (body: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${under.base}/api/v1/alerts/a-1/note`, {
      method: 'POST',
      headers: { ...asToken, 'content-type': 'application/json' },
      body,
    });

  test.each([
    ['{"note":\n  oops}', '2:3'],
    ['', '1:1'],
    ['{"note":"a",}', '1:13'],
    ['{"note":"a"} x', '1:14'],
    ['{"note":"a\u0001"}', '1:9'],
    ['[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]', '1:34'],
  ])('is told with its place: %j at %s', async (body, path) => {
    under.alerts.put(fakeAlert());
    const response = await send(body);
    expect([response.status, (await errorOf(response))['path']]).toEqual([400, path]);
  });

  test('is told with its field', async () => {
    under.alerts.put(fakeAlert());
    for (const [body, path] of [
      ['{"note":5}', 'note'],
      ['{"note":""}', 'note'],
      ['{"note":"a","by":"somebody else"}', 'by'],
      ['{"note":"a","__proto__":{}}', '__proto__'],
    ] as const) {
      const response = await send(body);
      expect([body, response.status, (await errorOf(response))['path']]).toEqual([body, 400, path]);
    }
    for (const [path, field] of [
      ['/api/v1/points?limit=0', 'limit'],
      ['/api/v1/points?limit=1001', 'limit'],
      ['/api/v1/points?limit=ten', 'limit'],
      ['/api/v1/readings?sensor=crack-1&from=yesterday', 'from'],
      ['/api/v1/readings?sensor=crack-1&cursor=zzz', 'cursor'],
      ['/api/v1/alerts?state=some', 'state'],
      ['/api/v1/readings?sensr=crack-1', 'sensr'],
    ] as const) {
      const response = await get(path);
      expect([path, response.status, (await errorOf(response))['path']]).toEqual([path, 400, field]);
    }
  });

  test('that is too large, not UTF-8 or packed is refused', async () => {
    expect((await send(`{"note":"${'x'.repeat(1_100_000)}"}`)).status).toBe(413);
    expect((await send(new Uint8Array([0x22, 0xff, 0x22]))).status).toBe(400);
    const packed = { ...asToken, 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect(
      (await fetch(`${under.base}/api/v1/alerts/a-1/note`, { method: 'POST', headers: packed, body: 'x' })).status,
    ).toBe(415);
    expect((await get('/api/v1/alerts/%E0%A4%A')).status).toBe(400);
    expect((await get('/api/v1/alerts/nope')).status).toBe(404);
  });

  test('that is not HTTP at all gets a sentence and is counted', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(under.service.port, '127.0.0.1', () => socket.write('\u0000\u0001 nonsense\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"badRequest"/);
    expect(under.counts.get('fengsui_http_malformed_total {}')).toBe(1);
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('commands', () => {
  test('come back with the alert, under the name of who gave them', async () => {
    under.alerts.put(fakeAlert());
    const cookie = await under.cookieOf('p-head');
    const response = await fetch(
      `${under.base}/api/v1/alerts/a-1/acknowledge`,
      post({ cookie }, { note: 'on my way' }),
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      lifecycle: 'acknowledged',
      acknowledged: { by: 'p-head', name: '褚卫' },
    });
    expect(under.alerts.commandsSeen.at(-1)).toMatchObject({ by: 'p-head', from: 'console', note: 'on my way' });
  });

  test('that the alert’s state refuses answer 409 with the reason', async () => {
    under.alerts.put(fakeAlert({ lifecycle: 'closed' }));
    const response = await fetch(`${under.base}/api/v1/alerts/a-1/close`, post(asToken));
    const error = await errorOf(response);
    expect([response.status, error]).toMatchObject([409, { kind: 'refused', message: '预警已办结' }]);
    // Both languages: the page speaks the one that its reader chose.
    expect(error['text']).toMatchObject({ zh: '预警已办结', en: expect.stringMatching(/^[ -~]+$/) });
  });

  test('answer 202 when alerts is away, and are written down', async () => {
    under.alerts.put(fakeAlert());
    under.alerts.setAway(true);
    const response = await fetch(`${under.base}/api/v1/alerts/a-1/handle`, post(asToken));
    under.alerts.setAway(false);
    const body = (await response.json()) as Body;
    expect([response.status, body['queued']]).toEqual([202, true]);
    expect(under.alerts.commandsSeen.at(-1)).toMatchObject({
      id: body['commandId'],
      action: 'handle',
      by: 'api-token',
    });
  });
});

describe('lists', () => {
  test('come in pages that join without a gap or a repeat', async () => {
    const ids: unknown[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages++) {
      const page = await getJson(`/api/v1/points?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      ids.push(...page.items.map((item) => item['id']));
      if (page['next'] === null) break;
      cursor = encodeURIComponent(String(page['next']));
    }
    expect(ids).toEqual(['rain-1', 'river-1', 'slope-1', 'store-1']);
  });

  test('of readings keep gaps as gaps, page within one instant, and take ISO and epoch times', async () => {
    const base = { sensorId: 'level-1', timeQuality: 'synced', flags: [] } as const;
    const atMs = Date.parse('2026-06-01T00:00:00Z');
    under.history.add({ ...base, measuredAtMs: atMs, quality: 'good', value: 14_420 });
    under.history.add({ ...base, measuredAtMs: atMs + 60_000, quality: 'bad', reason: 'timeout' });
    under.history.add({ ...base, measuredAtMs: atMs + 60_000, quality: 'suspect', value: 1 });
    under.history.add({ ...base, measuredAtMs: atMs + 120_000, quality: 'good', value: -5 });
    const from = encodeURIComponent('2026-06-01T08:00:00+08:00');
    const items: Body[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages++) {
      const page = await getJson(`/api/v1/readings?sensor=level-1&from=${from}&to=${atMs + 200_000}&limit=1${cursor}`);
      items.push(...page.items);
      if (page['next'] === null) break;
      cursor = `&cursor=${String(page['next'])}`;
    }
    expect(items.map((item) => [item['quality'], item['value'], item['text']])).toEqual([
      ['good', 14.42, '14.420'],
      ['bad', undefined, undefined],
      ['suspect', 0.001, '0.001'],
      ['good', -0.005, '-0.005'],
    ]);
    expect(items[1]).not.toHaveProperty('value');
    expect(items[0]?.['measuredAt']).toBe('2026-06-01T00:00:00.000Z');
  });

  test('of alerts show the open ones, and all of them when asked', async () => {
    under.alerts.put(fakeAlert());
    under.alerts.put(fakeAlert({ id: 'a-2', lifecycle: 'closed' }));
    under.alerts.put(fakeAlert({ id: 'a-3', lifecycle: 'acknowledged' }));
    const ids = async (query: string) => {
      const out: unknown[] = [];
      for (let cursor = ''; ; ) {
        const page = await getJson(`/api/v1/alerts?${query}${cursor}`);
        out.push(...page.items.map((item) => item['id']));
        if (page['next'] === null) return out;
        cursor = `&cursor=${encodeURIComponent(String(page['next']))}`;
      }
    };
    expect(await ids('')).toEqual(['a-1', 'a-3']);
    expect(await ids('state=closed')).toEqual(['a-2']);
    expect(await ids('state=all')).toEqual(['a-1', 'a-3', 'a-2']);
    expect(await ids('state=all&limit=1')).toEqual(['a-1', 'a-3', 'a-2']);
    const [first] = (await getJson('/api/v1/alerts')).items;
    expect(first).toMatchObject({
      id: 'a-1',
      level: 'orange',
      lifecycle: 'raised',
      condition: 'active',
      hazard: 'landslide',
      subject: { kind: 'point', id: 'slope-1' },
      gridCode: '999900001001',
      raisedAt: '2026-06-01T08:00:00.000Z',
    });
    expect((first?.['recipients'] as Body[] | undefined)?.[2]).toMatchObject({
      personId: 'p-town',
      tier: 2,
      reason: '青石镇值班，黄色及以上',
    });
  });
});

describe('the answers', () => {
  test('bear headers that keep a browser to our own files', async () => {
    const { headers } = await get('/healthz');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('are described by a document that names every route', async () => {
    const document = (await getJson('/openapi.json')) as unknown as {
      readonly openapi: string;
      readonly paths: { readonly [path: string]: { readonly [method: string]: { readonly responses: Body } } };
    };
    expect(document.openapi).toBe('3.1.0');
    const paths = ROUTE_IDS.filter((id) => id !== 'page').map((id) => ROUTES[id].path.replace(/:(\w+)/g, '{$1}'));
    expect(paths.length).toBeGreaterThan(20);
    expect(Object.keys(document.paths).sort()).toEqual([...new Set(paths)].sort());
    expect(document.paths['/api/v1/alerts/{id}/close']?.['post']?.responses).toHaveProperty('409');
    expect(JSON.stringify(document.paths['/api/v1/readings'])).toContain('"sensor"');
  });

  test('of readiness follow the parts', async () => {
    expect(await getJson('/readyz')).toMatchObject({ ready: true });
    expect(await (await get('/metrics', {})).text()).toContain('fengsui_up 1');
  });
});
