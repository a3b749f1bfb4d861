/** The routes that need no person: health, metrics, the API's description, the page's files; and the stream. */
import express from 'express';
import { notFound } from '../problem.ts';
import { viewerOfPerson } from '../viewer.ts';
import { type Desk, type Handler, json, type Reply, refuse, withInput } from './exchange.ts';

const MAX_STREAMS = 500;
const MAX_STREAMS_A_VIEWER = 20;

function pageHandler(desk: Desk): Handler {
  const files = express.static(desk.config.staticDir, {
    index: 'index.html',
    redirect: false,
    dotfiles: 'ignore',
    setHeaders: (response, path) => {
      response.setHeader(
        'Cache-Control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  return ({ request, response }) =>
    new Promise<Reply>((resolve, reject) => {
      if (request.path.startsWith('/api/')) return resolve(refuse(notFound('such route')));
      response.on('close', () => resolve({ kind: 'taken' }));
      files(request, response, (cause: unknown) =>
        cause === undefined ? resolve(refuse(notFound('such page'))) : reject(cause as Error),
      );
    });
}

function streamHandler(desk: Desk): Handler {
  return withInput<{ readonly after?: number }>(({ request, response, query, session }, viewer) => {
    const { streams } = desk;
    // Answered like the stream, but a HEAD has no end to wait for and holds no place.
    if (request.method === 'HEAD') return { kind: 'text', type: 'text/event-stream; charset=utf-8', body: '' };
    if (streams.size() >= MAX_STREAMS || streams.sizeOf(viewer.id) >= MAX_STREAMS_A_VIEWER)
      return refuse({ status: 429, kind: 'tooManyStreams', message: 'Close other pages first.', retryAfterS: 30 });
    const header = request.get('last-event-id');
    const lastId = header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : query.after;
    request.socket.setTimeout(0);
    request.socket.setNoDelay(true);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    const stream = streams.open(response, {
      sessionHash: session?.hash ?? null,
      viewer: () =>
        viewer.kind === 'token'
          ? viewer
          : viewerOfPerson(desk.ports.registry.current(), viewer.id, desk.ctx.clock.nowMs()),
    });
    desk.feed.join(stream, lastId ?? null);
    return { kind: 'taken' };
  });
}

export function openHandlers(desk: Desk) {
  return {
    healthz: () => json({ live: true }),
    readyz: () => {
      const report = desk.ports.health();
      return json(report, report.ready ? 200 : 503);
    },
    metrics: async () => ({
      kind: 'text',
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: await desk.ports.metricsText(),
    }),
    openapi: () => json(desk.openapi),
    stream: streamHandler(desk),
    page: pageHandler(desk),
  } satisfies { readonly [id: string]: Handler };
}
