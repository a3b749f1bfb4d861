/** A platform that takes incidents over, as the county's 119 desk would: it checks the signature and keeps the keys. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message } from '#alerts/deliveries.ts';

export type Taken = {
  readonly key: string;
  readonly signed: boolean;
  /** It was taken before: the platform answers as then, and nobody is sent a second time. */
  readonly again: boolean;
  readonly text: string;
  readonly message: Message;
};

const isSigned = (request: IncomingMessage, text: string, secret: string): boolean => {
  const given = Buffer.from(String(request.headers['fengsui-signature'] ?? ''));
  const right = Buffer.from(`sha256=${createHmac('sha256', secret).update(text).digest('hex')}`);
  return given.length === right.length && timingSafeEqual(given, right);
};

/** `busy` first attempts are turned away, after they were read. */
export async function openPlatform119(secret: string, busy: number) {
  const attempts: Taken[] = [];
  const taken = new Map<string, Taken>();
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString();
      const key = String(request.headers['idempotency-key'] ?? '');
      const signed = isSigned(request, text, secret);
      const one: Taken = { key, signed, again: taken.has(key), text, message: JSON.parse(text) as Message };
      attempts.push(one);
      if (attempts.length <= busy) {
        response.writeHead(503).end();
        return;
      }
      if (!signed) {
        response.writeHead(401).end();
        return;
      }
      if (!one.again) taken.set(key, one);
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/incidents`,
    attempts,
    taken: (): readonly Taken[] => [...taken.values()],
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
