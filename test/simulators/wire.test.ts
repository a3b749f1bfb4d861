/** The slaves on the wire, byte by byte: faults, restarts, lines that fall back, ports that stay. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import type { LineAddress, LineConfig, SimulatorService } from '#simulators/config.ts';
import type { Fault } from '#simulators/fault.ts';
import { readServedLines, summarizeServed } from '#simulators/io/served-log.ts';
import { startSimulators } from '#simulators/main.ts';
import { hasGoodCrc, sealFrame } from '#simulators/modbus/crc16.ts';
import { sealMbap } from '#simulators/modbus/mbap.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { config, line, rainGauge } from '#test/simulators/support/devices.ts';
import { openTalk, type Talk } from '#test/simulators/support/talk.ts';
import { needs } from '#test/support/needs.ts';

const readRegisters = (address: number, count: number) =>
  Uint8Array.of(3, address >> 8, address & 0xff, count >> 8, count);
const ask = sealFrame(1, readRegisters(0, 2));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const ANSWER = '010304000030392E21';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  lines: readonly LineConfig[],
  more: { ctx?: ReturnType<typeof testContext>; folder?: string; startAfterMs?: number } = {},
) {
  const folder = more.folder ?? tempFolderFor();
  const ctx = more.ctx ?? testContext();
  const service = await startSimulators({ ...config(folder, lines), startAfterMs: more.startAfterMs ?? null }, ctx);
  cleanups.push(() => service.stop());
  return { service, ctx, folder };
}
function tempFolderFor(): string {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  return folder.path;
}
const portOf = (service: SimulatorService, index = 0): number => {
  const address: LineAddress | undefined = service.lines[index];
  return address === undefined || address.kind === 'modbus-rtu' ? 0 : address.port;
};

async function talkTo(port: number): Promise<Talk> {
  const talk = await openTalk(port);
  cleanups.push(() => void talk.socket.destroy());
  return talk;
}
const rtuTcp = { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 } as const;
const modbusTcp = { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 } as const;

describe('RTU frames over TCP', () => {
  it('answers its own units and stays silent to a wrong CRC and to foreign units', async () => {
    const { service, ctx } = await start([line('a', rtuTcp)]);
    const talk = await talkTo(portOf(service));
    const spoilt = ask.slice();
    spoilt[6] = 0xff;
    talk.socket.write(spoilt);
    await until(
      'the wrong CRC to be counted',
      () => ctx.counts.get('fengsui_simulator_frames_dropped_total{"line":"a","why":"crc"}') === 1,
    );
    // Deaf until the line has been silent: this request belongs to the same burst, so it is lost with it.
    talk.socket.write(ask);
    talk.socket.write(sealFrame(77, readRegisters(0, 2)));
    // An answer after the silence shows that nothing else came before it.
    let askedMs = performance.now();
    await until('an answer after the silence', () => {
      if (performance.now() - askedMs > 150) {
        talk.socket.write(ask);
        askedMs = performance.now();
      }
      return talk.got().length > 0;
    });
    expect(hex(talk.got())).toBe(ANSWER);
  });

  it.each<[Fault, (bytes: Buffer) => boolean, boolean]>([
    [{ kind: 'wrongUnit' }, (bytes) => bytes.length === 9 && bytes[0] === 2 && hasGoodCrc(bytes), false],
    [{ kind: 'badCrc' }, (bytes) => bytes.length === 9 && bytes[0] === 1 && !hasGoodCrc(bytes), false],
    [{ kind: 'truncated' }, (bytes) => hex(bytes) === ANSWER.slice(0, 12), false],
    [{ kind: 'exception', code: 6 }, (bytes) => hex(bytes.subarray(0, 3)) === '018306' && hasGoodCrc(bytes), false],
    [{ kind: 'late', delayMs: 60 }, (bytes) => hex(bytes) === ANSWER, true],
  ])('fault %j shows on the wire, and only whole answers are logged as served', async (fault, isSeen, isServed) => {
    const { service, folder } = await start([line('a', rtuTcp)]);
    const talk = await talkTo(portOf(service));
    service.setFault('a', 1, fault);
    const askedMs = performance.now();
    talk.socket.write(ask);
    await until(`the fault ${fault.kind}`, () => isSeen(talk.got()));
    if (fault.kind === 'late') expect(performance.now() - askedMs).toBeGreaterThanOrEqual(59);
    expect(readServedLines(join(folder, 'served-a.jsonl'))).toHaveLength(isServed ? 1 : 0);
  });

  it('takes as long as a line of that speed when it is told to', async () => {
    const { service } = await start([line('a', rtuTcp, { pace: { baudRate: 2400, turnaroundMs: 5 } })]);
    const talk = await talkTo(portOf(service));
    const askedMs = performance.now();
    talk.socket.write(ask);
    await until('the answer', () => talk.got().length === 9);
    // 8 + 9 characters of 10 bits, 3.5 characters of silence, the turnaround.
    expect(performance.now() - askedMs).toBeGreaterThanOrEqual((20.5 * 10 * 1000) / 2400 + 5);
  });
});

describe('Modbus TCP', () => {
  it('answers pipelined requests in order and ends a connection that talks something else', async () => {
    const { service, ctx } = await start([line('a', modbusTcp)]);
    const talk = await talkTo(portOf(service));
    talk.socket.write(Buffer.concat([sealMbap(5, 1, readRegisters(0, 2)), sealMbap(6, 3, readRegisters(9, 1))]));
    await until('two answers', () => talk.got().length === 13 + 11);
    expect(hex(talk.got())).toBe('00050000000701030400003039' + '0006000000050303020BC1');
    talk.socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(talk.socket, 'close');
    expect(ctx.counts.get('fengsui_simulator_frames_dropped_total{"line":"a","why":"malformed"}')).toBe(1);
    const again = await talkTo(portOf(service));
    again.socket.write(sealMbap(1, 1, readRegisters(0, 2)));
    await until('an answer on a new connection', () => again.got().length === 13);
  });
});

describe('state', () => {
  const counterLine = (id: string): LineConfig => ({
    ...line(id, modbusTcp),
    units: [
      {
        unitId: 1,
        kind: 'profile',
        profile: rainGauge,
        registers: [
          {
            register: 'accumulated',
            behaviour: {
              kind: 'tipping',
              perTip: 0.2,
              intensity: [
                { atMs: 0, perHour: 720 },
                { atMs: 30_000, perHour: 0 },
              ],
            },
          },
        ],
      },
    ],
  });
  async function readCounter(port: number): Promise<number> {
    const talk = await talkTo(port);
    talk.socket.write(sealMbap(1, 1, readRegisters(0, 2)));
    await until('the counter', () => talk.got().length === 13);
    return talk.got().readUInt32BE(9);
  }

  it('goes on after a restart: port, begin and counter, with what fell in between', async () => {
    const folder = tempFolderFor();
    const clock = openSteppedClock(1_800_000_000_000);
    const first = await start([counterLine('a')], { ctx: testContext(clock), folder });
    const port = portOf(first.service);
    expect(await readCounter(port)).toBe(0);
    first.service.begin();
    clock.advanceTo(1_800_000_010_000);
    expect(await readCounter(port)).toBe(20);
    await first.service.stop();
    clock.advanceTo(1_800_000_020_000);
    const second = await start([counterLine('a')], { ctx: testContext(clock), folder });
    expect(portOf(second.service)).toBe(port);
    expect(second.service.beganAtMs()).toBe(1_800_000_000_000);
    second.service.begin();
    expect(second.service.beganAtMs()).toBe(1_800_000_000_000);
    expect(await readCounter(port)).toBe(40);
    clock.advanceTo(1_800_000_090_000);
    expect(await readCounter(port)).toBe(60);
    second.service.begin({ again: true });
    clock.advanceTo(1_800_000_091_000);
    expect(await readCounter(port)).toBe(62);
    await second.service.stop();
    // A virtual clock that starts anew: the counter never falls, the scenario has not begun.
    const third = await start([counterLine('a')], { ctx: testContext(openSteppedClock(1_700_000_000_000)), folder });
    expect(await readCounter(portOf(third.service))).toBe(62);
    expect(third.service.beganAtMs()).toBeNull();
  });

  it('begins by itself after the configured time, and when the supervisor says so', async () => {
    const clock = openSteppedClock(1_800_000_000_000);
    const { service } = await start([line('a', modbusTcp)], { ctx: testContext(clock), startAfterMs: 5_000 });
    clock.advanceTo(1_800_000_004_999);
    expect(service.beganAtMs()).toBeNull();
    clock.advanceTo(1_800_000_005_000);
    expect(service.beganAtMs()).toBe(1_800_000_005_000);
    const other = await start([line('b', modbusTcp)]);
    process.emit('message', { kind: 'something else' }, undefined);
    expect(other.service.beganAtMs()).toBeNull();
    process.emit('message', { kind: 'begin' }, undefined);
    expect(other.service.beganAtMs()).not.toBeNull();
  });

  it('takes another port when the one that it had is in use', async () => {
    const folder = tempFolderFor();
    const first = await start([line('a', modbusTcp)], { folder });
    const port = portOf(first.service);
    await first.service.stop();
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    cleanups.push(() => void squatter.close());
    const second = await start([line('a', modbusTcp)], { folder });
    expect(portOf(second.service)).not.toBe(port);
  });

  it('reads a served log whose last line was cut off', async () => {
    const { service, folder } = await start([line('a', modbusTcp)]);
    await readCounter(portOf(service));
    const path = join(folder, 'served-a.jsonl');
    appendFileSync(path, '{"at":17,"unit":1,"fc"');
    const place = { unitId: 1, functionCode: 3, address: 0, type: 'uint32', order: 'ABCD' } as const;
    expect(summarizeServed(readServedLines(path), place).values.map(({ raw }) => raw)).toEqual([12_345]);
    expect(summarizeServed(readServedLines(join(folder, 'no-such.jsonl')), place)).toEqual({
      values: [],
      last: null,
      maximum: null,
    });
  });
});

describe.skipIf(!needs('socat'))('pseudo-terminals', () => {
  const ptyLine = (folder: string) => line('p', { kind: 'pty', edgePath: join(folder, 'p.edge'), baudRate: 9600 });
  const open = async (path: string) => {
    const port = new SerialPort({ path, baudRate: 9600, autoOpen: false });
    await new Promise<void>((resolve, reject) => port.open((cause) => (cause === null ? resolve() : reject(cause))));
    let got = Buffer.alloc(0);
    port.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    const close = () => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve()));
    return { port, got: () => got, close };
  };

  it('serves a reader that opens, leaves and comes back, several times', async () => {
    const folder = tempFolderFor();
    await start([ptyLine(folder)], { folder });
    for (let turn = 0; turn < 3; turn++) {
      const serial = await open(join(folder, 'p.edge'));
      serial.port.write(ask);
      await until('the answer', () => serial.got().length === 9);
      expect(hex(serial.got())).toBe(ANSWER);
      await serial.close();
    }
  });

  it('makes the line again when socat dies, and leaves nothing behind when it stops', async () => {
    const folder = tempFolderFor();
    const { service } = await start([ptyLine(folder)], { folder });
    const socats = () =>
      readdirSync('/proc').filter((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(folder, 'p.edge'));
        } catch {
          return false;
        }
      });
    const [pid] = socats();
    process.kill(Number(pid), 'SIGKILL');
    await until(
      'another socat',
      () => socats().length === 1 && socats()[0] !== pid && existsSync(join(folder, 'p.edge')),
    );
    const serial = await open(join(folder, 'p.edge'));
    serial.port.write(ask);
    await until('the answer', () => serial.got().length === 9);
    await serial.close();
    await service.stop();
    expect(socats()).toEqual([]);
    expect(existsSync(join(folder, 'p.edge'))).toBe(false);
  });

  it('serves units on a serial port that exists, for real edge boxes', async () => {
    const folder = tempFolderFor();
    const [left, right] = [join(folder, 'x.sim'), join(folder, 'x.edge')];
    const pair: ChildProcess = spawn('socat', [`pty,raw,echo=0,link=${left}`, `pty,raw,echo=0,link=${right}`], {
      stdio: 'ignore',
    });
    cleanups.push(() => void pair.kill('SIGTERM'));
    await until('the pair of lines', () => existsSync(left) && existsSync(right));
    await start([line('s', { kind: 'serial', simPath: left, baudRate: 9600, parity: 'none' })], { folder });
    const serial = await open(right);
    cleanups.push(serial.close);
    await until('the answer', () => {
      if (serial.got().length === 0) serial.port.write(ask);
      return serial.got().length >= 9;
    });
    expect(hex(serial.got().subarray(0, 9))).toBe(ANSWER);
  });
});

describe('a machine without socat', () => {
  it('serves the same frames over TCP and says so', async () => {
    const folder = tempFolderFor();
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      const { service, ctx } = await start(
        [line('p', { kind: 'pty', edgePath: join(folder, 'p.edge'), baudRate: 9600 })],
        { folder },
      );
      expect(service.lines[0]).toMatchObject({ id: 'p', kind: 'modbus-rtu-tcp', host: '127.0.0.1' });
      expect(service.addresses[0]).toMatch(/RTU frames run over TCP/);
      expect(ctx.messages).toContain('simulated line falls back to TCP');
      const talk = await talkTo(portOf(service));
      talk.socket.write(ask);
      await until('the answer', () => talk.got().length === 9);
      expect(hex(talk.got())).toBe(ANSWER);
    } finally {
      process.env['PATH'] = path;
      rmSync(join(folder, 'p.edge'), { force: true });
    }
  });
});
