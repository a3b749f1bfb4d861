/** Posts one message to Fengsui's push door (docs/protocols/http-push.md) and says what the answer means. */
import { isFields, type Pushed } from '../link.ts';

export type PushTarget = { readonly url: string; readonly gateway: string; readonly token: string };

const ANSWER_LIMIT_MS = 15_000;

function judge(status: number, body: unknown, retryAfter: string | null): Pushed {
  const fields = isFields(body) ? body : {};
  const said = typeof fields['message'] === 'string' ? fields['message'] : fields['error'];
  const message = `${status}: ${typeof said === 'string' ? said : 'no reason given'}`;
  if (status === 200 || status === 202) {
    const unknown = Array.isArray(fields['unknownDevices']) ? fields['unknownDevices'].map(String) : [];
    return {
      kind: 'onDisk',
      repeated: fields['repeated'] === true,
      quarantined: status === 202,
      unknownDevices: unknown,
    };
  }
  // A token that is set right in the meantime, or a gateway that is declared: the reading must not be lost over it.
  if (status === 401 || status === 403) return { kind: 'later', message, afterMs: null, isLogin: true };
  if (status === 400 || status === 413 || status === 422) return { kind: 'refused', message };
  const seconds = Number(retryAfter ?? Number.NaN);
  return { kind: 'later', message, afterMs: seconds > 0 ? seconds * 1_000 : null, isLogin: false };
}

export async function pushTo(target: PushTarget, body: string, signal: AbortSignal): Promise<Pushed> {
  if (target.url === '' || target.gateway === '')
    return { kind: 'later', message: 'the server has no push URL or no gateway', afterMs: null, isLogin: true };
  try {
    const response = await fetch(`${target.url.replace(/\/+$/, '')}/native/${target.gateway}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${target.token}`, 'content-type': 'application/json' },
      body,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    });
    const text = await response.text();
    let parsed: unknown = null;
    try {
      parsed = JSON.parse(text) as unknown;
    } catch {
      // Not the push door's answer; its status decides.
    }
    return judge(response.status, parsed, response.headers.get('retry-after'));
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return {
      kind: 'later',
      message: inner instanceof Error ? inner.message : String(inner),
      afterMs: null,
      isLogin: false,
    };
  }
}
