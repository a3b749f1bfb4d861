/** Speaks to the running console for commands that change something: `FENGSUI_URL` and `FENGSUI_TOKEN` say which and as whom. */
import { err, ok, type Result } from '#model/result.ts';

const LIMIT_MS = 15_000;

/** One request; the answer's JSON, or what went wrong and what to do, as one sentence. */
export async function callApi(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  /** Of a body that is bytes; absent: the body is a value and goes as JSON. */
  type = 'application/json',
): Promise<Result<{ readonly status: number; readonly body: unknown }, string>> {
  const base = process.env['FENGSUI_URL'] ?? 'http://127.0.0.1:8080';
  const token = process.env['FENGSUI_TOKEN'] ?? '';
  if (token === '')
    return err(
      'FENGSUI_TOKEN is not set: start the console with a token of 20 letters or more and give it here as well.',
    );
  try {
    const response = await fetch(new URL(path, base), {
      method,
      redirect: 'manual',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const value: unknown = text === '' ? null : JSON.parse(text);
    if (response.ok) return ok({ status: response.status, body: value });
    const error = (value as { readonly error?: { readonly message?: string; readonly path?: string } } | null)?.error;
    const where = error?.path === undefined ? '' : `${error.path}: `;
    return err(`The console at ${base} answers ${response.status}: ${where}${error?.message ?? text}`);
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    return err(`The console at ${base} cannot be asked (${inner}): is it running? FENGSUI_URL names another one.`);
  }
}
