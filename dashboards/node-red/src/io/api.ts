/** Asks the console over HTTP, as a person with a session or with the token; every wait has a limit. */
import { err, ok, type Result } from '../../../../model/result.ts';
import { failureOf, judgeAnswer } from '../answer.ts';
import type { ApiAnswer, ApiFailure, ApiRequest } from '../link.ts';

export type Login =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'person'; readonly user: string; readonly password: string }
  | { readonly kind: 'none' };

export type Api = {
  readonly call: (request: ApiRequest) => Promise<Result<ApiAnswer, ApiFailure>>;
  /** The open answer of the live stream. */
  readonly open: (path: string, headers: Headers, signal: AbortSignal) => Promise<Result<Response, ApiFailure>>;
  readonly close: () => void;
};
type Headers = { readonly [name: string]: string };

const ANSWER_LIMIT_MS = 20_000;
/** A wrong password is not tried again sooner: the console lets a person try five times a minute. */
const WRONG_PASSWORD_MS = 30_000;
const NOT_CONFIGURED: ApiFailure = { kind: 'notConfigured', message: 'the server has no URL or no credentials' };

async function readAnswer(response: Response): Promise<Result<ApiAnswer, ApiFailure>> {
  const text = await response.text();
  let body: unknown = text;
  try {
    body = text === '' ? null : (JSON.parse(text) as unknown);
  } catch {
    // What is not JSON is no answer of the console's; its status decides.
  }
  return judgeAnswer(response.status, body, response.headers.get('retry-after'));
}

export function createApi(base: string, login: Login): Api {
  const closing = new AbortController();
  let cookie: string | undefined;
  let signingIn: Promise<Result<string, ApiFailure>> | undefined;
  let refusedUntilMs = 0;
  const urlOf = (path: string): string => `${base.replace(/\/+$/, '')}${path}`;
  const ask = (path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> =>
    fetch(urlOf(path), {
      ...init,
      redirect: 'error',
      signal: AbortSignal.any([closing.signal, signal ?? AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    });

  async function signIn(user: string, password: string): Promise<Result<string, ApiFailure>> {
    if (Date.now() < refusedUntilMs) return err({ kind: 'notSignedIn', message: 'user or password was wrong' });
    try {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
      const response = await ask('/api/v1/session', { ...init, body: JSON.stringify({ user, password }) });
      const answer = await readAnswer(response);
      if (!answer.ok) {
        if (answer.error.kind === 'notSignedIn') refusedUntilMs = Date.now() + WRONG_PASSWORD_MS;
        // A sign-in that may have been taken took nothing.
        return answer.error.kind === 'unknown' ? err({ ...answer.error, kind: 'unreachable' }) : answer;
      }
      cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      return ok(cookie);
    } catch (cause) {
      return err({ kind: 'unreachable', message: failureOf(cause).message });
    }
  }

  /** Those who ask at once share one sign-in. */
  function session(user: string, password: string): Promise<Result<string, ApiFailure>> {
    if (cookie !== undefined) return Promise.resolve(ok(cookie));
    signingIn ??= signIn(user, password).finally(() => {
      signingIn = undefined;
    });
    return signingIn;
  }

  async function identify(): Promise<Result<Headers, ApiFailure>> {
    if (base === '') return err(NOT_CONFIGURED);
    switch (login.kind) {
      case 'none':
        return err(NOT_CONFIGURED);
      case 'token':
        return ok({ authorization: `Bearer ${login.token}` });
      case 'person': {
        const signed = await session(login.user, login.password);
        return signed.ok ? ok({ cookie: signed.value }) : signed;
      }
      default:
        return login satisfies never;
    }
  }

  /** A session that has ended is renewed once. */
  async function asSomebody<T>(run: (who: Headers) => Promise<Result<T, ApiFailure>>): Promise<Result<T, ApiFailure>> {
    const first = await identify();
    if (!first.ok) return first;
    const answer = await run(first.value);
    if (answer.ok || answer.error.kind !== 'notSignedIn' || login.kind !== 'person') return answer;
    cookie = undefined;
    const again = await identify();
    return again.ok ? run(again.value) : again;
  }

  return {
    call: ({ path, body }) =>
      asSomebody(async (who) => {
        const init: RequestInit =
          body === undefined
            ? { headers: who }
            : {
                method: 'POST',
                headers: { ...who, 'content-type': 'application/json' },
                body: JSON.stringify(body),
              };
        try {
          return await readAnswer(await ask(path, init));
        } catch (cause) {
          return err(failureOf(cause));
        }
      }),
    open: (path, headers, signal) =>
      asSomebody(async (who) => {
        try {
          const response = await ask(path, { headers: { ...headers, ...who, accept: 'text/event-stream' } }, signal);
          if (response.ok) return ok(response);
          const answer = await readAnswer(response);
          return answer.ok ? ok(response) : answer;
        } catch (cause) {
          return err(failureOf(cause));
        }
      }),
    close: () => closing.abort(),
  };
}
