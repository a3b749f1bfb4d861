/** Which status report belongs to which delivery: a message is delivered when all its parts are, failed when one is. */
import type { StatusReport } from './incoming.ts';

type Sent = { readonly key: string; readonly waiting: Set<string>; over: boolean };
export type Fate = { readonly key: string; readonly event: 'delivered' | 'failed'; readonly detail: string };

export type SentParts = {
  /** All parts of one message, by the references that the modem gave. */
  readonly note: (key: string, number: string, references: readonly number[]) => void;
  /** What a report decides; null: nothing yet, or it is about nothing that we know. */
  readonly settle: (report: StatusReport) => Fate | null;
};

/** References run from 0 to 255 and begin again; a telephone that was off may report after a day. */
const PARTS_AT_MOST = 4_096;

/** The last digits are enough: the network may write another prefix than we dialled. */
const place = (reference: number, number: string): string => `${reference}|${number.replace(/\D/g, '').slice(-8)}`;

export function createSentParts(): SentParts {
  const parts = new Map<string, Sent>();
  return {
    note: (key, number, references) => {
      const places = references.map((reference) => place(reference, number));
      const sent: Sent = { key, waiting: new Set(places), over: false };
      for (const one of places) {
        parts.delete(one);
        parts.set(one, sent);
      }
      while (parts.size > PARTS_AT_MOST) {
        const oldest = parts.keys().next();
        if (oldest.done === true) break;
        parts.delete(oldest.value);
      }
    },
    settle: ({ reference, to, fate, status }) => {
      const at = place(reference, to);
      const sent = parts.get(at);
      if (sent === undefined || fate === 'trying') return null;
      parts.delete(at);
      sent.waiting.delete(at);
      if (sent.over) return null;
      const detail = `status 0x${status.toString(16).padStart(2, '0')}`;
      if (fate === 'failed') {
        sent.over = true;
        return { key: sent.key, event: 'failed', detail };
      }
      return sent.waiting.size === 0 ? { key: sent.key, event: 'delivered', detail } : null;
    },
  };
}
