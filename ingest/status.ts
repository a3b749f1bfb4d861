/** Parses what an edge says of itself on `…/status` and answers on `…/reply`; only what ingest goes by is asked for. */
import type { SeqRange } from '#model/seen.ts';
import { isTopicToken } from '#model/topics.ts';

export type HeardStatus = {
  readonly state: 'online' | 'lost';
  readonly edgeId: string;
  readonly bootId: string;
  /** Where its outbox stands; an edge that is lost, or of an older make, does not say. */
  readonly outbox: { readonly epoch: string; readonly nextSeq: number } | null;
  /** How it is; an edge that is lost, or of an older make, does not say. */
  readonly care: HeardCare | null;
};
export type HeardCare = {
  readonly inventoryVersion: string;
  readonly queuedBatches: number | null;
  readonly oldestQueuedMs: number | null;
  readonly clockOffsetMs: number | null;
  readonly supplyV: number | null;
  readonly signalDbm: number | null;
  readonly diskFreeBytes: number | null;
  readonly uptimeS: number | null;
};
export type HeardReply = {
  readonly id: string;
  readonly ok: boolean;
  readonly message: string;
  readonly missing: readonly SeqRange[] | null;
};

const MAX_CHARACTERS = 4_096;
const MAX_REPLY_CHARACTERS = 65_536;
const MAX_MESSAGE = 2_000;

type Fields = { readonly [key: string]: unknown };
const isSeq = (raw: unknown): raw is number => typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= 1;
const isToken = (raw: unknown): raw is string => typeof raw === 'string' && isTopicToken(raw);

function parseFields(text: string, maxCharacters: number): Fields | undefined {
  if (text.length > maxCharacters) return undefined;
  try {
    const raw = JSON.parse(text) as Fields | null;
    return typeof raw === 'object' && raw !== null ? raw : undefined;
  } catch {
    return undefined;
  }
}

export function parseStatus(text: string): HeardStatus | undefined {
  const raw = parseFields(text, MAX_CHARACTERS);
  if (raw === undefined) return undefined;
  const { state, edgeId, bootId, epoch, nextSeq } = raw as { readonly [key in keyof HeardStatus]?: unknown } & Fields;
  if (state !== 'online' && state !== 'lost') return undefined;
  if (!isToken(edgeId) || !isToken(bootId)) return undefined;
  const outbox = isToken(epoch) && isSeq(nextSeq) ? { epoch, nextSeq } : null;
  return { state, edgeId, bootId, outbox, care: parseCare(raw) };
}

function parseCare(raw: Fields): HeardCare | null {
  const inventoryVersion = raw['inventoryVersion'];
  if (!isToken(inventoryVersion)) return null;
  const box = typeof raw['box'] === 'object' && raw['box'] !== null ? (raw['box'] as Fields) : {};
  const number = (from: Fields, name: string): number | null => {
    const value = from[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  };
  return {
    inventoryVersion,
    queuedBatches: number(raw, 'queuedBatches'),
    oldestQueuedMs: number(raw, 'oldestQueuedMs'),
    clockOffsetMs: number(raw, 'clockOffsetMs'),
    supplyV: number(box, 'supplyV'),
    signalDbm: number(box, 'signalDbm'),
    diskFreeBytes: number(box, 'diskFreeBytes'),
    uptimeS: number(box, 'uptimeS'),
  };
}

export function parseReply(text: string): HeardReply | undefined {
  const raw = parseFields(text, MAX_REPLY_CHARACTERS);
  if (raw === undefined) return undefined;
  const { id, ok, message, missing } = raw as { readonly [key in keyof HeardReply]?: unknown };
  if (!isToken(id) || typeof ok !== 'boolean' || typeof message !== 'string') return undefined;
  const ranges = Array.isArray(missing) ? (missing as unknown[]).map(parseRange) : null;
  if (ranges?.includes(undefined) === true) return undefined;
  return { id, ok, message: message.slice(0, MAX_MESSAGE), missing: ranges as readonly SeqRange[] | null };
}

function parseRange(raw: unknown): SeqRange | undefined {
  if (!Array.isArray(raw) || raw.length !== 2) return undefined;
  const [from, to] = raw as unknown[];
  return isSeq(from) && isSeq(to) && to >= from ? [from, to] : undefined;
}
