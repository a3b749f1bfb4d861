import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { CONSOLE, sampleRegistry, transition } from '#alerts/testing/sample.ts';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import type { BroadcastChannel } from '#model/channel.ts';
import { openClock } from '#model/io/clock.ts';
import type { Broadcast } from '#model/topics.ts';
import { openSpeakerLine } from '#simulators/broadcast/io/speaker-line.ts';
import { openDesk, registryPort, stageContext, until } from '../alerts/support.ts';
import { needs } from '../support/needs.ts';

const run = promisify(execFile);
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const SPEAKERS: BroadcastChannel = {
  id: 'speakers',
  kind: 'mqtt-broadcast',
  minLevel: 'blue',
  timeoutMs: 3_000,
  accepts: ['live', 'drill'],
  expiresMs: 600_000,
};
const VILLAGE = '331004/331004001/331004001001';
const TOPIC = `fengsui/v1/grid/${VILLAGE}/P1/broadcast`;

/** The real broker with a credential each, alerts, and speakers of two villages. */
async function village() {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-broadcast-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'credentials.json');
  const password = (user: string, area?: string): string =>
    ensureCredential(file, user, area === undefined ? { kind: 'service' } : { kind: 'speaker', area }) ?? '';
  const users = { 'svc-alerts': password('svc-alerts'), 'svc-broadcast': password('svc-broadcast') };
  const areas = { 'spk-1': VILLAGE, 'led-1': VILLAGE, 'spk-2': '331004/331004001/331004001002', peer: VILLAGE };
  const secrets = new Map(Object.entries(areas).map(([id, area]) => [id, password(id, area)]));
  const clock = openClock({ kind: 'real' });
  const { context, counts } = stageContext(clock);
  const broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: file }, context);
  closing.push(() => broker.stop());
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const speakers = new Map<string, Awaited<ReturnType<typeof openSpeakerLine>>>();
  for (const id of ['spk-1', 'led-1', 'spk-2'] as const) {
    const kind = id.startsWith('led') ? 'led' : 'speaker';
    const line = await openSpeakerLine({ id, kind, area: areas[id], url, password: secrets.get(id) ?? '' }, clock);
    speakers.set(id, line);
    closing.push(line.close);
  }
  const mqtt = {
    url,
    username: 'svc-alerts',
    password: users['svc-alerts'],
    broadcast: { username: 'svc-broadcast', password: users['svc-broadcast'] },
  };
  const registry = registryPort(sampleRegistry([CONSOLE, SPEAKERS]));
  const desk = await openDesk(registry, context, { mqtt });
  closing.push(desk.close);
  const peer = (program: string, user: string, ...words: readonly string[]): readonly string[] => [
    program,
    ...['-h', '127.0.0.1', '-p', String(broker.port), '-u', user, '-P', secrets.get(user) ?? '', '-i', user],
    ...words,
  ];
  const speaker = (id: string) => {
    const line = speakers.get(id);
    if (line === undefined) throw new Error(id);
    return line.speaker;
  };
  return { ...desk, clock, counts, peer, speaker, broker };
}

/** What mosquitto_sub prints, as it comes. */
async function listen(command: readonly string[]): Promise<{ readonly lines: string[] }> {
  const [program = '', ...words] = command;
  const child: ChildProcess = spawn(program, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  closing.push(() => child.kill());
  const lines: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => lines.push(...chunk.toString('utf8').split('\n').filter(Boolean)));
  await until('it is subscribed', () => lines.some((line) => line.includes('SUBACK')));
  lines.length = 0;
  return { lines };
}

describe.skipIf(!needs('mosquitto_sub', 'mosquitto_pub', 'stdbuf'))('speakers, sirens and boards', () => {
  it('sound a red in their own village, answer for themselves, and are silenced when it is declared false', async () => {
    const { sees, does, reader, peer, speaker, clock } = await village();
    const heard = await listen([
      'stdbuf',
      '-oL',
      ...peer('mosquitto_sub', 'peer', '-d', '-q', '1', '-t', TOPIC.replace('P1', '+')),
    ]);
    sees(transition({ n: 1, to: 'orange' }), transition({ n: 2, from: 'orange', to: 'red' }));
    await until('the speaker sounds', () => speaker('spk-1').sounding(clock.nowMs()) !== null);
    await until('the board shows it', () => speaker('led-1').sounding(clock.nowMs()) !== null);
    expect(speaker('spk-1').played()).toHaveLength(1);
    expect(speaker('spk-2').played()).toEqual([]);
    const said = await until('the peer hears it', () => heard.lines.find((line) => line.startsWith('{')));
    const broadcast = JSON.parse(said) as Broadcast;
    expect(broadcast).toMatchObject({ level: 'red', action: 'sound', origin: 'live', repeats: 3, hazard: 'landslide' });
    expect(broadcast.text.zh).toContain('红色');
    expect(broadcast.expiresAt - broadcast.issuedAt).toBe(600_000);

    const [alert] = reader.list({ gridCodes: ['331004'] }, 10, null).items;
    const id = alert?.id ?? '';
    const events = () =>
      reader
        .events(id)
        .filter(({ kind }) => kind === 'channel')
        .map(({ by, facts }) => `${by} ${String(facts['event'])}`);
    await until('their receipts', () => events().length === 2);
    expect(events().sort()).toEqual(['led-1 heard', 'spk-1 heard']);

    does({
      id: 'c1',
      alertId: id,
      action: 'falseAlarm',
      by: 'v1-head',
      atMs: clock.nowMs(),
      from: 'console',
      note: '误报',
    });
    await until('silence', () => speaker('spk-1').sounding(clock.nowMs()) === null);
    await until('the board is dark', () => speaker('led-1').sounding(clock.nowMs()) === null);
    await until('its receipts', () => events().length === 4);
    const rows = reader.deliveries(id).filter(({ channel }) => channel === 'speakers');
    expect(rows.map(({ state }) => state)).toEqual(['heard', 'delivered']);
    expect(rows[1]?.key).toContain('/stop-');
  });

  it('an expired one is refused and answered, the same id sounds once, and nobody else may speak', async () => {
    const { peer, speaker, broker, counts, clock } = await village();
    const nowMs = clock.nowMs();
    const broadcast = {
      id: 'x1',
      issuedAt: nowMs,
      expiresAt: nowMs + 60_000,
      action: 'sound',
      alertId: 'a',
      level: 'red',
      hazard: 'fire',
      origin: 'live',
      text: { zh: '火', en: 'fire' },
      repeats: 1,
    };
    const twice = speaker('spk-1');
    expect(twice.take(JSON.stringify(broadcast), nowMs)).toMatchObject([{ id: 'x1', event: 'sounded' }]);
    expect(twice.take(JSON.stringify(broadcast), nowMs)).toMatchObject([{ id: 'x1', event: 'sounded' }]);
    expect(twice.take(JSON.stringify({ ...broadcast, id: 'x2', expiresAt: nowMs - 1 }), nowMs)).toMatchObject([
      { id: 'x2', event: 'refused', detail: 'expired' },
    ]);
    expect(twice.played()).toEqual(['x1']);
    // A speaker's credential cannot make others sound.
    const [program = '', ...words] = peer(
      'mosquitto_pub',
      'peer',
      '-q',
      '1',
      '-t',
      TOPIC,
      '-m',
      JSON.stringify({ ...broadcast, id: 'x3' }),
    );
    await run(program, words);
    await until('it is counted', () => [...counts.keys()].some((key) => key.startsWith('fengsui_broker_denied_total')));
    expect(speaker('led-1').played()).toEqual([]);
    expect(broker.port).toBeGreaterThan(0);
  });

  it('a red that is lowered falls silent; a drill sounds nothing unless it was said so', async () => {
    const { sees, speaker, clock, reader } = await village();
    sees(transition({ n: 1, to: 'red' }));
    await until('sound', () => speaker('spk-1').sounding(clock.nowMs()) !== null);
    sees(transition({ n: 2, from: 'red', to: 'yellow' }));
    await until('silence', () => speaker('spk-1').sounding(clock.nowMs()) === null);
    sees(transition({ n: 3, to: 'red', origin: 'drill', rule: 'drill@1' }));
    await until(
      'the drill',
      () => reader.list({ gridCodes: ['331004'], origin: 'drill' }, 10, null).items.length === 1,
    );
    sees(transition({ n: 4, to: 'red', point: 'P1', hazard: 'fire' }));
    await until('the real one', () => speaker('spk-1').played().length === 2);
    expect(speaker('spk-1').sounding(clock.nowMs())?.broadcast.hazard).toBe('fire');
  });
});
