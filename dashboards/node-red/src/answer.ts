/** Decides what an answer of the console means for whoever asked. */
import { err, ok, type Result } from '../../../model/result.ts';
import { type ApiAnswer, type ApiFailure, isFields } from './link.ts';

/** What undici says when no connection came about: nothing was sent. */
const NOT_SENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT|CERT|SSL|TLS/i;
const BUSY_MS = 5_000;

export function failureOf(cause: unknown): ApiFailure {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = isFields(inner) && typeof inner['code'] === 'string' ? inner['code'] : '';
  const text = inner instanceof Error ? inner.message : String(inner);
  const message = text === '' ? code : text;
  return { kind: NOT_SENT.test(`${code} ${text}`) ? 'unreachable' : 'unknown', message };
}

function problemOf(body: unknown): { readonly kind: string; readonly message: string } | undefined {
  const problem = isFields(body) ? body['error'] : undefined;
  if (!isFields(problem)) return undefined;
  const { kind, message } = problem;
  return typeof kind === 'string' && typeof message === 'string' ? { kind, message } : undefined;
}

export function judgeAnswer(status: number, body: unknown, retryAfter: string | null): Result<ApiAnswer, ApiFailure> {
  const problem = problemOf(body) ?? { kind: `http${status}`, message: `answered ${status}` };
  if (200 <= status && status < 300) return ok({ status, body });
  if (status === 401) return err({ kind: 'notSignedIn', message: problem.message });
  if (status === 429 || status === 503) {
    const seconds = Number(retryAfter ?? Number.NaN);
    return err({ kind: 'busy', message: problem.message, afterMs: seconds > 0 ? seconds * 1_000 : BUSY_MS });
  }
  // A proxy in between may have lost the answer of a command that was taken.
  if (status >= 500) return err({ kind: 'unknown', message: problem.message });
  return err({ kind: 'refused', status, message: problem.message, problem });
}
