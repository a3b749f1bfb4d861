/** What every way to a unit has in common: one request at a time, with a reason for each failure. */
import type { BadReason } from '../../model/reading.ts';
import type { Result } from '../../model/result.ts';
import type { ReadRequest, WriteRequest } from '../modbus/frame.ts';

export type ReadFault = {
  readonly reason: Extract<BadReason, 'timeout' | 'exception' | 'frame' | 'link'>;
  /** For the metric: `crc`, `unit`, `truncated`, `exception-2` … */
  readonly kind: string;
};

export type Timing = {
  /** How long this answer is waited for, beyond its time on the wire. */
  readonly timeoutMs: number;
  /** The longest that the unit may take. */
  readonly ceilingMs: number;
  readonly gapMs: number;
};

export type Answer = {
  /** One number a register, or 0 and 1 a bit; none for a write. */
  readonly words: readonly number[];
  /** From the end of the request to the end of the answer, without the time on the wire. */
  readonly tookMs: number;
};

export type Transport = {
  /** Neither is called again before the call under way has resolved; both always resolve. */
  readonly read: (request: ReadRequest, timing: Timing) => Promise<Result<Answer, ReadFault>>;
  readonly write: (request: WriteRequest, timing: Timing) => Promise<Result<Answer, ReadFault>>;
  /** Something more important waits: a unit that has had its usual time is given up. */
  readonly hurry?: () => void;
  /** Calls back once when the link is gone, whoever closed it. */
  readonly onClose: (run: (detail: string) => void) => void;
  readonly close: () => Promise<void>;
};

/** A way to the units of one bus. */
export type Way = {
  /** Opens the link or says why not; gives up by itself after a limit, and at once when the signal aborts. */
  readonly open: (signal: AbortSignal) => Promise<Result<Transport, string>>;
  /** Gives back what outlives a link; called once, at the end. */
  readonly release: () => Promise<void>;
  /** What the way adds to the units' own time: nothing on a wire, seconds on a mobile network. */
  readonly delayMs: number;
};

/** Told about bytes that are no answer to a request, so that they are counted. */
export type OnStray = (kind: 'late' | 'noise' | 'echo' | 'heartbeat') => void;
