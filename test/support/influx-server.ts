/**
 * A server that speaks the published HTTP API of InfluxDB 2.x and 3.x, for which Debian has no package: writes as
 * docs.influxdata.com/influxdb/v2/write-data/troubleshoot and …/influxdb3/core/write-data/http-api/v3-write-lp describe
 * them (what is refused whole, what in part, in which words), reads by InfluxQL at /query, /ping and /health.
 * 2.x: a malformed line refuses the whole body (400 `invalid`), a field of another type only its points (422). 3.x: with
 * `accept_partial` (the default) every bad line is named with its number in a 400 and the others are kept; without, none.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { answerQuery } from '#test/support/influxql.ts';
import { type Entry, type Point, readLines } from '#test/support/line-protocol.ts';
import { createPointStore, type PointStore } from '#test/support/point-store.ts';

export type InfluxServerOptions = {
  readonly version: 2 | 3;
  readonly token: string;
  /** Of 2.x. */
  readonly org?: string;
  /** The bucket of 2.x, the database of 3.x. */
  readonly database: string;
  readonly maxBodyBytes?: number;
  /** False: database or bucket are yet to be made. */
  readonly isThere?: boolean;
};

/** What the next writes are answered instead; `silent`: never, until the client gives up. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly body?: string; readonly retryAfterS?: number }
  | { readonly kind: 'silent' }
  | { readonly kind: 'cut' }
  /** It is written, and the answer is lost. */
  | { readonly kind: 'lostAnswer' };

export type InfluxServer = {
  readonly url: string;
  readonly points: () => readonly Point[];
  /** Of each request its method, path and parameters, oldest first. */
  readonly requests: readonly string[];
  readonly fail: (fault: Fault, times?: number) => void;
  /** Somebody drops the database or bucket, and makes it anew when `again`. */
  readonly drop: (again: boolean) => void;
  /** Only this token is taken from now on. */
  readonly setToken: (token: string) => void;
  readonly stop: () => Promise<void>;
};

type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
};

const UNITS: { readonly [precision: string]: bigint } = {
  ns: 1n,
  nanosecond: 1n,
  us: 1_000n,
  microsecond: 1_000n,
  ms: 1_000_000n,
  millisecond: 1_000_000n,
  s: 1_000_000_000n,
  second: 1_000_000_000n,
};
const WRITES = new Set(['/api/v2/write', '/api/v3/write_lp']);
const TYPES = { float: 'float', int: 'integer', uint: 'unsigned', bool: 'boolean', string: 'string' } as const;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const whole = Buffer.concat(parts);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole;
}

type Good = Extract<Entry, { ok: true }>;
const conflictText = (point: Point, field: string, was: keyof typeof TYPES, is: keyof typeof TYPES): string =>
  `field type conflict: input field "${field}" on measurement "${point.name}" is type ${TYPES[is]}, already exists as type ${TYPES[was]}`;

/** Keeps what has the types that its fields had before; the others come back with the reason. */
function storeEntries(
  store: PointStore,
  entries: readonly Good[],
): { readonly entry: Good; readonly message: string }[] {
  return entries.flatMap((entry) => {
    const conflict = store.conflictOf(entry.point);
    if (conflict === undefined) {
      store.add(entry.point);
      return [];
    }
    return [{ entry, message: conflictText(entry.point, conflict.field, conflict.was, conflict.is) }];
  });
}

function writeTo2(store: PointStore, entries: readonly Entry[]): Answer {
  const bad = entries.find((entry) => !entry.ok);
  if (bad !== undefined && !bad.ok)
    return { status: 400, body: { code: 'invalid', message: `unable to parse '${bad.text}': ${bad.message}` } };
  const dropped = storeEntries(store, entries as readonly Good[]);
  const [first] = dropped;
  if (first === undefined) return { status: 204 };
  const message = `failure writing points to database: partial write: ${first.message} dropped=${dropped.length}`;
  return { status: 422, body: { code: 'unprocessable entity', message } };
}

function writeTo3(
  store: PointStore,
  entries: readonly Entry[],
  lines: readonly string[],
  acceptPartial: boolean,
): Answer {
  const name = (line: number, message: string) => ({
    original_line: lines[line - 1] ?? '',
    line_number: line,
    error_message: message,
  });
  const conflicts = entries.flatMap((entry) => {
    const conflict = entry.ok ? store.conflictOf(entry.point) : undefined;
    if (!entry.ok) return [name(entry.line, entry.message)];
    if (conflict === undefined) return [];
    return [
      name(entry.line, `invalid field value in line protocol for field '${conflict.field}' on line ${entry.line}`),
    ];
  });
  if (!acceptPartial && conflicts.length > 0)
    return { status: 400, body: { error: 'parsing failed for write_lp endpoint', data: conflicts[0] } };
  const later = storeEntries(
    store,
    entries.filter((entry): entry is Good => entry.ok),
  ).filter(({ entry }) => !conflicts.some((each) => each.line_number === entry.line));
  const all = [...conflicts, ...later.map(({ entry, message }) => name(entry.line, message))];
  if (all.length === 0) return { status: 204 };
  // At most a hundred are named.
  return { status: 400, body: { error: 'partial write of line protocol occurred', data: all.slice(0, 100) } };
}

function isAllowed(options: { readonly token: string }, request: IncomingMessage): boolean {
  const said = request.headers.authorization ?? '';
  const basic = Buffer.from(said.replace(/^Basic /, ''), 'base64').toString('utf8');
  return said === `Token ${options.token}` || said === `Bearer ${options.token}` || basic.endsWith(`:${options.token}`);
}

export async function startInfluxServer(options: InfluxServerOptions): Promise<InfluxServer> {
  const { version, database, maxBodyBytes = 50_000_000 } = options;
  const taken = { token: options.token };
  const store = createPointStore();
  const requests: string[] = [];
  const faults: Fault[] = [];
  let isThere = options.isThere ?? true;
  const denied: Answer =
    version === 2
      ? { status: 401, body: { code: 'unauthorized', message: 'unauthorized access' } }
      : { status: 401, body: { error: 'the request was not authenticated' } };
  const tooLarge: Answer =
    version === 2
      ? { status: 413, body: { code: 'request too large', message: 'unable to read data: points batch is too large' } }
      : { status: 413, body: { error: 'length limit exceeded' } };

  const write = async (url: URL, request: IncomingMessage): Promise<Answer> => {
    const body = await bodyOf(request);
    if (!isAllowed(taken, request)) return denied;
    if (body.length > maxBodyBytes) return tooLarge;
    const wanted = url.searchParams.get(url.pathname === '/api/v2/write' ? 'bucket' : 'db');
    const isKnown = isThere && wanted === database;
    const org = url.searchParams.get('org');
    if (version === 2 && org !== options.org)
      return { status: 404, body: { code: 'not found', message: `organization name "${org}" not found` } };
    if (version === 2 && !isKnown)
      return { status: 404, body: { code: 'not found', message: `bucket "${wanted}" not found` } };
    if (wanted !== database) return { status: 404, body: { error: `db: database "${wanted}" not found` } };
    isThere = true; // 3.x makes a database that it is written to.
    const unitNs = UNITS[url.searchParams.get('precision') ?? 'ns'];
    if (unitNs === undefined) return { status: 400, body: { code: 'invalid', message: 'invalid precision' } };
    const entries = readLines(body, { unitNs, defaultNs: 0n });
    if (url.pathname === '/api/v2/write') return writeTo2(store, entries);
    const lines = body.toString('utf8').split('\n');
    return writeTo3(store, entries, lines, url.searchParams.get('accept_partial') !== 'false');
  };

  const query = async (url: URL, request: IncomingMessage): Promise<Answer> => {
    const form = new URLSearchParams((await bodyOf(request)).toString('utf8'));
    const ask = (name: string): string | null => url.searchParams.get(name) ?? form.get(name);
    if (!isAllowed(taken, request)) return denied;
    if (!isThere || ask('db') !== database)
      return {
        status: version === 2 ? 200 : 404,
        body: { results: [{ statement_id: 0, error: `database not found: ${ask('db')}` }] },
      };
    return { status: 200, body: answerQuery(store.points(), ask('q') ?? '', ask('epoch') ?? 'ns') };
  };

  /** Databases and buckets are made by JSON; of 2.x by the ids of organisation and bucket. */
  const administer = async (url: URL, request: IncomingMessage): Promise<Answer> => {
    const text = (await bodyOf(request)).toString('utf8');
    if (!isAllowed(taken, request)) return denied;
    const body = text === '' ? {} : (JSON.parse(text) as { readonly [key: string]: unknown });
    const bucket = { id: '0b0b0b0b0b0b0b0b', orgID: '0a0a0a0a0a0a0a0a', name: database };
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /api/v2/orgs':
        return { status: 200, body: { orgs: [{ id: bucket.orgID, name: options.org }] } };
      case 'GET /api/v2/buckets':
        return { status: 200, body: { buckets: isThere ? [bucket] : [] } };
      case 'POST /api/v2/buckets':
        if (isThere || body['name'] !== database || body['orgID'] !== bucket.orgID)
          return {
            status: 422,
            body: { code: 'conflict', message: `bucket with name ${body['name']} already exists` },
          };
        isThere = true;
        return { status: 201, body: bucket };
      case 'POST /api/v2/dbrps':
        return { status: 201, body };
      case 'POST /api/v3/configure/database':
        if (isThere) return { status: 409, body: { error: 'attempted to create a resource that already exists' } };
        isThere = body['db'] === database;
        return { status: 200 };
      default:
        return { status: 404, body: { code: 'not found', message: 'path not found' } };
    }
  };

  const answer = async (request: IncomingMessage, url: URL): Promise<Answer> => {
    switch (url.pathname) {
      case '/api/v2/orgs':
      case '/api/v2/buckets':
      case '/api/v2/dbrps':
      case '/api/v3/configure/database':
        return await administer(url, request);
      case '/ping':
        await bodyOf(request);
        return {
          status: version === 2 ? 204 : 200,
          headers: { 'X-Influxdb-Version': version === 2 ? 'v2.7.12' : '3.2.0' },
        };
      case '/health':
        await bodyOf(request);
        return { status: 200, body: version === 2 ? { name: 'influxdb', status: 'pass' } : 'OK' };
      case '/query':
        return await query(url, request);
      case '/api/v2/write':
        return await write(url, request);
      case '/api/v3/write_lp':
        if (version === 3) return await write(url, request);
        break;
    }
    await bodyOf(request);
    return {
      status: 404,
      body: version === 2 ? { code: 'not found', message: 'path not found' } : { error: 'not found' },
    };
  };

  const send = (response: ServerResponse, { status, body, headers }: Answer): void => {
    response.writeHead(status, { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) });
    response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    requests.push(`${request.method} ${url.pathname}${url.search}`);
    const fault = WRITES.has(url.pathname) ? faults.shift() : undefined;
    switch (fault?.kind) {
      case undefined:
        return send(response, await answer(request, url));
      case 'silent':
        return;
      case 'cut':
        request.socket.destroy();
        return;
      case 'lostAnswer':
        await answer(request, url);
        request.socket.destroy();
        return;
      case 'status': {
        await bodyOf(request);
        const { status, body = '', retryAfterS } = fault;
        return send(response, {
          status,
          body,
          ...(retryAfterS === undefined ? {} : { headers: { 'Retry-After': String(retryAfterS) } }),
        });
      }
      default:
        return fault satisfies never;
    }
  };

  const server: Server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    points: store.points,
    requests,
    fail: (fault, times = 1) => {
      for (let time = 0; time < times; time++) faults.push(fault);
    },
    drop: (again) => {
      store.clear();
      isThere = again;
    },
    setToken: (token) => {
      taken.token = token;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
