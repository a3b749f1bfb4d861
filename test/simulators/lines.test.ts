/** Many lines with many units, wires that are pulled from pseudo-terminals, and scenarios that put a bus on another wire. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import type { LineConfig, SimulatedUnit } from '#simulators/config.ts';
import { readServedLines } from '#simulators/io/served-log.ts';
import { startSimulators } from '#simulators/main.ts';
import { hasGoodCrc, sealFrame } from '#simulators/modbus/crc16.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { config, line } from '#test/simulators/support/devices.ts';
import { openTalk } from '#test/simulators/support/talk.ts';
import { needs } from '#test/support/needs.ts';

const BEGIN = 1_800_000_000_000;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});
const folderFor = (): string => {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  return folder.path;
};
const echoes = (count: number): SimulatedUnit[] =>
  Array.from({ length: count }, (_, index) => ({ unitId: index + 1, kind: 'echo' }));
const read = (unitId: number, address: number, count: number) =>
  sealFrame(unitId, Uint8Array.of(3, address >> 8, address & 0xff, 0, count));
/** The words of an RTU answer to a read. */
function wordsOf(frame: Buffer): readonly number[] {
  if (!hasGoodCrc(frame)) throw new Error('a wrong checksum');
  return Array.from({ length: frame.readUInt8(2) / 2 }, (_, index) => frame.readUInt16BE(3 + index * 2));
}

async function openSerial(path: string) {
  const port = new SerialPort({ path, baudRate: 9600, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((cause) => (cause === null ? resolve() : reject(cause))));
  let got = Buffer.alloc(0);
  let isClosed = false;
  port.on('data', (chunk: Buffer) => {
    got = Buffer.concat([got, chunk]);
  });
  port.on('error', () => undefined);
  port.on('close', () => {
    isClosed = true;
  });
  const ask = async (request: Uint8Array, length: number) => {
    got = Buffer.alloc(0);
    port.write(request);
    await until('the answer', () => got.length >= length);
    return got;
  };
  const close = () => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve()));
  cleanups.push(close);
  return { ask, close, isClosed: () => isClosed };
}

describe('many units and many lines', () => {
  it.skipIf(!needs('socat'))('32 units on one line each answer for themselves, request after request', async () => {
    const folder = folderFor();
    const edgePath = join(folder, 'a.edge');
    const service = await startSimulators(
      config(folder, [line('a', { kind: 'pty', edgePath, baudRate: 9600 }, { units: echoes(32) })]),
      testContext(),
    );
    cleanups.push(() => service.stop());
    const serial = await openSerial(edgePath);
    for (let round = 0; round < 3; round++)
      for (let unit = 1; unit <= 32; unit++)
        expect(wordsOf(await serial.ask(read(unit, 40 + round, 2), 9))).toEqual([
          unit * 1000 + 40 + round,
          (unit * 1000 + 41 + round) & 0xffff,
        ]);
    expect(readServedLines(join(folder, 'served-a.jsonl'))).toHaveLength(96);
  });

  it('100 lines of 32 units are there at once, and every unit of each answers', async () => {
    const folder = folderFor();
    const lines = Array.from({ length: 100 }, (_, index) =>
      line(`l${index}`, { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 }, { units: echoes(32) }),
    );
    const service = await startSimulators(config(folder, lines), testContext());
    cleanups.push(() => service.stop());
    expect(service.lines.map(({ id }) => id)).toEqual(lines.map(({ id }) => id));
    await Promise.all(
      service.lines.map(async (address) => {
        if (address.kind === 'modbus-rtu') throw new Error('not TCP');
        const talk = await openTalk(address.port);
        for (let unit = 1; unit <= 32; unit++) {
          talk.clear();
          talk.socket.write(read(unit, 7, 1));
          await until(`unit ${unit} of ${address.id}`, () => talk.got().length === 7, 20_000);
          expect(wordsOf(talk.got())).toEqual([unit * 1000 + 7]);
        }
        talk.socket.destroy();
      }),
    );
  }, 60_000);

  it.skipIf(!needs('socat'))('20 pseudo-terminals are there at once and gone at the end', async () => {
    const folder = folderFor();
    const path = (index: number) => join(folder, `p${index}.edge`);
    const lines = Array.from({ length: 20 }, (_, index) =>
      line(`p${index}`, { kind: 'pty', edgePath: path(index), baudRate: 9600 }, { units: echoes(2) }),
    );
    const service = await startSimulators(config(folder, lines), testContext());
    expect(lines.every((_, index) => existsSync(path(index)))).toBe(true);
    await service.stop();
    expect(lines.some((_, index) => existsSync(path(index)))).toBe(false);
  });
});

const unplugged: LineConfig['faults'] = [
  { unitId: null, register: null, fault: { kind: 'unplug' }, fromMs: 1_000, toMs: 2_000, everyMs: null, share: 1 },
];

describe('a wire that is pulled', () => {
  it.skipIf(!needs('socat'))('takes the pseudo-terminal away from who has it open, and brings it back', async () => {
    const folder = folderFor();
    const edgePath = join(folder, 'a.edge');
    const clock = openSteppedClock(BEGIN);
    const service = await startSimulators(
      config(folder, [line('a', { kind: 'pty', edgePath, baudRate: 9600 }, { units: echoes(1), faults: unplugged })]),
      testContext(clock),
    );
    cleanups.push(() => service.stop());
    const serial = await openSerial(edgePath);
    expect(wordsOf(await serial.ask(read(1, 5, 1), 7))).toEqual([1005]);
    service.begin();
    clock.advanceTo(BEGIN + 1_000);
    await until('the port to be gone', () => serial.isClosed() && !existsSync(edgePath));
    clock.advanceTo(BEGIN + 2_000);
    await until('the port to be back', () => existsSync(edgePath));
    const again = await openSerial(edgePath);
    expect(wordsOf(await again.ask(read(1, 6, 1), 7))).toEqual([1006]);
  });

  it.skipIf(!needs('socat'))('lets go of a serial port that exists, and takes it again', async () => {
    const folder = folderFor();
    const [left, right] = [join(folder, 'x.sim'), join(folder, 'x.edge')];
    const pair = spawn('socat', [`pty,raw,echo=0,link=${left}`, `pty,raw,echo=0,link=${right}`], { stdio: 'ignore' });
    cleanups.push(() => pair.kill('SIGTERM'));
    await until('the pair of lines', () => existsSync(left) && existsSync(right));
    const clock = openSteppedClock(BEGIN);
    const wire = { kind: 'serial', simPath: left, baudRate: 9600, parity: 'none' } as const;
    const service = await startSimulators(
      config(folder, [line('a', wire, { units: echoes(1), faults: unplugged })]),
      testContext(clock),
    );
    cleanups.push(() => service.stop());
    await expect(openSerial(left)).rejects.toThrow(/lock/i);
    service.begin();
    clock.advanceTo(BEGIN + 1_000);
    let free: Awaited<ReturnType<typeof openSerial>> | undefined;
    for (let tries = 0; free === undefined && tries < 100; tries++)
      free = await openSerial(left).catch(() => new Promise((resolve) => setTimeout(() => resolve(undefined), 20)));
    expect(free).toBeDefined();
    await free?.close();
    clock.advanceTo(BEGIN + 2_000);
    const serial = await openSerial(right);
    expect(wordsOf(await serial.ask(read(1, 3, 1), 7))).toEqual([1003]);
  });
});
