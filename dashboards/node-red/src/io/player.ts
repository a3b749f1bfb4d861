/** Plays the steps of a scenario in their time, faster or slower, with pause and stop. */
import type { Step } from '../scenario.ts';

export type PlayerState = 'idle' | 'playing' | 'paused';
export type Player = {
  readonly start: (steps: readonly Step[], speed: number) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly setSpeed: (speed: number) => void;
  readonly stop: () => void;
  readonly state: () => PlayerState;
  readonly progress: () => { readonly played: number; readonly of: number };
};
type Parts = {
  readonly onStep: (step: Step) => void;
  readonly onChange: (state: PlayerState, why: 'started' | 'paused' | 'resumed' | 'stopped' | 'finished') => void;
};

/** A machine that slept makes up for it in pieces, so that a stop is heard. */
const STEPS_A_TURN = 500;
const LONGEST_TIMER_MS = 60_000;

export function createPlayer({ onStep, onChange }: Parts): Player {
  let steps: readonly Step[] = [];
  let next = 0;
  let speed = 1;
  let state: PlayerState = 'idle';
  let timer: NodeJS.Timeout | undefined;
  /** Scenario time at `sinceMs`. */
  let positionMs = 0;
  let sinceMs = 0;

  const nowInScenario = (): number =>
    state === 'playing' ? positionMs + (performance.now() - sinceMs) * speed : positionMs;
  const settle = (): void => {
    positionMs = nowInScenario();
    sinceMs = performance.now();
  };

  function turn(): void {
    if (state !== 'playing') return;
    const reachedMs = nowInScenario();
    for (let count = 0; count < STEPS_A_TURN && state === 'playing'; count++) {
      const step = steps[next];
      if (step === undefined || step.afterMs > reachedMs) break;
      next++;
      onStep(step);
    }
    if (state !== 'playing') return;
    const due = steps[next];
    if (due === undefined) {
      state = 'idle';
      onChange('idle', 'finished');
      return;
    }
    const waitMs = (due.afterMs - nowInScenario()) / speed;
    timer = setTimeout(turn, Math.max(0, Math.min(LONGEST_TIMER_MS, waitMs)));
  }

  const go = (): void => {
    sinceMs = performance.now();
    state = 'playing';
    clearTimeout(timer);
    timer = setTimeout(turn, 0);
  };

  return {
    start: (given, atSpeed) => {
      steps = given;
      next = 0;
      speed = atSpeed;
      positionMs = 0;
      go();
      onChange(state, 'started');
    },
    pause: () => {
      if (state !== 'playing') return;
      settle();
      state = 'paused';
      clearTimeout(timer);
      onChange(state, 'paused');
    },
    resume: () => {
      if (state !== 'paused') return;
      go();
      onChange(state, 'resumed');
    },
    setSpeed: (wanted) => {
      settle();
      speed = wanted;
      if (state === 'playing') go();
    },
    stop: () => {
      clearTimeout(timer);
      if (state === 'idle') return;
      state = 'idle';
      onChange(state, 'stopped');
    },
    state: () => state,
    progress: () => ({ played: next, of: steps.length }),
  };
}
