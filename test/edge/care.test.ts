import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { localise, pushedPart } from '#edge/care/localise.ts';
import { startEdge } from '#edge/main.ts';
import {
  type BusConfig,
  type EdgeConfig,
  type EdgeConfigPush,
  NOTHING_LOCAL,
  type OutputConfig,
} from '#model/edge-config.ts';
import {
  type Centre,
  edgeConfig,
  freePort,
  registersReply,
  startCentre,
  startProgram,
  startScriptedUnit,
  tempDir,
  testContext,
  until,
  withCrc,
} from './support.ts';

const TRIAL_MS = 300;
const bin = fileURLToPath(new URL('../../edge/io/bin.ts', import.meta.url));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

type Bus = Extract<BusConfig, { readonly kind: 'modbus-rtu-tcp' }>;

/** A gauge on a serial server, a broker with a centre, and a box with a file of its own. */
async function startBox() {
  const folder = tempDir();
  cleanups.push(folder.remove);
  let count = 0;
  const unit = await startScriptedUnit((request, reply) => {
    if (request.unitId === 1) reply(registersReply(request, [0, ++count]));
  });
  cleanups.push(() => unit.stop());
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const bus: Bus = {
    ...{ id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs: 100 },
    units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
  };
  const file = edgeConfig(folder.path, centre.port, [bus]);
  const open = async (config: EdgeConfig = file) => {
    const edge = await startEdge(config, testContext(), { trialMs: TRIAL_MS });
    cleanups.push(() => edge.stop());
    return edge;
  };
  return {
    folder: folder.path,
    unit,
    centre,
    bus,
    file,
    open,
    stored: (name: string) => join(file.dataDir, 'config', name),
  };
}

const pushOf = (file: EdgeConfig, version: string, buses: readonly BusConfig[]): EdgeConfigPush => ({
  ...pushedPart(file),
  inventoryVersion: version,
  buses,
});
let ids = 0;
const push = async (centre: Centre, config: EdgeConfigPush, id = `push-${++ids}`): Promise<string> => {
  await centre.command({ id, issuedAt: Date.now(), expiresAt: Date.now() + 60_000, kind: 'configure', config });
  return id;
};
const replyTo = async (centre: Centre, id: string, limitMs = 20_000) => {
  await until(`the reply to ${id}`, () => centre.replies.some((reply) => reply['id'] === id), limitMs);
  return centre.replies.find((reply) => reply['id'] === id);
};
const configEvents = (centre: Centre) => centre.events().filter((event) => event.kind === 'config');

describe('a configuration that is pushed', () => {
  it('is switched to while outbox, boot and uplink go on, and is told when it ran for its trial', async () => {
    const { centre, bus, file, open } = await startBox();
    const edge = await open();
    await until('readings', () => centre.readings('rain').length > 0);
    const next = pushOf(file, 'inventory-2', [
      {
        ...bus,
        pollMs: 50,
        units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain-2', register: 'accumulated' }] }],
      },
    ]);
    expect(await replyTo(centre, await push(centre, next))).toMatchObject({ ok: true, message: 'applied' });
    await until('the event', () => configEvents(centre).length > 0);
    expect(configEvents(centre)).toMatchObject([{ version: 'inventory-2', state: 'applied' }]);
    await until('the new sensor', () => centre.readings('rain-2').length > 2);
    expect(centre.statuses.at(-1)).toMatchObject({ state: 'online', inventoryVersion: 'inventory-2' });
    expect(centre.statuses.some(({ state }) => state === 'lost')).toBe(false);
    expect(new Set(centre.batches.map(({ bootId }) => bootId)).size).toBe(1);
    expect(new Set(centre.batches.map(({ epoch }) => epoch)).size).toBe(1);
    expect(centre.batches.at(-1)?.inventoryVersion).toBe('inventory-2');
    expect(edge.config().inventoryVersion).toBe('inventory-2');
  });

  it('leaves a bus alone that it does not change', async () => {
    const { unit, centre, bus, file, open } = await startBox();
    await open();
    await until('readings', () => centre.readings('rain').length > 0);
    const id = await push(centre, pushOf(file, 'inventory-2', [bus]));
    expect(await replyTo(centre, id)).toMatchObject({ ok: true });
    expect(centre.events().filter((event) => event.kind === 'bus')).toHaveLength(1);
    expect(unit.port).toBe(bus.port);
  });

  it.each([
    {
      what: 'a bus that was open cannot be opened any more',
      change: async (bus: Bus): Promise<Bus> => ({ ...bus, port: await freePort() }),
      reason: /line a, which was open before, cannot be opened/,
    },
    {
      what: 'nobody answers any more who answered before',
      // The same number at another speed of the line, as it were: unit 1 is asked for what it does not answer to.
      change: async (bus: Bus): Promise<Bus> => {
        const deaf = await startScriptedUnit(() => undefined);
        cleanups.push(() => deaf.stop());
        return { ...bus, port: deaf.port };
      },
      reason: /no unit of bus a that answered before answers any more \(unit 1\)/,
    },
  ])(
    'is rolled back with the reason when $what',
    async ({ change, reason }) => {
      const { centre, bus, file, open, stored } = await startBox();
      const edge = await open();
      await until('readings', () => centre.readings('rain').length > 2);
      const reply = await replyTo(centre, await push(centre, pushOf(file, 'inventory-2', [await change(bus)])), 40_000);
      expect(reply).toMatchObject({ ok: false });
      expect(String(reply?.['message'])).toMatch(reason);
      await until('the event', () => configEvents(centre).length > 0);
      expect(configEvents(centre)).toMatchObject([{ version: 'inventory-2', state: 'rolledBack' }]);
      const before = centre.readings('rain').filter(({ quality }) => quality === 'good').length;
      await until(
        'it reads again',
        () => centre.readings('rain').filter((one) => one.quality === 'good').length > before,
      );
      expect(edge.config().inventoryVersion).toBe('inventory-1');
      expect(centre.statuses.at(-1)).toMatchObject({ inventoryVersion: 'inventory-1' });
      expect(existsSync(stored('refused.json'))).toBe(true);
    },
    60_000,
  );

  it('is refused with its findings when it is wrong, for another edge, or names a line that the box has not', async () => {
    const { centre, bus, file, open } = await startBox();
    const edge = await open();
    await until('readings', () => centre.readings('rain').length > 0);
    const times = { issuedAt: Date.now(), expiresAt: Date.now() + 60_000 };
    const wrong = { ...pushOf(file, 'v', []), buses: [{ ...bus, pollMs: -1 }] };
    await centre.raw('cmd', JSON.stringify({ id: 'wrong', ...times, kind: 'configure', config: wrong }));
    expect(String((await replyTo(centre, 'wrong'))?.['message'])).toMatch(/buses\[0\]\.pollMs: must be a whole number/);
    const other = await push(centre, { ...pushOf(file, 'v', [bus]), edgeId: 'edge-other' });
    expect(await replyTo(centre, other)).toMatchObject({ ok: false });
    const { id, pollMs, units } = bus;
    const serial: BusConfig = { id, pollMs, units, kind: 'modbus-rtu', path: 'tty:a', baudRate: 9_600, parity: 'none' };
    const line = await push(centre, pushOf(file, 'v', [serial]));
    expect(String((await replyTo(centre, line))?.['message'])).toMatch(/this box has no line tty:a/);
    expect(edge.config().inventoryVersion).toBe('inventory-1');
    // The same lines, once the box says where they are.
    const here = localise(pushOf(file, 'v', [serial]), { 'tty:a': { host: '127.0.0.1', port: bus.port } });
    expect(here.ok && here.value.buses).toEqual([{ ...bus }]);
  });

  it('switches an output off that it does not name any more, before its bus is ended', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const written: number[] = [];
    const unit = await startScriptedUnit((request, reply) => {
      const { unitId, functionCode, address, count } = request;
      if (functionCode !== 6) return reply(registersReply(request, [0]));
      written.push(count);
      reply(withCrc([unitId, 6, address >> 8, address & 0xff, count >> 8, count & 0xff]));
    });
    cleanups.push(() => unit.stop());
    const centre = await startCentre();
    cleanups.push(() => centre.stop());
    const bus: Bus = {
      ...{ id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs: 50 },
      units: [{ unitId: 7, profile: 'evikon-ek61', sensors: [{ sensorId: 'horn', register: 'siren' }] }],
    };
    const siren: OutputConfig = {
      ...{ id: 'siren', name: { zh: '警报器', en: 'siren' }, points: ['p'], minLevel: 'red', maxOnMs: 60_000 },
      ...{ kind: 'relay', busId: 'a', unitId: 7, register: 'siren' },
    };
    const plain = edgeConfig(folder.path, centre.port, [bus]);
    const file = { ...plain, local: { ...NOTHING_LOCAL, outputs: [siren] } };
    const edge = await startEdge(file, testContext(), { trialMs: TRIAL_MS });
    cleanups.push(() => edge.stop());
    await until('it reads', () => centre.readings('horn').length > 0);
    expect(edge.testOutput('siren', 60)).toMatchObject({ ok: true });
    await until('it sounds', () => written.at(-1) === 2);
    const pushed = await push(centre, {
      ...pushOf(file, 'inventory-2', [{ ...bus, pollMs: 60 }]),
      local: NOTHING_LOCAL,
    });
    expect(await replyTo(centre, pushed)).toMatchObject({ ok: true });
    expect(written.at(-1)).toBe(0);
    expect(edge.testOutput('siren', 1)).toMatchObject({ ok: false });
  });

  it('tells of an output that it does not name any more and that could not be switched off', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const written: number[] = [];
    const unit = await startScriptedUnit((request, reply) => {
      const { unitId, functionCode, address, count } = request;
      if (functionCode !== 6) return reply(registersReply(request, [0]));
      written.push(count);
      // Its relay sticks: on is taken, off is refused.
      if (count === 0) reply(withCrc([unitId, 0x86, 4]));
      else reply(withCrc([unitId, 6, address >> 8, address & 0xff, count >> 8, count & 0xff]));
    });
    cleanups.push(() => unit.stop());
    const centre = await startCentre();
    cleanups.push(() => centre.stop());
    const bus: Bus = {
      ...{ id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs: 50 },
      units: [{ unitId: 7, profile: 'evikon-ek61', sensors: [{ sensorId: 'horn', register: 'siren' }] }],
    };
    const siren: OutputConfig = {
      ...{ id: 'siren', name: { zh: '警报器', en: 'siren' }, points: ['p'], minLevel: 'red', maxOnMs: 60_000 },
      ...{ kind: 'relay', busId: 'a', unitId: 7, register: 'siren' },
    };
    const plain = edgeConfig(folder.path, centre.port, [bus]);
    const file = { ...plain, local: { ...NOTHING_LOCAL, outputs: [siren] } };
    const edge = await startEdge(file, testContext(), { trialMs: TRIAL_MS });
    cleanups.push(() => edge.stop());
    await until('it reads', () => centre.readings('horn').length > 0);
    edge.testOutput('siren', 60);
    await until('it sounds', () => written.at(-1) === 2);
    const pushed = await push(centre, { ...pushOf(file, 'inventory-2', [bus]), local: NOTHING_LOCAL });
    expect(await replyTo(centre, pushed)).toMatchObject({ ok: true });
    const left = () => centre.events().flatMap((event) => (event.kind === 'act' ? [event] : []));
    await until('it is told', () => left().some(({ reason }) => /look at it on the spot/.test(reason.en)));
    expect(left().at(-1)).toMatchObject({ act: 'failed', output: 'siren' });
  });

  it('is in force after a restart; a file that was changed after it wins over it', async () => {
    const { centre, bus, file, open, stored } = await startBox();
    const first = await open();
    await until('readings', () => centre.readings('rain').length > 0);
    await replyTo(centre, await push(centre, pushOf(file, 'inventory-2', [{ ...bus, pollMs: 60 }])));
    await first.stop();
    cleanups.pop();
    const second = await open();
    expect(second.config().inventoryVersion).toBe('inventory-2');
    await second.stop();
    cleanups.pop();
    const third = await open({ ...file, inventoryVersion: 'inventory-3' });
    expect(third.config().inventoryVersion).toBe('inventory-3');
    await until('it is told', () => configEvents(centre).length === 2);
    expect(configEvents(centre)[1]).toMatchObject({ version: 'inventory-2', state: 'rolledBack' });
    expect(existsSync(stored('older.json'))).toBe(true);
  });

  it('is set aside and told when its file is corrupt: the own file runs', async () => {
    const { centre, bus, file, open, stored } = await startBox();
    const first = await open();
    await until('readings', () => centre.readings('rain').length > 0);
    await replyTo(centre, await push(centre, pushOf(file, 'inventory-2', [{ ...bus, pollMs: 60 }])));
    await first.stop();
    cleanups.pop();
    writeFileSync(stored('good.json'), readFileSync(stored('good.json'), 'utf8').replace('"pollMs":60', '"pollMs":61'));
    const second = await open();
    expect(second.config().inventoryVersion).toBe('inventory-1');
    await until('it is told', () => configEvents(centre).length === 2);
    expect(configEvents(centre)[1]).toMatchObject({ state: 'rolledBack', detail: expect.stringMatching(/checksum/) });
    expect(existsSync(stored('corrupt.json'))).toBe(true);
  });

  it('is given up when the process died while it was tried, and tried anew when the box was shut down in order', async () => {
    const { centre, bus, file, folder, open, stored } = await startBox();
    const path = join(folder, 'edge.json');
    writeFileSync(path, JSON.stringify(file));
    const start = () => startProgram(process.execPath, [bin, 'run', 'edge', '--config', path], /uplink is connected/);
    const dying = await start();
    cleanups.push(() => dying.stop('SIGKILL'));
    await until('readings', () => centre.readings('rain').length > 0);
    const next = pushOf(file, 'inventory-2', [{ ...bus, pollMs: 60 }]);
    const id = await push(centre, next);
    await until('it is tried', () => centre.batches.at(-1)?.inventoryVersion === 'inventory-2');
    expect(existsSync(stored('tried.json'))).toBe(true);
    await dying.stop('SIGKILL');
    const second = await start();
    cleanups.push(() => second.stop('SIGKILL'));
    const reply = await replyTo(centre, id);
    expect(reply).toMatchObject({
      ok: false,
      message: expect.stringMatching(/the process ended while it was being tried/),
    });
    await until('the event', () => configEvents(centre).length === 1);
    await until('the old one reads', () => centre.batches.at(-1)?.inventoryVersion === 'inventory-1');
    // The same once more, but ended by SIGTERM.
    const again = await push(centre, next);
    await until('it is tried again', () => centre.batches.at(-1)?.inventoryVersion === 'inventory-2');
    await second.stop('SIGTERM');
    expect(existsSync(stored('next.json'))).toBe(true);
    const third = await open();
    expect(await replyTo(centre, again)).toMatchObject({ ok: true });
    expect(third.config().inventoryVersion).toBe('inventory-2');
  }, 60_000);

  it('that was not tried yet when the power went is tried at the next start', async () => {
    const { centre, bus, file, open, stored } = await startBox();
    const first = await open();
    await until('readings', () => centre.readings('rain').length > 0);
    const id = await push(centre, pushOf(file, 'inventory-2', [{ ...bus, pollMs: 60 }]));
    await replyTo(centre, id);
    await first.stop();
    cleanups.pop();
    mkdirSync(join(file.dataDir, 'config'), { recursive: true });
    renameSync(stored('good.json'), stored('next.json'));
    const second = await open();
    await until('it is in force', () => second.config().inventoryVersion === 'inventory-2');
    await until('it counts as good', () => existsSync(stored('good.json')));
  });
});
