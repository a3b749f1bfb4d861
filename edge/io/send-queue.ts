/** Decides which batch goes out next: written since the connect first, backlog oldest first, neither starving the other. */
import type { Outbox, StoredBatch, WaitingBatch } from './outbox.ts';

export const MAX_IN_FLIGHT = 8;
/** Slots that the one kind leaves free for the other. */
const MAX_LIVE = 7;
const MAX_BACKLOG = 6;
/** The backlog stays on disk; this many sequence numbers are looked ahead. */
const PAGE = 64;

export type SendQueue = {
  /** The next batch to send, now in flight; undefined when there is none or no slot. */
  readonly next: () => StoredBatch | undefined;
  readonly inFlight: () => readonly number[];
  /** Acked: its slot is free. False when it was not in flight. */
  readonly settle: (from: number, to: number) => readonly number[];
  /** Everything on disk is backlog again: after a connect or a `resend`. */
  readonly restart: (keepInFlight: boolean) => void;
  /** While it is held only what was written since the connect goes out. */
  readonly holdBacklog: (isHeld: boolean) => void;
};

export function openSendQueue(outbox: Outbox): SendQueue {
  /** seq → whether it is live. */
  const flying = new Map<number, boolean>();
  let liveFrom = outbox.nextSeq;
  let nextLive = liveFrom;
  let nextBacklog = 1;
  let page: readonly WaitingBatch[] = [];
  let isHeld = false;

  const count = (live: boolean): number => {
    let sum = 0;
    for (const isLive of flying.values()) if (isLive === live) sum++;
    return sum;
  };
  const takeLive = (): StoredBatch | undefined => {
    while (nextLive < outbox.nextSeq) {
      const seq = nextLive++;
      const batch = flying.has(seq) ? undefined : outbox.read(seq);
      // An aggregate of what was written before the connect is backlog, however new its number.
      if (batch === undefined || batch.ord < liveFrom) continue;
      if (batch.sent === 1 || outbox.markSent([seq])) return batch;
      nextLive = seq;
      return undefined;
    }
    return undefined;
  };
  /** A page is marked as sent in one write before the first of it goes out. */
  const turnPage = (): void => {
    const next = outbox.waiting(nextBacklog, liveFrom, PAGE);
    const fresh = next.filter(({ sent }) => sent === 0).map(({ seq }) => seq);
    page = fresh.length === 0 || outbox.markSent(fresh) ? next : [];
  };
  const takeBacklog = (): StoredBatch | undefined => {
    for (;;) {
      if (page.length === 0) turnPage();
      const [first, ...rest] = page;
      if (first === undefined) return undefined;
      const { seq, ord } = first;
      page = rest;
      nextBacklog = ord + 1;
      const batch = flying.has(seq) ? undefined : outbox.read(seq);
      if (batch !== undefined) return batch;
    }
  };
  const hasBacklog = (): boolean => {
    if (page.length === 0) turnPage();
    return page.length > 0;
  };

  return {
    next: () => {
      if (flying.size >= MAX_IN_FLIGHT) {
        outbox.expectSend(false);
        return undefined;
      }
      const liveLimit = hasBacklog() ? MAX_LIVE : MAX_IN_FLIGHT;
      const live = count(true) < liveLimit ? takeLive() : undefined;
      const batch = live ?? (!isHeld && count(false) < MAX_BACKLOG ? takeBacklog() : undefined);
      if (batch === undefined) outbox.expectSend(count(true) < liveLimit);
      else flying.set(batch.seq, live !== undefined);
      return batch;
    },
    inFlight: () => [...flying.keys()],
    settle: (from, to) => {
      const settled = [...flying.keys()].filter((seq) => seq >= from && seq <= to);
      for (const seq of settled) flying.delete(seq);
      return settled;
    },
    restart: (keepInFlight) => {
      if (!keepInFlight) flying.clear();
      liveFrom = outbox.nextSeq;
      nextLive = liveFrom;
      nextBacklog = 1;
      page = [];
    },
    holdBacklog: (held) => {
      isHeld = held;
    },
  };
}
