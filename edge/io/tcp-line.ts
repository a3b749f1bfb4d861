/** A TCP connection as a stream of bytes: a serial server that passes RTU frames through. */
import { connect } from 'node:net';
import { err, ok, type Result } from '../../model/result.ts';
import type { ByteLine } from './rtu-link.ts';

const CONNECT_TIMEOUT_MS = 5_000;

export function openTcpLine(host: string, port: number): Promise<Result<ByteLine, string>> {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
  const closers: ((detail: string) => void)[] = [];
  let detail = 'connection closed';
  socket.on('error', (cause) => {
    detail = cause.message;
  });
  socket.on('close', () => {
    for (const run of closers.splice(0)) run(detail);
  });
  const line: ByteLine = {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (cause) => (cause == null ? resolve() : reject(cause)));
      }),
    // What has arrived is handed over at once and thrown away by the link, which keeps no bytes between requests.
    discardInput: () => Promise.resolve(),
    onBytes: (run) => {
      socket.on('data', (bytes) => run(bytes));
    },
    onClose: (run) => closers.push(run),
    close: () =>
      new Promise((resolve) => {
        if (socket.closed) return resolve();
        socket.once('close', () => resolve());
        socket.destroy();
      }),
  };
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      detail = `no connection within ${CONNECT_TIMEOUT_MS} ms`;
      socket.destroy();
    }, CONNECT_TIMEOUT_MS);
    const settle = (result: Result<ByteLine, string>) => {
      clearTimeout(timer);
      resolve(result);
    };
    socket.once('connect', () => settle(ok(line)));
    socket.once('close', () => settle(err(detail)));
  });
}
