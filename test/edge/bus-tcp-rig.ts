/** A bus over TCP whose units do what a script says; ends with its test. */
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { BusConfig } from '#model/edge-config.ts';
import { describedUnit, type FrameScript, selfDescribing, serveFrames, startBusRig } from './bus-rig.ts';

export async function listenForFrames(script: FrameScript) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    serveFrames(socket, script);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, cut, sockets };
}

export const ADDRESSES = [20, 30, 40];

export async function startOverTcp(
  script: FrameScript,
  options: { unitIds?: readonly number[]; pollMs?: number; timeoutMs?: number } = {},
) {
  const { unitIds = [1], pollMs = 20, timeoutMs = 300 } = options;
  const line = await listenForFrames(script);
  const units = unitIds.map((unitId) => describedUnit(unitId, ADDRESSES));
  const bus: BusConfig = { id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: line.port, pollMs, units };
  const rig = startBusRig(bus, selfDescribing(ADDRESSES, { timeoutMs }));
  onTestFinished(() => rig.poller.stop());
  return { ...rig, line };
}
