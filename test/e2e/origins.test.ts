import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectCounty } from '#cli/load/io/read-county.ts';
import { edgeTopic } from '#model/topics.ts';
import { until } from '#test/support/until.ts';
import { closeClient, good, openClient, passwordOf } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { alertsOf, get } from './support/client.ts';
import { addEdge, addPoint, copyCounty, setOrigin } from './support/county-copy.ts';

const SECRET = 'shared-secret-of-this-test';
const SECRET_NAME = 'FENGSUI_TEST_CHANNEL_SECRET';
const DRILL = { id: 'edge-drill', township: '451099101', origin: 'drill' };
const DRILL_POINT = { id: 'drill-slope', lon: 106.475, lat: 24.424, sensorId: 'drill-crack', edgeId: 'edge-drill' };

/** Two heads of one zone in alarm, which is a fire. */
const twoHeads = (zone: 'east' | 'west', nowMs: number) =>
  (zone === 'east' ? ['cangku-3-smoke-1', 'cangku-3-smoke-3'] : ['cangku-3-smoke-2', 'cangku-3-smoke-4']).map((id) =>
    good(id, nowMs, 2),
  );

type Request = { readonly body: string; readonly headers: IncomingHttpHeaders };

/** The county's message platform: whatever arrives here reaches people. */
async function openPlatform() {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      requests.push({ body: Buffer.concat(pieces).toString(), headers: request.headers });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/people`,
    requests,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const channel = (url: string, more: string) =>
  `channels:\n  - { id: console, kind: console }\n  - id: county-platform\n    kind: webhook\n    url: ${url}\n    minLevel: blue\n    ${more}\n`;

describe('a channel that reaches people', () => {
  let platform: Awaited<ReturnType<typeof openPlatform>>;
  let chain: Chain;
  beforeAll(async () => {
    process.env[SECRET_NAME] = SECRET;
    platform = await openPlatform();
    chain = await startChain({
      edit: (county) => {
        county.edit('edges.yaml', setOrigin('edge-qingxi', 'replay'));
        county.edit('edges.yaml', setOrigin('edge-park', 'live'));
        county.edit('edges.yaml', addEdge(DRILL));
        county.edit('points.yaml', addPoint(DRILL_POINT));
        county.edit('channels.yaml', () => channel(platform.url, `accepts: [live]\n    secretEnv: ${SECRET_NAME}`));
      },
    });
  });
  afterAll(async () => {
    await chain?.close();
    await platform?.stop();
    delete process.env[SECRET_NAME];
  });

  const untilRed = (subject: string) =>
    until(`red at ${subject}`, 10_000, async () =>
      (await alertsOf(chain, subject)).find((alert) => alert.level === 'red' && alert.hazard !== 'equipment'),
    );
  /** Two samples past red, two seconds apart, which is longer than any on-delay but the reservoir's. */
  const redCrack = (sensorId: string) => {
    const nowMs = chain.clock.nowMs();
    return [good(sensorId, nowMs - 2_000, 9_000), good(sensorId, nowMs, 9_100)];
  };

  it('hears nothing of simulated, replayed and drill rows, whatever their boxes claim', async () => {
    const simulated = await chain.box('edge-shiqiao');
    const replayed = await chain.box('edge-qingxi');
    const drill = await chain.box('edge-drill');
    await drill.send(redCrack('drill-crack'));
    const nowMs = chain.clock.nowMs();
    await replayed.send([good('longtan-level', nowMs - 40_000, 16_500), good('longtan-level', nowMs, 16_600)]);
    // The payload says that it is live, in every place where a careless reader might look.
    const claim = simulated.encode(redCrack('taoshuwan-crack'));
    const lying = JSON.stringify({ ...JSON.parse(claim), origin: 'live', o: 'live', credential: { origin: 'live' } });
    await simulated.sendText(lying);
    await simulated.untilAcked(1);
    const origins = new Map<string, string>();
    for (const subject of ['taoshuwan', 'longtan', 'drill-slope'])
      origins.set(subject, (await untilRed(subject)).origin);
    expect(Object.fromEntries(origins)).toEqual({ taoshuwan: 'simulated', longtan: 'replay', 'drill-slope': 'drill' });
    expect(platform.requests).toEqual([]);
  });

  it('cannot be reached under the name of a live box: not by topic, not by client id, not by a batch that names it', async () => {
    const live = { id: 'edge-park', township: '451099103' };
    const red = twoHeads('east', chain.clock.nowMs());
    const password = passwordOf(chain.dataDir, 'edge-shiqiao');
    const mine = { username: 'edge-shiqiao', password };
    await expect(openClient(chain.mqttUrl(), { ...mine, clientId: live.id })).rejects.toThrow(/[Nn]ot authorized/);
    await expect(openClient(chain.mqttUrl(), { clientId: live.id, username: live.id, password })).rejects.toThrow(
      /[Nn]ot authorized/,
    );
    const cheat = await chain.box('edge-shiqiao');
    const forged = JSON.parse(cheat.encode(red)) as { e: string; s: number };
    forged.e = live.id;
    forged.s = 77;
    // On the live box's topic the broker ends it; on its own topic ingest puts it aside.
    await cheat.client.publishAsync(edgeTopic(live.township, live.id, 'up'), JSON.stringify(forged), { qos: 1 });
    await cheat.sendText(JSON.stringify(forged));
    // The live box's sensor, under the cheat's own name.
    const own = JSON.parse(cheat.encode(red)) as { s: number };
    own.s = 78;
    await cheat.sendText(JSON.stringify(own));
    await cheat.untilAcked(78);
    const held = (await get(chain, '/api/v1/quarantine?limit=10')).body['items'] as {
      edgeId: string;
      reason: string;
    }[];
    expect(held.map(({ edgeId, reason }) => `${edgeId} ${reason}`).sort()).toEqual([
      'edge-shiqiao identity',
      'edge-shiqiao unknown-sensor',
    ]);
    expect(await chain.metrics()).toMatch(/fengsui_broker_denied_total\{[^}]*reason="foreign"[^}]*\} 1/);
    await chain.settled();
    expect((await alertsOf(chain, 'cangku-3')).filter((alert) => alert.hazard === 'fire')).toEqual([]);
    expect(platform.requests).toEqual([]);
    await closeClient(cheat.client);
  });

  it('hears of a live red once, signed with the shared secret', async () => {
    const live = await chain.box('edge-park');
    await live.send(twoHeads('east', chain.clock.nowMs()));
    const alert = await untilRed('cangku-3');
    await until('the delivery to be recorded', 10_000, () =>
      chain.alerts
        .deliveries(alert.id)
        .some(
          (delivery) => delivery.channel === 'county-platform' && delivery.state === 'sent' && delivery.round === 2,
        ),
    );
    // The first head alone was yellow, and told as well.
    const reds = platform.requests.filter(({ body }) => body.includes('"level":"red"'));
    expect(reds).toHaveLength(1);
    const [request] = reds;
    const signature = `sha256=${createHmac('sha256', SECRET)
      .update(request?.body ?? '')
      .digest('hex')}`;
    expect(request?.headers['fengsui-signature']).toBe(signature);
    expect(JSON.parse(request?.body ?? '{}')).toMatchObject({ alert: { origin: 'live', level: 'red' } });
  });

  it('sends nothing when a live box becomes a simulated one in the county’s files', async () => {
    const before = platform.requests.length;
    await chain.edit('edges.yaml', setOrigin('edge-park', 'simulated'));
    const box = await chain.box('edge-park');
    const seq = 1_000;
    const text = JSON.parse(box.encode(twoHeads('west', chain.clock.nowMs()))) as { s: number };
    await box.sendText(JSON.stringify({ ...text, s: seq }));
    await box.untilAcked(seq);
    const alert = await until('the simulated red', 10_000, async () =>
      (await alertsOf(chain, 'cangku-3')).find((one) => one.hazard === 'fire' && one.origin === 'simulated'),
    );
    expect(alert.level).toBe('red');
    await chain.settled();
    expect(platform.requests.length).toBe(before);
  });
});

describe('the county’s files', () => {
  it.each(['simulated', 'replay'])('may not let a channel that reaches people take %s rows', (origin) => {
    const county = copyCounty();
    const lintsOf = (more: string) => {
      county.edit('channels.yaml', () => channel('http://127.0.0.1:9/', more));
      return inspectCounty(county.dir, Date.parse('2026-06-01T00:00:00Z')).lints.filter(
        (lint) => lint.severity === 'error',
      );
    };
    const refused = lintsOf(`accepts: [live, ${origin}]`);
    expect(refused.map(({ kind, file }) => [kind, file.endsWith('channels.yaml')])).toEqual([['real-channel', true]]);
    expect(refused[0]?.line).toBeGreaterThan(2);
    expect(lintsOf(`accepts: [live, ${origin}]\n    test: true`)).toEqual([]);
    county.remove();
  });
});
