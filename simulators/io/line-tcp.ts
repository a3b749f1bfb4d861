/** Serves a line over TCP: Modbus TCP, or the RTU frames of a serial server. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '#model/ports.ts';
import type { LineConfig } from '#simulators/config.ts';
import { corruptFrame } from '#simulators/fault.ts';
import type { Line } from '#simulators/io/line.ts';
import type { Responder } from '#simulators/io/responder.ts';
import { openRtuPort } from '#simulators/io/rtu-port.ts';
import { sealMbap, takeMbap } from '#simulators/modbus/mbap.ts';

export type TcpLineParts = {
  readonly id: string;
  readonly kind: 'modbus-rtu-tcp' | 'modbus-tcp';
  readonly host: string;
  readonly port: number;
  readonly pace: LineConfig['pace'];
  readonly responder: Responder;
  readonly log: Log;
};

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
  const answer = (transaction: number, unitId: number, pdu: Uint8Array) => {
    const sending = parts.responder.respond(unitId, pdu);
    if (sending === null) return;
    const sealed = sealMbap(transaction, sending.unitId, sending.pdu);
    // Modbus TCP has no CRC: a wrong transaction is the damage that its reader can see.
    const bytes = corruptFrame(sealed, sending.corrupt, 1);
    const delayMs = sending.delayMs + (parts.pace?.turnaroundMs ?? 0);
    if (delayMs <= 0) return void socket.write(bytes);
    const timer = setTimeout(() => {
      pending.delete(timer);
      socket.write(bytes);
    }, delayMs);
    pending.add(timer);
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

/** Listens on `port`, or on any free one when that is 0. */
export async function openTcpLine(parts: TcpLineParts): Promise<Line> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', (cause) =>
      parts.log.info('simulator connection ended', { line: parts.id, cause: String(cause) }),
    );
    socket.on('close', () => sockets.delete(socket));
    if (parts.kind === 'modbus-tcp') serveMbapSocket(socket, parts);
    else serveRtuSocket(socket, parts);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listen(server, parts.host, parts.port);
  server.on('error', (cause) => parts.log.error('simulator listener failed', { line: parts.id, cause: String(cause) }));
  return {
    address: { id: parts.id, kind: parts.kind, host: parts.host, port },
    note: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
