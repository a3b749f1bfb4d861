/** What every request passes before its handler: who is it, may he, is the input in order. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import type { z } from 'zod';
import type { GridCode } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';
import { decodeXml } from '#model/xml-text.ts';
import type { Route } from '../access.ts';
import { parseJson } from '../json.ts';
import { decide, type RouteId } from '../permissions.ts';
import { NOT_SIGNED_IN, notFound, OUTSIDE_GRID, type Problem, WRONG_POST } from '../problem.ts';
import { bodySchema, querySchema } from '../schemas.ts';
import { createThrottle } from '../throttle.ts';
import { type Viewer, viewerOfPerson, viewerOfToken } from '../viewer.ts';
import type { Session } from './auth-store.ts';
import type { Desk } from './exchange.ts';
import { PLACES, placeOfArea } from './places.ts';
import { COOKIE } from './session-handlers.ts';

export type Caller = { readonly viewer: Viewer | null; readonly session: Session | null };
export type Guard = (id: RouteId, route: Route, request: Request) => Result<Passed, Problem>;
export type Passed = Caller & {
  readonly params: { readonly id: string };
  readonly query: unknown;
  readonly body: unknown;
};

/** What a POST may be, by what its route takes. */
export const MEDIA = {
  json: ['application/json'],
  xml: ['application/xml', 'text/xml', 'application/cap+xml', 'application/*+xml'],
  // No form of another site can send it without asking first.
  bytes: ['application/octet-stream'],
} as const satisfies { readonly [kind: string]: readonly [string, ...string[]] };

const REQUESTS_IN_TEN_SECONDS = 2_000;
const WRONG_TOKENS_A_MINUTE = 30;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const tooMany = (waitMs: number): Problem => ({
  status: 429,
  kind: 'tooManyRequests',
  message: 'Too many requests; slow down.',
  retryAfterS: Math.ceil(waitMs / 1_000),
});

function cookieOf(request: Request): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === COOKIE && value !== undefined && /^[A-Za-z0-9_-]{32}$/.test(value)) return value;
  }
  return undefined;
}

/** A browser names the page that a request comes from; anything but our own page may change nothing. */
function foreignOrigin(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = request.get('origin');
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.get('host');
}

function badInput(kind: 'badQuery' | 'badBody', error: z.ZodError): Problem {
  const issue = error.issues[0];
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const path = [...(issue?.path ?? []), ...keys].map(String).join('.');
  return { status: 400, kind, message: issue?.message ?? 'not as expected', ...(path === '' ? {} : { path }) };
}

function readBody(id: RouteId, request: Request): Result<unknown, Problem> {
  const schema = bodySchema(id);
  if (schema === undefined) return ok(undefined);
  const raw: unknown = request.body;
  let text: string;
  try {
    text = Buffer.isBuffer(raw) ? new TextDecoder('utf-8', { fatal: true }).decode(raw) : '';
  } catch {
    return err({ status: 400, kind: 'badJson', message: 'The body is not UTF-8.' });
  }
  const parsed = parseJson(text);
  if (!parsed.ok) {
    const { line, column, message } = parsed.error;
    return err({
      status: 400,
      kind: 'badJson',
      message: `The body is not JSON: line ${line}, column ${column}: ${message}`,
      path: `${line}:${column}`,
    });
  }
  const body = schema.safeParse(parsed.value);
  return body.success ? ok(body.data) : err(badInput('badBody', body.error));
}

function readXmlBody(request: Request): Result<unknown, Problem> {
  const raw: unknown = request.body;
  const text = decodeXml(Buffer.isBuffer(raw) ? raw : new Uint8Array());
  return text.ok ? text : err({ status: 400, kind: 'badXml', message: text.error });
}

export function createGuard(desk: Desk): Guard {
  const { registry } = desk.ports;
  const token = desk.config.token === null ? null : digest(desk.config.token);
  const requests = createThrottle(REQUESTS_IN_TEN_SECONDS, 10_000);
  const wrongTokens = createThrottle(WRONG_TOKENS_A_MINUTE, 60_000);

  function identify(request: Request): Result<Caller, Problem> {
    const authorization = request.get('authorization');
    if (authorization !== undefined) {
      const given = /^Bearer (.{1,512})$/i.exec(authorization)?.[1];
      if (given !== undefined && token !== null && timingSafeEqual(digest(given), token))
        return ok({ viewer: viewerOfToken(registry.current()), session: null });
      const waitMs = wrongTokens.take(request.socket.remoteAddress ?? '', desk.wallMs());
      return waitMs > 0 ? err(tooMany(waitMs)) : ok({ viewer: null, session: null });
    }
    const cookie = cookieOf(request);
    const session = cookie === undefined ? null : desk.auth.use(cookie, desk.wallMs());
    if (session === null) return ok({ viewer: null, session: null });
    return ok({ viewer: viewerOfPerson(registry.current(), session.personId, desk.ctx.clock.nowMs()), session });
  }

  /** The grid of the object that the request is about: null for none, undefined when there is no such object. */
  function placeOf(
    route: Route,
    id: string,
    query: { sensor?: string; grid?: string },
    viewer: Viewer | null,
  ): GridCode | null | undefined {
    const now = registry.current();
    // A named sensor is measured by its own place: the caller's own grid beside it opens nothing.
    if (query.grid !== undefined && query.sensor === undefined)
      return now.grids.has(query.grid) ? query.grid : undefined;
    switch (route.scope) {
      case 'none':
      case 'list':
      case 'county':
        return null;
      case 'sensor':
        return query.sensor === undefined
          ? null
          : now.points.get(now.sensors.get(query.sensor)?.pointId ?? '')?.gridCode;
      default:
        return placeOfArea(desk, route, id, viewer) ?? PLACES[route.scope](desk, id);
    }
  }

  return (id, route, request) => {
    const caller = identify(request);
    if (!caller.ok) return caller;
    const { viewer, session } = caller.value;
    if (route.who !== 'public' && viewer === null) return err(NOT_SIGNED_IN);
    const waitMs = requests.take(viewer?.id ?? request.socket.remoteAddress ?? '', desk.wallMs());
    if (waitMs > 0) return err(tooMany(waitMs));
    if (route.method !== 'get' && foreignOrigin(request))
      return err({ status: 403, kind: 'foreignOrigin', message: 'This request comes from another site.' });
    if (route.method === 'post' && request.is([...MEDIA[route.media ?? 'json']]) === false)
      return err({ status: 415, kind: 'mediaType', message: `Send ${MEDIA[route.media ?? 'json'][0]}.` });

    const query = querySchema(id).safeParse(request.query);
    if (!query.success) return err(badInput('badQuery', query.error));
    const params = { id: String(request.params['id'] ?? '').slice(0, 200) };
    const place = placeOf(route, params.id, query.data as { sensor?: string; grid?: string }, viewer);
    if (place === undefined) return err(notFound(`such ${route.scope === 'list' ? 'grid' : route.scope}`));
    const decision = decide(route, viewer, registry.current(), place);
    if (decision === 'signIn') return err(NOT_SIGNED_IN);
    if (decision === 'outsideGrid') return err(OUTSIDE_GRID);
    if (decision === 'wrongPost') return err(WRONG_POST);

    const body = route.media === 'xml' ? readXmlBody(request) : readBody(id, request);
    return body.ok ? ok({ viewer, session, params, query: query.data, body: body.value }) : body;
  };
}
