import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startEdge } from '#edge/main.ts';
import type { BusConfig, UnitConfig } from '#model/edge-config.ts';
import type { Reading } from '#model/reading.ts';
import {
  edgeConfig,
  registersReply,
  type Script,
  startCentre,
  startScriptedUnit,
  tempDir,
  testContext,
  until,
  withCrc,
} from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const rain = (unitId: number): UnitConfig => ({
  unitId,
  profile: 'sl651-rain-gauge',
  sensors: [{ sensorId: `rain-${unitId}`, register: 'accumulated' }],
});
const counter = (value: number): readonly number[] => [value >>> 16, value & 0xffff];

async function start(script: Script, units: readonly UnitConfig[] = [rain(1)], pollMs = 50) {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const unit = await startScriptedUnit(script);
  cleanups.push(() => unit.stop());
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const bus: BusConfig = { id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs, units };
  const ctx = testContext();
  const edge = await startEdge(edgeConfig(folder.path, centre.port, [bus]), ctx);
  cleanups.push(() => edge.stop());
  return { unit, centre, ctx, edge };
}

const reasonOf = (reading: Reading | undefined) => (reading?.quality === 'bad' ? reading.reason : reading?.quality);

describe('a disturbed answer never becomes a value', () => {
  it.each<readonly [what: string, kind: string, reason: string, answer: Script]>([
    [
      'a wrong checksum',
      'crc',
      'frame',
      (request, reply) => reply(registersReply(request, counter(99)).map((byte, at) => (at === 8 ? byte ^ 1 : byte))),
    ],
    [
      'another unit with a right checksum',
      'unit',
      'frame',
      (request, reply) => reply(registersReply({ ...request, unitId: 9 }, counter(99))),
    ],
    ['fewer registers', 'length', 'frame', (request, reply) => reply(registersReply(request, [99]))],
    [
      'another function',
      'function',
      'frame',
      (request, reply) => reply(registersReply({ ...request, functionCode: 4 }, counter(99))),
    ],
    [
      'a frame cut short',
      'truncated',
      'frame',
      (request, reply) => reply(registersReply(request, counter(99)).slice(0, 6)),
    ],
  ])('%s', async (_, kind, reason, disturbed) => {
    let broken = true;
    const { centre, ctx } = await start((request, reply) =>
      broken ? disturbed(request, reply) : reply(registersReply(request, counter(5))),
    );
    await until('a bad reading', () => centre.readings('rain-1').length > 0);
    expect(reasonOf(centre.readings('rain-1')[0])).toBe(reason);
    expect(ctx.counts.get(`fengsui_edge_frames_bad_total a ${kind}`)).toBeGreaterThan(0);
    broken = false;
    await until('a good reading', () => centre.readings('rain-1').some(({ quality }) => quality === 'good'));
    expect(centre.readings('rain-1').some((reading) => reading.raw === 99)).toBe(false);
  });

  it('an exception is told as one', async () => {
    const { centre, ctx } = await start((request, reply) =>
      reply(withCrc([request.unitId, request.functionCode | 0x80, 2])),
    );
    await until('a reading', () => centre.readings('rain-1').length > 0);
    expect(reasonOf(centre.readings('rain-1')[0])).toBe('exception');
    expect(ctx.counts.get('fengsui_edge_polls_total a exception')).toBeGreaterThan(0);
  });

  it('one disturbed frame is asked for again at once', async () => {
    let asked = 0;
    const { centre } = await start((request, reply) => {
      asked++;
      const good = registersReply(request, counter(7));
      reply(asked === 1 ? good.map((byte, at) => (at === 8 ? byte ^ 1 : byte)) : good);
    });
    await until('a reading', () => centre.readings('rain-1').length > 0);
    expect(centre.readings('rain-1')[0]).toMatchObject({ quality: 'good', raw: 7 });
  });
});

describe('a late answer', () => {
  it('is never taken as the answer to the next request of the same unit', async () => {
    // Two blocks of the same length in one unit: the address is not in the answer, so that only time tells them apart.
    const unit: UnitConfig = {
      unitId: 1,
      profile: 'two-blocks',
      sensors: [
        { sensorId: 'first', register: 'first' },
        { sensorId: 'second', register: 'second' },
      ],
    };
    const folder = tempDir();
    cleanups.push(folder.remove);
    let asked = 0;
    const slave = await startScriptedUnit((request, reply) => {
      asked++;
      // Every third answer comes after the time limit of 300 ms, within the quiet time.
      reply(registersReply(request, [0, request.address]), asked % 3 === 0 ? 450 : 0);
    });
    cleanups.push(() => slave.stop());
    const centre = await startCentre();
    cleanups.push(() => centre.stop());
    const base = edgeConfig(folder.path, centre.port, [
      { id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: slave.port, pollMs: 20, units: [unit] },
    ]);
    const level = base.profiles['sl651-radar-level-gauge'];
    const [register] = level?.registers ?? [];
    if (level === undefined || register === undefined) throw new Error('the profile is missing');
    const registers = [
      { ...register, key: 'first', address: 20 },
      { ...register, key: 'second', address: 30 },
    ];
    const profiles = { 'two-blocks': { ...level, id: 'two-blocks', timeoutMs: 300, registers } };
    const ctx = testContext();
    const edge = await startEdge({ ...base, profiles }, ctx);
    cleanups.push(() => edge.stop());
    const valuesOf = (sensorId: string) =>
      centre.readings(sensorId).flatMap((reading) => (reading.quality === 'bad' ? [] : [reading.value]));
    await until('enough values of both', () => valuesOf('first').length >= 6 && valuesOf('second').length >= 3, 15_000);
    expect(new Set(valuesOf('first'))).toEqual(new Set([20]));
    expect(new Set(valuesOf('second'))).toEqual(new Set([30]));
    expect(ctx.counts.get('fengsui_edge_frames_bad_total a late')).toBeGreaterThan(0);
  });
});

describe('a unit that does not answer', () => {
  it('is left out after three polls, told once, and does not stall the others', async () => {
    let silent = true;
    const { centre } = await start(
      (request, reply) => {
        if (request.unitId === 1 || !silent) reply(registersReply(request, counter(request.unitId)));
      },
      [rain(1), rain(2)],
    );
    await until('it is skipped', () => centre.readings('rain-2').some((reading) => reasonOf(reading) === 'skipped'));
    const before = centre.readings('rain-1').length;
    await until('the other is read on', () => centre.readings('rain-1').length >= before + 5, 3_000);
    expect(centre.readings('rain-1').every(({ quality }) => quality === 'good')).toBe(true);
    const states = () => centre.events().flatMap((event) => (event.kind === 'unit' ? [event.state] : []));
    expect(states()).toEqual(['silent']);
    silent = false;
    await until('it answers again', () => centre.readings('rain-2').some(({ quality }) => quality === 'good'));
    expect(states()).toEqual(['silent', 'answering']);
  });

  it('a connection that is cut is opened again', async () => {
    const { centre, unit } = await start((request, reply) => reply(registersReply(request, counter(1))));
    await until('a reading', () => centre.readings('rain-1').length > 0);
    unit.cut();
    await until('the bus closed and opened', () => {
      const states = centre.events().flatMap((event) => (event.kind === 'bus' ? [event.state] : []));
      return states.join() === 'open,closed,open';
    });
  });
});

describe('counters on the wire', () => {
  it('their increments sum to what fell, and a reset and a rollover are told apart', async () => {
    const served = [999_990, 999_995, 3, 3, 10, 2, 4];
    let at = 0;
    let holdAt = 0;
    const { centre } = await start((request, reply) => {
      reply(registersReply(request, counter(served[Math.min(at, served.length - 1)] ?? 0)));
      holdAt++;
      if (holdAt % 2 === 0) at++;
    });
    await until('all were served', () => centre.readings('rain-1').length >= served.length * 2);
    const seen = centre.readings('rain-1').filter((reading) => reading.quality !== 'bad' && reading.value !== 0);
    expect(seen.map((reading) => (reading.quality === 'bad' ? 0 : reading.value / 100))).toEqual([5, 8, 7, 2, 2]);
    expect(seen.map((reading) => reading.flags)).toEqual([[], ['rollover'], [], ['reset'], []]);
  });
});

describe('Modbus TCP', () => {
  it('garbage and a wrong unit bring no value and no crash', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    let round = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        round++;
        const id = bytes.subarray(0, 2);
        const answers = [
          Buffer.from('ffffffffffffffffffffff', 'hex'),
          Buffer.concat([id, Buffer.from('0000000000', 'hex')]),
          Buffer.concat([id, Buffer.from('00000007090304', 'hex'), Buffer.from('00000063', 'hex')]),
          Buffer.concat([id, Buffer.from('00000007010308', 'hex'), Buffer.from('00000063', 'hex')]),
        ];
        const good = Buffer.concat([id, Buffer.from('00000007010304', 'hex'), Buffer.from('00000005', 'hex')]);
        socket.write(answers[round - 1] ?? good);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const centre = await startCentre();
    cleanups.push(() => centre.stop());
    const edge = await startEdge(
      edgeConfig(folder.path, centre.port, [
        { id: 'a', kind: 'modbus-tcp', host: '127.0.0.1', port, pollMs: 50, units: [rain(1)] },
      ]),
      testContext(),
    );
    cleanups.push(() => edge.stop());
    await until('a good reading', () => centre.readings('rain-1').some(({ quality }) => quality === 'good'));
    expect(round).toBeGreaterThan(4);
    for (const reading of centre.readings('rain-1')) if (reading.quality !== 'bad') expect(reading.raw).toBe(5);
  });
});

describe('a line that is cut again and again', () => {
  it('is opened again soon each time, because its units had answered', async () => {
    const { centre, unit, ctx } = await start((request, reply) => reply(registersReply(request, counter(1))));
    const good = () => centre.readings('rain-1').filter(({ quality }) => quality === 'good').length;
    const beganMs = performance.now();
    for (let cut = 0; cut < 8; cut++) {
      const before = good();
      await until('a reading', () => good() > before);
      unit.cut();
      await until('the cut is noticed', () => (ctx.counts.get('fengsui_edge_bus_reopens_total a') ?? 0) > cut);
    }
    // With pauses that grow it would be 14 s.
    expect(performance.now() - beganMs).toBeLessThan(9_000);
  });
});
