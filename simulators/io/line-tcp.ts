/** Serves a line over TCP: Modbus TCP, or the RTU frames of a serial server. */
import { createServer, type Server, type Socket } from 'node:net';
import { openClock } from '#model/io/clock.ts';
import { supervise } from '#model/io/supervise.ts';
import type { StageContext } from '#model/ports.ts';
import type { LineConfig } from '#simulators/config.ts';
import type { Line } from '#simulators/io/line.ts';
import { type Plug, servePlugged } from '#simulators/io/plug.ts';
import type { Responder } from '#simulators/io/responder.ts';
import { openRtuPort } from '#simulators/io/rtu-port.ts';
import { sealMbap, takeMbap } from '#simulators/modbus/mbap.ts';
import { piecesOf } from '#simulators/reply-fault.ts';

export type TcpLineParts = {
  readonly id: string;
  readonly kind: 'modbus-rtu-tcp' | 'modbus-tcp';
  readonly host: string;
  readonly port: number;
  readonly pace: LineConfig['pace'];
  readonly responder: Responder;
  readonly plug: Plug;
  readonly ctx: Pick<StageContext, 'log' | 'metrics'>;
};

/** Sockets live in real time, whatever the chain's clock does. */
const realClock = openClock({ kind: 'real' });

const MAX_CONNECTIONS = 32;
const MAX_PENDING = 64;
/** RTU inside TCP has no silence of its own; a frame that is still incomplete after this is given up. */
const TCP_SILENCE_MS = 20;

function serveRtuSocket(socket: Socket, parts: TcpLineParts): void {
  const port = openRtuPort({
    responder: parts.responder,
    write: (bytes) => socket.write(bytes),
    silenceMs: TCP_SILENCE_MS,
    pace: parts.pace,
  });
  socket.on('data', (chunk) => port.take(chunk));
  socket.on('close', () => port.close());
}

function serveMbapSocket(socket: Socket, parts: TcpLineParts): void {
  let rest: Uint8Array = new Uint8Array(0);
  const pending = new Set<NodeJS.Timeout>();
  socket.on('close', () => {
    for (const timer of pending) clearTimeout(timer);
  });
  const writeLater = (bytes: Uint8Array, delayMs: number) => {
    if (delayMs <= 0) return void socket.write(bytes);
    const timer = setTimeout(() => {
      pending.delete(timer);
      socket.write(bytes);
    }, delayMs);
    pending.add(timer);
  };
  const answer = (transaction: number, unitId: number, pdu: Uint8Array) => {
    const sending = parts.responder.respond(unitId, pdu);
    if (sending === null) return;
    const sealed = sealMbap(transaction, sending.unitId, sending.pdu);
    // Modbus TCP has no CRC: a wrong transaction is the damage that its reader can see.
    for (const { bytes, afterMs } of piecesOf(sealed, 1, sending))
      writeLater(bytes, sending.delayMs + afterMs + (parts.pace?.turnaroundMs ?? 0));
  };
  socket.on('data', (chunk) => {
    const taken = takeMbap(rest, chunk);
    for (const request of taken.requests) {
      if (pending.size >= MAX_PENDING) parts.responder.dropped('too-many');
      else answer(request.transaction, request.unitId, request.pdu);
    }
    if (taken.kind === 'malformed') {
      parts.responder.dropped('malformed');
      socket.destroy();
      return;
    }
    rest = taken.rest;
  });
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** One listening while the wire is in; ends when the signal aborts, with every connection. */
async function serveOnce(
  parts: TcpLineParts,
  port: number,
  sockets: Set<Socket>,
  signal: AbortSignal,
  listening: (port: number) => void,
): Promise<void> {
  const { log } = parts.ctx;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', (cause) => log.info('simulator connection ended', { line: parts.id, cause: String(cause) }));
    socket.on('close', () => sockets.delete(socket));
    if (parts.kind === 'modbus-tcp') serveMbapSocket(socket, parts);
    else serveRtuSocket(socket, parts);
  });
  server.maxConnections = MAX_CONNECTIONS;
  listening(await listen(server, parts.host, port));
  server.on('error', (cause) => log.error('simulator listener failed', { line: parts.id, cause: String(cause) }));
  await new Promise<void>((resolve) => {
    server.once('close', resolve);
    const shut = () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    if (signal.aborted) shut();
    else signal.addEventListener('abort', shut, { once: true });
  });
}

/** Listens on `port`, or on any free one when that is 0; after the wire was out, on the same again. */
export async function openTcpLine(parts: TcpLineParts): Promise<Line> {
  const { id, kind, host, plug } = parts;
  const { log, metrics } = parts.ctx;
  const stop = new AbortController();
  const sockets = new Set<Socket>();
  const first = Promise.withResolvers<number>();
  let port: number | undefined;
  const running = supervise(
    { name: `simulator-line-${id}`, log, metrics, clock: realClock, signal: stop.signal, maxPauseMs: 2_000 },
    (signal) =>
      servePlugged(plug, signal, async (session) => {
        const serving = serveOnce(parts, port ?? parts.port, sockets, session, (found) => {
          port = found;
          first.resolve(found);
        });
        // A port that is not to be had at the start is told to whoever starts; later it is tried again.
        if (port === undefined) serving.catch(first.reject);
        await serving;
      }),
  );
  const close = async () => {
    stop.abort();
    await running;
  };
  try {
    const found = await first.promise;
    return {
      address: { id, kind, host, port: found },
      note: null,
      babble: (bytes) => {
        for (const socket of sockets) socket.write(bytes);
      },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}
