/** Instants and the clock port. Pure code takes `nowMs`; only `io/` and `main.ts` hold a `Clock`. */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** How far an instant can be trusted: set from a reference, held by a running clock, or from a clock never set. */
export type TimeQuality = 'synced' | 'unsure';

/** The clock of one process; every stage uses this one and no other. */
export type Clock = {
  /** The chain's time: real, or virtual by `FENGSUI_CLOCK`. */
  readonly nowMs: () => EpochMs;
  /** Never goes back, starts anywhere; in the chain's (virtual) milliseconds. */
  readonly monoMs: () => number;
  /** Resolves after `ms` of the chain's time, or at once (false) when the signal aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<boolean>;
  /** Calls back after `ms` of the chain's time; returns the cancel. */
  readonly after: (ms: number, run: () => void) => () => void;
};

/** A virtual clock's line: chain time = `startMs` + (real time − `anchorMs`) × `speed`. */
export type ClockSpec =
  | { readonly kind: 'real' }
  | {
      readonly kind: 'virtual';
      readonly startMs: EpochMs;
      readonly speed: number;
      readonly anchorMs: EpochMs | undefined;
    };

/**
 * Parses `FENGSUI_CLOCK`: empty or `real`, or `virtual:START×SPEED[@ANCHOR]` (also `x`), START in ISO 8601 and
 * ANCHOR in real epoch milliseconds, which the first process fixes for all others. Undefined when malformed.
 */
export function parseClockSpec(raw: string): ClockSpec | undefined {
  if (raw === '' || raw === 'real') return { kind: 'real' };
  const match = /^virtual:(.+?)[×x](\d+(?:\.\d+)?)(?:@(\d+))?$/.exec(raw);
  if (match === null) return undefined;
  const startMs = Date.parse(match[1] ?? '');
  const speed = Number(match[2]);
  if (!Number.isFinite(startMs) || !(speed > 0)) return undefined;
  return { kind: 'virtual', startMs, speed, anchorMs: match[3] === undefined ? undefined : Number(match[3]) };
}

export const formatClockSpec = (spec: ClockSpec): string =>
  spec.kind === 'real'
    ? 'real'
    : `virtual:${new Date(spec.startMs).toISOString()}×${spec.speed}${spec.anchorMs === undefined ? '' : `@${spec.anchorMs}`}`;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Making a format costs a hundred times what using it does, and texts with times are made all the time. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  });
  formats.set(zone, made);
  return made;
}

/** `2022-06-03T14:05:09+08:00` in a fixed IANA zone; for people and reports. */
export function formatInZone(atMs: EpochMs, zone: string): string {
  const parts = formatOf(zone).formatToParts(new Date(atMs));
  const get = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  const offset = get('timeZoneName').replace('GMT', '') || '+00:00';
  return `${get('year')}-${get('month')}-${get('day')}T${get('hour')}:${get('minute')}:${get('second')}${offset}`;
}
