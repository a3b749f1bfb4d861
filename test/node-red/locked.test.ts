import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { edgeSecretFile } from '#cli/io/secrets.ts';
import { openBrowser } from '#dashboards/console/screenshot.ts';
import { decryptCredentials } from '#dashboards/node-red/io/flow-credentials.ts';
import { copyCounty } from '#test/e2e/support/county-copy.ts';
import { runFengsui } from '#test/support/command.ts';
import { freePort } from '#test/support/free-port.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import {
  isAlive,
  listenersOf,
  type NodeRedUnderTest,
  nodeRedOf,
  startNodeRedUnderTest,
} from './support/node-red-under-test.ts';

/** A limit for what hangs: Node-RED starts here, beside other tests. */
const START_LIMIT_MS = 150_000;
let red: NodeRedUnderTest;
beforeAll(async () => {
  red = await startNodeRedUnderTest(undefined, { FENGSUI_TOKEN: 'a-token-that-flows-must-not-see' });
}, START_LIMIT_MS);
afterAll(() => red?.stop());

type Json = { readonly [key: string]: unknown };
const jsonOf = async (response: Response) => (await response.json()) as Json;

const sheet = { id: 'sheet', type: 'tab', label: 'tried' };
const at = (id: string, type: string, more: object, wires: readonly (readonly string[])[] = []) => ({
  ...{ id, type, z: 'sheet', x: 100, y: 100, name: id, wires },
  ...more,
});
const page = (id: string, path: string, next: string) => at(id, 'http in', { url: path, method: 'get' }, [[next]]);
const answer = at('answer', 'http response', { statusCode: '', headers: {} });
const failed = (next: string) => at('failed', 'catch', { scope: null, uncaught: false }, [[next]]);
const functionNode = (id: string, func: string, next: string) =>
  at(id, 'function', { func, outputs: 1, timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] }, [[next]]);
const asPage = () => ({ authorization: `Basic ${Buffer.from(`flow:${red.passwords.pages}`).toString('base64')}` });

describe('who gets in', () => {
  test('nobody without a token: not to read flows, not to change them', async () => {
    for (const path of ['/flows', '/settings', '/nodes', '/context/global', '/library/local/flows/'])
      expect([path, (await fetch(`${red.url}${path}`)).status]).toEqual([path, 401]);
    const put = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[]' };
    expect((await fetch(`${red.url}/flows`, put)).status).toBe(401);
    expect((await red.asEditor('/flows')).status).toBe(200);
  });

  test('nobody with a wrong password, nor with that of the pages', async () => {
    for (const password of ['wrong', '', red.passwords.pages]) expect((await red.signIn(password)).ok).toBe(false);
    expect((await red.signIn(red.passwords.editor, 'admin')).ok).toBe(false);
  });

  test('pages of flows ask for a password of their own', async () => {
    await red.deploy([sheet, page('asked', '/page', 'answer'), answer]);
    await until('the page', 5_000, async () => (await fetch(`${red.url}/page`, { headers: asPage() })).ok);
    expect((await fetch(`${red.url}/page`)).status).toBe(401);
    const wrong = Buffer.from(`flow:${red.passwords.editor}`).toString('base64');
    expect((await fetch(`${red.url}/page`, { headers: { authorization: `Basic ${wrong}` } })).status).toBe(401);
  });
});

describe('what is shut', () => {
  test('the palette, modules, telemetry, diagnostics, projects: the settings say so', async () => {
    expect(await jsonOf(await red.asEditor('/settings'))).toMatchObject({
      externalModules: {
        autoInstall: false,
        palette: { allowInstall: false, allowUpdate: false, allowUpload: false },
        modules: { allowInstall: false },
      },
      functionExternalModules: false,
      telemetryEnabled: false,
      diagnostics: { enabled: false, ui: false },
      editorTheme: { tours: false, palette: { catalogues: [] }, projects: { enabled: false } },
    });
    expect((await red.asEditor('/diagnostics')).ok).toBe(false);
    const install = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"module":"node-red-node-random"}',
    };
    expect((await red.asEditor('/nodes', install)).ok).toBe(false);
  });

  test('there is no node that starts programs', async () => {
    const nodes = (await (await red.asEditor('/nodes', { headers: { accept: 'application/json' } })).json()) as {
      readonly types: readonly string[];
    }[];
    const types = nodes.flatMap((one) => one.types);
    expect(types).toContain('function');
    expect(types).not.toContain('exec');
  });

  test('a function that breaks out of its box starts nothing, and reads and writes nothing of ours', async () => {
    const secret = join(red.dataDir, 'secrets', 'svc-node-red');
    const tried = `
const escaped = console.constructor.constructor('return process')();
const attempt = (what) => { try { return 'did ' + what(); } catch (cause) { return cause.code || String(cause); } };
const fs = escaped.getBuiltinModule('fs');
msg.payload = {
  spawn: attempt(() => escaped.getBuiltinModule('child_process').execFileSync('/bin/true')),
  read: attempt(() => fs.readFileSync(${JSON.stringify(secret)}, 'utf8')),
  write: attempt(() => fs.writeFileSync(${JSON.stringify(join(red.dataDir, 'node-red', 'settings.cjs'))}, '')),
  worker: attempt(() => new (escaped.getBuiltinModule('worker_threads').Worker)('1', { eval: true })),
  token: String(escaped.env.FENGSUI_TOKEN),
};
return msg;`;
    await red.deploy([
      sheet,
      page('asked', '/escape', 'escape'),
      functionNode('escape', tried, 'answer'),
      failed('answer'),
      answer,
    ]);
    const said = await until('the answer', 5_000, async () => {
      const response = await fetch(`${red.url}/escape`, { headers: asPage() });
      return response.ok && (await jsonOf(response));
    });
    expect(readFileSync(secret, 'utf8').length).toBeGreaterThan(20);
    expect(said).toEqual({
      spawn: 'ERR_ACCESS_DENIED',
      read: 'ERR_ACCESS_DENIED',
      write: 'ERR_ACCESS_DENIED',
      worker: 'ERR_ACCESS_DENIED',
      token: 'undefined',
    });
  });

  test('nothing listens beyond loopback, whatever a flow asks for', async () => {
    const [tcp, udp] = [await freePort(), await freePort()];
    const tcpIn = {
      server: 'server',
      host: '',
      port: String(tcp),
      datamode: 'stream',
      datatype: 'buffer',
      newline: '',
    };
    const udpIn = { iface: '', port: String(udp), ipv: 'udp4', multicast: 'false', group: '', datatype: 'buffer' };
    await red.deploy([sheet, at('tcp', 'tcp in', tcpIn, [[]]), at('udp', 'udp in', udpIn, [[]])]);
    const open = await until('both to listen', 5_000, () => {
      const found = listenersOf(red.pid);
      return [tcp, udp].every((port) => found.some((one) => one.port === port)) && found;
    });
    expect(open.map(({ address }) => address)).toEqual(open.map(() => '127.0.0.1'));
    expect(open.length).toBeGreaterThanOrEqual(3);
  });

  test('files are for their owner alone, passwords only as hashes, credentials only encrypted', () => {
    for (const name of ['locks.json', 'settings.cjs', 'user/flows.json', 'user/flows_cred.json'])
      expect([name, statSync(join(red.dataDir, 'node-red', name)).mode & 0o077]).toEqual([name, 0]);
    const locks = readFileSync(join(red.dataDir, 'node-red', 'locks.json'), 'utf8');
    expect(locks).toMatch(/"editorHash":"\$2[aby]\$10\$/);
    for (const password of Object.values(red.passwords)) expect(locks).not.toContain(password);
  });
});

// Node-RED starts twice in it: on a busy machine that takes a minute.
test('the server’s node is filled in at the first start, its passwords in the encrypted credentials', {
  timeout: 180_000,
}, async () => {
  const county = copyCounty();
  cpSync(join(county.dir, 'examples', 'native.yaml'), join(county.dir, 'native.yaml'));
  const places = { FENGSUI_HTTP: '127.0.0.1:8099', FENGSUI_PUSH: '127.0.0.1:8098', FENGSUI_COUNTY: county.dir };
  const other = await startNodeRedUnderTest(undefined, places, ['--gateway', 'nb-platform']);
  try {
    const flows = (await (await other.asEditor('/flows')).json()) as readonly Json[];
    const server = flows.find((node) => node['type'] === 'fengsui-server');
    expect(server).toMatchObject({
      ...{ url: 'http://127.0.0.1:8099', mqttUrl: 'mqtt://127.0.0.1:1883', pushUrl: 'http://127.0.0.1:8098' },
      ...{ gateway: 'nb-platform', gatewayOrigin: 'simulated' },
    });
    const password = readFileSync(join(other.dataDir, 'secrets', 'svc-node-red'), 'utf8');
    const file = readFileSync(join(other.userDir, 'flows_cred.json'), 'utf8');
    const { credentialSecret } = JSON.parse(readFileSync(join(other.dataDir, 'node-red', 'locks.json'), 'utf8')) as {
      readonly credentialSecret: string;
    };
    expect(decryptCredentials(credentialSecret, file)[String(server?.['id'])]).toMatchObject({
      mqttUser: 'svc-node-red',
      mqttPassword: password,
      pushToken: readFileSync(edgeSecretFile(other.dataDir, 'nb-platform'), 'utf8'),
    });
    expect(`${file}${JSON.stringify(flows)}`).not.toContain(password);
    // Node-RED reads it too: the editor is told which are set, never what they are.
    expect(await jsonOf(await other.asEditor(`/credentials/fengsui-server/${server?.['id']}`))).toMatchObject({
      mqttUser: 'svc-node-red',
      has_mqttPassword: true,
    });

    // It dies and comes again, with the same flows.
    process.kill(other.pid, 'SIGKILL');
    const again = await until('another one', 45_000, async () => {
      const pid = nodeRedOf(other.command);
      return pid !== undefined && pid !== other.pid && (await fetch(`${other.url}/auth/login`)).ok && pid;
    });
    expect(await (await other.asEditor('/flows')).json()).toEqual(flows);

    // It does not outlive the command, not even one that had no time to say good-bye.
    other.command.process.kill('SIGKILL');
    await until('Node-RED to end', 15_000, () => !isAlive(again));
  } finally {
    await other.stop();
    county.remove();
  }
});

describe.skipIf(!needs('chromium'))('the editor', () => {
  test('opens after the sign-in, in Chinese, with our nodes, and asks nobody but its own server', async () => {
    await red.deploy([]);
    const browser = await openBrowser();
    try {
      const page = await browser.newPage({ locale: 'zh-CN' });
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
      });
      await page.goto(`${red.url}/`);
      await page.fill('#node-dialog-login-username', 'fengsui');
      await page.fill('#node-dialog-login-password', red.passwords.editor);
      await page.click('#node-dialog-login-submit');
      await page.waitForSelector('.red-ui-palette-node[data-palette-type="fengsui-alerts-in"]', { state: 'attached' });
      expect(await page.textContent('#red-ui-header-button-deploy')).toContain('部署');
      expect(asked.length).toBeGreaterThan(20);
      expect(asked.filter((url) => !url.startsWith(`${red.url}/`) && !/^(data|blob):/.test(url))).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

test('a port that is taken is said before anything starts', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await until('the port', 5_000, () => holder.listening);
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const command = runFengsui(['node-red', '--port', String(port)], { FENGSUI_DATA: red.dataDir });
  expect(await command.exited).toBe(1);
  expect(command.output()).toMatch(new RegExp(`Port ${port} .*in use.*--port`));
  holder.close();
});

test.each([
  ['a person whom the county does not know', ['--as', 'nobody'], /Nobody in .*people\.yaml has the id "nobody"/],
  ['a gateway that pushes nothing', ['--gateway', 'edge-park'], /"edge-park" is no gateway .* that pushes by HTTP/],
])('%s is refused before anything starts', async (_name, args, says) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-node-red-'));
  const command = runFengsui(['node-red', '--port', '0', ...args], { FENGSUI_DATA: dataDir });
  expect(await command.exited).toBe(1);
  expect(command.output()).toMatch(says);
  rmSync(dataDir, { recursive: true, force: true });
});

test('what is filled in at the first start only is refused where flows are already', async () => {
  const command = runFengsui(['node-red', '--port', '0', '--as', 'qin-haiyan'], { FENGSUI_DATA: red.dataDir });
  expect(await command.exited).toBe(1);
  expect(command.output()).toMatch(/There are flows .* already/);
});

test('it ends with the command at Ctrl-C: nothing is left', async () => {
  const tookMs = await red.command.stop('SIGINT', 20_000);
  expect(red.command.process.exitCode).toBe(0);
  expect(tookMs).toBeLessThan(15_000);
  expect(isAlive(red.pid)).toBe(false);
  await expect(fetch(red.url)).rejects.toThrow();
});
