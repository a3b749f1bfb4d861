/** A TCP connection as a stream of bytes: a serial server that passes RTU frames through, a DTU that has dialled in. */
import { connect, type Socket } from 'node:net';
import { err, ok, type Result } from '../../model/result.ts';
import { nextTurn } from './precise-wait.ts';
import type { ByteLine } from './rtu-link.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** A connected socket as a line; `why` says how it ended. */
export function socketLine(socket: Socket, why: () => string): ByteLine {
  const closers: ((detail: string) => void)[] = [];
  socket.on('close', () => {
    for (const run of closers.splice(0)) run(why());
  });
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (cause) => (cause == null ? resolve() : reject(cause)));
      }),
    // What has arrived is handed over within the next turns of the loop.
    takeInput: async () => {
      await nextTurn();
      await nextTurn();
    },
    onBytes: (run) => {
      socket.on('data', (bytes) => run(bytes));
    },
    onClose: (run) => {
      if (socket.closed) run(why());
      else closers.push(run);
    },
    close: () =>
      new Promise((resolve) => {
        if (socket.closed) return resolve();
        socket.once('close', () => resolve());
        socket.destroy();
      }),
  };
}

export function openTcpLine(host: string, port: number, signal: AbortSignal): Promise<Result<ByteLine, string>> {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
  let detail = 'connection closed';
  socket.on('error', (cause) => {
    detail = cause.message;
  });
  const line = socketLine(socket, () => detail);
  return new Promise((resolve) => {
    const giveUp = (why: string) => {
      detail = why;
      socket.destroy();
    };
    const timer = setTimeout(() => giveUp(`no connection within ${CONNECT_TIMEOUT_MS} ms`), CONNECT_TIMEOUT_MS);
    const stop = () => giveUp('stopped');
    signal.addEventListener('abort', stop, { once: true });
    const settle = (result: Result<ByteLine, string>) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(result);
    };
    socket.once('connect', () => settle(ok(line)));
    socket.once('close', () => settle(err(detail)));
  });
}
