/**
 * How fast the machine is just now: the same piece of arithmetic and of walking through memory, timed before and after
 * each row. Cores that are shared with other machines lose half their speed for minutes, and a figure does not show it.
 */

/** Steps a second on the machine and in the quiet hour in which the figures of docs/bench.md were measured. */
const QUIET_STEPS_PER_S = 43_000_000;
const STEPS = 4_000_000;
const ROUNDS = 3;
/** More than a processor's own memory. */
const WORDS = 1 << 23;

let words: Int32Array | undefined;

function walk(memory: Int32Array): number {
  let place = 1;
  for (let step = 0; step < STEPS; step++) {
    place ^= place << 13;
    place ^= place >>> 17;
    place ^= place << 5;
    const at = place & (WORDS - 1);
    memory[at] = (memory[at] as number) + place;
  }
  return memory[place & (WORDS - 1)] as number;
}

/** 1: as in the quiet hour; the best of three walks of some tens of milliseconds. */
export function machineSpeed(): number {
  words ??= new Int32Array(WORDS);
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    walk(words);
    best = Math.max(best, STEPS / ((performance.now() - began) / 1_000));
  }
  return best / QUIET_STEPS_PER_S;
}
