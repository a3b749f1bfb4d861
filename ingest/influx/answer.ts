/** What an InfluxDB's answer to a write means, by what the writer does next; of 1.x, 2.x and 3.x alike. */

export type WriteOutcome =
  | { readonly kind: 'written' }
  /** Some lines were refused, the others stand. `lines` (from 0) are those that the answer names; it may name none. */
  | { readonly kind: 'partial'; readonly message: string; readonly lines: readonly BadLine[]; readonly dropped: number }
  /** The body is larger than the server takes. */
  | { readonly kind: 'tooLarge'; readonly message: string }
  | { readonly kind: 'noDatabase'; readonly message: string }
  | { readonly kind: 'unauthorised'; readonly message: string }
  /** The server is there and asks for patience; `afterMs` as it said. */
  | { readonly kind: 'slowDown'; readonly message: string; readonly afterMs: number | undefined }
  /** Nobody knows whether it was stored; a repeat is harmless. */
  | { readonly kind: 'away'; readonly message: string };

export type BadLine = { readonly index: number; readonly reason: string };

export type Answer = {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
};

export function outcomeOf({ status, body, retryAfter }: Answer, nowMs: number): WriteOutcome {
  const message = `${status} ${messageOf(body)}`.trim();
  switch (status) {
    // Of all servers nothing else means that the lines stand: 200 is what a portal or a proxy answers in their place.
    case 204:
      return { kind: 'written' };
    // 3.x clusters answer so when some lines were refused, and say which in the body; an empty body is success.
    case 201:
      return body.trim() === '' ? { kind: 'written' } : refusedOf(message, body);
    case 400:
    case 422:
      return isMissingDatabase(body) ? { kind: 'noDatabase', message } : refusedOf(message, body);
    case 401:
    case 403:
      return { kind: 'unauthorised', message };
    case 404:
      return { kind: 'noDatabase', message };
    case 413:
      return { kind: 'tooLarge', message };
    case 429:
    case 503:
      return { kind: 'slowDown', message, afterMs: retryAfterMs(retryAfter, nowMs) };
    default:
      return { kind: 'away', message };
  }
}

const isMissingDatabase = (body: string): boolean => /database not found|bucket .*not found/i.test(body);

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

type Body = { readonly error?: unknown; readonly message?: unknown; readonly data?: unknown };

function parseBody(body: string): Body {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

const MESSAGE_CHARS = 500;
export function messageOf(body: string): string {
  const { error, message } = parseBody(body);
  const text = typeof error === 'string' ? error : typeof message === 'string' ? message : body;
  return text.slice(0, MESSAGE_CHARS);
}

/** Every version says in JSON what it refuses. A page or a bare word is somebody else's, and says nothing of the lines. */
function refusedOf(message: string, body: string): WriteOutcome {
  const { error, message: told } = parseBody(body);
  return typeof error === 'string' || typeof told === 'string'
    ? partialOf(message, body)
    : { kind: 'away', message: `no InfluxDB answers so: ${message}` };
}

/** 3.x names lines by number from 1; 1.x and 2.x count them, and quote those that do not parse. */
function partialOf(message: string, body: string): WriteOutcome {
  const { data } = parseBody(body);
  const named = (Array.isArray(data) ? data : [data]).flatMap((entry: unknown): BadLine[] => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { line_number: line, error_message: reason } = entry as { line_number?: unknown; error_message?: unknown };
    return typeof line === 'number' && line >= 1
      ? [{ index: line - 1, reason: String(reason).slice(0, MESSAGE_CHARS) }]
      : [];
  });
  const dropped = Number(/\bdropped=(\d+)/.exec(message)?.[1] ?? 0);
  return { kind: 'partial', message, lines: named, dropped };
}
