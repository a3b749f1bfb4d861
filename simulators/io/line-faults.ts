/** Pulls the wire of a line, puts it back and lets it babble, when its faults say so on the chain's clock. */
import type { Log } from '#model/ports.ts';
import type { Clock } from '#model/time.ts';
import type { FaultBook } from '#simulators/fault-book.ts';
import type { Plug } from '#simulators/io/plug.ts';
import { bytesOfHex, noiseBytes } from '#simulators/reply-fault.ts';

export type LineFaultParts = {
  readonly lineId: string;
  readonly seed: number;
  readonly faults: Pick<FaultBook, 'lineFaults' | 'nextLineChange'>;
  readonly plug: Plug;
  readonly babble: (bytes: Uint8Array) => void;
  readonly clock: Clock;
  readonly log: Log;
};

export type LineFaults = {
  /** The faults, or the scenario's begin, have changed. */
  readonly refresh: () => void;
  readonly close: () => void;
};

export function driveLineFaults(parts: LineFaultParts): LineFaults {
  const { lineId, seed, faults, plug, clock, log } = parts;
  let cancel: () => void = () => undefined;
  let open = true;
  let lookedAtMs = clock.nowMs();

  const apply = (nowMs: number) => {
    const inForce = faults.lineFaults(nowMs);
    const isIn = !inForce.some(({ fault }) => fault.kind === 'unplug');
    if (isIn !== plug.isIn()) log.info(isIn ? 'line is plugged in again' : 'line is unplugged', { line: lineId });
    plug.set(isIn);
    for (const { fault, fromMs } of inForce) {
      if (fault.kind !== 'babble' || !isIn) continue;
      const ticksAt = (atMs: number) => Math.floor((atMs - fromMs) / fault.everyMs);
      // The first word comes when it begins (before that the count is negative); words that a fast clock jumped over are said once.
      const isDue = ticksAt(nowMs) > ticksAt(lookedAtMs);
      const name = `${lineId}/babble`;
      if (isDue) parts.babble(fault.hex === null ? noiseBytes(seed, name, nowMs, fault.count) : bytesOfHex(fault.hex));
    }
    lookedAtMs = nowMs;
  };
  const refresh = () => {
    cancel();
    if (!open) return;
    const nowMs = clock.nowMs();
    apply(nowMs);
    const nextMs = faults.nextLineChange(nowMs);
    // A clock in whole milliseconds may wake a little early; it then waits once more.
    cancel = nextMs === undefined ? () => undefined : clock.after(Math.max(1, nextMs - nowMs), refresh);
  };
  refresh();
  return {
    refresh,
    close: () => {
      open = false;
      cancel();
    },
  };
}
