/** What can go wrong between a unit's answer and the line, by name. */

export type Fault =
  | { readonly kind: 'silent' }
  | { readonly kind: 'late'; readonly delayMs: number }
  | { readonly kind: 'wrongUnit' }
  | { readonly kind: 'badCrc' }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'exception'; readonly code: number };
export type FaultKind = Fault['kind'];

/** In force from `fromMs` until before `toMs` after the scenario's begin. */
export type TimedFault = {
  readonly unitId: number;
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
};

export function faultAt(faults: readonly TimedFault[], unitId: number, sinceBeginMs: number | null): Fault | null {
  if (sinceBeginMs === null) return null;
  const found = faults.find(
    (timed) => timed.unitId === unitId && sinceBeginMs >= timed.fromMs && sinceBeginMs < timed.toMs,
  );
  return found?.fault ?? null;
}

/** How an answer goes out. `intact`: a reader that waits long enough gets the unit's values. */
export type Sending = {
  readonly unitId: number;
  readonly pdu: Uint8Array;
  readonly delayMs: number;
  readonly corrupt: 'none' | 'check' | 'truncate';
  readonly intact: boolean;
};

export function sendingOf(fault: Fault | null, unitId: number, pdu: Uint8Array): Sending | null {
  const plain: Sending = { unitId, pdu, delayMs: 0, corrupt: 'none', intact: true };
  if (fault === null) return plain;
  switch (fault.kind) {
    case 'silent':
      return null;
    case 'late':
      return { ...plain, delayMs: fault.delayMs };
    case 'wrongUnit':
      return { ...plain, unitId: (unitId % 247) + 1, intact: false };
    case 'badCrc':
      return { ...plain, corrupt: 'check', intact: false };
    case 'truncated':
      return { ...plain, corrupt: 'truncate', intact: false };
    case 'exception':
      return { ...plain, pdu: Uint8Array.of((pdu[0] ?? 0) | 0x80, fault.code), intact: false };
    default:
      return fault satisfies never;
  }
}

/** Spoils the sealed frame: a CRC (or, on TCP, a transaction) that is wrong, or an end that is missing. */
export function corruptFrame(frame: Uint8Array, corrupt: Sending['corrupt'], checkAt: number): Uint8Array {
  switch (corrupt) {
    case 'none':
      return frame;
    case 'check': {
      const spoilt = frame.slice();
      spoilt[checkAt] = (spoilt[checkAt] ?? 0) ^ 0x55;
      return spoilt;
    }
    case 'truncate':
      return frame.slice(0, Math.max(1, frame.length - 3));
    default:
      return corrupt satisfies never;
  }
}
