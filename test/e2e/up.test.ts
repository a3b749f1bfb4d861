import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Running, runFengsui, top } from '#test/support/command.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';

const token = 'test-token-of-this-run';
const data = mkdtempSync(join(tmpdir(), 'fengsui-up-'));
afterAll(() => rmSync(data, { recursive: true, force: true }));

type ApiAlert = {
  readonly id: string;
  readonly level: string;
  readonly hazard: string;
  readonly subject: { readonly id: string };
  readonly recipients: readonly { readonly personId: string; readonly tier: number; readonly reason: unknown }[];
};

type ApiEvent = {
  readonly kind: string;
  readonly facts: {
    readonly rule?: string;
    readonly site?: string;
    readonly to?: string;
    readonly measuredAtMs?: number;
  };
};

/** Processes have four seconds to end before they are ended; the rest is for a machine that is busy with other tests. */
const STOP_MS = 10_000;

const environment = {
  FENGSUI_DATA: data,
  FENGSUI_HTTP: '127.0.0.1:0',
  FENGSUI_MQTT: '127.0.0.1:0',
  FENGSUI_TOKEN: token,
  FENGSUI_TICK_MS: '1000',
};

async function whenReady(running: Running): Promise<string> {
  return until('the console address', 90_000, () => {
    const address = /Console\s+(http:\/\/\S+)\//.exec(running.output())?.[1];
    if (address === undefined && running.process.exitCode !== null) throw new Error(running.output());
    return address;
  });
}

async function get<T>(address: string, path: string): Promise<T> {
  const response = await fetch(`${address}${path}`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const landslides = async (address: string) =>
  (await get<{ items: ApiAlert[] }>(address, '/api/v1/alerts?limit=100')).items.filter(
    (alert) => alert.subject.id === 'taoshuwan' && alert.hazard === 'landslide',
  );

/** How the opening of the crack went through the colours; what other rules say of the slope meanwhile is not asked. */
const openingOf = async (address: string, { id }: ApiAlert) => {
  const { items } = await get<{ items: ApiEvent[] }>(address, `/api/v1/alerts/${id}/events?limit=200`);
  return items
    .flatMap(({ kind, facts: { rule, site, to, measuredAtMs } }) =>
      (kind === 'raised' || kind === 'conditionChanged') && site === 'centre' && rule?.startsWith('slope-displacement@')
        ? [{ level: to, atMs: Number(measuredAtMs) }]
        : [],
    )
    .sort((a, b) => a.atMs - b.atMs);
};

/** Processes that were started for this data folder and still live. */
function leftOver(): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (Number(pid) !== process.pid && (environ.includes(`FENGSUI_DATA=${data}`) || command.includes(data)))
        found.push(`${pid} ${command}`);
    } catch {
      // Ended while we looked, or not ours to read.
    }
  }
  return found;
}

describe.skipIf(!needs('socat'))('npm start', () => {
  it('takes a hazard point through all four colours, tells people of several tiers, stops in time and goes on from its data', {
    timeout: 400_000,
  }, async () => {
    const first = runFengsui(['up'], environment);
    let known: ApiAlert | undefined;
    try {
      const address = await whenReady(first);
      // The limit is for what hangs; that it takes less than a minute is a matter of the instants in the ledger.
      known = await until('a red alert at Taoshuwan', 120_000, async () =>
        (await landslides(address)).find(({ level }) => level === 'red'),
      );
      const opening = await openingOf(address, known);
      expect(opening.map(({ level }) => level)).toEqual(['blue', 'yellow', 'orange', 'red']);
      expect((opening.at(-1)?.atMs ?? Number.NaN) - (opening[0]?.atMs ?? Number.NaN)).toBeLessThan(60_000);
      expect(new Set(known.recipients.map((recipient) => recipient.personId)).size).toBeGreaterThanOrEqual(3);
      expect(new Set(known.recipients.map((recipient) => recipient.tier)).size).toBeGreaterThanOrEqual(2);
      for (const recipient of known.recipients) expect(JSON.stringify(recipient.reason).length).toBeGreaterThan(4);
      expect(first.output()).toMatch(/Sign in/);
      expect(first.output()).toMatch(/modbus-rtu .*shiqiao-a/);
      const anonymous = await fetch(`${address}/api/v1/alerts`);
      expect(anonymous.status).toBe(401);
      const metrics = await (
        await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${token}` } })
      ).text();
      for (const process of ['broker', 'ingest', 'rules', 'alerts', 'edge-shiqiao'])
        expect(metrics).toContain(`process="${process}"`);
    } finally {
      const tookMs = await first.stop('SIGINT');
      expect(tookMs).toBeLessThan(STOP_MS);
    }
    expect(leftOver()).toEqual([]);

    const second = runFengsui(['up'], environment);
    try {
      const address = await whenReady(second);
      const again = await until('the alert of the first run', 60_000, async () =>
        (await landslides(address)).find((alert) => alert.id === known?.id),
      );
      expect(again.level).toBe('red');
      expect((await landslides(address)).length).toBe(1);
    } finally {
      expect(await second.stop('SIGINT')).toBeLessThan(STOP_MS);
    }
    expect(leftOver()).toEqual([]);
  });
});

describe('npm start on a machine without socat', () => {
  it('runs the same RTU frames over TCP, says so, and reads the meters all the same', {
    timeout: 240_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fengsui-no-socat-'));
    symlinkSync(process.execPath, join(folder, 'node'));
    const running = runFengsui(['up'], { ...environment, FENGSUI_DATA: join(folder, 'data'), PATH: folder });
    try {
      const address = await whenReady(running);
      expect(running.output()).toMatch(/shiqiao-a modbus-rtu-tcp .*the same RTU frames run over TCP/);
      const reading = await until('a reading of the crack meter', 60_000, async () => {
        const { items } = await get<{ items: { quality: string }[] }>(
          address,
          '/api/v1/readings?sensor=taoshuwan-crack&limit=1',
        );
        return items[0];
      });
      expect(reading.quality).toBe('good');
    } finally {
      await running.stop('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a start that cannot succeed', () => {
  it('says which port is in use and what to do', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    const other = mkdtempSync(join(tmpdir(), 'fengsui-port-'));
    const running = runFengsui(['up'], { ...environment, FENGSUI_DATA: other, FENGSUI_HTTP: `127.0.0.1:${port}` });
    expect(await running.exited).toBe(1);
    expect(running.output()).toMatch(new RegExp(`Port ${port} .* in use.*FENGSUI_HTTP`));
    await new Promise<void>((resolve) => holder.close(() => resolve()));
    rmSync(other, { recursive: true, force: true });
  });

  it('refuses to listen beyond loopback', async () => {
    const running = runFengsui(['up'], { ...environment, FENGSUI_HTTP: '0.0.0.0:0' });
    expect(await running.exited).toBe(2);
    expect(running.output()).toMatch(/loopback only/);
  });

  it('tells an old Node what to install', () => {
    const old = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.0"})';
    const run = spawnSync(process.execPath, ['--import', old, join(top, 'cli', 'ensure.mjs')], { encoding: 'utf8' });
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/18\.20\.0 is too old.*Node 20/);
  });
});

/** The system's own Node, where it is older than the one that the project brings along. */
const oldNode = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find((path) => existsSync(path));

describe('the fengsui command', () => {
  it.skipIf(oldNode === undefined)("hands over from the system's Node to one that can run the project", () => {
    const run = spawnSync(oldNode ?? '', [join(top, 'cli', 'fengsui.mjs'), '--version'], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.stdout.trim()).toBe('0.1.0');
  });

  it('works through npx in the checkout', () => {
    const said = execFileSync('npx', ['--no-install', 'fengsui', '--version'], {
      cwd: top,
      encoding: 'utf8',
      env: process.env,
    });
    expect(said.trim()).toBe('0.1.0');
  });

  it('checks the shipped county and finds no error', () => {
    const said = execFileSync(process.execPath, [join(top, 'cli', 'fengsui.mjs'), 'check'], {
      cwd: top,
      encoding: 'utf8',
    });
    expect(said).toMatch(/Looked at .*grids.*: 0 errors/);
  });
});
