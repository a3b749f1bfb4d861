/** Modbus TCP has no checksum: a stream that lost its frames is left at once, and costs nobody but the unit that broke it. */
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openModbusTcp } from '#edge/io/modbus-tcp.ts';
import { startEdge } from '#edge/main.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { toSteps } from '#model/quantity.ts';
import { formatLint } from '#model/result.ts';
import { startSimulators } from '#simulators/main.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { testContext as simulatorContext } from '#test/simulators/support/context.ts';
import { config, crackMeter, line } from '#test/simulators/support/devices.ts';
import { edgeConfig, startCentre, tempDir, testContext, until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const UNITS = [1, 2, 3, 4];
const BROKEN = 2;
const mmOf = (unitId: number): number => unitId * 100 + 0.5;
/** Long enough for a busy machine: whoever is called silent here is a unit that was made to be. */
const profile = { ...crackMeter, timeoutMs: 2_000 };

async function simulated(folder: string, fault: string) {
  const scenario = parseScenario('f.yaml', `seed: 5\nfaults:\n  - { bus: a, ${fault} }\n`);
  if (!scenario.ok) throw new Error(scenario.error.map(formatLint).join('\n'));
  const units = UNITS.map((unitId) => ({
    ...({ unitId, kind: 'profile', profile } as const),
    registers: [{ register: 'displacement', behaviour: { kind: 'constant', value: mmOf(unitId), noise: 0 } } as const],
  }));
  const faults = scenario.value.faults.map(({ timed }) => timed);
  const wire = { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 } as const;
  const service = await startSimulators(
    { ...config(join(folder, 'sim'), [line('a', wire, { units, faults })]), seed: 5, startAfterMs: 0 },
    simulatorContext(),
  );
  cleanups.push(() => service.stop());
  const [address] = service.lines;
  if (address?.kind !== 'modbus-tcp') throw new Error('no Modbus TCP line');
  return address.port;
}

describe('frames that are none, of one unit over Modbus TCP', () => {
  it.each<readonly [what: string, kind: string, fault: string]>([
    ['a wrong transaction', 'transaction', `unit: ${BROKEN}, fault: badCrc, share: 0.5`],
    ['noise before the answer', 'transaction', `unit: ${BROKEN}, fault: noise, where: before, count: 3, share: 0.5`],
    ['noise behind the answer', 'transaction', `unit: ${BROKEN}, fault: noise, where: after, count: 3, share: 0.5`],
    ['an answer that is cut short', 'truncated', `unit: ${BROKEN}, fault: truncated, share: 0.5`],
    ['another unit', 'unit', `unit: ${BROKEN}, fault: wrongUnit, share: 0.5`],
  ])('%s: costs that unit readings, and no other any', async (_, kind, fault) => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const port = await simulated(folder.path, fault);
    const centre = await startCentre();
    cleanups.push(() => centre.stop());
    const bus: BusConfig = {
      ...{ id: 'a', kind: 'modbus-tcp', host: '127.0.0.1', port, pollMs: 20 },
      units: UNITS.map((unitId) => ({
        ...{ unitId, profile: 'crack' },
        sensors: [{ sensorId: `crack-${unitId}`, register: 'displacement' }],
      })),
    };
    const ctx = testContext();
    const base = edgeConfig(folder.path, centre.port, [bus]);
    const edge = await startEdge({ ...base, profiles: { crack: profile } }, ctx);
    cleanups.push(() => edge.stop());
    const of = (unitId: number) => centre.readings(`crack-${unitId}`);
    const good = (unitId: number) =>
      of(unitId).flatMap((reading) => (reading.quality === 'bad' ? [] : [reading.value]));
    const seen = () => ctx.counts.get(`fengsui_edge_frames_bad_total a ${kind}`) ?? 0;
    await until(
      'twelve readings of each unit and three broken frames',
      () => seen() >= 3 && UNITS.every((unitId) => good(unitId).length >= (unitId === BROKEN ? 3 : 12)),
      18_000,
    );
    for (const unitId of UNITS) expect(new Set(good(unitId))).toEqual(new Set([toSteps('displacement', mmOf(unitId))]));
    for (const unitId of UNITS.filter((id) => id !== BROKEN))
      expect(of(unitId).flatMap((reading) => (reading.quality === 'bad' ? [reading.reason] : []))).toEqual([]);
    expect(centre.events().flatMap((event) => (event.kind === 'bus' ? [event.state] : []))).toEqual(['open']);
  });
});

/** A gateway that does with each request what it is told; it counts its callers. */
async function gateway(answer: (request: Buffer, socket: Socket, calls: number) => void) {
  const sockets = new Set<Socket>();
  const state = { calls: 0 };
  const server = createServer((socket) => {
    const call = ++state.calls;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => answer(bytes, socket, call));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const at = server.address();
  return { port: typeof at === 'object' && at !== null ? at.port : 0, state, sockets };
}
const REQUEST = { unitId: 1, functionCode: 3, address: 0, count: 1 } as const;
const TIMING = { timeoutMs: 100, ceilingMs: 100, gapMs: 0 };
const PATIENT = { timeoutMs: 5_000, ceilingMs: 5_000, gapMs: 0 };
const reply = (request: Buffer, value: number): Buffer =>
  Buffer.concat([request.subarray(0, 2), Buffer.from([0, 0, 0, 5, 1, 3, 2, value >> 8, value & 0xff])]);

async function openTo(port: number) {
  const stray: string[] = [];
  const opened = await openModbusTcp('127.0.0.1', port, new AbortController().signal, (kind) => stray.push(kind));
  if (!opened.ok) throw new Error(opened.error);
  cleanups.push(() => opened.value.close());
  return { link: opened.value, stray };
}

describe('a connection over Modbus TCP', () => {
  it('that brings nothing but garbage is closed after three, so that it is opened with pauses', async () => {
    const { port, state } = await gateway((_, socket) => void socket.write(Buffer.alloc(9, 0xff)));
    const { link } = await openTo(port);
    const ends: string[] = [];
    link.onClose((detail) => ends.push(detail));
    const results = [];
    for (let asked = 0; asked < 6; asked++) results.push(await link.read(REQUEST, PATIENT));
    const kinds = results.map((result) => (result.ok ? 'ok' : result.error.kind));
    expect(kinds.slice(0, 3).every((kind) => ['transaction', 'mbap'].includes(kind))).toBe(true);
    expect(kinds.slice(3)).toEqual(['closed', 'closed', 'closed']);
    expect(state.calls).toBe(3);
    expect(ends).toHaveLength(1);
  });

  it('keeps an answer apart that comes after its time, and goes on with the same one', async () => {
    let asked = 0;
    let late: () => void = () => undefined;
    const { port, state } = await gateway((request, socket) => {
      asked++;
      if (asked === 1) late = () => void socket.write(reply(request, 111));
      else {
        late();
        socket.write(reply(request, 222));
      }
    });
    const { link, stray } = await openTo(port);
    expect(await link.read(REQUEST, TIMING)).toMatchObject({ ok: false, error: { reason: 'timeout' } });
    expect(await link.read(REQUEST, PATIENT)).toMatchObject({ ok: true, value: { words: [222] } });
    expect(stray).toEqual(['late']);
    expect(state.calls).toBe(1);
  });

  it('is left after three requests that nobody answered, and the next request has a new one', async () => {
    const { port, state } = await gateway((request, socket, call) => {
      if (call > 1) socket.write(reply(request, 7));
    });
    const { link } = await openTo(port);
    for (let asked = 0; asked < 3; asked++) expect((await link.read(REQUEST, TIMING)).ok).toBe(false);
    expect(await link.read(REQUEST, PATIENT)).toMatchObject({ ok: true, value: { words: [7] } });
    expect(state.calls).toBe(2);
  });

  it('says that it is closed when the gateway hangs up', async () => {
    const { port } = await gateway((_, socket) => void socket.destroy());
    const { link } = await openTo(port);
    expect(await link.read(REQUEST, PATIENT)).toMatchObject({ ok: false, error: { reason: 'link', kind: 'closed' } });
    const ended = await new Promise<string>((resolve) => link.onClose(resolve));
    expect(ended).not.toBe('');
  });

  it('ends a request under way when it is closed', async () => {
    const { port, sockets } = await gateway(() => undefined);
    const { link } = await openTo(port);
    const asked = link.read(REQUEST, PATIENT);
    await link.close();
    expect(await asked).toMatchObject({ ok: false, error: { reason: 'link' } });
    await until('the gateway has seen it', () => sockets.size === 0);
  });
});
