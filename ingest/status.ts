/** Parses what an edge says of itself on `…/status`; only what ingest goes by is asked for. */
import { isTopicToken } from '#model/topics.ts';

export type HeardStatus = { readonly state: 'online' | 'lost'; readonly edgeId: string; readonly bootId: string };

const MAX_CHARACTERS = 4_096;

export function parseStatus(text: string): HeardStatus | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  let raw: { readonly [key: string]: unknown } | null;
  try {
    raw = JSON.parse(text) as { readonly [key: string]: unknown } | null;
  } catch {
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { state, edgeId, bootId } = raw;
  if (state !== 'online' && state !== 'lost') return undefined;
  if (typeof edgeId !== 'string' || typeof bootId !== 'string') return undefined;
  return isTopicToken(edgeId) && isTopicToken(bootId) ? { state, edgeId, bootId } : undefined;
}
