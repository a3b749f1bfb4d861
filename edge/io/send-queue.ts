/** Decides which batch goes out next: written since the connect first, backlog oldest first, neither starving the other. */
import type { Outbox, StoredBatch } from './outbox.ts';

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
  let page: readonly number[] = [];
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
      if (batch !== undefined) return batch;
    }
    return undefined;
  };
  const takeBacklog = (): StoredBatch | undefined => {
    for (;;) {
      if (page.length === 0) page = outbox.waiting(nextBacklog, liveFrom, PAGE);
      const [seq, ...rest] = page;
      if (seq === undefined) return undefined;
      page = rest;
      nextBacklog = seq + 1;
      const batch = flying.has(seq) ? undefined : outbox.read(seq);
      if (batch !== undefined) return batch;
    }
  };
  const hasBacklog = (): boolean => {
    if (page.length === 0) page = outbox.waiting(nextBacklog, liveFrom, PAGE);
    return page.length > 0;
  };

  return {
    next: () => {
      if (flying.size >= MAX_IN_FLIGHT) return undefined;
      const liveLimit = hasBacklog() ? MAX_LIVE : MAX_IN_FLIGHT;
      const live = count(true) < liveLimit ? takeLive() : undefined;
      const batch = live ?? (!isHeld && count(false) < MAX_BACKLOG ? takeBacklog() : undefined);
      if (batch !== undefined) flying.set(batch.seq, live !== undefined);
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
