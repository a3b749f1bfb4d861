/** The clocks behind the port: the machine's own, one that runs faster, and one that is stepped by hand. */
import type { Clock, ClockSpec, EpochMs } from '#model/time.ts';

const MAX_TIMER_MS = 2_000_000_000;

function sleepWith(after: Clock['after']): Clock['sleep'] {
  return (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve(false);
      const abort = () => {
        cancel();
        resolve(false);
      };
      const cancel = after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve(true);
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
}

function scaledClock(nowMs: () => EpochMs, speed: number): Clock {
  const after: Clock['after'] = (ms, run) => {
    const timer = setTimeout(run, Math.min(Math.max(ms / speed, 0), MAX_TIMER_MS));
    return () => clearTimeout(timer);
  };
  return { nowMs, monoMs: () => Math.round(performance.now() * speed), after, sleep: sleepWith(after) };
}

/** The clock that `FENGSUI_CLOCK` asks for; a virtual one without an anchor starts now. */
export function openClock(spec: ClockSpec): Clock {
  if (spec.kind === 'real') return scaledClock(() => Date.now(), 1);
  const anchorMs = spec.anchorMs ?? Date.now();
  return scaledClock(() => Math.round(spec.startMs + (Date.now() - anchorMs) * spec.speed), spec.speed);
}

export type SteppedClock = Clock & {
  /** Moves time forward, running what falls due on the way in order; never back. */
  readonly advanceTo: (atMs: EpochMs) => void;
};

/** A clock that stands still until it is moved: replays and tests. */
export function openSteppedClock(startMs: EpochMs): SteppedClock {
  let nowMs = startMs;
  let serial = 0;
  const due = new Map<number, { atMs: EpochMs; run: () => void }>();
  const after: Clock['after'] = (ms, run) => {
    const id = serial++;
    due.set(id, { atMs: nowMs + Math.max(0, ms), run });
    return () => due.delete(id);
  };
  const earliest = (limit: EpochMs) => {
    let best: { id: number; atMs: EpochMs; run: () => void } | undefined;
    for (const [id, timer] of due) {
      if (timer.atMs <= limit && (best === undefined || timer.atMs < best.atMs)) best = { id, ...timer };
    }
    return best;
  };
  return {
    nowMs: () => nowMs,
    monoMs: () => nowMs - startMs,
    after,
    sleep: sleepWith(after),
    advanceTo: (atMs) => {
      for (let timer = earliest(atMs); timer !== undefined; timer = earliest(atMs)) {
        due.delete(timer.id);
        nowMs = Math.max(nowMs, timer.atMs);
        timer.run();
      }
      nowMs = Math.max(nowMs, atMs);
    },
  };
}
