/** Starts the console: the API, the live feed and the page's files on one port. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Service, StageContext } from '#model/ports.ts';
import type { ConsoleConfig, ConsolePorts } from './config.ts';
import { openAccessLog } from './io/access-log.ts';
import { openAuthStore } from './io/auth-store.ts';
import { createCatalogue } from './io/catalogue.ts';
import { createCommander } from './io/commander.ts';
import type { Desk } from './io/exchange.ts';
import { startLiveFeed } from './io/live-feed.ts';
import { createLiveState } from './io/live-state.ts';
import { createRouter } from './io/router.ts';
import { createStreams } from './io/streams.ts';
import { describeApi } from './openapi.ts';

export { createLogin, listLogins } from './io/auth-store.ts';

const HEARTBEAT_MS = 15_000;
const COMMAND_WAIT_MS = 5_000;
const MAX_BACKLOG_BYTES = 4 * 1_048_576;
const VERSION = '1';

function createDesk(config: ConsoleConfig, ports: ConsolePorts, ctx: StageContext): Desk {
  const auth = openAuthStore(config.dataDir);
  const catalogue = createCatalogue(ports.registry);
  const streams = createStreams(ctx.metrics, config.maxStreamBacklogBytes ?? MAX_BACKLOG_BYTES);
  const state = createLiveState(ports);
  const wallMs = config.wallMs ?? Date.now;
  const lang = config.lang ?? 'zh';
  const { alerts, journal } = ports;
  const heartbeatMs = config.heartbeatMs ?? HEARTBEAT_MS;
  return {
    config,
    lang,
    ports,
    alerts,
    ctx,
    auth,
    catalogue,
    streams,
    state,
    wallMs,
    openapi: describeApi(VERSION),
    access: openAccessLog(ports.commands, ctx),
    commander: createCommander(ports.commands, alerts, config.commandWaitMs ?? COMMAND_WAIT_MS),
    feed: startLiveFeed({
      journal,
      alerts,
      catalogue,
      state,
      streams,
      auth,
      clock: ctx.clock,
      wallMs,
      lang,
      heartbeatMs,
    }),
  };
}

/** Resolves when it listens; rejects with the system's error (a port in use) otherwise. */
function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function createHttpServer(desk: Desk): { readonly server: Server; readonly closeSockets: () => void } {
  const sockets = new Set<Socket>();
  const limits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000, maxHeaderSize: 16_384 };
  const server = createServer(limits, createRouter(desk));
  server.maxConnections = 1_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('clientError', (cause: NodeJS.ErrnoException, socket) => {
    desk.ctx.metrics.count('fengsui_http_malformed_total');
    if (cause.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
    const body = '{"error":{"kind":"badRequest","message":"This is not an HTTP request."}}';
    return socket.end(
      `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  });
  const closeSockets = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { server, closeSockets };
}

export type ConsoleService = Service & {
  readonly port: number;
  /** Cuts every open connection, streams as well; pages come back by themselves. */
  readonly dropConnections: () => void;
};

export async function startConsole(
  config: ConsoleConfig,
  ports: ConsolePorts,
  ctx: StageContext,
): Promise<ConsoleService> {
  const desk = createDesk(config, ports, ctx);
  const { server, closeSockets } = createHttpServer(desk);
  const closeParts = () => {
    desk.feed.stop();
    desk.commander.close();
    desk.streams.closeAll();
    desk.auth.close();
  };
  const address = await listen(server, config.host, config.port).catch((cause: unknown) => {
    closeParts();
    throw cause;
  });
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  ctx.log.info('console listens', { host: config.host, port: address.port });
  return {
    name: 'console',
    port: address.port,
    dropConnections: closeSockets,
    addresses: [`http://${host}:${address.port}/`],
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closeParts();
      closeSockets();
      await closed;
      await ports.query.close();
    },
  };
}
