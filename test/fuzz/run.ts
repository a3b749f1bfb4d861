/** One fuzz run over every parser of bytes from outside: no throw, no wrong checksum taken, time and memory bounded. */
import { seeded } from '#test/chaos/random.ts';
import { below, mutate } from '#test/fuzz/mutate.ts';
import { FUZZ_TARGETS, type FuzzTarget } from '#test/fuzz/targets.ts';

export type FuzzResult = {
  readonly seed: number;
  readonly frames: number;
  readonly accepted: number;
  readonly findings: readonly string[];
  readonly targets: { readonly [name: string]: { readonly frames: number; readonly accepted: number } };
  /** The slowest frame of all. */
  readonly slowestMs: number;
  readonly heapGrowthMb: number;
  readonly tookMs: number;
};

const MAX_FINDINGS = 20;
/** Far above any frame, far below what would be noticed on a wire; a busy machine does not reach it. */
const MAX_MS = 2_000;
const MAX_HEAP_GROWTH_MB = 300;
/** Half of the spoiled frames get a right checksum, so that what lies behind it is tested. */
const REPAIRED = 0.5;

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').slice(0, 400);

type Tally = { frames: number; accepted: number };

function once(
  target: FuzzTarget,
  bytes: Uint8Array,
  tally: Tally,
): { readonly finding?: string; readonly tookMs: number } {
  const startedMs = performance.now();
  try {
    const { accepted, finding } = target.run(bytes);
    tally.frames++;
    if (accepted) tally.accepted++;
    const tookMs = performance.now() - startedMs;
    if (finding !== undefined) return { finding, tookMs };
    return tookMs > MAX_MS ? { finding: `took ${Math.round(tookMs)} ms`, tookMs } : { tookMs };
  } catch (cause) {
    return { finding: `threw ${String(cause)}`, tookMs: performance.now() - startedMs };
  }
}

export function runFuzz(how: {
  readonly frames: number;
  readonly seed: number;
  readonly targets?: readonly FuzzTarget[];
}): FuzzResult {
  const targets = how.targets ?? FUZZ_TARGETS;
  const random = seeded(how.seed);
  const startedMs = performance.now();
  const heapBefore = process.memoryUsage().heapUsed;
  const findings: string[] = [];
  const tallies: { [name: string]: Tally } = {};
  let slowestMs = 0;
  for (let frame = 0; frame < how.frames && findings.length < MAX_FINDINGS; frame++) {
    const target = targets[frame % targets.length] as FuzzTarget;
    let bytes = mutate(target.seeds, random);
    if (target.repair !== undefined && random() < REPAIRED) bytes = target.repair(bytes);
    // Now and then what is right, so that a target that takes nothing is noticed.
    if (below(random, 50) === 0) bytes = target.seeds[below(random, target.seeds.length)] as Uint8Array;
    tallies[target.name] ??= { frames: 0, accepted: 0 };
    const { finding, tookMs } = once(target, bytes, tallies[target.name] as Tally);
    slowestMs = Math.max(slowestMs, tookMs);
    if (finding !== undefined) findings.push(`${target.name}: ${finding}: ${hexOf(bytes)}`);
  }
  const heapGrowthMb = Math.round((process.memoryUsage().heapUsed - heapBefore) / 1e6);
  if (heapGrowthMb > MAX_HEAP_GROWTH_MB) findings.push(`memory grew by ${heapGrowthMb} MB`);
  const sum = (key: keyof Tally) => Object.values(tallies).reduce((total, tally) => total + tally[key], 0);
  return {
    ...{ seed: how.seed, frames: sum('frames'), accepted: sum('accepted'), findings, targets: tallies },
    ...{ slowestMs: Math.round(slowestMs), heapGrowthMb, tookMs: Math.round(performance.now() - startedMs) },
  };
}
