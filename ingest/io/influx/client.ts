/**
 * Talks to one InfluxDB over the official client's transport; every call ends within its limit. The client's own
 * `WriteApi` is passed by: it takes a 201 of a partial write for success, and can resolve for a batch that was lost.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import type { InfluxTarget } from '#model/history.ts';
import { err, ok, type Result } from '#model/result.ts';
import { messageOf, outcomeOf, type WriteOutcome } from '../../influx/answer.ts';
import { callsOf } from '../../influx/target.ts';

export type InfluxClientOptions = {
  readonly writeTimeoutMs?: number;
  readonly queryTimeoutMs?: number;
  /** Connections held open. */
  readonly connections?: number;
  /** Ends whatever is asked. */
  readonly signal?: AbortSignal;
  /** Bodies are packed; on loopback that costs more than it saves. */
  readonly gzip?: boolean;
};

/** One series of an InfluxQL answer; instants in milliseconds. */
export type InfluxSeries = {
  readonly name?: string;
  readonly tags?: { readonly [tag: string]: string };
  readonly columns: readonly string[];
  readonly values?: readonly (readonly unknown[])[];
};
export type InfluxFailure = {
  readonly kind: 'away' | 'unauthorised' | 'noDatabase' | 'refused';
  readonly message: string;
};

export type InfluxClient = {
  /** Lines joined by line feeds. */
  readonly write: (body: string) => Promise<WriteOutcome>;
  /** Answers by statement. `SELECT` and `SHOW` by `get`, all that changes by `post`. */
  readonly query: (
    influxql: string,
    method?: 'GET' | 'POST',
  ) => Promise<Result<readonly (readonly InfluxSeries[])[], InfluxFailure>>;
  /** Any other call of the server's API; the answer's status and text. */
  readonly call: (ask: {
    readonly method: 'GET' | 'POST' | 'DELETE';
    readonly path: string;
    readonly body?: string;
  }) => Promise<Reply>;
  readonly close: () => void;
};
type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly retryAfter: string | undefined }
  | { readonly kind: 'none'; readonly message: string };

export const isLoopback = (url: string): boolean => /^(localhost|127\.|\[::1\])/.test(new URL(url).hostname);

export function openInfluxClient(
  target: InfluxTarget,
  token: string | undefined,
  options: InfluxClientOptions = {},
): InfluxClient {
  const { writeTimeoutMs = 30_000, queryTimeoutMs = 60_000, connections = 4, gzip = !isLoopback(target.url) } = options;
  const calls = callsOf(target, token);
  const keep = { keepAlive: true, maxSockets: connections + 1 };
  const agent = target.url.startsWith('https:') ? new HttpsAgent(keep) : new HttpAgent(keep);
  const { transport } = new InfluxDB({
    url: target.url,
    headers: { ...calls.headers },
    // The transport's own time-out neither ends the request nor counts what trickles: the signal does both.
    timeout: Math.max(writeTimeoutMs, queryTimeoutMs) + 1_000,
    transportOptions: { agent },
  });

  const send = async (
    path: string,
    body: string,
    how: { readonly method: string; readonly limitMs: number; readonly type: string; readonly gzip: boolean },
  ): Promise<Reply> => {
    let status = 0;
    const limit = AbortSignal.timeout(how.limitMs);
    const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
    try {
      const answered = transport.request(
        path,
        body,
        {
          method: how.method,
          headers: { 'content-type': how.type, accept: '*/*' },
          ...(how.gzip ? { gzipThreshold: 1_000 } : {}),
          signal,
        },
        (_headers, code) => {
          status = code ?? 0;
        },
      );
      const text = textOf(await answered);
      return { kind: 'answer', status, body: text, retryAfter: undefined };
    } catch (cause) {
      return cause instanceof HttpError
        ? replyOf(cause)
        : { kind: 'none', message: reasonOf(cause, limit, how.limitMs) };
    }
  };

  return {
    write: async (body) => {
      const reply = await send(calls.writePath, body, {
        ...{ method: 'POST', limitMs: writeTimeoutMs, type: 'text/plain; charset=utf-8', gzip },
      });
      return reply.kind === 'none' ? { kind: 'away', message: reply.message } : outcomeOf(reply, Date.now());
    },
    query: async (influxql, method = 'GET') => {
      const form = 'application/x-www-form-urlencoded';
      const how = { method, limitMs: queryTimeoutMs, type: form, gzip: false };
      const reply = await send(calls.queryPath(influxql), '', how);
      return reply.kind === 'none' ? err({ kind: 'away', message: reply.message }) : readAnswer(reply);
    },
    call: ({ method, path, body = '' }) =>
      send(path, body, { method, limitMs: queryTimeoutMs, type: 'application/json', gzip: false }),
    close: () => agent.destroy(),
  };
}

const textOf = (answer: unknown): string =>
  typeof answer === 'string'
    ? answer
    : answer === undefined
      ? ''
      : Buffer.isBuffer(answer)
        ? answer.toString('utf8')
        : JSON.stringify(answer);

function replyOf(cause: HttpError): Reply {
  const { statusCode, body, headers, statusMessage } = cause;
  const after = headers?.['retry-after'];
  const text = body === undefined || body === '' ? (statusMessage ?? '') : body;
  return {
    ...{ kind: 'answer', status: statusCode, body: text },
    retryAfter: Array.isArray(after) ? after[0] : after,
  };
}

function reasonOf(cause: unknown, signal: AbortSignal, limitMs: number): string {
  if (signal.aborted) return `no answer within ${limitMs} ms`;
  return cause instanceof Error ? (cause.message === '' ? cause.name : cause.message) : String(cause);
}

type QueryBody = { readonly error?: unknown; readonly results?: unknown };
type Statement = { readonly error?: unknown; readonly series?: unknown };

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined where it is not what InfluxQL answers. */
function parseQuery(
  body: string,
): { readonly fault?: string; readonly results: readonly InfluxSeries[][] } | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  const { error, results = [] } = parsed as QueryBody;
  if (typeof error === 'string') return { fault: error, results: [] };
  if (!Array.isArray(results) || !results.every(isObject)) return undefined;
  const fault = results.map((one: Statement) => one.error).find((one) => one !== undefined);
  if (fault !== undefined) return { fault: String(fault), results: [] };
  const series = results.map(({ series: found = [] }: Statement) => found);
  const isRight = series.every((found) => Array.isArray(found) && found.every(isObject));
  return isRight ? { results: series as InfluxSeries[][] } : undefined;
}

function readAnswer(
  reply: Extract<Reply, { kind: 'answer' }>,
): Result<readonly (readonly InfluxSeries[])[], InfluxFailure> {
  const { status, body } = reply;
  if (status === 401 || status === 403) return err({ kind: 'unauthorised', message: `${status} ${messageOf(body)}` });
  if (status === 429 || status >= 500) return err({ kind: 'away', message: `${status} ${messageOf(body)}` });
  const parsed = parseQuery(body);
  if (parsed === undefined) {
    // Success with a page is a portal's or a proxy's; that there is no such address, a server without InfluxQL says.
    const kind = status < 300 ? 'away' : 'refused';
    return err({ kind, message: `${status} no InfluxQL answer: ${messageOf(body)}` });
  }
  const { fault, results } = parsed;
  if (fault !== undefined || status >= 300) {
    const kind = /database not found/i.test(fault ?? '') ? 'noDatabase' : 'refused';
    return err({ kind, message: `${status} ${fault ?? messageOf(body)}` });
  }
  return ok(results);
}
