/**
 * RTU framing over any stream of bytes, one request at a time (serial line 1.02, 2.5.1). Ours and not a library's,
 * because a late reply must never be taken as the answer to the next request (docs/decisions/own-rtu-framing.md).
 */
import { err, ok, type Result } from '../../model/result.ts';
import { buildRequest, type ReadRequest, type Scan, scanReply } from '../modbus/frame.ts';
import type { OnStray, ReadFault, Timing, Transport } from './transport.ts';

/** A stream of bytes: a serial port or a socket. */
export type ByteLine = {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Throws away what the system has received and not yet handed over. */
  readonly discardInput: () => Promise<void>;
  readonly onBytes: (run: (bytes: Uint8Array) => void) => void;
  readonly onClose: (run: (detail: string) => void) => void;
  readonly close: () => Promise<void>;
};

export type RtuTiming = {
  /** 3.5 characters, or 1.75 ms above 19200 baud. */
  readonly frameGapMs: number;
  /** The longest that any unit on this line may take; the line is kept quiet for that long after a timeout. */
  readonly slowestUnitMs: number;
};

const MAX_FRAME_BYTES = 256;
/** After a frame with a wrong checksum whatever follows it comes at once. */
const QUIET_AFTER_CRC_MS = 20;
const LONGEST_QUIET_MS = 10_000;

/** Character time: start bit, 8 data bits, parity if any, stop bit. */
export function frameGapMs(baudRate: number, parity: 'none' | 'even' | 'odd'): number {
  if (baudRate > 19_200) return 1.75;
  return (3.5 * (parity === 'none' ? 10 : 11) * 1_000) / baudRate;
}

const nowMs = (): number => performance.now();
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Timers fire up to a millisecond late: the last bit is waited out turn by turn. */
async function waitUntil(atMs: number): Promise<void> {
  for (let leftMs = atMs - nowMs(); leftMs > 0; leftMs = atMs - nowMs()) {
    if (leftMs > 1.5) await new Promise((resolve) => setTimeout(resolve, Math.floor(leftMs - 1)));
    else await nextTurn();
  }
}

type Pending = { readonly request: ReadRequest; readonly settle: (scan: Scan | 'timeout' | 'closed') => void };

export function openRtuLink(line: ByteLine, timing: RtuTiming, onStray: OnStray): Transport {
  let received = new Uint8Array(0);
  let pending: Pending | undefined;
  let lastByteMs = nowMs() - 1_000;
  let quietUntilMs = 0;
  let quietMs = timing.slowestUnitMs;
  let closed = false;

  line.onBytes((bytes) => {
    lastByteMs = nowMs();
    if (pending === undefined) {
      // Later than the quiet time allowed for: the units are slower than their profiles say.
      const isLate = lastByteMs > quietUntilMs;
      if (isLate) quietMs = Math.min(quietMs * 2, LONGEST_QUIET_MS);
      onStray(isLate ? 'noise' : 'late');
      return;
    }
    const joined = new Uint8Array(Math.min(received.length + bytes.length, MAX_FRAME_BYTES));
    joined.set(received);
    joined.set(bytes.subarray(0, joined.length - received.length), received.length);
    received = joined;
    const scan = scanReply(pending.request, received);
    if (scan.kind !== 'incomplete') pending.settle(scan);
  });
  line.onClose(() => {
    closed = true;
    pending?.settle('closed');
  });

  /** Waits for silence on the line, and for the end of the quiet time after a failure. */
  const waitForQuiet = async (gapMs: number): Promise<void> => {
    const limitMs = nowMs() + LONGEST_QUIET_MS;
    let untilMs = Math.max(quietUntilMs, lastByteMs + gapMs);
    while (nowMs() < untilMs && nowMs() < limitMs && !closed) {
      await waitUntil(Math.min(untilMs, limitMs));
      untilMs = Math.max(quietUntilMs, lastByteMs + gapMs);
    }
  };

  const answer = (request: ReadRequest, timeoutMs: number): Promise<Scan | 'timeout' | 'closed'> =>
    new Promise((resolve) => {
      const expire = async () => {
        // Bytes that came while the process was busy are still in the queue: they get their turn first.
        await nextTurn();
        await nextTurn();
        settle('timeout');
      };
      const timer = setTimeout(expire, timeoutMs);
      const settle = (scan: Scan | 'timeout' | 'closed') => {
        if (pending?.settle !== settle) return;
        pending = undefined;
        clearTimeout(timer);
        resolve(scan);
      };
      pending = { request, settle };
    });

  const judge = (scan: Scan | 'timeout' | 'closed'): Result<readonly number[], ReadFault> => {
    if (scan === 'closed') return err({ reason: 'link', kind: 'closed' });
    if (scan === 'timeout') {
      quietUntilMs = nowMs() + quietMs;
      return err(received.length > 0 ? { reason: 'frame', kind: 'truncated' } : { reason: 'timeout', kind: 'timeout' });
    }
    if (scan.kind === 'reply') return ok(scan.words);
    if (scan.kind === 'exception') return err({ reason: 'exception', kind: `exception-${scan.code}` });
    const fault = scan.kind === 'bad' ? scan.fault : 'length';
    // A frame of another unit or shape means that an answer of ours may still be on its way.
    quietUntilMs = nowMs() + (fault === 'crc' ? QUIET_AFTER_CRC_MS : quietMs);
    return err({ reason: 'frame', kind: fault });
  };

  const read = async (request: ReadRequest, { timeoutMs, gapMs }: Timing) => {
    try {
      const isDisturbed = quietUntilMs > nowMs();
      // Alongside the gap, since the call takes a turn of its own; bytes that come later in the gap are seen as stray.
      await Promise.all([waitForQuiet(timing.frameGapMs + gapMs), line.discardInput()]);
      if (isDisturbed) await line.discardInput();
      if (closed) return judge('closed');
      received = new Uint8Array(0);
      // Listening begins before the write: a unit on the same machine answers before the write has resolved.
      const answered = answer(request, timeoutMs);
      await line.write(buildRequest(request));
      return judge(await answered);
    } catch {
      pending?.settle('closed');
      return judge('closed');
    }
  };

  return {
    read,
    onClose: (run) => line.onClose(run),
    close: async () => {
      closed = true;
      pending?.settle('closed');
      await line.close();
    },
  };
}
