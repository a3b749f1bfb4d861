/** A receiver of messages over HTTP that keeps what it took, and can be slow, dead, busy, broken or cut off on demand. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';

/** How it behaves towards what comes next. `cut`: it takes the message and drops the connection before it answers. */
export type Behaviour =
  | { readonly kind: 'ok' }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'dead' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterS?: number }
  | { readonly kind: 'cut' };
export const OK: Behaviour = { kind: 'ok' };

export type Incoming = {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Real time. */
  readonly atMs: number;
  readonly behaviour: Behaviour['kind'];
};
export type Answer = { readonly status?: number; readonly body?: unknown };

export type Receiver = {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** Every request, also those that were not taken. */
  readonly requests: () => readonly Incoming[];
  readonly behave: (next: Behaviour) => void;
  readonly stop: () => Promise<void>;
};

const BODY_AT_MOST = 1_048_576;

function readAll(request: IncomingMessage, then: (text: string) => void): void {
  const parts: Buffer[] = [];
  let size = 0;
  request.on('data', (part: Buffer) => {
    size += part.length;
    if (size > BODY_AT_MOST) request.destroy();
    else parts.push(part);
  });
  request.on('end', () => then(Buffer.concat(parts).toString('utf8')));
  request.on('error', () => undefined);
}

function send(response: ServerResponse, status: number, body: unknown, retryAfterS?: number): void {
  if (retryAfterS !== undefined) response.setHeader('retry-after', retryAfterS);
  response.setHeader('content-type', 'application/json');
  response.writeHead(status).end(body === undefined ? undefined : JSON.stringify(body));
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

/** `take` keeps a request and says what to answer; it is asked for `ok`, `slow` and `cut` alone. */
export async function startReceiver(take: (request: Incoming) => Answer, port = 0): Promise<Receiver> {
  const requests: Incoming[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let behaviour: Behaviour = OK;
  const server = createServer((request, response) =>
    readAll(request, (text) => {
      const now = behaviour;
      const { method = '', url: path = '', headers } = request;
      const incoming: Incoming = { method, path, headers, text, atMs: Date.now(), behaviour: now.kind };
      requests.push(incoming);
      if (now.kind === 'dead') return;
      if (now.kind === 'status') return send(response, now.status, { error: 'told to' }, now.retryAfterS);
      const { status = 200, body } = take(incoming);
      if (now.kind === 'cut') request.socket.destroy();
      else if (now.kind === 'ok') send(response, status, body);
      else {
        const timer = setTimeout(() => {
          timers.delete(timer);
          send(response, status, body);
        }, now.ms);
        timers.add(timer);
      }
    }),
  );
  const bound = await listen(server, port);
  return {
    origin: `http://127.0.0.1:${bound}`,
    requests: () => requests,
    behave: (next) => {
      behaviour = next;
    },
    stop: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
