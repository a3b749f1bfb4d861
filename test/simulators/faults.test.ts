/** Every fault by its name, as a scenario file writes it and as its bytes show on the wire. */
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSteppedClock, type SteppedClock } from '#model/io/clock.ts';
import { formatLint } from '#model/result.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import type { LineConfig, LineWire, SimulatorService } from '#simulators/config.ts';
import type { TimedFault } from '#simulators/fault.ts';
import { readServedLines } from '#simulators/io/served-log.ts';
import { startSimulators } from '#simulators/main.ts';
import { hasGoodCrc, sealFrame } from '#simulators/modbus/crc16.ts';
import { sealMbap } from '#simulators/modbus/mbap.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { faultSchema } from '#simulators/scenario-faults.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { config, crackMeter, line, rainGauge, sirenBoard } from '#test/simulators/support/devices.ts';
import { openTalk, type Talk } from '#test/simulators/support/talk.ts';

const BEGIN = 1_800_000_000_000;
const rtuTcp = { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 } as const;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const read = (unitId: number, address = 0, count = 2, functionCode = 3) =>
  sealFrame(unitId, Uint8Array.of(functionCode, address >> 8, address & 0xff, count >> 8, count));
/** Unit 1 shows 1234.5 mm of rain. */
const ANSWER = '010304000030392E21';
const CRACK = sealFrame(2, Uint8Array.of(3, 4, 0x41, 0x48, 0, 0));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

function faultsOf(text: string): readonly TimedFault[] {
  const parsed = parseScenario('s.yaml', text);
  if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
  return parsed.value.faults.map(({ timed }) => timed);
}

type Rig = {
  readonly service: SimulatorService;
  readonly clock: SteppedClock;
  readonly talk: Talk;
  readonly port: number;
  readonly folder: string;
  readonly messages: readonly string[];
  /** Moves to so many seconds after the begin. */
  readonly at: (seconds: number) => void;
  /** One request; what came back when it was complete. */
  readonly ask: (request: Uint8Array, length: number) => Promise<string>;
};

async function start(
  faults: string,
  more: Partial<Pick<LineConfig, 'units' | 'pace'>> & { readonly wire?: LineWire } = {},
): Promise<Rig> {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const clock = openSteppedClock(BEGIN);
  const ctx = testContext(clock);
  const { wire = rtuTcp, ...rest } = more;
  const lines = [line('a', wire, { ...rest, faults: faultsOf(`faults:\n  - ${faults}\n`) })];
  const service = await startSimulators(config(folder.path, lines), ctx);
  cleanups.push(() => service.stop());
  const [address] = service.lines;
  if (address === undefined || address.kind === 'modbus-rtu') throw new Error('no TCP line');
  const talk = await openTalk(address.port);
  cleanups.push(() => talk.socket.destroy());
  service.begin();
  return {
    service,
    clock,
    talk,
    port: address.port,
    folder: folder.path,
    messages: ctx.messages,
    at: (seconds) => clock.advanceTo(BEGIN + seconds * 1000),
    ask: async (request, length) => {
      talk.clear();
      talk.socket.write(request);
      await until(`${length} bytes`, () => talk.got().length >= length);
      return hex(talk.got());
    },
  };
}

const served = (rig: Rig) => readServedLines(join(rig.folder, 'served-a.jsonl'));
const unitWith = (behaviour: Behaviour): LineConfig['units'] => [
  { unitId: 1, kind: 'profile', profile: rainGauge, registers: [{ register: 'accumulated', behaviour }] },
  { unitId: 2, kind: 'profile', profile: crackMeter, registers: [{ register: 'displacement', behaviour }] },
  { unitId: 4, kind: 'profile', profile: sirenBoard, registers: [] },
];
const counter = (rig: Rig) => rig.ask(read(1), 9).then((text) => Number.parseInt(text.slice(6, 14), 16));
const crackMm = (rig: Rig) => rig.ask(read(2), 9).then((text) => Buffer.from(text.slice(6, 14), 'hex').readFloatBE());

/** Which names have been seen here; the last test compares them with all that a scenario may write. */
const seen = new Set<string>();
const name = (fault: string) => seen.add(/fault: (\w+)/.exec(fault)?.[1] ?? '');

describe('faults of an answer', () => {
  it.each<[fault: string, length: number, isSeen: (bytes: string) => boolean, isServed: boolean]>([
    [
      '{ bus: a, unit: 1, fault: wrongUnit }',
      9,
      (got) => got.startsWith('020304') && hasGoodCrc(Buffer.from(got, 'hex')),
      false,
    ],
    [
      '{ bus: a, unit: 1, fault: badCrc }',
      9,
      (got) => got.slice(0, 16) === ANSWER.slice(0, 16) && got !== ANSWER,
      false,
    ],
    ['{ bus: a, unit: 1, fault: truncated }', 6, (got) => got === ANSWER.slice(0, 12), false],
    [
      '{ bus: a, unit: 1, fault: exception, code: 4 }',
      5,
      (got) => got === hex(sealFrame(1, Uint8Array.of(0x83, 4))),
      false,
    ],
    ['{ bus: a, unit: 1, fault: busy }', 5, (got) => got === hex(sealFrame(1, Uint8Array.of(0x83, 6))), false],
    ['{ bus: a, unit: 1, fault: noise, where: before, hex: "FE55" }', 11, (got) => got === `FE55${ANSWER}`, true],
    ['{ bus: a, unit: 1, fault: noise, where: after, hex: "00" }', 10, (got) => got === `${ANSWER}00`, true],
    [
      '{ bus: a, unit: 1, fault: noise, where: both, count: 3 }',
      15,
      (got) => got.length === 30 && got.slice(6, 24) === ANSWER,
      true,
    ],
    ['{ bus: a, fault: echo }', 17, (got) => got === hex(read(1)) + ANSWER, true],
  ])('%s', async (fault, length, isSeen, isServed) => {
    name(fault);
    const rig = await start(fault);
    const got = await rig.ask(read(1), length);
    expect(isSeen(got), got).toBe(true);
    expect(served(rig)).toHaveLength(isServed ? 1 : 0);
  });

  it('silent: says nothing, does nothing, and the other units answer', async () => {
    name('fault: silent');
    const rig = await start('{ bus: a, unit: 4, fault: silent, durationS: 5 }', {
      units: unitWith({ kind: 'constant', value: 12.5, noise: 0 }),
    });
    rig.talk.socket.write(sealFrame(4, Uint8Array.of(5, 0, 0, 0xff, 0)));
    expect(await rig.ask(read(2), 9)).toBe(hex(CRACK));
    expect(served(rig).map(({ unitId }) => unitId)).toEqual([2]);
    rig.at(5);
    expect(await rig.ask(read(4, 0, 1, 1), 6)).toBe(hex(sealFrame(4, Uint8Array.of(1, 1, 0))));
  });

  it('deaf: a unit that is asked hears nothing', async () => {
    name('fault: deaf');
    const rig = await start('{ bus: a, unit: 1, fault: deaf, durationS: 2 }');
    rig.talk.socket.write(read(1));
    expect(await rig.ask(read(2), 9)).toBe(hex(CRACK));
    rig.at(2);
    expect(await rig.ask(read(1), 9)).toBe(ANSWER);
  });

  it('late: the answer comes when its master has long asked somebody else', async () => {
    name('fault: late');
    const rig = await start('{ bus: a, unit: 1, fault: late, delayMs: 80 }');
    rig.talk.socket.write(read(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await rig.ask(read(2), 18)).toBe(hex(CRACK) + ANSWER);
  });

  it('slow: every answer takes its own time between the two', async () => {
    name('fault: slow');
    const rig = await start('{ bus: a, unit: 1, fault: slow, minMs: 30, maxMs: 60 }');
    for (const second of [1, 2, 3]) {
      rig.at(second);
      const askedMs = performance.now();
      expect(await rig.ask(read(1), 9)).toBe(ANSWER);
      expect(performance.now() - askedMs).toBeGreaterThanOrEqual(29);
    }
  });

  it('split: the answer comes in pieces with pauses', async () => {
    name('fault: split');
    const rig = await start('{ bus: a, unit: 1, fault: split, pieces: 3, pauseMs: 40 }');
    const chunks: { readonly length: number; readonly atMs: number }[] = [];
    rig.talk.socket.on('data', (chunk: Buffer) => chunks.push({ length: chunk.length, atMs: performance.now() }));
    expect(await rig.ask(read(1), 9)).toBe(ANSWER);
    expect(chunks.map(({ length }) => length)).toEqual([3, 3, 3]);
    expect((chunks[2]?.atMs ?? 0) - (chunks[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(70);
  });

  it('frozenBlock: answers with the block of the moment when it froze, written coils included', async () => {
    name('fault: frozenBlock');
    const rig = await start('{ bus: a, fault: frozenBlock, atS: 10, durationS: 10 }', {
      units: unitWith({ kind: 'ramp', from: 0, to: 100, startMs: 0, durationMs: 100_000 }),
    });
    const coil = () => rig.ask(read(4, 0, 1, 1), 6).then((text) => text.slice(6, 8));
    rig.at(10);
    expect([await crackMm(rig), await coil()]).toEqual([10, '00']);
    rig.at(15);
    await rig.ask(sealFrame(4, Uint8Array.of(5, 0, 0, 0xff, 0)), 8);
    expect([await crackMm(rig), await coil()]).toEqual([10, '00']);
    rig.at(20);
    expect([await crackMm(rig), await coil()]).toEqual([20, '01']);
  });

  it('frozenBlock: shows no fault that began after it froze', async () => {
    const rig = await start(
      '{ bus: a, fault: frozenBlock, atS: 10 }\n  - { bus: a, unit: 2, register: displacement, fault: spike, by: 500, atS: 15 }',
      { units: unitWith({ kind: 'ramp', from: 0, to: 100, startMs: 0, durationMs: 100_000 }) },
    );
    rig.at(20);
    expect(await crackMm(rig)).toBe(10);
  });

  it('strikes the chosen share of the answers, the same ones each time', async () => {
    const struck = async () => {
      const rig = await start('{ bus: a, unit: 1, fault: busy, share: 0.3 }');
      const seconds: number[] = [];
      for (let second = 0; second < 60; second++) {
        rig.at(second);
        rig.talk.clear();
        rig.talk.socket.write(read(1));
        await until('an answer', () => rig.talk.got().length === 5 || rig.talk.got().length === 9);
        if (rig.talk.got().length === 5) seconds.push(second);
      }
      return seconds;
    };
    const first = await struck();
    expect(first.length).toBeGreaterThan(8);
    expect(first.length).toBeLessThan(30);
    expect(await struck()).toEqual(first);
  });
});

describe('faults of an answer on Modbus TCP', () => {
  const wire = { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 } as const;
  const ask = sealMbap(7, 1, Uint8Array.of(3, 0, 0, 0, 2));
  const SOUND = '00070000000701030400003039';
  it.each<[fault: string, bytes: string]>([
    ['{ bus: a, unit: 1, fault: badCrc }', `0052${SOUND.slice(4)}`],
    ['{ bus: a, unit: 1, fault: wrongUnit }', `${SOUND.slice(0, 12)}02${SOUND.slice(14)}`],
    ['{ bus: a, unit: 1, fault: truncated }', SOUND.slice(0, 20)],
    ['{ bus: a, unit: 1, fault: busy }', '000700000003018306'],
    ['{ bus: a, unit: 1, fault: noise, where: after, hex: "FF" }', `${SOUND}FF`],
    ['{ bus: a, unit: 1, fault: split, pieces: 4, pauseMs: 5 }', SOUND],
    ['{ bus: a, unit: 1, fault: late, delayMs: 30 }', SOUND],
    ['{ bus: a, fault: echo }', SOUND],
  ])('%s', async (fault, bytes) => {
    const rig = await start(fault, { wire });
    expect(await rig.ask(ask, bytes.length / 2)).toBe(bytes);
  });
});

describe('faults of a line', () => {
  it('unplug: the connection ends, none is taken, and the same port is back; repeated as the file says', async () => {
    name('fault: unplug');
    const rig = await start('{ bus: a, fault: unplug, atS: 10, durationS: 5, everyS: 20 }');
    for (const round of [0, 20]) {
      const talk = await openTalk(rig.port);
      talk.socket.write(read(1));
      await until('an answer', () => talk.got().length === 9);
      const closed = once(talk.socket, 'close');
      rig.at(round + 10);
      await closed;
      await expect(openTalk(rig.port)).rejects.toThrow(/ECONNREFUSED/);
      rig.at(round + 15);
      await until('the listener', () => rig.messages.at(-1) === 'line is plugged in again');
      let again: Talk | undefined;
      for (let tries = 0; again === undefined && tries < 50; tries++)
        again = await openTalk(rig.port).catch(
          () => new Promise((resolve) => setTimeout(() => resolve(undefined), 20)),
        );
      again?.socket.write(read(1));
      await until('an answer', () => again?.got().length === 9);
      again?.socket.destroy();
    }
  });

  it('echo: the line gives back what is sent to a unit that is not there', async () => {
    const rig = await start('{ bus: a, fault: echo, durationS: 1 }');
    expect(await rig.ask(read(99), 8)).toBe(hex(read(99)));
    rig.at(1);
    rig.talk.socket.write(read(99));
    expect(await rig.ask(read(1), 9)).toBe(ANSWER);
  });

  it('babble: bytes that nobody asked for, every so often while it lasts', async () => {
    name('fault: babble');
    const rig = await start('{ bus: a, fault: babble, atS: 10, durationS: 3, pauseMs: 1000, hex: "AA55" }');
    rig.at(9.999);
    expect(await rig.ask(read(1), 9)).toBe(ANSWER);
    rig.talk.clear();
    for (const second of [10, 11, 12, 13, 14]) rig.at(second);
    await until('three words', () => rig.talk.got().length >= 6);
    expect(hex(rig.talk.got())).toBe('AA55AA55AA55');
    expect(await rig.ask(read(1), 9)).toBe(ANSWER);
  });
});

describe('faults of a value', () => {
  const rising: Behaviour = { kind: 'ramp', from: 0, to: 100, startMs: 0, durationMs: 100_000 };
  const raining: Behaviour = { kind: 'tipping', perTip: 0.2, intensity: [{ atMs: 0, perHour: 720 }] };
  const place = 'bus: a, unit: 2, register: displacement, atS: 10, durationS: 10';
  it.each<[fault: string, before: number, within: readonly number[], after: number]>([
    [`{ ${place}, fault: stuck }`, 9, [10, 10], 20],
    [`{ ${place}, fault: spike, by: 500 }`, 9, [510, 515], 20],
    [`{ ${place}, fault: drift, perHour: 3600 }`, 9, [10, 20], 20],
    [`{ ${place}, fault: force, value: 77 }`, 9, [77, 77], 20],
  ])('%s', async (fault, before, within, after) => {
    name(fault);
    const rig = await start(fault, { units: unitWith(rising) });
    rig.at(9);
    expect(await crackMm(rig)).toBe(before);
    rig.at(10);
    const first = await crackMm(rig);
    rig.at(15);
    expect([first, await crackMm(rig)]).toEqual(within);
    rig.at(20);
    expect(await crackMm(rig)).toBe(after);
    expect(served(rig)).toHaveLength(4);
  });

  it('noValue: without a sentinel the unit stays silent', async () => {
    name('fault: noValue');
    const rig = await start('{ bus: a, unit: 2, register: displacement, fault: noValue, durationS: 5 }', {
      units: unitWith(rising),
    });
    rig.talk.socket.write(read(2));
    expect(await counter(rig)).toBe(0);
    rig.at(5);
    expect(await crackMm(rig)).toBe(5);
  });

  it('counterReset: begins again and goes on from there for good', async () => {
    name('fault: counterReset');
    const rig = await start('{ bus: a, unit: 1, fault: counterReset, atS: 10, to: 0.4 }', { units: unitWith(raining) });
    const shown: number[] = [];
    for (const second of [0, 9, 10, 11, 20, 3_600]) {
      rig.at(second);
      shown.push(await counter(rig));
    }
    expect(shown).toEqual([0, 18, 4, 6, 24, 4 + 3_590 * 2]);
  });

  it('counterRollOver: stands before its modulus from the first, passes it at that instant, and never goes back', async () => {
    name('fault: counterRollOver');
    const rig = await start('{ bus: a, unit: 1, fault: counterRollOver, atS: 10 }', { units: unitWith(raining) });
    const shown: number[] = [];
    for (const second of [0, 1, 9, 10, 12, 60]) {
      rig.at(second);
      shown.push(await counter(rig));
    }
    expect(shown).toEqual([2 ** 32 - 20, 2 ** 32 - 18, 2 ** 32 - 2, 0, 4, 100]);
  });
});

describe('ordered while it runs', () => {
  it('presses a button for two seconds, by call and by message, and heals what was ordered', async () => {
    const rig = await start('{ bus: a, fault: silent, atS: 999 }', {
      units: unitWith({ kind: 'constant', value: 12.5, noise: 0 }),
    });
    const button = () => rig.ask(read(4, 4, 1, 2), 6).then((text) => text.slice(6, 8));
    expect(await button()).toBe('00');
    rig.service.force({ lineId: 'a', unitId: 4, register: 'button' }, 1, 2_000);
    expect(await button()).toBe('01');
    rig.at(2);
    expect(await button()).toBe('00');
    process.emit('message', { kind: 'force', bus: 'a', unit: 4, register: 'button', value: 1 }, undefined);
    expect(await button()).toBe('01');
    process.emit('message', { kind: 'heal', bus: 'a' }, undefined);
    expect(await button()).toBe('00');
    process.emit('message', { kind: 'fault', fault: { bus: 'a', unit: 1, fault: 'busy', durationS: 3 } }, undefined);
    expect(await rig.ask(read(1), 5)).toBe(hex(sealFrame(1, Uint8Array.of(0x83, 6))));
    rig.at(5);
    expect(await crackMm(rig)).toBe(12.5);
    expect((await rig.ask(read(1), 9)).slice(0, 6)).toBe('010304');
  });

  it('refuses a message that it does not understand, and a line that is not there, and says so', async () => {
    const rig = await start('{ bus: a, fault: silent, atS: 999 }');
    process.emit('message', { kind: 'fault', fault: { bus: 'a', fault: 'flood' } }, undefined);
    process.emit('message', { kind: 'fault', fault: { sensor: 'x', fault: 'silent' } }, undefined);
    process.emit('message', { kind: 'heal', bus: 'nowhere' }, undefined);
    expect(rig.messages.slice(-3)).toEqual([
      'a message to the simulators was refused',
      'a message to the simulators was refused',
      'no such simulated line',
    ]);
    expect(await rig.ask(read(1), 9)).toBe(ANSWER);
  });
});

it('has shown every fault that a scenario may name', () => {
  const names = faultSchema.options.map((option) => option.shape.fault.value);
  expect([...seen].sort()).toEqual([...names].sort());
  expect(names).toHaveLength(22);
});
