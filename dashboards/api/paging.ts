/** Cuts one page out of a sorted list; the cursor is the last key of the page before. */

export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** First index whose key is after `key`; keys ascend by code unit. */
function indexAfter<T>(sorted: readonly T[], keyOf: (item: T) => string, key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(sorted[middle] as T) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** At most `limit` items after the cursor for which `pick` gives something. */
export function pageOf<T, R>(
  sorted: readonly T[],
  keyOf: (item: T) => string,
  ask: { readonly limit: number; readonly cursor?: string | undefined },
  pick: (item: T) => R | null,
): Page<R> {
  const items: R[] = [];
  let lastKey = '';
  for (let at = ask.cursor === undefined ? 0 : indexAfter(sorted, keyOf, ask.cursor); at < sorted.length; at++) {
    const item = sorted[at] as T;
    const picked = pick(item);
    if (picked === null) continue;
    if (items.length === ask.limit) return { items, next: lastKey };
    items.push(picked);
    lastKey = keyOf(item);
  }
  return { items, next: null };
}

export const sortedBy = <T>(items: Iterable<T>, keyOf: (item: T) => string): readonly T[] =>
  [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
