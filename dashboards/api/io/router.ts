/** Builds the HTTP application from the permission table: guard, handler, answer; there is no other way in. */
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Route } from '../access.ts';
import { ROUTE_IDS, ROUTES, type RouteId } from '../permissions.ts';
import { notFound, type Problem, problemBody } from '../problem.ts';
import { alertHandlers } from './alert-handlers.ts';
import { auditHandlers } from './audit-handlers.ts';
import { callHandlers } from './calls-handlers.ts';
import { channelHandlers } from './channel-handlers.ts';
import { drillHandlers } from './drill-handlers.ts';
import { evacuationHandlers } from './evacuation-handlers.ts';
import type { Desk, Handler, Reply } from './exchange.ts';
import { exchangeHandlers } from './exchange-handlers.ts';
import { createGuard, MEDIA } from './guard.ts';
import { historyHandlers } from './history-handlers.ts';
import { lifeHandlers } from './life-handlers.ts';
import { listHandlers } from './list-handlers.ts';
import { openHandlers } from './open-handlers.ts';
import { printHandlers } from './print-handlers.ts';
import { registryHandlers } from './registry-handlers.ts';
import { reportHandlers } from './report-handlers.ts';
import { rosterHandlers } from './roster-handlers.ts';
import { sessionHandlers } from './session-handlers.ts';
import { trendHandlers } from './trend-handlers.ts';
import { warningHandlers } from './warning-handlers.ts';

const MIB = 1_048_576;
const readText = express.raw({ type: [...MEDIA.json, ...MEDIA.xml], limit: MIB, inflate: false });
/** Tables and maps of a county. Whoever may not send one is refused before it is read. */
const readBytes = express.raw({ type: [...MEDIA.bytes], limit: 16 * MIB, inflate: false });

const bytesOf = (request: Request, response: Response): Promise<Uint8Array> =>
  new Promise((resolve, reject) =>
    readBytes(request, response, (cause: unknown) => {
      if (cause !== undefined) return reject(cause as Error);
      return resolve(Buffer.isBuffer(request.body) ? request.body : new Uint8Array());
    }),
  );

const headers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
  },
  // The default listens on loopback without TLS; whoever puts TLS in front adds HSTS there.
  strictTransportSecurity: false,
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
});

function sendProblem(response: Response, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (problem.retryAfterS !== undefined) response.setHeader('Retry-After', problem.retryAfterS);
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.status(problem.status).json(problemBody(problem));
}

function sendReply(response: Response, reply: Reply): void {
  switch (reply.kind) {
    case 'json':
      if (reply.cookie !== undefined) response.setHeader('Set-Cookie', reply.cookie);
      response.status(reply.status).json(reply.body);
      return;
    case 'text':
      response.type(reply.type).send(reply.body);
      return;
    case 'file':
      response.attachment(reply.name).type(reply.type).send(Buffer.from(reply.body));
      return;
    case 'problem':
      sendProblem(response, reply.problem);
      return;
    case 'taken':
      return;
    default:
      reply satisfies never;
  }
}

/** What Express and its body reader throw, as a problem. */
function problemOf(cause: unknown): Problem {
  const { status, type, limit } = (cause ?? {}) as { status?: unknown; type?: unknown; limit?: unknown };
  if (status === 413) {
    const most = typeof limit === 'number' ? limit / MIB : 1;
    return { status: 413, kind: 'tooLarge', message: `The body is larger than ${most} MiB.` };
  }
  if (status === 415) return { status: 415, kind: 'mediaType', message: 'This content encoding is not taken.' };
  if (cause instanceof URIError || status === 400)
    return {
      status: 400,
      kind: 'badRequest',
      message: `The request cannot be read${type ? ` (${String(type)})` : ''}.`,
    };
  return { status: 500, kind: 'internal', message: 'This failed here; it is in the log.' };
}

export function createRouter(desk: Desk): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(headers);
  app.use((_, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  const guard = createGuard(desk);
  const handlers: { readonly [Id in RouteId]: Handler } = {
    ...openHandlers(desk),
    ...sessionHandlers(desk),
    ...listHandlers(desk),
    ...alertHandlers(desk),
    ...auditHandlers(desk),
    ...lifeHandlers(desk),
    ...reportHandlers(desk),
    ...callHandlers(desk),
    ...channelHandlers(desk),
    ...evacuationHandlers(desk),
    ...drillHandlers(desk),
    ...warningHandlers(desk),
    ...exchangeHandlers(desk),
    ...rosterHandlers(desk),
    ...printHandlers(desk),
    ...registryHandlers(desk),
    ...trendHandlers(desk),
    ...historyHandlers(desk),
  };

  const finish = (id: string, response: Response, reply: Reply) => {
    sendReply(response, reply);
    const status = reply.kind === 'problem' ? reply.problem.status : response.statusCode;
    desk.ctx.metrics.count('fengsui_http_requests_total', { route: id, status: String(status) });
  };
  for (const id of ROUTE_IDS) {
    const route: Route = ROUTES[id];
    const isBytes = route.media === 'bytes';
    const before = route.method === 'post' && !isBytes ? [readText] : [];
    app[route.method](route.path, ...before, async (request, response) => {
      const passed = guard(id, route, request);
      if (!passed.ok) return finish(id, response, { kind: 'problem', problem: passed.error });
      const body = isBytes ? await bytesOf(request, response) : passed.value.body;
      return finish(id, response, await handlers[id]({ request, response, ...passed.value, body }));
    });
  }
  app.use((_, response) => finish('none', response, { kind: 'problem', problem: notFound('such route') }));
  const failed: ErrorRequestHandler = (cause, request, response, _next) => {
    const problem = problemOf(cause);
    if (problem.status === 500) desk.ctx.log.error('request failed', { path: request.path, cause: String(cause) });
    finish('none', response, { kind: 'problem', problem });
  };
  app.use(failed);
  return app;
}
