/**
 * The clock of a data folder: a virtual one goes on where its data stand. Started anew from its beginning over data
 * that have reached a later instant, the chain's time would go back: rules, due times and edges would wait for it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHeartbeats } from '#cli/io/health.ts';
import { err, ok, type Result } from '#model/result.ts';
import { type ClockSpec, type EpochMs, formatClockSpec, parseClockSpec } from '#model/time.ts';

type Virtual = Extract<ClockSpec, { readonly kind: 'virtual' }>;
const fileOf = (dataDir: string): string => join(dataDir, 'run', 'clock');

function readClock(dataDir: string): ClockSpec | undefined {
  try {
    return parseClockSpec(readFileSync(fileOf(dataDir), 'utf8').trim());
  } catch {
    return undefined;
  }
}

function writeClock(dataDir: string, spec: ClockSpec): void {
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o700 });
  const draft = `${fileOf(dataDir)}.${process.pid}.new`;
  writeFileSync(draft, `${formatClockSpec(spec)}\n`, { mode: 0o600 });
  renameSync(draft, fileOf(dataDir));
}

/** The clock that the processes on this folder run on, for whoever speaks to them from beside. */
export const runningClock = (dataDir: string): ClockSpec => readClock(dataDir) ?? { kind: 'real' };

const chainTime = (spec: ClockSpec | undefined, realMs: EpochMs): EpochMs =>
  spec?.kind === 'virtual' ? spec.startMs + (realMs - (spec.anchorMs ?? realMs)) * spec.speed : realMs;

const isSameLine = (a: ClockSpec | undefined, b: Virtual): a is Virtual =>
  a?.kind === 'virtual' && a.startMs === b.startMs && a.speed === b.speed && a.anchorMs !== undefined;

/** What the data have reached, by the last heartbeat of any process; undefined where nothing ever ran. */
function reached(dataDir: string, before: ClockSpec | undefined): EpochMs | undefined {
  const beats = readHeartbeats(dataDir).map((beat) => beat.atMs);
  return beats.length === 0 ? undefined : chainTime(before, Math.max(...beats));
}

/**
 * The clock to run on, anchored, for whoever starts on this folder; the sentence of the error says what to do. A real
 * clock that was set back is none of this: it stays the real one, and the stages know how to live with it.
 */
export function settleClock(dataDir: string, asked: ClockSpec, realNowMs: EpochMs): Result<ClockSpec, string> {
  if (asked.kind === 'virtual' && asked.anchorMs !== undefined) return ok(asked);
  const before = readClock(dataDir);
  if (asked.kind === 'virtual' && isSameLine(before, asked)) return ok(before);
  const settled: ClockSpec = asked.kind === 'virtual' ? { ...asked, anchorMs: realNowMs } : asked;
  const reachedMs = settled.kind === 'real' && before?.kind !== 'virtual' ? undefined : reached(dataDir, before);
  const beginsMs = chainTime(settled, realNowMs);
  if (reachedMs !== undefined && beginsMs < reachedMs)
    return err(
      `The data in ${dataDir} have reached ${new Date(reachedMs).toISOString()}, and this clock would begin at ${new Date(beginsMs).toISOString()}, before that: give it another folder with FENGSUI_DATA, or set FENGSUI_CLOCK to a later start${before?.kind === 'virtual' ? ` (the clock so far was virtual:${new Date(before.startMs).toISOString()}×${before.speed})` : ''}.`,
    );
  if (settled.kind === 'virtual' || before !== undefined) writeClock(dataDir, settled);
  return ok(settled);
}
