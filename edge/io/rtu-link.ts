/**
 * RTU framing over any stream of bytes, one request at a time (serial line 1.02, 2.5.1). Ours and not a library's,
 * because a late reply must never be taken as the answer to the next request (docs/decisions/own-rtu-framing.md).
 */
import { err, ok, type Result } from '../../model/result.ts';
import { buildRequest, isRead, type ReadRequest, type Request, replyLength, type Scan } from '../modbus/frame.ts';
import { findReply, type Skipped } from '../modbus/received.ts';
import {
  isAnythingOwed,
  type LineMemory,
  noteAnswer,
  noteNoise,
  owedRequests,
  owedUntilMs,
  settleDebt,
} from './line-memory.ts';
import { preciseNowMs as nowMs, waitUntil } from './precise-wait.ts';
import type { Answer, OnStray, ReadFault, Timing, Transport } from './transport.ts';

/** A stream of bytes: a serial port or a socket. */
export type ByteLine = {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Hands over what the system has received and not yet handed over. */
  readonly takeInput: () => Promise<void>;
  readonly onBytes: (run: (bytes: Uint8Array) => void) => void;
  readonly onClose: (run: (detail: string) => void) => void;
  readonly close: () => Promise<void>;
};

export type RtuTiming = {
  /** 3.5 characters, or 1.75 ms above 19200 baud. */
  readonly frameGapMs: number;
  /** Time of one character on the wire. */
  readonly characterMs: number;
  /** A packet may arrive in two parts so far from each other; on a wire silence ends a frame. */
  readonly splitMs: number;
  /** Packets between frames that are no frames. */
  readonly idlePackets: readonly Uint8Array[];
};

/** A frame, its echo and some packets between: what is longer is noise. */
const MAX_RECEIVED_BYTES = 1_024;
/** After a broken frame whatever follows it comes at once. */
const QUIET_AFTER_FAULT_MS = 20;
const LONGEST_QUIET_MS = 20_000;
const LONGEST_STEP_MS = 10;
/** Time for an answer that is waited for although an output is to be switched. */
const HURRIED_MS = 40;

/** Start bit, 8 data bits, parity if any, stop bit. */
export const characterMs = (baudRate: number, parity: 'none' | 'even' | 'odd'): number =>
  ((parity === 'none' ? 10 : 11) * 1_000) / baudRate;

export const frameGapMs = (baudRate: number, parity: 'none' | 'even' | 'odd'): number =>
  baudRate > 19_200 ? 1.75 : 3.5 * characterMs(baudRate, parity);

type End =
  | { readonly kind: 'timeout' }
  | { readonly kind: 'hurried' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'scan'; readonly scan: Scan };
type Pending = {
  readonly request: Request;
  readonly settle: (end: End) => void;
  /** Gives up as soon as the unit has had the time that a healthy one needs. */
  readonly hurry: () => void;
  echoSeen: boolean;
};

const isSame = (a: Request, b: Request): boolean => {
  const [one, other] = [buildRequest(a), buildRequest(b)];
  return one.length === other.length && one.every((byte, at) => other[at] === byte);
};

const NOTHING = new Uint8Array(0);

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  if (before.length === 0) return after.slice(0, MAX_RECEIVED_BYTES);
  const all = new Uint8Array(Math.min(before.length + after.length, MAX_RECEIVED_BYTES));
  all.set(before);
  all.set(after.subarray(0, all.length - before.length), before.length);
  return all;
}

export function openRtuLink(line: ByteLine, timing: RtuTiming, memory: LineMemory, onStray: OnStray): Transport {
  let received: Uint8Array = NOTHING;
  let pending: Pending | undefined;
  let lastByteMs = nowMs() - 1_000;
  // What a process before this one asked may be answered now.
  let quietUntilMs = memory.wasOpen ? 0 : nowMs() + memory.guardMs;
  memory.wasOpen = true;
  let closed = false;
  let isHurried = false;

  const noteSkipped = (skipped: readonly Skipped[]) => {
    for (const packet of skipped) {
      if (packet.kind === 'late') settleDebt(memory, packet.unitId, lastByteMs);
      if (packet.kind === 'echo' && pending !== undefined) pending.echoSeen = true;
      onStray(packet.kind);
    }
  };
  const noteStray = () => {
    // Later than was allowed for, or from nobody: it must not happen again within the time of a later request.
    const isLate = quietUntilMs > lastByteMs || isAnythingOwed(memory, lastByteMs);
    if (!isLate) noteNoise(memory);
    onStray(isLate ? 'late' : 'noise');
    received = NOTHING;
  };

  line.onBytes((bytes) => {
    lastByteMs = nowMs();
    received = joined(received, bytes);
    const found = findReply(received, {
      request: pending?.request ?? null,
      echoes: memory.echoes === true,
      echoSeen: pending?.echoSeen ?? false,
      owed: owedRequests(memory),
      idlePackets: timing.idlePackets,
    });
    noteSkipped(found.skipped);
    received = found.rest.slice();
    const isOver = found.scan.kind !== 'incomplete' || received.length >= MAX_RECEIVED_BYTES;
    if (!isOver) return;
    if (pending === undefined) return noteStray();
    pending.settle({ kind: 'scan', scan: found.scan });
    if (found.scan.kind === 'bad') received = NOTHING;
    else if (received.length > 0) noteRest();
  });
  /** Bytes behind the reply: a heart-beat, or what belongs to nobody. */
  const noteRest = () => {
    const { skipped, rest, scan } = findReply(received, {
      request: null,
      echoes: false,
      echoSeen: false,
      owed: owedRequests(memory),
      idlePackets: timing.idlePackets,
    });
    noteSkipped(skipped);
    received = rest.slice();
    if (scan.kind !== 'incomplete') noteStray();
  };
  line.onClose(() => {
    closed = true;
    pending?.settle({ kind: 'closed' });
  });

  /** The late answer to the same write says as much as the next one; everything else that is owed is waited for. */
  const debtUntilMs = (request: Request): number => {
    const owed = memory.owed.get(request.unitId);
    const isSameWrite = owed !== undefined && !isRead(request) && isSame(owed.request, request);
    return isSameWrite ? 0 : owedUntilMs(memory, request.unitId);
  };
  /**
   * Waits for silence on the line, for the end of what a broken frame brought, and for what this unit owes. False when
   * something more important came up while only the last was waited for.
   */
  const waitForQuiet = async (request: Request, gapMs: number): Promise<boolean> => {
    const limitMs = nowMs() + LONGEST_QUIET_MS;
    isHurried = false;
    for (;;) {
      const freeAtMs = Math.max(quietUntilMs, lastByteMs + gapMs);
      const leftMs = Math.min(Math.max(freeAtMs, debtUntilMs(request)), limitMs) - nowMs();
      if (leftMs <= 0 || closed) return true;
      if (isHurried && isRead(request) && freeAtMs <= nowMs()) return false;
      // In short steps, since a late answer may end the debt, and the link, at any moment.
      await waitUntil(nowMs() + Math.min(leftMs, LONGEST_STEP_MS));
    }
  };

  const answer = (request: Request, wireMs: number, limitMs: number): { readonly end: Promise<End> } => {
    const sentMs = nowMs();
    const end = new Promise<End>((resolve) => {
      const expire = async (kind: 'timeout' | 'hurried') => {
        // Bytes that came while the process was busy are handed over first.
        await line.takeInput().catch(() => undefined);
        settle({ kind });
      };
      let timer = setTimeout(expire, Math.ceil(wireMs + limitMs), 'timeout');
      const hurry = () => {
        if (limitMs <= HURRIED_MS) return;
        clearTimeout(timer);
        timer = setTimeout(expire, Math.max(0, sentMs + wireMs + HURRIED_MS - nowMs()), 'hurried');
      };
      const settle = (ended: End) => {
        if (pending?.settle !== settle) return;
        const isAnswered = ended.kind === 'scan' && (ended.scan.kind === 'reply' || ended.scan.kind === 'exception');
        if (isRead(request) && (pending.echoSeen || isAnswered)) memory.echoes = pending.echoSeen;
        pending = undefined;
        clearTimeout(timer);
        resolve(ended);
      };
      pending = { request, settle, hurry, echoSeen: false };
    });
    return { end };
  };

  const faultOf = (end: End, request: Request, ceilingMs: number, sentMs: number): ReadFault => {
    const owe = () => void memory.owed.set(request.unitId, { request, sentMs, ceilingMs });
    if (end.kind === 'closed') {
      owe();
      return { reason: 'link', kind: 'closed' };
    }
    if (end.kind === 'timeout' || end.kind === 'hurried') {
      owe();
      return received.length > 0 ? { reason: 'frame', kind: 'truncated' } : { reason: 'timeout', kind: end.kind };
    }
    if (end.scan.kind === 'exception') return { reason: 'exception', kind: `exception-${end.scan.code}` };
    const fault = end.scan.kind === 'bad' ? end.scan.fault : 'length';
    quietUntilMs = nowMs() + QUIET_AFTER_FAULT_MS;
    // A frame of another unit or shape means that an answer of ours may still be on its way.
    if (fault !== 'crc' && fault !== 'echo') owe();
    return { reason: 'frame', kind: fault };
  };

  const exchange = async (request: Request, how: Timing): Promise<Result<Answer, ReadFault>> => {
    const frame = buildRequest(request);
    const wireMs = timing.characterMs * (frame.length + replyLength(request));
    const ceilingMs = how.ceilingMs + wireMs;
    let sentMs = nowMs();
    try {
      if (!(await waitForQuiet(request, timing.frameGapMs + how.gapMs)))
        return err({ reason: 'timeout', kind: 'hurried' });
      await line.takeInput();
      if (closed) return err({ reason: 'link', kind: 'closed' });
      memory.owed.delete(request.unitId);
      if (nowMs() - lastByteMs >= timing.splitMs) received = NOTHING;
      sentMs = nowMs();
      // Listening begins before the write: a unit on the same machine answers before the write has resolved.
      const { end } = answer(request, wireMs, how.timeoutMs);
      await line.write(frame);
      const ended = await end;
      if (ended.kind !== 'scan' || ended.scan.kind !== 'reply') return err(faultOf(ended, request, ceilingMs, sentMs));
      noteAnswer(memory);
      return ok({ words: ended.scan.words, tookMs: lastByteMs - sentMs - wireMs });
    } catch {
      pending?.settle({ kind: 'closed' });
      return err(faultOf({ kind: 'closed' }, request, ceilingMs, sentMs));
    }
  };

  return {
    read: exchange,
    write: async (request, how) => {
      const repeatsRequest = request.functionCode === 5 || request.functionCode === 6;
      // Whether the same bytes are the line's echo or the unit's answer, a read shows: its answer is of another shape.
      if (repeatsRequest && memory.echoes === undefined) await exchange(probeOf(request.unitId), how);
      return exchange(request, how);
    },
    hurry: () => {
      isHurried = true;
      pending?.hurry();
    },
    onClose: (run) => line.onClose(run),
    close: async () => {
      closed = true;
      pending?.settle({ kind: 'closed' });
      await line.close();
    },
  };
}

const probeOf = (unitId: number): ReadRequest => ({ unitId, functionCode: 1, address: 0, count: 1 });
