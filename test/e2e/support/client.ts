/** Requests to the console as a person, as a script with the token, or as nobody. */
import type { Chain } from './chain.ts';
import { PASSWORD, TOKEN } from './chain.ts';

export type Caller = { readonly [header: string]: string };
export const ANYBODY: Caller = {};
export const SCRIPT: Caller = { authorization: `Bearer ${TOKEN}` };

export type Answer = { readonly status: number; readonly body: { readonly [key: string]: unknown } };

export async function get(chain: Chain, path: string, caller: Caller = SCRIPT): Promise<Answer> {
  const response = await fetch(`${chain.http()}${path}`, { headers: caller });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

export async function post(chain: Chain, path: string, body: unknown = {}, caller: Caller = SCRIPT): Promise<Answer> {
  const response = await fetch(`${chain.http()}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...caller },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

export async function signIn(chain: Chain, user: string): Promise<Caller> {
  const response = await fetch(`${chain.http()}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, password: PASSWORD }),
  });
  await response.body?.cancel();
  if (response.status !== 200) throw new Error(`sign-in of ${user}: ${response.status}`);
  return { cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
}

export type ApiAlert = {
  readonly id: string;
  readonly level: string;
  readonly lifecycle: string;
  readonly condition: string;
  readonly hazard: string;
  readonly origin: string;
  readonly gridCode: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly recipients: readonly { readonly personId: string; readonly tier: number; readonly reason: string }[];
};

/** Alerts of one subject, open and closed. */
export async function alertsOf(chain: Chain, subjectId: string, caller: Caller = SCRIPT): Promise<readonly ApiAlert[]> {
  const { body } = await get(chain, '/api/v1/alerts?state=all&limit=200', caller);
  return (body['items'] as readonly ApiAlert[]).filter((alert) => alert.subject.id === subjectId);
}
