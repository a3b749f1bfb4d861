/** A bare TCP client that gathers what comes back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type Talk = { readonly socket: Socket; readonly got: () => Buffer; readonly clear: () => void };

export async function openTalk(port: number): Promise<Talk> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let got = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    got = Buffer.concat([got, chunk]);
  });
  socket.on('error', () => undefined);
  return {
    socket,
    got: () => got,
    clear: () => {
      got = Buffer.alloc(0);
    },
  };
}
