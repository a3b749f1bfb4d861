import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAZARD_TEXT, ORIGIN_TEXT } from '#alerts/wording.ts';
import { EXAMPLES } from '#dashboards/node-red/flows/all.ts';
import type { FlowNode } from '#dashboards/node-red/flows/parts.ts';
import { HAZARDS, MARKS } from '#dashboards/node-red/flows/words.ts';
import { EXAMPLES_DIR } from '#dashboards/node-red/io/write-examples.ts';
import { SERVER_NODE_ID } from '#dashboards/node-red/settings/first-flows.ts';
import { type Box, good } from '#test/e2e/support/box.ts';
import { type Chain, startChain } from '#test/e2e/support/chain.ts';
import { type ApiAlert, alertsOf, get, post } from '#test/e2e/support/client.ts';
import { addEdge, addPoint, setOrigin } from '#test/e2e/support/county-copy.ts';
import { type Running, runFengsui } from '#test/support/command.ts';
import { until } from '#test/support/until.ts';
import { type NodeRedUnderTest, startNodeRedUnderTest } from './support/node-red-under-test.ts';
import { openBoard, openHttp, readFrame } from './support/receivers.ts';

/** A limit for what hangs: the whole chain and Node-RED start here, beside other tests. */
const START_LIMIT_MS = 150_000;
/** The dispatcher of the township, as whom the flows act. */
const PERSON = 'qin-haiyan';
const PICTURE = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, ...Buffer.from('not much of a picture'), 0xff, 0xd9);
const TAKEN = { status: 200, body: JSON.stringify({ errcode: 0, errmsg: 'ok' }) };

const exampleFiles = Object.keys(EXAMPLES);
const readExample = (file: string) => JSON.parse(readFileSync(join(EXAMPLES_DIR, file), 'utf8')) as FlowNode[];

describe('the example flows as files', () => {
  it('are what their source says (node dashboards/node-red/io/write-examples.ts writes them anew)', () => {
    expect(readdirSync(EXAMPLES_DIR).sort()).toEqual([...exampleFiles].sort());
    for (const [file, flow] of Object.entries(EXAMPLES)) expect([file, readExample(file)]).toEqual([file, flow()]);
  });

  it('say hazards and origins as the messages of alerts do', () => {
    expect(HAZARDS).toEqual(Object.fromEntries(Object.entries(HAZARD_TEXT).map(([key, { zh }]) => [key, zh])));
    expect(MARKS).toEqual(Object.fromEntries(Object.entries(ORIGIN_TEXT).map(([key, { zh }]) => [key, zh])));
  });

  it('take live alerts only, as they come, and hold no secret', () => {
    for (const file of exampleFiles) {
      const nodes = readExample(file);
      for (const node of nodes.filter(({ type }) => type === 'fengsui-alerts-in'))
        expect([file, node['drill'], node['simulated'], node['replay']]).toEqual([file, false, false, false]);
      const [tab] = nodes.filter(({ type }) => type === 'tab');
      const env = tab?.['env'] as readonly { readonly name: string; readonly value: string; readonly type: string }[];
      for (const { name, value, type } of env)
        if (/KEY|WECOM_URL/.test(name)) expect([file, name, type, value]).toEqual([file, name, 'cred', '']);
      expect(nodes.some((node) => 'credentials' in node)).toBe(false);
    }
  });
});

/** Readings over MQTT, with the credential that the first start filled in, sent on to a receiver. */
function readingsTo(url: string): readonly object[] {
  const at = (id: string, type: string, more: object, wires: readonly (readonly string[])[]) => ({
    ...{ id, type, z: 'heard', x: 100, y: 100, name: id, wires },
    ...more,
  });
  const func = `msg.url = ${JSON.stringify(url)}; msg.payload = JSON.stringify(msg.reading); return msg;`;
  const http = { method: 'POST', ret: 'txt', paytoqs: 'ignore', url: '', persist: false, authType: '', headers: [] };
  return [
    { id: 'heard', type: 'tab', label: 'heard' },
    at('in', 'fengsui-readings-in', { server: SERVER_NODE_ID, via: 'mqtt', points: 'taoshuwan' }, [['to'], []]),
    at('to', 'function', { func, outputs: 1, libs: [] }, [['out']]),
    at('out', 'http request', http, [[]]),
  ];
}

describe('the example flows, deployed', () => {
  let chain: Chain;
  let red: NodeRedUnderTest;
  let box: Box;
  let sms: Awaited<ReturnType<typeof openHttp>>;
  let robot: Awaited<ReturnType<typeof openHttp>>;
  let heard: Awaited<ReturnType<typeof openHttp>>;
  let camera: Awaited<ReturnType<typeof openHttp>>;
  let again: Running | undefined;
  let board: Awaited<ReturnType<typeof openBoard>>;

  /** As an integrator does it: each example imported, its sheet filled in, the server that is there kept. */
  async function deployAll(): Promise<void> {
    const filled: { readonly [file: string]: { readonly [name: string]: string } } = {
      SMS: { SMS_URL: `${sms.url}/send`, SMS_TO: '13900000001，13900000002', SMS_KEY: 'key-of-the-gateway' },
      WECOM: { WECOM_URL: `${robot.url}/cgi-bin/webhook/send?key=of-the-group`, TOO_OFTEN_MS: '60' },
      BOARD: { BOARD_HOST: '127.0.0.1', BOARD_PORT: String(board.port), BOARD_ADDRESS: '03', REPLY_MS: '400' },
      CAMERA: { CAMERA_URL: `${camera.url}/snap/{point}.jpg` },
    };
    const given: { readonly [name: string]: string } = {
      ...Object.assign({}, ...Object.values(filled)),
      RETRY_MS: '20',
    };
    const there = (await (await red.asEditor('/flows')).json()) as FlowNode[];
    const imported = exampleFiles.flatMap(readExample);
    const nodes = imported.map((node) => {
      if (node['name'] === '黄色以上' && node['z'] === imported[0]?.id) return { ...node, drill: true };
      if (node.type !== 'tab') return node;
      const env = node['env'] as readonly { readonly name: string; readonly type: string; readonly value: string }[];
      const secrets = env.filter(({ type }) => type === 'cred').map(({ name }) => [name, given[name] ?? '']);
      return {
        ...node,
        env: env.map((one) => (one.type === 'cred' ? one : { ...one, value: given[one.name] ?? one.value })),
        ...(secrets.length === 0 ? {} : { credentials: Object.fromEntries(secrets) }),
      };
    });
    await red.deploy([...there, ...nodes, ...readingsTo(heard.url)]);
  }

  beforeAll(async () => {
    [heard, sms, robot, camera, board] = await Promise.all([
      openHttp({ status: 200 }),
      openHttp({ status: 200, body: '{}' }),
      openHttp(TAKEN),
      openHttp({ status: 200, body: PICTURE }),
      openBoard('03'),
    ]);
    chain = await startChain({
      edit: (county) => {
        county.keepRules('slope-displacement');
        county.edit('edges.yaml', setOrigin('edge-shiqiao', 'live'));
        for (const origin of ['drill', 'simulated'])
          county.edit('edges.yaml', addEdge({ id: `edge-${origin}`, township: '451099101', origin }));
        county.edit(
          'points.yaml',
          addPoint({
            ...{ id: 'drill-slope', lon: 106.475, lat: 24.424 },
            ...{ sensorId: 'drill-crack', edgeId: 'edge-drill' },
          }),
        );
        county.edit(
          'points.yaml',
          addPoint({
            ...{ id: 'tried-slope', lon: 106.476, lat: 24.424 },
            ...{ sensorId: 'tried-crack', edgeId: 'edge-simulated' },
          }),
        );
      },
    });
    const [host, port] = [new URL(chain.http()).hostname, new URL(chain.http()).port];
    red = await startNodeRedUnderTest(
      chain.dataDir,
      {
        FENGSUI_COUNTY: chain.county.dir,
        FENGSUI_HTTP: `${host}:${port}`,
        FENGSUI_MQTT: new URL(chain.mqttUrl()).host,
      },
      ['--as', PERSON],
    );
    await deployAll();
    box = await chain.box('edge-shiqiao');
    await until('the flows to listen', 10_000, async () =>
      /fengsui_http_streams\{[^}]*\} 1/.test(await chain.metrics()),
    );
  }, START_LIMIT_MS);
  afterAll(async () => {
    await red?.command.stop('SIGINT', 20_000);
    await again?.stop('SIGINT', 20_000);
    await chain?.close();
    await Promise.all([heard, sms, robot, camera, board].map((one) => one?.stop()));
  });

  let atMs = 0;
  async function crack(through: Box, sensorId: string, mm: number): Promise<void> {
    for (let n = 0; n < 3; n++) {
      atMs = Math.max(atMs + 2_000, chain.clock.nowMs() - 10_000);
      await through.send([good(sensorId, atMs, mm * 100)]);
    }
  }
  const alertAt = (subject: string, level: string) =>
    until(`${level} at ${subject}`, 10_000, async () =>
      (await alertsOf(chain, subject)).find((one) => one.level === level && one.hazard === 'landslide'),
    );
  const notesOf = async (alert: ApiAlert): Promise<readonly { readonly by: string; readonly note: string }[]> => {
    const { body } = await get(chain, `/api/v1/alerts/${alert.id}/events?limit=200`);
    const items = body['items'] as readonly {
      readonly by: string;
      readonly facts: { readonly [key: string]: unknown };
    }[];
    return items.flatMap(({ by, facts }) => (facts['action'] === 'note' ? [{ by, note: String(facts['note']) }] : []));
  };
  const noteAbout = (alert: ApiAlert, what: RegExp) =>
    until(`a note like ${what}`, 10_000, async () => {
      const notes = await notesOf(alert);
      const found = notes.find(({ note }) => what.test(note));
      if (found === undefined) throw new Error(JSON.stringify(notes));
      return found;
    });
  const texts = () => sms.asked.map(({ body }) => (JSON.parse(body) as { readonly text: string }).text);
  const posts = () =>
    robot.asked.map(
      ({ body }) => (JSON.parse(body) as { readonly markdown: { readonly content: string } }).markdown.content,
    );

  it('the editor offers them: import, examples', async () => {
    const offered = (await (await red.asEditor('/library/examples/flows/node-red-contrib-fengsui/')).json()) as unknown;
    for (const file of exampleFiles) expect(JSON.stringify(offered)).toContain(file.replace(/\.json$/, ''));
  });

  it('a yellow: the gateway is tried again, the robot waits, the board is asked again, the camera too; each is noted', async () => {
    sms.answers.push({ status: 503 });
    robot.answers.push({ status: 200, body: JSON.stringify({ errcode: 45_009, errmsg: 'api freq out of limit' }) });
    camera.answers.push({ status: 200, body: '<html>starting</html>' });
    board.state.silent = 1;
    await crack(box, 'taoshuwan-crack', 25);
    const alert = await alertAt('taoshuwan', 'yellow');
    expect(alert.origin).toBe('live');

    await until('the reading over MQTT', 10_000, () => heard.asked.length > 0);
    expect(JSON.parse(heard.asked[0]?.body ?? '')).toMatchObject({
      ...{ sensorId: 'taoshuwan-crack', value: 25, unit: 'mm', quality: 'good', origin: 'live' },
    });

    expect(await noteAbout(alert, /短信网关/)).toEqual({ by: PERSON, note: '短信网关已接收：2人，第2次' });
    const [first, second] = sms.asked;
    expect(first?.headers.authorization).toBe('Bearer key-of-the-gateway');
    expect(second?.body).toBe(first?.body);
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ to: ['13900000001', '13900000002'] });
    expect(texts()[0]).toMatch(/^[^【]*桃树湾滑坡黄色预警：.*25\.0 mm/);

    expect((await noteAbout(alert, /企业微信/)).note).toBe('已发到企业微信群，第2次');
    expect(robot.asked[0]?.path).toBe('/cgi-bin/webhook/send?key=of-the-group');
    expect(posts()[0]).toMatch(/^\*\*<font color="comment">[^<]*桃树湾滑坡黄色预警<\/font>\*\*\n> 网格：/);

    const shown = (await noteAbout(alert, /LED屏/)).note;
    expect(board.shown).toEqual([`98 ${shown.replace('LED屏已显示：', '')}`]);
    expect(board.shown[0]).toMatch(/^98 [^【]*桃树湾滑坡黄色预警：/);

    const pictured = (await noteAbout(alert, /拍照/)).note;
    expect(camera.asked.map(({ path }) => path)).toEqual(['/snap/taoshuwan.jpg', '/snap/taoshuwan.jpg']);
    const [, file = '', hash] = /^已拍照：(pictures\/\S+\.jpg)，\d+字节，SHA-256 (\w{64})$/.exec(pictured) ?? [];
    const kept = readFileSync(join(red.userDir, file));
    expect(kept.equals(Buffer.from(PICTURE))).toBe(true);
    expect(createHash('sha256').update(kept).digest('hex')).toBe(hash);
    expect((await notesOf(alert)).length).toBe(4);
  });

  it('it gets red: what cannot help is not tried again, and the note says why', async () => {
    sms.answers.push({ status: 401 });
    robot.answers.push({ status: 200, body: JSON.stringify({ errcode: 93_000, errmsg: 'invalid webhook url' }) });
    camera.answers.push(...Array.from({ length: 3 }, () => ({ status: 500 })));
    const [before, beforePosts] = [sms.asked.length, robot.asked.length];
    await crack(box, 'taoshuwan-crack', 95);
    const alert = await alertAt('taoshuwan', 'red');
    expect((await noteAbout(alert, /未接收（第1次）：HTTP/)).note).toBe('短信网关未接收（第1次）：HTTP 401');
    expect((await noteAbout(alert, /企业微信未/)).note).toBe('企业微信未接收（第1次）：93000 invalid webhook url');
    expect((await noteAbout(alert, /拍照失败/)).note).toBe('拍照失败（3次）：HTTP 500');
    await noteAbout(alert, /LED屏已显示：.*红色/);
    expect(texts().slice(before)).toEqual([expect.stringMatching(/桃树湾滑坡红色预警升级：.*95\.0 mm/)]);
    expect(robot.asked.length).toBe(beforePosts + 1);
    expect(board.shown.at(-1)).toMatch(/^98 .*桃树湾滑坡红色预警升级：/);
  });

  it('a drill reaches only the flow that was told to take drills, and says so first; a simulated alert reaches none', async () => {
    const before = { posts: robot.asked.length, pictures: camera.asked.length, board: board.shown.length };
    const sent = sms.asked.length;
    await crack(await chain.box('edge-simulated'), 'tried-crack', 95);
    expect((await alertAt('tried-slope', 'red')).origin).toBe('simulated');
    await crack(await chain.box('edge-drill'), 'drill-crack', 95);
    const alert = await alertAt('drill-slope', 'red');
    await noteAbout(alert, /短信网关已接收/);
    expect(texts().slice(sent)).toEqual([expect.stringMatching(/^【演练】.*drill-slope滑坡红色预警：/)]);
    expect({ posts: robot.asked.length, pictures: camera.asked.length, board: board.shown.length }).toEqual(before);
  });

  it('it was a false alarm: the group is told, the board shows nothing any more', async () => {
    const [alert] = await alertsOf(chain, 'taoshuwan');
    const ended = await post(chain, `/api/v1/alerts/${alert?.id}/false-alarm`, { note: 'a goat' });
    expect([ended.status, ended.body['lifecycle']]).toEqual([200, 'falseAlarm']);
    await until('the group to hear of it', 10_000, () => /桃树湾滑坡红色预警取消（误报）/.test(posts().at(-1) ?? ''));
    await until('the board to be calm', 10_000, () => board.shown.at(-1) === '98 平安');
    expect(board.wrong).toEqual([]);
    // Not later either.
    expect(posts().join()).not.toMatch(/drill-slope|tried-slope/);
    expect(texts().join()).not.toMatch(/tried-slope/);
    expect(board.shown.join()).not.toMatch(/drill-slope|tried-slope/);
  });

  it('an alert that came while Node-RED was away is told when it is back, and nothing is told twice', {
    timeout: 120_000,
  }, async () => {
    await red.command.stop('SIGINT', 20_000);
    await crack(box, 'xiangshui-crack', 25);
    const alert = await alertAt('xiangshui', 'yellow');
    const before = { texts: texts().length, pictures: camera.asked.length };
    const restarted = runFengsui(['node-red', '--port', '0'], {
      ...{ FENGSUI_DATA: chain.dataDir, FENGSUI_COUNTY: chain.county.dir },
    });
    again = restarted;
    await until('Node-RED to be there again', 45_000, () => restarted.output().includes('Node-RED is ready'));
    await Promise.all([/短信网关/, /企业微信/, /LED屏/, /拍照/].map((what) => noteAbout(alert, what)));
    expect(restarted.output()).not.toContain('Shown once');
    expect(texts().slice(before.texts)).toEqual([expect.stringMatching(/响水.*黄色预警：/)]);
    expect(camera.asked.slice(before.pictures).map(({ path }) => path)).toEqual(['/snap/xiangshui.jpg']);
    expect((await notesOf(alert)).length).toBe(4);
  });

  it('the virtual board refuses what is not its frame', () => {
    const body = Buffer.from('0398A');
    expect(() => readFrame(Uint8Array.of(0x02, ...body, 0x00, 0x00, 0x03))).toThrow('the sum is wrong');
    expect(() => readFrame(body)).toThrow('no frame');
  });
});
