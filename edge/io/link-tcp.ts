/** Listens for stations that dial in: many on one port, who one is stands in its frames. */
import { createServer, type Server, type Socket } from 'node:net';
import type { LinkConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import type { Hearing } from './link-hearing.ts';
import { pauseReal } from './link-pause.ts';
import type { LinkEnds } from './link-serial.ts';
import { openLinkSession } from './link-session.ts';

const MAX_CONNECTIONS = 512;
/** Longer than the slowest keep-alive (255 s), twice. */
const IDLE_MS = 600_000;
/** What a station does not take in of our answers; it is cut off beyond. */
const MAX_UNSENT_BYTES = 65_536;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

type TcpLink = LinkConfig & { readonly kind: 'tcp-listen' };

export type TcpLinkServer = {
  /** Resolves when it listens, or could not at its first try. */
  readonly firstTry: Promise<void>;
  readonly address: () => string | undefined;
  readonly stop: () => Promise<void>;
};

export function listenForStations(
  link: TcpLink,
  ctx: StageContext,
  hearing: Hearing,
  ends: LinkEnds,
  maxConnections = MAX_CONNECTIONS,
): TcpLinkServer {
  const sockets = new Set<Socket>();
  /** Connections that have brought nothing yet that a station of this link says; the oldest goes when all places are taken. */
  const strangers = new Set<Socket>();
  const stopping = new AbortController();
  let server: Server | undefined;

  const serve = (socket: Socket): void => {
    if (sockets.size >= maxConnections) {
      // Somebody who only holds places must not keep the stations out.
      const [oldest = socket] = strangers;
      hearing.count('too-many-connections');
      oldest.destroy();
      sockets.delete(oldest);
      strangers.delete(oldest);
      if (oldest === socket) return;
    }
    sockets.add(socket);
    strangers.add(socket);
    ctx.metrics.gauge('fengsui_edge_link_connections', sockets.size, { link: link.id });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    const session = openLinkSession(link, ctx, hearing, (bytes) => {
      strangers.delete(socket);
      if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
      else if (socket.writable) socket.write(bytes);
    });
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      // A fault of ours with one station's bytes must not end the others' connections.
      try {
        session.push(bytes);
      } catch (cause) {
        ctx.log.error('a connection of a station failed', { link: link.id, cause: String(cause) });
        socket.destroy();
      }
    });
    socket.on('close', () => {
      session.close();
      sockets.delete(socket);
      strangers.delete(socket);
      ctx.metrics.gauge('fengsui_edge_link_connections', sockets.size, { link: link.id });
    });
  };

  /** Listens until it fails; the reason. */
  const listenOnce = (listening: () => void): Promise<string> =>
    new Promise((resolve) => {
      const fresh = createServer(serve);
      server = fresh;
      fresh.on('error', (cause) => {
        fresh.close();
        resolve(cause.message);
      });
      fresh.on('close', () => resolve('closed'));
      fresh.listen(link.port, link.host, () => {
        // A stop that came before the address was looked up closed a server that did not listen yet.
        if (stopping.signal.aborted) fresh.close();
        listening();
      });
    });

  const run = async (firstDone: () => void): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const detail = await listenOnce(() => {
        pauseMs = FIRST_PAUSE_MS;
        ends.opened();
        firstDone();
      });
      firstDone();
      if (stopping.signal.aborted) return;
      ends.closed(detail);
      await pauseReal(pauseMs, stopping.signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };
  let running: Promise<void> = Promise.resolve();
  const firstTry = new Promise<void>((resolve) => {
    running = run(resolve);
  });

  return {
    firstTry,
    address: () => {
      const address = server?.address();
      return typeof address === 'object' && address !== null ? `tcp://${address.address}:${address.port}` : undefined;
    },
    stop: async () => {
      stopping.abort();
      for (const socket of sockets) socket.destroy();
      server?.close();
      await running;
    },
  };
}
