/** Decides when a station measured: its own stamps where its clock can be believed, the receipt where it cannot. */
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../model/time.ts';

/** A station's clock may run ahead by so much. */
export const MAX_AHEAD_MS = 10 * MINUTE_MS;
/** Older than this no station keeps its reports: its clock was never set. */
const MAX_AGE_MS = 400 * DAY_MS;
/** A clock that is wrong may still tell how long ago something was, up to this. */
const MAX_RELATIVE_MS = 31 * DAY_MS;

export type StampContext = {
  readonly receivedAtMs: EpochMs;
  /** Whether our own clock can judge another. */
  readonly ownClockSure: boolean;
  readonly sendTimeMs: EpochMs | null;
};

export type Stamps = {
  /** Every instant of one report is taken as sent, or every one is counted back from its receipt. */
  readonly asSent: boolean;
  readonly atMs: (observedAtMs: EpochMs | null) => EpochMs;
};

/** A value without an instant of its own has that of its report. */
export function judgeStamps(observed: readonly (EpochMs | null)[], context: StampContext): Stamps {
  const { receivedAtMs, sendTimeMs, ownClockSure } = context;
  const told = [sendTimeMs, ...observed].filter((atMs) => atMs !== null);
  const inRange = told.every((atMs) => atMs <= receivedAtMs + MAX_AHEAD_MS && atMs >= receivedAtMs - MAX_AGE_MS);
  if (ownClockSure && told.length > 0 && inRange)
    return { asSent: true, atMs: (atMs) => atMs ?? sendTimeMs ?? receivedAtMs };
  return {
    asSent: false,
    atMs: (atMs) => {
      const ageMs = atMs === null || sendTimeMs === null ? 0 : sendTimeMs - atMs;
      return ageMs > 0 && ageMs <= MAX_RELATIVE_MS ? receivedAtMs - ageMs : receivedAtMs;
    },
  };
}
