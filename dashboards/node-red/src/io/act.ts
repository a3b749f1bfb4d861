/** Does one thing to one alert over the API, once: what may have been taken is looked up in the ledger before it is repeated. */
import { ACTIONS, isEntered, type Wish } from '../desk-action.ts';
import { type Call, isFields, type Problem } from '../link.ts';

export type Acted =
  | { readonly kind: 'done' | 'queued'; readonly body: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly message: string; readonly mayBeTaken: boolean };
export type Wait = (ms: number) => Promise<void>;

const TRIES = 4;
const FIRST_WAIT_MS = 1_000;

export async function act(call: Call, wish: Wish, wait: Wait): Promise<Acted> {
  const path = `/api/v1/alerts/${encodeURIComponent(wish.alertId)}`;
  let version: number | undefined;
  let mayBeTaken = false;
  let message = '';
  for (let attempt = 0, waitMs = FIRST_WAIT_MS; attempt < TRIES; attempt++, waitMs *= 2) {
    if (attempt > 0) await wait(waitMs);
    const before = await call({ path });
    if (!before.ok) {
      message = before.error.message;
      if (before.error.kind === 'refused')
        return { kind: 'refused', status: before.error.status, problem: before.error.problem };
      if (before.error.kind === 'notSignedIn' || before.error.kind === 'notConfigured') break;
      continue;
    }
    const body = before.value.body;
    const now = isFields(body) && typeof body['version'] === 'number' ? body['version'] : 0;
    version ??= now;
    if (mayBeTaken) {
      // The newest entries are the last ones: an alert has hundreds at most, and one page holds a thousand.
      const events = await call({ path: `${path}/events?limit=1000` });
      if (!events.ok) continue;
      if (isEntered(events.value.body, version, wish)) return { kind: 'done', body };
    }
    const answer = await call({ path: `${path}/${ACTIONS[wish.action]}`, body: { note: wish.note } });
    if (answer.ok) return { kind: answer.value.status === 202 ? 'queued' : 'done', body: answer.value.body };
    message = answer.error.message;
    if (answer.error.kind === 'refused')
      return { kind: 'refused', status: answer.error.status, problem: answer.error.problem };
    if (answer.error.kind === 'unknown') mayBeTaken = true;
    if (answer.error.kind === 'notSignedIn') break;
  }
  return { kind: 'failed', message, mayBeTaken };
}
