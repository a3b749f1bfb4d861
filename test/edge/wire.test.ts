import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { startEdge } from '#edge/main.ts';
import type { BusConfig, UnitConfig } from '#model/edge-config.ts';
import { needs } from '#test/support/needs.ts';
import { edgeConfig, freePort, startCentre, startLine, startPymodbus, tempDir, testContext, until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const hasPymodbus = (): boolean => {
  const python = needs('python3');
  return python && spawnSync('/usr/bin/python3', ['-c', 'import pymodbus, serial_asyncio']).status === 0;
};

const UNITS: readonly UnitConfig[] = [
  { unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] },
  {
    unitId: 2,
    profile: 'crack-meter-rs485',
    sensors: [
      { sensorId: 'crack', register: 'displacement' },
      { sensorId: 'warmth', register: 'temperature' },
    ],
  },
];

async function readThrough(bus: BusConfig, folder: string) {
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const ctx = testContext();
  const edge = await startEdge(edgeConfig(folder, centre.port, [bus]), ctx);
  cleanups.push(() => edge.stop());
  await until('three polls arrived', () => centre.readings('crack').length >= 3);
  return { centre, ctx };
}

function expectPeerValues(centre: Awaited<ReturnType<typeof startCentre>>) {
  expect(centre.readings('rain')[0]).toMatchObject({ quality: 'good', value: 0, raw: 12345, flags: ['first'] });
  expect(centre.readings('rain')[1]).toMatchObject({ quality: 'good', value: 0, raw: 12345, flags: [] });
  expect(centre.readings('crack')[0]).toMatchObject({ quality: 'good', value: 1250 });
  expect(centre.readings('warmth')[0]).toMatchObject({ quality: 'good', value: -100, raw: -100 });
}

describe('the edge reads units that are not ours', () => {
  it.skipIf(!needs('socat') || !hasPymodbus())('over a serial line, RTU', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const line = await startLine(folder.path);
    cleanups.push(() => line.stop());
    const peer = await startPymodbus('serial', line.unit);
    cleanups.push(() => peer.stop());
    const { centre } = await readThrough(
      { id: 'a', kind: 'modbus-rtu', path: line.edge, baudRate: 9600, parity: 'none', pollMs: 200, units: UNITS },
      folder.path,
    );
    expectPeerValues(centre);
  });

  it.skipIf(!hasPymodbus())('over Modbus TCP', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const port = await freePort();
    const peer = await startPymodbus('tcp', String(port));
    cleanups.push(() => peer.stop());
    const { centre } = await readThrough(
      { id: 'a', kind: 'modbus-tcp', host: '127.0.0.1', port, pollMs: 100, units: UNITS },
      folder.path,
    );
    expectPeerValues(centre);
  });

  it.skipIf(!needs('socat') || !hasPymodbus())(
    'a serial line that is unplugged and comes back is read again, and the pause has a reason',
    async () => {
      const folder = tempDir();
      cleanups.push(folder.remove);
      let line = await startLine(folder.path);
      cleanups.push(() => line.stop());
      let peer = await startPymodbus('serial', line.unit);
      cleanups.push(() => peer.stop());
      const { centre } = await readThrough(
        { id: 'a', kind: 'modbus-rtu', path: line.edge, baudRate: 9600, parity: 'none', pollMs: 100, units: UNITS },
        folder.path,
      );
      await peer.stop();
      await line.stop();
      const isLinkLost = () =>
        centre.readings('crack').some((reading) => reading.quality === 'bad' && reading.reason === 'link');
      await until('the loss is reported', isLinkLost);
      line = await startLine(folder.path);
      peer = await startPymodbus('serial', line.unit);
      const lost = centre.readings('crack').length;
      const isBack = () =>
        centre
          .readings('crack')
          .slice(lost)
          .some((reading) => reading.quality === 'good');
      await until('readings are back', isBack, 8_000);
      const states = centre.events().flatMap((event) => (event.kind === 'bus' ? [event.state] : []));
      expect(states.slice(0, 3)).toEqual(['open', 'closed', 'open']);
    },
  );
});
