/** The listening socket: connection caps, and a look at every packet's announced length before the broker sees it. */
import { createServer, type Server, type Socket } from 'node:net';
import { coalesceWrites } from '#model/io/coalesce.ts';
import type { StageContext } from '#model/ports.ts';
import type { BrokerLimits } from '../config.ts';
import { createPacketScan } from '../packet-scan.ts';

export type Listener = { readonly port: number; readonly close: () => Promise<void> };

/** Puts the scan in front of whoever reads the socket; a fault destroys it with what was read so far. */
function scanReads(socket: Socket, limits: BrokerLimits, onFault: (fault: string) => void): void {
  const scan = createPacketScan(limits);
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk = (size === undefined || size === null ? read() : read(size)) as Buffer | null;
    const fault = chunk === null ? undefined : scan(chunk);
    if (fault === undefined) return chunk;
    onFault(fault);
    socket.destroy();
    return null;
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new Error(
              `port ${port} on ${host} is in use: stop what listens there, or choose another MQTT port (0 takes any free one)`,
              { cause },
            )
          : cause,
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

export async function openListener(
  where: { readonly host: string; readonly port: number },
  limits: BrokerLimits,
  handle: (socket: Socket) => void,
  ctx: StageContext,
): Promise<Listener> {
  const open = new Set<Socket>();
  const perAddress = new Map<string, number>();
  const server = createServer((socket) => {
    const address = socket.remoteAddress ?? '';
    const ofAddress = perAddress.get(address) ?? 0;
    if (open.size >= limits.connections || ofAddress >= limits.connectionsPerAddress) {
      ctx.metrics.count('fengsui_broker_refused_total', { reason: 'connections' });
      socket.destroy();
      return;
    }
    open.add(socket);
    perAddress.set(address, ofAddress + 1);
    ctx.metrics.gauge('fengsui_broker_connections', open.size);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      open.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
      ctx.metrics.gauge('fengsui_broker_connections', open.size);
    });
    socket.setNoDelay(true);
    coalesceWrites(socket);
    socket.setKeepAlive(true, 30_000);
    scanReads(socket, limits, (fault) => {
      ctx.metrics.count('fengsui_broker_malformed_total', { fault });
      ctx.log.warn('packet refused by its header', { fault, address });
    });
    handle(socket);
  });
  const port = await listen(server, where.host, where.port);
  server.on('error', (cause) => ctx.log.error('listening socket failed', { cause: String(cause) }));
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
