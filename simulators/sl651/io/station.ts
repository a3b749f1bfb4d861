/** A simulated station on a real wire: dials in over TCP, sends what it is told, and keeps what it hears. */
import { connect, type Socket } from 'node:net';

export type SimulatedStation = {
  readonly send: (bytes: Uint8Array) => void;
  /** Everything that the centre has said so far. */
  readonly heard: () => Uint8Array;
  /** True when nothing holds the connection any more. */
  readonly isCut: () => boolean;
  readonly close: () => Promise<void>;
};

const CONNECT_MS = 5_000;

export function dialIn(host: string, port: number): Promise<SimulatedStation> {
  const socket: Socket = connect({ host, port, noDelay: true });
  let heard: Uint8Array = new Uint8Array(0);
  let cut = false;
  socket.on('data', (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    cut = true;
  });
  const station: SimulatedStation = {
    send: (bytes) => void socket.write(bytes),
    heard: () => heard,
    isCut: () => cut,
    close: () =>
      new Promise((resolve) => {
        if (socket.closed) return resolve();
        socket.once('close', () => resolve());
        socket.destroy();
      }),
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no connection to ${host}:${port} within ${CONNECT_MS} ms`));
    }, CONNECT_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(station);
    });
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`${host}:${port} did not take the connection`));
    });
  });
}
