/**
 * Which earlier processes of this machine's boot wrote readings that nobody has dated yet, and when they began: a box
 * that crashed before its clock was set has them dated by the process that sees it set.
 */
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { EpochMs } from '../../model/time.ts';

/** Where a process's monotonic zero lies on the monotonic clock of the machine. */
export type BootMark = { readonly bootId: string; readonly zeroMs: number };
export type BootLine = {
  /** Of the machine's boot: marks of another one are of another clock. */
  readonly machineId: string;
  readonly undated: readonly BootMark[];
};

/** A process that crashes again and again before the time is known: the newest are dated. */
const MAX_UNDATED = 40;
const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

const isMark = (raw: unknown): raw is BootMark => {
  if (typeof raw !== 'object' || raw === null) return false;
  const { bootId, zeroMs } = raw as { readonly [key in keyof BootMark]?: unknown };
  return typeof bootId === 'string' && TOKEN.test(bootId) && Number.isSafeInteger(zeroMs);
};

/** What an earlier process noted; nothing of it counts when the machine was started since. */
export function readBootLine(text: string | undefined, machineId: string): BootLine {
  const none: BootLine = { machineId, undated: [] };
  if (text === undefined) return none;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return none;
  }
  if (typeof raw !== 'object' || raw === null) return none;
  const { machineId: of, undated } = raw as { readonly [key in keyof BootLine]?: unknown };
  return of === machineId && Array.isArray(undated) ? { machineId, undated: undated.filter(isMark) } : none;
}

export const writeBootLine = (line: BootLine): string => JSON.stringify(line);

export function addUndated(line: BootLine, mark: BootMark): BootLine {
  if (line.undated.some(({ bootId }) => bootId === mark.bootId)) return line;
  return { ...line, undated: [...line.undated, mark].slice(-MAX_UNDATED) };
}

/** The events that date what earlier processes wrote, once this one knows the time at its own zero. */
export const dateEarlier = (line: BootLine, mine: BootMark, utcAtMonoZeroMs: EpochMs): readonly EdgeEvent[] =>
  line.undated
    .filter(({ bootId }) => bootId !== mine.bootId)
    .map(({ bootId, zeroMs }) => ({
      kind: 'clock',
      bootId,
      utcAtMonoZeroMs: Math.round(utcAtMonoZeroMs + zeroMs - mine.zeroMs),
      stepMs: 0,
    }));
