/** A stretch of wire between a box and the broker that can be cut: connections end, and new ones are refused. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Wire = Awaited<ReturnType<typeof openWire>>;

export async function openWire(target: () => { readonly host: string; readonly port: number }) {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  const server: Server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(target());
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const end of pair) {
      end.setNoDelay(true);
      end.on('error', () => undefined);
      end.on('close', () => {
        for (const other of pair) other.destroy();
        pairs.delete(pair);
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the wire does not listen');
  const cut = () => {
    isCut = true;
    for (const pair of pairs) for (const end of pair) end.destroy();
  };
  return {
    port: address.port,
    cut,
    mend: () => {
      isCut = false;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
