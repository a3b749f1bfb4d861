/**
 * The clock that this edge stamps with: the machine's, moved by what the centre says where the machine's is not to be
 * believed. The system's own clock is never set. And which boot of the machine this is.
 */
import { readFileSync } from 'node:fs';
import type { Clock, EpochMs } from '../../model/time.ts';

export type BoxClock = {
  /** For everything that stamps. */
  readonly clock: Clock;
  readonly machineNowMs: () => EpochMs;
  readonly shiftMs: () => number;
  readonly shift: (byMs: number) => void;
};

export function openBoxClock(machine: Clock): BoxClock {
  let shiftMs = 0;
  return {
    clock: { ...machine, nowMs: () => machine.nowMs() + shiftMs },
    machineNowMs: () => machine.nowMs(),
    shiftMs: () => shiftMs,
    shift: (byMs) => {
      shiftMs = byMs;
    },
  };
}

export type MachineBoot = {
  readonly id: string;
  /** Since the machine was started, across its processes. */
  readonly monoMs: () => number;
};

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** Undefined where the system does not tell its boots apart; then each process dates only what it wrote itself. */
export function readMachineBoot(file = BOOT_ID): MachineBoot | undefined {
  try {
    const id = readFileSync(file, 'utf8').trim();
    return id === '' ? undefined : { id, monoMs: () => Number(process.hrtime.bigint() / 1_000_000n) };
  } catch {
    return undefined;
  }
}
