/** A simulated 4G DTU: dials in, says who it is, shows that it lives, tunnels its slaves, and dials again when it must. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import type { LineConfig } from '#simulators/config.ts';
import { startSimulators } from '#simulators/main.ts';
import { sealFrame } from '#simulators/modbus/crc16.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { config, line } from '#test/simulators/support/devices.ts';

const BEGIN = 1_800_000_000_000;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

type Call = { readonly socket: Socket; readonly got: () => Buffer; readonly clear: () => void };
async function exchange(port = 0): Promise<{ server: Server; port: number; calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer((socket) => {
    let got = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
    });
    socket.on('error', () => undefined);
    calls.push({
      socket,
      got: () => got,
      clear: () => {
        got = Buffer.alloc(0);
      },
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const { socket } of calls) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0, calls };
}

async function start(port: number, faults: LineConfig['faults'] = [], heartbeatMs = 40) {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const clock = openSteppedClock(BEGIN);
  const wire = {
    kind: 'dtu',
    host: '127.0.0.1',
    port,
    registration: Buffer.from('DTU0001').toString('hex'),
    heartbeat: 'FEFE',
    heartbeatMs,
  } as const;
  const service = await startSimulators(config(folder.path, [line('a', wire, { faults })]), testContext(clock));
  cleanups.push(() => service.stop());
  return { service, clock };
}

const ask = sealFrame(1, Uint8Array.of(3, 0, 0, 0, 2));
const ANSWER = '010304000030392E21';

describe('a simulated DTU', () => {
  it('says who it is, beats, and answers for the slaves behind it', async () => {
    const { port, calls } = await exchange();
    const { service } = await start(port);
    expect(service.lines[0]).toEqual({ id: 'a', kind: 'modbus-dtu', host: '127.0.0.1', port });
    await until('registration and two beats', () => (calls[0]?.got().length ?? 0) >= 11);
    expect(calls[0]?.got().toString('latin1').startsWith('DTU0001')).toBe(true);
    expect(hex(calls[0]?.got() ?? Buffer.alloc(0)).slice(14)).toMatch(/^(FEFE)+$/);
    calls[0]?.clear();
    calls[0]?.socket.write(ask);
    await until('the answer', () => hex(calls[0]?.got() ?? Buffer.alloc(0)).includes(ANSWER));
  });

  it('dials until somebody listens, and again when its connection ends', async () => {
    const first = await exchange();
    const { port } = first;
    first.server.close();
    await once(first.server, 'close');
    await start(port);
    const { calls } = await exchange(port);
    await until('a call', () => (calls[0]?.got().length ?? 0) >= 7);
    calls[0]?.socket.destroy();
    await until('another call', () => (calls[1]?.got().length ?? 0) >= 7);
    expect(calls[1]?.got().toString('latin1').startsWith('DTU0001')).toBe(true);
  });

  it('hangs up when the scenario pulls its wire, stays away, and dials when it is back', async () => {
    const { port, calls } = await exchange();
    const { service, clock } = await start(
      port,
      [
        {
          unitId: null,
          register: null,
          fault: { kind: 'unplug' },
          fromMs: 1_000,
          toMs: 9_000,
          everyMs: null,
          share: 1,
        },
      ],
      60_000,
    );
    await until('a call', () => (calls[0]?.got().length ?? 0) === 7);
    service.begin();
    let hasEnded = false;
    calls[0]?.socket.once('close', () => {
      hasEnded = true;
    });
    clock.advanceTo(BEGIN + 1_000);
    await until('the end of the call', () => hasEnded);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(calls).toHaveLength(1);
    clock.advanceTo(BEGIN + 9_000);
    await until('another call', () => (calls[1]?.got().length ?? 0) === 7);
    calls[1]?.clear();
    calls[1]?.socket.write(ask);
    await until('the answer', () => calls[1]?.got().length === 9);
    expect(hex(calls[1]?.got() ?? Buffer.alloc(0))).toBe(ANSWER);
  });

  it('glues its beat to an answer when a fault says so', async () => {
    const { port, calls } = await exchange();
    const { service } = await start(port, [], 60_000);
    await until('a call', () => (calls[0]?.got().length ?? 0) === 7);
    calls[0]?.clear();
    service.setFault('a', 1, { kind: 'noise', where: 'before', count: 0, hex: 'FEFE' });
    calls[0]?.socket.write(ask);
    await until('the answer', () => calls[0]?.got().length === 11);
    expect(hex(calls[0]?.got() ?? Buffer.alloc(0))).toBe(`FEFE${ANSWER}`);
  });
});
