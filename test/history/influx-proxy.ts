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
  /** The same for what is asked by InfluxQL. */
  readonly questions: Fault[];
  /** From now on no question is answered, or they are again. */
  readonly hangQuestions: (isHanging: boolean) => void;
  /** Writes and questions that came in, and how many of the faults were used. */
  readonly seen: () => { readonly writes: number; readonly questions: number; readonly faulty: number };
  readonly close: () => Promise<void>;
};

export async function openProxy(upstream: string): Promise<FaultyProxy> {
  const faults: Fault[] = [];
  const questions: Fault[] = [];
  let [writes, asked, faulty] = [0, 0, 0];
  let isHanging = false;
  const faultOf = (url: string): Fault => {
    if (url.startsWith('/write') || url.startsWith('/api/')) {
      writes++;
      return faults.shift() ?? { kind: 'pass' };
    }
    if (!url.startsWith('/query')) return { kind: 'pass' };
    asked++;
    return isHanging ? { kind: 'hang' } : (questions.shift() ?? { kind: 'pass' });
  };
  const server = createServer((incoming, answer) => {
    const fault = faultOf(incoming.url ?? '');
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
    questions,
    hangQuestions: (now) => {
      isHanging = now;
    },
    seen: () => ({ writes, questions: asked, faulty }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
