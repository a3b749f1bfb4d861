/** A virtual speaker, siren or LED board: what it does with a broadcast, and what it answers. */
import type { EpochMs } from '#model/time.ts';
import type { Broadcast, BroadcastReceipt } from '#model/topics.ts';

export type SpeakerKind = 'speaker' | 'siren' | 'led';

/** What it sounds or shows now. */
export type Sounding = { readonly broadcast: Broadcast; readonly untilMs: EpochMs };

export type Speaker = {
  /** A message as it came; what it answers. */
  readonly take: (payload: string, nowMs: EpochMs) => readonly BroadcastReceipt[];
  readonly sounding: (nowMs: EpochMs) => Sounding | null;
  /** Ids of what it sounded, in order. */
  readonly played: () => readonly string[];
};

/** Ids that it remembers, so that what comes twice sounds once. */
const REMEMBERED = 200;
/** One time through; a board shows it as long as it is good. */
const ONCE_MS = 20_000;

function parse(payload: string): Broadcast | undefined {
  try {
    const raw = JSON.parse(payload) as Partial<Broadcast> | null;
    const whole =
      typeof raw?.id === 'string' &&
      typeof raw.expiresAt === 'number' &&
      (raw.action === 'sound' || raw.action === 'stop') &&
      typeof raw.alertId === 'string';
    return whole ? (raw as Broadcast) : undefined;
  } catch {
    return undefined;
  }
}

export function createSpeaker(kind: SpeakerKind, works: () => boolean = () => true): Speaker {
  const known = new Map<string, BroadcastReceipt>();
  const played: string[] = [];
  let now: Sounding | null = null;
  const remember = (receipt: BroadcastReceipt): readonly BroadcastReceipt[] => {
    known.set(receipt.id, receipt);
    const oldest = known.keys().next();
    if (known.size > REMEMBERED && oldest.done !== true) known.delete(oldest.value);
    return [receipt];
  };
  const act = (broadcast: Broadcast, atMs: EpochMs): BroadcastReceipt => {
    const { id, action, alertId, expiresAt, repeats } = broadcast;
    if (atMs > expiresAt) return { id, event: 'refused', atMs, detail: 'expired' };
    if (!works()) return { id, event: 'failed', atMs, detail: 'the amplifier does not answer' };
    if (action === 'stop') {
      const was = now?.broadcast.alertId === alertId;
      if (was) now = null;
      return { id, event: 'stopped', atMs, detail: was ? '' : 'it was silent' };
    }
    const untilMs = kind === 'led' ? expiresAt : Math.min(expiresAt, atMs + ONCE_MS * repeats);
    now = { broadcast, untilMs };
    played.push(id);
    return { id, event: 'sounded', atMs, detail: '' };
  };
  return {
    take: (payload, nowMs) => {
      const broadcast = parse(payload);
      if (broadcast === undefined) return [];
      const before = known.get(broadcast.id);
      // The answer may have been lost: it is given again, and nothing sounds twice.
      return before === undefined ? remember(act(broadcast, nowMs)) : [before];
    },
    sounding: (nowMs) => (now !== null && nowMs < now.untilMs ? now : null),
    played: () => played,
  };
}
