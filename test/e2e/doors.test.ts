import { request as httpRequest } from 'node:http';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeCredential, rotateCredential } from '#broker/io/credentials.ts';
import { credentialsFile } from '#cli/io/secrets.ts';
import { ROUTE_IDS, ROUTES } from '#dashboards/api/permissions.ts';
import { edgeTopic } from '#model/topics.ts';
import { openSse } from '#test/console/support/sse-client.ts';
import { until } from '#test/support/until.ts';
import { type Box, closeClient, good, openClient, passwordOf } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { ANYBODY, alertsOf, type Caller, get, post, signIn } from './support/client.ts';

const SHIQIAO = '451099101';
const QINGXI = '451099102';
/** Heads of two villages, of the township above the first, and one who informs. */
const HEAD = 'luo-yongfu';
const OTHER_HEAD = 'cen-guangming';
const TOWN_HEAD = 'huang-dexing';
const TELLER = 'huang-xiaomei';

let chain: Chain;
let shiqiao: Box;
let wallMs = 1_800_000_000_000;
beforeAll(async () => {
  chain = await startChain({ logins: [HEAD, OTHER_HEAD, TOWN_HEAD, TELLER], wallMs: () => wallMs });
  shiqiao = await chain.box('edge-shiqiao');
});
afterAll(() => chain?.close());

describe('the broker’s doors', () => {
  const as = (user: string, password: string, clientId = user) =>
    openClient(chain.mqttUrl(), { username: user, password, clientId });

  it('let nobody in without his own credential and name', async () => {
    const password = passwordOf(chain.dataDir, 'edge-qingxi');
    await expect(openClient(chain.mqttUrl(), { clientId: 'anybody' })).rejects.toThrow();
    await expect(as('edge-qingxi', 'wrong')).rejects.toThrow(/[Nn]ot authorized/);
    await expect(as('edge-nobody', password)).rejects.toThrow(/[Nn]ot authorized/);
    await expect(as('edge-qingxi', password, 'edge-park')).rejects.toThrow(/[Nn]ot authorized/);
    await expect(as('edge-qingxi', passwordOf(chain.dataDir, 'edge-park'))).rejects.toThrow(/[Nn]ot authorized/);
    await closeClient(await as('edge-qingxi', password));
  });

  it('grant an edge its own acks and commands, and no other subscription', async () => {
    const client = await as('edge-qingxi', passwordOf(chain.dataDir, 'edge-qingxi'));
    const granted = async (filter: string) => {
      const [grant] = await client.subscribeAsync(filter, { qos: 1 }).catch(() => [{ qos: 128 }]);
      return (grant?.qos ?? 128) < 3;
    };
    expect(await granted(edgeTopic(QINGXI, 'edge-qingxi', 'ack'))).toBe(true);
    expect(await granted(edgeTopic(QINGXI, 'edge-qingxi', 'cmd'))).toBe(true);
    const refused = [
      '#',
      '+/#',
      '$SYS/#',
      '$SYS/broker/clients',
      `$share/all/${edgeTopic(QINGXI, 'edge-qingxi', 'ack')}`,
      '$share/all/#',
      'fengsui/v1/edge/+/+/ack',
      edgeTopic(SHIQIAO, 'edge-shiqiao', 'ack'),
      edgeTopic(SHIQIAO, 'edge-shiqiao', 'cmd'),
      edgeTopic(SHIQIAO, 'edge-shiqiao', 'up'),
      edgeTopic(QINGXI, 'edge-qingxi', 'up'),
      'fengsui/v1/grid/451099/#',
    ];
    for (const filter of refused) expect([filter, await granted(filter)]).toEqual([filter, false]);
    await closeClient(client);
  });

  it('end what an edge publishes under another name or in another direction, and go on with what is its own', async () => {
    const heard: string[] = [];
    const victim: MqttClient = shiqiao.client;
    victim.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`));
    await victim.subscribeAsync(edgeTopic(SHIQIAO, 'edge-shiqiao', 'cmd'), { qos: 1 });
    const qingxi = await chain.box('edge-qingxi');
    const topics = [
      edgeTopic(SHIQIAO, 'edge-shiqiao', 'cmd'),
      edgeTopic(SHIQIAO, 'edge-shiqiao', 'ack'),
      edgeTopic(SHIQIAO, 'edge-shiqiao', 'up'),
      edgeTopic(SHIQIAO, 'edge-qingxi', 'up'),
      edgeTopic(QINGXI, 'edge-qingxi', 'cmd'),
      '$SYS/broker/fake',
      'fengsui/v1/grid/451099/451099102/451099102201/longtan/alert',
    ];
    for (const topic of topics) await qingxi.client.publishAsync(topic, '{"epoch":"x","ranges":[[1,9]]}', { qos: 1 });
    await qingxi.send([good('longtan-level', chain.clock.nowMs(), 12_000)]);
    await shiqiao.send([good('taoshuwan-crack', chain.clock.nowMs(), 200)]);
    expect(heard.filter((line) => !line.includes('"epoch":"epoch-1"'))).toEqual([]);
    const denied = [
      ...(await chain.metrics()).matchAll(/fengsui_broker_denied_total\{[^}]*direction="publish"[^}]*\} (\d+)/g),
    ];
    expect(denied.reduce((sum, match) => sum + Number(match[1]), 0)).toBe(topics.length);
  });

  it('close a connection within five seconds after its credential was revoked, and one whose password changed lets nobody back in with the old one', async () => {
    const file = credentialsFile(chain.dataDir);
    const park = await chain.box('edge-park');
    const password = passwordOf(chain.dataDir, 'edge-park');
    const startedMs = performance.now();
    expect(removeCredential(file, 'edge-park')).toBe(true);
    await until('the broker to close the connection', 5_000, () => !park.client.connected);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await expect(as('edge-park', password)).rejects.toThrow(/[Nn]ot authorized/);
    const renewed = rotateCredential(file, 'edge-park', { kind: 'edge', township: '451099103', origin: 'simulated' });
    await expect(as('edge-park', password)).rejects.toThrow(/[Nn]ot authorized/);
    const back = await until('the new password to hold', 5_000, () => as('edge-park', renewed));
    await closeClient(back);
  });
});

describe('the console’s doors', () => {
  let village: Caller;
  let other: Caller;
  let town: Caller;
  let teller: Caller;
  beforeAll(async () => {
    [village, other, town, teller] = (await Promise.all(
      [HEAD, OTHER_HEAD, TOWN_HEAD, TELLER].map((id) => signIn(chain, id)),
    )) as [Caller, Caller, Caller, Caller];
    const nowMs = chain.clock.nowMs();
    await shiqiao.send([
      good('taoshuwan-crack', nowMs, 2_500),
      good('taoshuwan-crack', nowMs + 1_500, 2_500),
      good('xiangshui-crack', nowMs, 2_500),
      good('xiangshui-crack', nowMs + 1_500, 2_500),
    ]);
    for (const point of ['taoshuwan', 'xiangshui'])
      await until(`the alert of ${point}`, 10_000, async () =>
        (await alertsOf(chain, point)).find((one) => one.hazard === 'landslide'),
      );
  });

  it('answer 401 to nobody in particular, on every route but the open ones', async () => {
    let asked = 0;
    for (const id of ROUTE_IDS) {
      const route = ROUTES[id];
      if (route.who === 'public') continue;
      asked++;
      // Thirty wrong tokens a minute are heard; then nobody is.
      wallMs += 2_500;
      const path = route.path.replace(':id', 'taoshuwan');
      const response = await fetch(`${chain.http()}${path}`, { method: route.method.toUpperCase(), headers: ANYBODY });
      expect([id, response.status]).toEqual([id, 401]);
      await response.body?.cancel();
      const wrong = await fetch(`${chain.http()}${path}`, {
        method: route.method.toUpperCase(),
        headers: { authorization: 'Bearer something-else', cookie: 'fengsui_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
      });
      expect([id, wrong.status]).toEqual([id, 401]);
      await wrong.body?.cancel();
    }
    expect(asked).toBeGreaterThan(12);
  });

  it('show a village’s head his own subtree and nothing else, in every list', async () => {
    const codes = async (path: string, pick: (item: Record<string, unknown>) => unknown) => {
      const { status, body } = await get(chain, path, village);
      expect(status).toBe(200);
      return new Set((body['items'] as Record<string, unknown>[]).map(pick));
    };
    expect(await codes('/api/v1/points?limit=200', (item) => item['id'])).toEqual(new Set(['taoshuwan']));
    expect(await codes('/api/v1/alerts?state=all&limit=200', (item) => item['gridCode'])).toEqual(
      new Set(['451099101201']),
    );
    expect(await codes('/api/v1/grids?limit=200', (item) => item['code'])).toEqual(new Set(['451099101201']));
    expect(await codes('/api/v1/readings?limit=200', (item) => item['pointId'])).toEqual(new Set(['taoshuwan']));
    const people = await codes('/api/v1/people?limit=200', (item) => item['id']);
    expect(people).toEqual(new Set([HEAD, 'luo-caixia', 'wei-dashan', TELLER]));
  });

  it('refuse what belongs to another village, by whichever way it is asked for', async () => {
    const [foreign] = await alertsOf(chain, 'xiangshui');
    const paths = [
      '/api/v1/points/xiangshui',
      '/api/v1/points/longtan',
      '/api/v1/points/no-such-point',
      '/api/v1/points?grid=451099101202',
      '/api/v1/points?grid=451099',
      '/api/v1/readings?sensor=xiangshui-crack',
      `/api/v1/alerts/${foreign?.id}`,
      `/api/v1/alerts/${foreign?.id}/events`,
      `/api/v1/alerts/${foreign?.id}/deliveries`,
      '/api/v1/alerts?grid=451099101',
      '/api/v1/quarantine',
    ];
    for (const path of paths) {
      const { status } = await get(chain, path, village);
      expect([path, status === 403 || status === 404]).toEqual([path, true]);
    }
    expect((await get(chain, '/api/v1/points/xiangshui', other)).status).toBe(200);
    expect((await get(chain, '/api/v1/points/xiangshui', town)).status).toBe(200);
  });

  it('let a person act in his own subtree only, and only with a post for it', async () => {
    const [own] = await alertsOf(chain, 'taoshuwan');
    const [foreign] = await alertsOf(chain, 'xiangshui');
    const acknowledge = (id: string | undefined, caller: Caller) =>
      post(chain, `/api/v1/alerts/${id}/acknowledge`, {}, caller);
    expect((await acknowledge(foreign?.id, village)).status).toBe(403);
    expect((await acknowledge(own?.id, other)).status).toBe(403);
    // Whoever informs may say that he has it; to end it is for those who answer for the grid.
    expect((await post(chain, `/api/v1/alerts/${own?.id}/close`, { note: '已核查' }, teller)).status).toBe(403);
    expect((await acknowledge(own?.id, ANYBODY)).status).toBe(401);
    expect((await alertsOf(chain, 'taoshuwan'))[0]?.lifecycle).toBe('raised');
    const done = await acknowledge(own?.id, village);
    expect([done.status, done.body['lifecycle']]).toEqual([200, 'acknowledged']);
    expect((await acknowledge(foreign?.id, town)).status).toBe(200);
    // Another site's page cannot act with this person's cookie.
    const foreignPage = { ...village, origin: 'http://evil.example' };
    expect((await post(chain, `/api/v1/alerts/${own?.id}/handle`, {}, foreignPage)).status).toBe(403);
  });

  it('stream to a village’s head what concerns his village, and not a word of the next one', async () => {
    const mine = await openSse(`${chain.http()}/api/v1/stream`, village);
    const all = await openSse(`${chain.http()}/api/v1/stream`, town);
    await mine.next('hello');
    await all.next('hello');
    const nowMs = chain.clock.nowMs() + 3_000;
    await shiqiao.send([good('xiangshui-crack', nowMs, 4_500), good('xiangshui-crack', nowMs + 1_500, 4_500)]);
    await shiqiao.send([good('taoshuwan-crack', nowMs, 4_500), good('taoshuwan-crack', nowMs + 1_500, 4_500)]);
    const says = (word: string) => (data: Record<string, unknown>) => JSON.stringify(data).includes(word);
    await all.next('alert', says('xiangshui'));
    await all.next('alert', says('taoshuwan'));
    await mine.next('alert', says('taoshuwan'));
    await mine.next('state', says('taoshuwan'));
    await all.next('state', says('xiangshui'));
    expect(JSON.stringify(mine.events)).not.toMatch(/xiangshui|longtan|451099101202/);
    await mine.close();
    await all.close();
    const nobody = await openSse(`${chain.http()}/api/v1/stream`, {});
    expect(nobody.response.status).toBe(401);
    await nobody.close();
  });

  it('answer 429 to whoever guesses passwords, to the right one as well until the minute is over', async () => {
    const guess = async (user: string, password: string) => {
      const response = await fetch(`${chain.http()}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user, password }),
      });
      await response.body?.cancel();
      return [response.status, response.headers.has('retry-after')];
    };
    for (let tries = 0; tries < 5; tries++) expect(await guess('wei-guoping', `guess ${tries}`)).toEqual([401, false]);
    expect(await guess('wei-guoping', 'guess 6')).toEqual([429, true]);
    wallMs += 61_000;
    expect(await guess('wei-guoping', 'guess 7')).toEqual([401, false]);
    expect(await chain.metrics()).toMatch(/fengsui_sign_ins_total\{[^}]*outcome="throttled"[^}]*\} 1/);
  });

  it('close a person’s stream when he signs out', async () => {
    const caller = await signIn(chain, HEAD);
    const stream = await openSse(`${chain.http()}/api/v1/stream`, caller);
    await stream.next('hello');
    const ended = await fetch(`${chain.http()}/api/v1/session`, { method: 'DELETE', headers: caller });
    expect(ended.status).toBe(200);
    await stream.closed();
    expect((await get(chain, '/api/v1/points', caller)).status).toBe(401);
  });

  it('know no way around by path tricks', async () => {
    const raw = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const { port } = new URL(chain.http());
        const sent = httpRequest({ host: '127.0.0.1', port, path, headers: village }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        sent.on('error', reject);
        sent.end();
      });
    for (const path of [
      '/api/v1//points/xiangshui',
      '/api/v1/points/../points/xiangshui',
      '/api/v1/points/%2e%2e/xiangshui',
      '/api/v1/points/taoshuwan/../xiangshui',
      '/../data/console/auth.sqlite',
      '/%2e%2e/console/auth.sqlite',
    ])
      expect([path, [400, 403, 404].includes(await raw(path))]).toEqual([path, true]);
  });
});
