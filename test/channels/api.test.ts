import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChannelConfig, ChannelHealth } from '#model/channel.ts';
import { startGateway } from '#simulators/receivers/io/gateway.ts';
import { asToken, startUnderTest, TOKEN, type Under } from '#test/console/support/console-under-test.ts';
import { fakePorts } from '#test/console/support/fake-ports.ts';
import { runFengsui, top } from '#test/support/command.ts';

const base = { minLevel: 'blue', timeoutMs: 2_000, accepts: ['live'] } as const;
const CHANNELS: readonly ChannelConfig[] = [
  { id: 'console', kind: 'console' },
  {
    ...base,
    id: 'sms',
    kind: 'sms-gateway',
    url: 'https://sms.example/hidden-path',
    secretEnv: 'HIDDEN_NAME',
    fallback: 'gsm',
  },
  { ...base, id: 'gsm', kind: 'gsm-sms', path: '/dev/hidden', baudRate: 115_200 },
];

let under: Under;
let tested = 0;
beforeAll(async () => {
  const fakes = fakePorts();
  const county = { ...fakes.ports.registry.current(), channels: CHANNELS };
  const channels = (): readonly ChannelHealth[] => [
    {
      channel: 'sms',
      kind: 'sms-gateway',
      state: tested > 0 ? 'up' : 'down',
      sinceMs: 0,
      failuresInARow: 4,
      lastOkAtMs: null,
      ...(tested > 0 ? { testedAtMs: 1_000 + tested } : {}),
      detail: 'HTTP 503',
    },
  ];
  const { commands } = fakes.ports;
  const ports = {
    ...fakes.ports,
    registry: { current: () => county, onChange: () => () => undefined },
    parts: { ...fakes.ports.parts, channels },
    commands: {
      ...commands,
      append: (entries: Parameters<typeof commands.append>[0]) => {
        for (const { entry } of entries) if (entry.kind === 'channel') tested++;
        return commands.append(entries);
      },
    },
  };
  under = await startUnderTest({}, { ...fakes, ports });
});
afterAll(() => under.stop());

describe('the channels over HTTP', () => {
  it('are listed with how each does, and without address, line or secret', async () => {
    const response = await fetch(`${under.base}/api/v1/channels`, { headers: asToken });
    const text = await response.text();
    const { items } = JSON.parse(text) as { readonly items: readonly object[] };
    expect(items).toMatchObject([
      { id: 'console', state: 'up' },
      { id: 'gsm', reach: 'person', state: 'untested', since: null },
      { id: 'sms', state: 'down', fallback: 'gsm', failuresInARow: 4, detail: 'HTTP 503', lastOkAt: null },
    ]);
    expect(text).not.toMatch(/hidden|example/i);
  });

  it('know no channel of that name', async () => {
    const headers = { 'content-type': 'application/json', ...asToken };
    const response = await fetch(`${under.base}/api/v1/channels/nowhere/test`, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(404);
  });

  it('are tried by the command line, which waits for the result', async () => {
    const env = { FENGSUI_URL: under.base, FENGSUI_TOKEN: TOKEN };
    const run = runFengsui(['channels', 'test', 'sms'], env);
    expect(await run.exited).toBe(0);
    expect(run.output()).toContain('sms: 正常 (up)');
    const none = runFengsui(['channels', 'test', 'nowhere'], env);
    expect(await none.exited).toBe(1);
    expect(none.output()).toContain('404');
  });
});

describe('a gateway that says what came of a message', () => {
  it('is believed by the secret that it shares with its channel, and by nothing else', async () => {
    process.env['HIDDEN_NAME'] = 'shared';
    const callback = { url: `${under.base}/api/v1/receipts`, channel: 'sms' };
    const [right, wrong] = [
      await startGateway({ secret: 'shared', callback }),
      await startGateway({ secret: 'guess', callback }),
    ];
    expect(await right.answer('a1/1/1/1/v1-head/sms', 'answered')).toBe(200);
    expect(await right.answer({ from: '13800001010' }, 'answered')).toBe(200);
    expect(await wrong.answer('a1/1/1/1/v1-head/sms', 'answered')).toBe(401);
    await Promise.all([right.stop(), wrong.stop()]);
    delete process.env['HIDDEN_NAME'];
  });
});

describe('fengsui channels', () => {
  it('lists the channels of the county, also before the centre has run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fengsui-channels-'));
    cpSync(join(top, 'county'), join(folder, 'county'), { recursive: true });
    writeFileSync(
      join(folder, 'county', 'channels.yaml'),
      'channels:\n  - { id: console, kind: console }\n  - { id: sms, kind: sms-gateway, url: "https://sms.example/" }\n',
    );
    const env = { FENGSUI_COUNTY: join(folder, 'county'), FENGSUI_DATA: join(folder, 'data') };
    const run = runFengsui(['channels', '--json'], env);
    expect(await run.exited).toBe(0);
    expect(JSON.parse(run.output())).toMatchObject([
      { id: 'console', state: 'up' },
      { id: 'sms', state: 'untested' },
    ]);
    rmSync(folder, { recursive: true, force: true });
  });
});
