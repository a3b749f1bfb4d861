/** Puts the parts of long messages together again; what never becomes whole is dropped, the oldest first. */
import type { Deliver } from './incoming.ts';

const WAITING_AT_MOST = 32;

/** The whole text once its last part is there, null before; parts may come twice and in any order. */
export type Joiner = (part: Deliver) => string | null;

export function createJoiner(): Joiner {
  const waiting = new Map<string, Map<number, string>>();
  return ({ from, text, concat }) => {
    if (text === null || concat === null) return text;
    const key = `${from}|${concat.reference}|${concat.total}`;
    const parts = waiting.get(key) ?? new Map<number, string>();
    parts.set(concat.n, text);
    waiting.delete(key);
    if (parts.size === concat.total)
      return [...parts]
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one)
        .join('');
    waiting.set(key, parts);
    const oldest = waiting.keys().next();
    if (waiting.size > WAITING_AT_MOST && oldest.done !== true) waiting.delete(oldest.value);
    return null;
  };
}
