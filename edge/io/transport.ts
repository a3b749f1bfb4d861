/** What every way to a unit has in common: one read at a time, with a reason for each failure. */
import type { BadReason } from '../../model/reading.ts';
import type { Result } from '../../model/result.ts';
import type { ReadRequest } from '../modbus/frame.ts';

export type ReadFault = {
  readonly reason: Extract<BadReason, 'timeout' | 'exception' | 'frame' | 'link'>;
  /** For the metric: `crc`, `unit`, `truncated`, `exception-2` … */
  readonly kind: string;
};

export type Timing = { readonly timeoutMs: number; readonly gapMs: number };

export type Transport = {
  /** Never called again before it has resolved; always resolves. */
  readonly read: (request: ReadRequest, timing: Timing) => Promise<Result<readonly number[], ReadFault>>;
  /** Calls back once when the link is gone, whoever closed it. */
  readonly onClose: (run: (detail: string) => void) => void;
  readonly close: () => Promise<void>;
};

/** Opens the link or says why not; gives up by itself after a limit. */
export type OpenTransport = () => Promise<Result<Transport, string>>;

/** Told about bytes that belong to no request, so that they are counted. */
export type OnStray = (kind: 'late' | 'noise') => void;
