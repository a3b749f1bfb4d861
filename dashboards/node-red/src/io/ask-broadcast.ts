/** Asks the console for a warning or a drill, once: before a warning is asked for, those that stand are looked at. */
import type { BroadcastWish } from '../broadcast-wish.ts';
import { type ApiFailure, type Call, isFields, type Problem } from '../link.ts';

export type Asked =
  | { readonly kind: 'done' | 'queued'; readonly body: unknown; readonly stoodAlready: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly message: string; readonly mayBeTaken: boolean };

const PATHS = { warning: '/api/v1/warnings', drill: '/api/v1/drills' } as const;

const sameText = (a: unknown, b: unknown): boolean => isFields(a) && isFields(b) && a['zh'] === b['zh'];
const areasOf = (raw: unknown): string =>
  Array.isArray(raw)
    ? raw
        .map((area: unknown) => (isFields(area) ? `${String(area['grid'])}=${String(area['level'])}` : ''))
        .sort()
        .join()
    : '';

/** The same words, places, levels and end; of a drill: the same name and place, and it runs. */
function isSame(wish: BroadcastWish, item: unknown): boolean {
  if (!isFields(item)) return false;
  const { body } = wish;
  if (wish.kind === 'drill')
    return item['state'] === 'running' && item['grid'] === body['grid'] && sameText(item['name'], body['name']);
  return (
    sameText(item['headline'], body['headline']) &&
    item['hazard'] === body['hazard'] &&
    Date.parse(String(item['expires'])) === Date.parse(String(body['expires'])) &&
    areasOf(item['areas']) === areasOf(body['areas'])
  );
}

async function findSame(call: Call, wish: BroadcastWish): Promise<{ readonly found: unknown } | ApiFailure> {
  const answer = await call({
    path: wish.kind === 'warning' ? `${PATHS.warning}?state=all` : `${PATHS.drill}?limit=100`,
  });
  if (!answer.ok) return answer.error;
  const { body } = answer.value;
  const items: readonly unknown[] = isFields(body) && Array.isArray(body['items']) ? body['items'] : [];
  return { found: items.find((item) => isSame(wish, item)) };
}

const failed = (failure: ApiFailure, mayBeTaken: boolean): Asked =>
  failure.kind === 'refused'
    ? { kind: 'refused', status: failure.status, problem: failure.problem }
    : { kind: 'failed', message: failure.message, mayBeTaken };

/** Never repeated by itself: what is said to the people is asked for again by a person, or not at all. */
export async function askBroadcast(call: Call, wish: BroadcastWish): Promise<Asked> {
  const before = await findSame(call, wish);
  if ('kind' in before) return failed(before, false);
  if (before.found !== undefined) return { kind: 'done', body: before.found, stoodAlready: true };
  const answer = await call({ path: PATHS[wish.kind], body: wish.body });
  if (answer.ok) {
    const { status, body } = answer.value;
    return { kind: status === 202 ? 'queued' : 'done', body, stoodAlready: false };
  }
  if (answer.error.kind !== 'unknown') return failed(answer.error, false);
  const after = await findSame(call, wish);
  if ('kind' in after || after.found === undefined) return failed(answer.error, true);
  return { kind: 'done', body: after.found, stoodAlready: false };
}
