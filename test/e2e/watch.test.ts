import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeTopic } from '#model/topics.ts';
import { type Running, runFengsui, top } from '#test/support/command.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import { type Box, good } from './support/box.ts';
import { type Chain, startChain } from './support/chain.ts';
import { get, SCRIPT } from './support/client.ts';
import { swap } from './support/county-copy.ts';

let chain: Chain;
let ingest: Running;
let box: Box;
beforeAll(async () => {
  chain = await startChain({ parts: ['broker', 'rules', 'alerts', 'console'] });
  ingest = runFengsui(['run', 'ingest'], {
    FENGSUI_DATA: chain.dataDir,
    FENGSUI_COUNTY: chain.county.dir,
    FENGSUI_DEVICES: `${top}/devices`,
    FENGSUI_MQTT: new URL(chain.mqttUrl()).host,
    FENGSUI_TICK_MS: '1000',
  });
  await until('ingest to hear the edges', 20_000, () => ingest.output().includes('ingest hears the edges'));
  box = await chain.box('edge-shiqiao');
});
afterAll(async () => {
  await ingest?.stop('SIGKILL');
  await chain?.close();
});

/** The sum of a counter over the label sets that contain all of `labels`. */
function sumOf(text: string, name: string, labels: readonly string[]): number {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && labels.every((one) => line.includes(one)));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
const counted =
  (name: string, ...labels: readonly string[]) =>
  async () =>
    sumOf(await chain.metrics(), name, labels);

/** Bytes into a port, and whatever comes back until the other side closes. */
const shout = (url: string, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });

describe('what is malformed', () => {
  const cases: readonly (readonly [string, readonly [string, ...string[]], () => Promise<unknown>])[] = [
    [
      'bytes that are no MQTT',
      ['fengsui_broker_malformed_total'],
      () => shout(chain.mqttUrl(), 'GET / HTTP/1.1\r\n\r\n'),
    ],
    [
      'an MQTT greeting in another protocol',
      ['fengsui_broker_connection_errors_total'],
      () => shout(chain.mqttUrl(), Buffer.from([0x10, 0x06, 0x00, 0x04, 0x4d, 0x51, 0xff, 0xff])),
    ],
    ['a payload that is no JSON', ['fengsui_quarantined_total', 'reason="json"'], () => box.sendText('{"v":1,')],
    [
      'a payload that is no batch',
      ['fengsui_quarantined_total', 'reason="shape"'],
      () => box.sendText('{"v":1,"e":"edge-shiqiao"}'),
    ],
    [
      'a batch of another version',
      ['fengsui_quarantined_total', 'reason="version"'],
      () => box.sendText('{"v":9,"e":"edge-shiqiao","p":"epoch-9","s":1}'),
    ],
    [
      'a status that says nothing',
      ['fengsui_ingest_malformed_status_total'],
      () => box.client.publishAsync(edgeTopic('451099101', 'edge-shiqiao', 'status'), 'hello', { qos: 1 }),
    ],
    [
      'a topic that does not exist',
      ['fengsui_broker_denied_total', 'reason="malformed"'],
      () => box.client.publishAsync('fengsui/v1/edge/451099101/edge-shiqiao/upp', 'x', { qos: 1 }),
    ],
    [
      'an HTTP body that is no JSON',
      ['fengsui_http_requests_total', 'status="400"', 'route="signIn"'],
      async () => {
        const response = await fetch(`${chain.http()}/api/v1/session`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"user": "a",\n "password" "b"}',
        });
        expect(response.status).toBe(400);
        expect(JSON.stringify(await response.json())).toMatch(/line 2, column 1[0-9]/);
      },
    ],
    [
      'a query that asks for nonsense',
      ['fengsui_http_requests_total', 'status="400"', 'route="alerts"'],
      async () => expect((await get(chain, '/api/v1/alerts?limit=all')).status).toBe(400),
    ],
    [
      'bytes that are no HTTP',
      ['fengsui_http_malformed_total'],
      async () => expect(await shout(chain.http(), '\u0000\u0001 nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/),
    ],
  ];
  it.each(cases)('is counted and disturbs nothing else: %s', async (_what, [name, ...labels], send) => {
    const count = counted(name, ...labels);
    const before = await count();
    await send();
    await until(`${name} to move`, 5_000, async () => (await count()) > before);
    await box.send([good('taoshuwan-crack', chain.clock.nowMs(), 200)]);
    expect((await get(chain, '/api/v1/points')).status).toBe(200);
  });

  it('is counted and told with file, line and column when it is an edit of the county, and leaves the last good one in force', {
    timeout: 60_000,
  }, async () => {
    chain.county.edit('edges.yaml', (text) => swap(text, 'id: edge-park', 'id: [edge park'));
    const refused = counted('fengsui_county_refused_total', 'part="county"', 'process="ingest"');
    await until('the refusal to be counted', 15_000, async () => (await refused()) > 0);
    expect(ingest.output()).toMatch(/edges\.yaml:\d+:\d+/);
    chain.county.edit('rules/smoke.yaml', (text) => swap(text, 'hazard: fire', 'hazard: flying saucer'));
    const rules = counted('fengsui_county_refused_total', 'part="rules"', 'process="ingest"');
    await until('the rule file’s refusal to be counted', 15_000, async () => (await rules()) > 0);
    expect(ingest.output()).toMatch(/smoke\.yaml:\d+:\d+/);
    await box.send([good('taoshuwan-crack', chain.clock.nowMs(), 200)]);
  });
});

describe('what watches the watchers', () => {
  it.skipIf(!needs('promtool'))('is text that Prometheus takes', async () => {
    const text = await chain.metrics();
    expect(text.split('\n').length).toBeGreaterThan(100);
    for (const process of ['broker', 'ingest', 'rules', 'alerts', 'console'])
      expect(text).toContain(`process="${process}"`);
    const said = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    // Style remarks on names that the runtime's own collectors chose are no fault of the text.
    const faults = `${said.stdout}${said.stderr}`
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('nodejs_'));
    expect(faults).toEqual([]);
  });

  it('turns not ready within ten seconds when ingest has died and nobody starts it again, and names it', {
    timeout: 60_000,
  }, async () => {
    const ready = await get(chain, '/readyz', {});
    expect([ready.status, ready.body['ready']]).toEqual([200, true]);
    ingest.process.kill('SIGKILL');
    await ingest.exited;
    const diedMs = performance.now();
    const report = await until('/readyz to say so', 10_000, async () => {
      const answer = await get(chain, '/readyz', {});
      return answer.status === 503 ? answer.body : undefined;
    });
    expect(performance.now() - diedMs).toBeLessThan(10_000);
    const parts = report['parts'] as { name: string; ok: boolean; detail: string }[];
    expect(parts.filter((part) => !part.ok).map((part) => part.name)).toEqual(['ingest']);
    expect(parts.find((part) => part.name === 'ingest')?.detail).toMatch(/silent since/);
    // The process itself lives, and says what it still can.
    expect((await get(chain, '/healthz', {})).status).toBe(200);
    expect((await get(chain, '/api/v1/alerts', SCRIPT)).status).toBe(200);
  });
});
