import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { dtuLines } from '#edge/io/dtu-line.ts';
import { whoDials } from '#edge/io/dtu-listener.ts';
import type { BusConfig } from '#model/edge-config.ts';
import {
  describedReply,
  describedUnit,
  type FrameScript,
  selfDescribing,
  serveFrames,
  startBusRig,
} from './bus-rig.ts';
import { freePort, testContext, until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const hex = (text: string): string => Buffer.from(text).toString('hex');
const HEARTBEAT = 'beat';

/** A DTU: dials, says who it is, and tunnels what units answer. */
async function dial(port: number, hello: string | Uint8Array, script: FrameScript = () => undefined): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  cleanups.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('error', reject);
  });
  serveFrames(socket, script);
  if (hello.length > 0) socket.write(hello);
  return socket;
}

const busAt = (id: string, port: number, registration: string, unitIds: readonly number[], pollMs = 30): BusConfig => ({
  id,
  kind: 'modbus-dtu',
  host: '127.0.0.1',
  port,
  registration: hex(registration),
  heartbeat: hex(HEARTBEAT),
  pollMs,
  units: unitIds.map((unitId) => describedUnit(unitId, [20, 30])),
});

function start(bus: BusConfig, timeoutMs = 300) {
  const rig = startBusRig(bus, selfDescribing([20, 30], { timeoutMs }));
  cleanups.push(() => rig.poller.stop());
  return rig;
}

/** Dialling needs a listener: the bus opens it a moment after its start. */
async function dialAgain(port: number, hello: string | Uint8Array, script?: FrameScript): Promise<Socket> {
  for (let tries = 0; ; tries++)
    try {
      return await dial(port, hello, script);
    } catch (cause) {
      if (tries > 100) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

const answering: FrameScript = (asked, reply) => reply(describedReply(asked));

describe('a DTU that dials in', () => {
  it('is known by its registration: two buses share one address and are never mixed up', async () => {
    const port = await freePort();
    const a = start(busAt('a', port, 'station-7', [1]));
    const b = start(busAt('b', port, 'station-8', [2]));
    await dialAgain(port, 'station-8', answering);
    await dialAgain(port, 'station-7', answering);
    await until('both are read', () => a.values('1-30').length >= 2 && b.values('2-30').length >= 2, 15_000);
    expect(new Set(a.values('1-20'))).toEqual(new Set([1_020]));
    expect(new Set(b.values('2-20'))).toEqual(new Set([2_020]));
  });

  it('outputs are written through it', async () => {
    const port = await freePort();
    const { poller, ctx } = start(busAt('a', port, 'station-7', [1]));
    await dialAgain(port, 'station-7', answering);
    await until('the line is open', () => ctx.counts.get('fengsui_edge_bus_open a') === 1, 15_000);
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: true });
  });

  it('its heart-beats are dropped and counted: alone, before an answer, behind one, and cut in two', async () => {
    const port = await freePort();
    const rig = start(busAt('a', port, 'station-7', [1]));
    let round = 0;
    const beat = Buffer.from(HEARTBEAT);
    const socket = await dialAgain(port, 'station-7', (asked, reply) => {
      const answer = describedReply(asked);
      const forms = [
        () => reply(Buffer.concat([beat, answer])),
        () => reply(Buffer.concat([answer, beat])),
        () => {
          reply(beat.subarray(0, 2));
          reply(Buffer.concat([beat.subarray(2), answer]), 5);
        },
        () => {
          reply(answer);
          reply(beat, 10);
        },
        // Said again instead of a heart-beat.
        () => reply(Buffer.concat([Buffer.from('station-7'), answer])),
      ];
      forms[round++ % forms.length]?.();
    });
    await until('enough is read', () => rig.values('1-30').length >= 12, 18_000);
    socket.write(beat);
    expect(rig.count('fengsui_edge_heartbeats_total a')).toBeGreaterThan(15);
    expect([...rig.reasons('1-20'), ...rig.reasons('1-30')].filter((reason) => reason !== 'link')).toEqual([]);
    for (const [sensorId, value] of [
      ['1-20', 1_020],
      ['1-30', 1_030],
    ] as const)
      expect(new Set(rig.values(sensorId))).toEqual(new Set([value]));
  });

  it('a second call of the same DTU replaces the first', async () => {
    const port = await freePort();
    const rig = start(busAt('a', port, 'station-7', [1]));
    // The first goes dead without a word, as a mobile network does it.
    const first = await dialAgain(port, 'station-7');
    await until('it has its place', () => rig.ctx.counts.get('fengsui_edge_bus_open a') === 1, 15_000);
    await dialAgain(port, 'station-7', answering);
    await until('the second is read', () => rig.values('1-20').length > 0, 15_000);
    await until('the first is closed', () => first.destroyed || first.readableEnded, 5_000);
    expect(rig.count(`fengsui_edge_dtu_dials_total 127.0.0.1:${port} replaced`)).toBe(1);
  });

  it('one that nobody knows gets no place, and too much talk before the registration ends the call', async () => {
    const port = await freePort();
    const rig = start(busAt('a', port, 'station-7', [1]));
    const stranger = await dialAgain(port, 'x'.repeat(600));
    await until('it is closed', () => stranger.destroyed || stranger.readableEnded, 5_000);
    expect(rig.count(`fengsui_edge_dtu_dials_total 127.0.0.1:${port} unknown`)).toBe(1);
    const crowd = await Promise.all(Array.from({ length: 40 }, () => dial(port, 'who')));
    const closed = () => crowd.filter((socket) => socket.destroyed || socket.readableEnded).length;
    await until('the crowd is bounded', () => closed() >= 8, 5_000);
    expect(rig.values('1-20')).toEqual([]);
    // All places are held by callers who say nothing: the DTU gets one all the same.
    await dial(port, 'station-7', answering);
    await until('it is read', () => rig.values('1-20').length > 0, 5_000);
  });

  it('late answers over the mobile network are never taken for others', async () => {
    const port = await freePort();
    const rig = start(busAt('a', port, 'station-7', [1, 2, 3], 5));
    let asked = 0;
    await dialAgain(port, 'station-7', (frame, reply) => {
      asked++;
      reply(describedReply(frame), asked > 40 && asked % 7 === 0 ? 600 : 15);
    });
    await until('late answers came', () => rig.count('fengsui_edge_frames_bad_total a late') >= 4, 18_000);
    for (const unitId of [1, 2, 3])
      for (const address of [20, 30])
        for (const value of rig.values(`${unitId}-${address}`)) expect(value).toBe(unitId * 1_000 + address);
  });

  it('registrations that begin alike are refused with what to do', async () => {
    const port = await freePort();
    const stop = new AbortController();
    const at = (registration: string) => ({
      host: '127.0.0.1',
      port,
      registration: hex(registration),
      heartbeat: null,
    });
    const one = dtuLines(at('station-1'), testContext(), { dialWithinMs: 50 });
    const other = dtuLines(at('station-12'), testContext(), { dialWithinMs: 50 });
    cleanups.push(one.release, other.release);
    expect(await one.open(stop.signal)).toMatchObject({ ok: false, error: 'the DTU has not dialled in' });
    const refused = await other.open(stop.signal);
    expect(refused.ok ? '' : refused.error).toContain('begin alike');
  });

  it('a connection of which only our half is left is closed', async () => {
    const port = await freePort();
    const stop = new AbortController();
    const at = { host: '127.0.0.1', port, registration: hex('station-7'), heartbeat: null };
    const lines = dtuLines(at, testContext(), { dialWithinMs: 5_000, halfOpenMs: 200 });
    cleanups.push(lines.release);
    const opening = lines.open(stop.signal);
    await dialAgain(port, 'station-7');
    const line = await opening;
    if (!line.ok) throw new Error(line.error);
    const closed = new Promise<string>((resolve) => line.value.onClose(resolve));
    line.value.onBytes(() => undefined);
    await line.value.write(Uint8Array.of(1, 2, 3));
    expect(await closed).toContain('half open');
  });

  it('the last bus that leaves closes the listener', async () => {
    const port = await freePort();
    const rig = startBusRig(busAt('a', port, 'station-7', [1]), selfDescribing([20, 30]));
    await dialAgain(port, 'station-7', answering);
    await rig.poller.stop();
    await expect(dial(port, 'station-7')).rejects.toThrow();
  });
});

describe('who dials', () => {
  const known = ['alpha', 'beta'].map((name) => ({
    registration: new TextEncoder().encode(name),
    heartbeat: new TextEncoder().encode('..'),
  }));
  it.each<readonly [string, number | undefined, string]>([
    ['alpha', 0, ''],
    ['beta\u0001', 1, '\u0001'],
    ['....beta', 1, ''],
    ['alph', undefined, ''],
    ['xalpha', undefined, ''],
    ['', undefined, ''],
  ])('%j', (text, index, rest) => {
    const who = whoDials(new TextEncoder().encode(text), known);
    expect(who?.index).toBe(index);
    expect(new TextDecoder().decode(who?.rest ?? new Uint8Array(0))).toBe(rest);
  });
});
