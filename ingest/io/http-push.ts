/**
 * Takes messages that devices or their platforms push by HTTP: POST /native/GATEWAY with the gateway's token. Answered 200
 * only when the message is on disk; the same message again is recognised and answered alike (docs/protocols/http-push.md).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { MAX_NATIVE_BYTES } from '#model/native.ts';
import type { StageContext } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { NativeOutcome, NativeReceiver } from './native.ts';

/** Whether the token is the gateway's. */
export type CheckToken = (gateway: string, token: string) => boolean;
export type PushListener = { readonly port: number; readonly close: () => Promise<void> };
type Parts = {
  readonly receiver: NativeReceiver;
  readonly registry: RegistryPort;
  readonly checkToken: CheckToken;
  readonly ctx: StageContext;
};
type Answer = { readonly status: number; readonly body: { readonly [key: string]: unknown } };

const PATH = /^\/native\/([A-Za-z0-9_-]{1,64})$/;
const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,256})$/;
const REQUEST_LIMIT_MS = 10_000;
const MAX_CONNECTIONS = 500;
const RETRY_AFTER_S = 5;

const refusal = (status: number, error: string): Answer => ({ status, body: { error } });

/** The body; undefined when it is longer than a message may be. Whoever stops half-way is ended by the server's limit. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_NATIVE_BYTES) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_NATIVE_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toAnswer({ taken, fate, error, unknown }: NativeOutcome): Answer {
  if (!taken) return refusal(503, 'not on disk: send it again');
  if (error !== null) return { status: 422, body: { error: error.kind, message: error.message, offset: error.offset } };
  const status = fate === 'quarantined' ? 202 : 200;
  return { status, body: { stored: fate === 'stored', repeated: fate === 'duplicate', unknownDevices: unknown } };
}

export async function openPush(
  where: { readonly host: string; readonly port: number },
  { receiver, registry, checkToken, ctx }: Parts,
): Promise<PushListener> {
  const answerTo = async (request: IncomingMessage): Promise<Answer> => {
    const gateway = PATH.exec((request.url ?? '').split('?')[0] ?? '')?.[1];
    if (gateway === undefined) return refusal(404, 'messages go to /native/GATEWAY');
    if (request.method !== 'POST') return refusal(405, 'messages are posted');
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return refusal(401, 'a bearer token is needed');
    if (!checkToken(gateway, token)) return refusal(401, 'this token is not the gateway’s');
    const native = registry.current().edges.get(gateway)?.native;
    if (native !== undefined && native.transport !== 'http') return refusal(403, 'this gateway speaks MQTT');
    const payload = await readBody(request);
    if (payload === undefined) return refusal(413, `a message has at most ${MAX_NATIVE_BYTES} bytes`);
    if (payload.length === 0) return refusal(400, 'an empty message');
    return toAnswer(await receiver.receive({ gateway, topic: '', payload }));
  };

  const server = createServer((request, response) => {
    answerTo(request)
      .catch((cause: unknown) => {
        if (!request.destroyed) ctx.log.error('push failed', { cause: String(cause) });
        return refusal(500, 'failed: send it again');
      })
      .then((answer) => send(request, response, answer, ctx));
  });
  server.requestTimeout = REQUEST_LIMIT_MS;
  server.headersTimeout = REQUEST_LIMIT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listen(server, where);
  ctx.log.info('devices may push', { address: `http://${where.host}:${port}/native/` });
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer, ctx: StageContext): void {
  ctx.metrics.count('fengsui_push_requests_total', { status: String(status) });
  const headers: { [name: string]: string } = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (status === 503) headers['retry-after'] = String(RETRY_AFTER_S);
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  // What was not read would be taken for the next request.
  if (!request.complete) headers['connection'] = 'close';
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}

function listen(server: ReturnType<typeof createServer>, where: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new Error(
              `port ${where.port} on ${where.host} is in use: choose another push port (0 takes any free one)`,
              { cause },
            )
          : cause,
      ),
    );
    server.listen(where.port, where.host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : where.port);
    });
  });
}
