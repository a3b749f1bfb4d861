/** A webhook receiver that keeps keys, as a county's message platform would: a key is accepted once. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = {
  readonly key: string;
  readonly atMs: number;
  readonly body: { readonly [name: string]: unknown };
  readonly again: boolean;
};
export type Receiver = {
  readonly url: string;
  readonly all: readonly Received[];
  readonly accepted: () => ReadonlyMap<string, Received>;
  readonly stop: () => Promise<void>;
};

export async function openReceiver(): Promise<Receiver> {
  const all: Received[] = [];
  const accepted = new Map<string, Received>();
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const key = String(request.headers['idempotency-key'] ?? '');
      const body = JSON.parse(Buffer.concat(pieces).toString()) as { readonly [name: string]: unknown };
      const received = { key, atMs: Date.now(), body, again: accepted.has(key) };
      all.push(received);
      if (!received.again) accepted.set(key, received);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/alerts`,
    all,
    accepted: () => accepted,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
