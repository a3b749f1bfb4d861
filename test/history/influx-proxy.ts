/** Stands between writer and database and misbehaves as it is told, one write after the other; everything else passes. */
import { createServer, request } from 'node:http';

export type Fault =
  | { readonly kind: 'pass' }
  /** Answers in the database's place. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: { readonly [name: string]: string };
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** The connection ends before the database has seen the lines, or after it has stored them. */
  | { readonly kind: 'cutBefore' | 'cutAfter' };

export type FaultyProxy = {
  readonly url: string;
  readonly faults: Fault[];
  /** Writes that came in, and how many of the faults were used. */
  readonly seen: () => { readonly writes: number; readonly faulty: number };
  readonly close: () => Promise<void>;
};

export async function openProxy(upstream: string): Promise<FaultyProxy> {
  const faults: Fault[] = [];
  let [writes, faulty] = [0, 0];
  const server = createServer((incoming, answer) => {
    const isWrite = incoming.url?.startsWith('/write') === true || incoming.url?.startsWith('/api/') === true;
    if (isWrite) writes++;
    const fault = (isWrite ? faults.shift() : undefined) ?? { kind: 'pass' };
    if (fault.kind !== 'pass') faulty++;
    if (fault.kind === 'hang') return void incoming.resume();
    if (fault.kind === 'cutBefore') return void incoming.socket.destroy();
    if (fault.kind === 'status') {
      incoming.resume().on('end', () => answer.writeHead(fault.status, fault.headers).end(fault.body ?? ''));
      return;
    }
    const onward = request(`${upstream}${incoming.url}`, { method: incoming.method, headers: incoming.headers });
    onward.on('error', () => incoming.socket.destroy());
    onward.on('response', (from) => {
      if (fault.kind === 'cutAfter') {
        from.resume().on('end', () => incoming.socket.destroy());
        return;
      }
      answer.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(answer);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    seen: () => ({ writes, faulty }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
