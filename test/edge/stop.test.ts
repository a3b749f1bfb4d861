/** An edge is stopped in the middle of its start: with every kind of line, answering, silent and dead, it ends in time. */
import { createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startEdge } from '#edge/main.ts';
import type { BusConfig, EdgeConfig, UnitConfig } from '#model/edge-config.ts';
import { stationConfig } from '#test/sl651/support.ts';
import { needs } from '#test/support/needs.ts';
import { localConfig, PROFILES, writeConfig } from './local-rig.ts';
import { edgeConfig, freePort, startCentre, startLine, startProgram, tempDir, testContext, until } from './support.ts';

const bin = fileURLToPath(new URL('../../edge/io/bin.ts', import.meta.url));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

/** Takes every connection and says nothing: a gateway whose units are all dead. */
async function silentServer(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** One of everything: buses and links on pseudo-terminals and sockets, a relay, a loudspeaker, a button. */
async function everything(mqttPort: (centrePort: number) => Promise<number>) {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const line = await startLine(folder.path);
  cleanups.push(() => line.stop());
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const silent = await silentServer();
  const [dead, dtu, hydro] = [await freePort(), await freePort(), await freePort()];
  const unit = (sensorId: string): UnitConfig => ({
    ...{ unitId: 1, profile: PROFILES.meter, sensors: [{ sensorId, register: 'displacement' }] },
  });
  const at = (port: number) => ({ host: '127.0.0.1', port, pollMs: 100 });
  const board: UnitConfig = { unitId: 9, profile: PROFILES.board, sensors: [] };
  const buses: BusConfig[] = [
    {
      ...{ id: 'a', kind: 'modbus-rtu', path: line.edge, baudRate: 9600, parity: 'none', pollMs: 100 },
      units: [unit('crack'), board],
    },
    { id: 'b', kind: 'modbus-rtu-tcp', ...at(silent), units: [unit('b')] },
    { id: 'c', kind: 'modbus-tcp', ...at(silent), units: [unit('c')] },
    { id: 'd', kind: 'modbus-tcp', ...at(dead), units: [unit('d')] },
    { id: 'e', kind: 'modbus-dtu', ...at(dtu), registration: '4142', heartbeat: null, units: [unit('e')] },
  ];
  const base = edgeConfig(folder.path, await mqttPort(centre.port), buses);
  const config: EdgeConfig = {
    ...base,
    links: [
      {
        ...{ id: 'hydro', protocol: 'sl651', kind: 'tcp-listen', host: '127.0.0.1', port: hydro },
        stations: [stationConfig(['26'])],
      },
    ],
    local: localConfig({ speaker: { path: line.unit, repeatMs: 1_000 } }),
  };
  return { config, centre, folder: folder.path };
}

describe.skipIf(!needs('socat'))('an edge that is stopped in the middle of its start', { timeout: 120_000 }, () => {
  it.each<readonly [what: string, port: (centre: number) => Promise<number>, moments: readonly number[]]>([
    ['its centre there', async (port) => port, [0, 10, 60, 250, 1_100]],
    ['nobody at the centre’s address', () => freePort(), [0, 120]],
    ['a centre that takes the call and says nothing', () => silentServer(), [0, 120]],
  ])('ends within seconds, %s', async (_, port, moments) => {
    const { config } = await everything(port);
    for (const afterMs of moments) {
      const edge = await startEdge(config, testContext());
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      let isStopped = false;
      const stopped = edge.stop().then(() => {
        isStopped = true;
      });
      await until(`a stop after ${afterMs} ms`, () => isStopped, 10_000);
      await stopped;
    }
  });

  it('leaves nothing that listens and nothing that holds its outbox or its port', async () => {
    const { config } = await everything(async (port) => port);
    const first = await startEdge(config, testContext());
    await first.stop();
    const second = await startEdge(config, testContext());
    const told = new Set(second.addresses);
    await second.stop();
    expect(told).toEqual(new Set(first.addresses));
    for (const { host, port } of [...config.buses, ...config.links].flatMap((line) =>
      line.kind === 'modbus-dtu' || line.kind === 'tcp-listen' ? [line] : [],
    )) {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('as a process ends in order at a signal that comes as soon as it can be heard', async () => {
    const { config, folder } = await everything(async (port) => port);
    const file = writeConfig(folder, config);
    for (const ready of [/link is open/, /uplink is connected/]) {
      const edge = await startProgram(process.execPath, [bin, 'run', 'edge', '--config', file], ready);
      cleanups.push(() => edge.stop('SIGKILL'));
      await edge.stop();
      expect(edge.exitCode(), `at ${ready}`).toBe(0);
    }
  });
});
