/**
 * Count, sum, squares, least and greatest of a trailing window, in 60 slots of fixed memory: exact in whole steps, whatever
 * the order of arrival. A slot is (start, end]; the window is its last 60 slots and ends with the newest sample's.
 */
import type { ModelSample } from '../hazard-model.ts';

export const WINDOW_SLOTS = 60;
/** As many again are kept before the window, to know whether its beginning is bridged by an older sample. */
const RING = WINDOW_SLOTS * 2;

const HEAD = 0; // number of the newest slot, 0 before the first sample
const BASE = 1; // the first sample: sums are kept relative to it, so that squares stay whole numbers
const FIXED = 2;
const N = 0;
const SUSPECT = 1;
const SUM = 2;
const SQUARES = 3;
const MIN = 4;
const MAX = 5;
const CELL = 6;

/** Memory that a window needs. */
export const SLOT_NUMBERS = FIXED + RING * CELL;

const cellAt = (base: number, slot: number): number => base + FIXED + (slot % RING) * CELL;

/** Takes a sample in; false when it is older than what is kept. */
export function addToSlots(
  memory: Float64Array,
  base: number,
  windowMs: number,
  { atMs, value, suspect }: Pick<ModelSample, 'atMs' | 'value' | 'suspect'>,
): boolean {
  const slot = Math.ceil((atMs * WINDOW_SLOTS) / windowMs);
  const head = memory[base + HEAD] as number;
  if (head === 0) memory[base + BASE] = value;
  else if (slot <= head - RING) return false;
  if (slot > head) {
    for (let fresh = Math.max(head + 1, slot - RING + 1); fresh <= slot; fresh++)
      memory.fill(0, cellAt(base, fresh), cellAt(base, fresh) + CELL);
    memory[base + HEAD] = slot;
  }
  const at = cellAt(base, slot);
  const off = value - (memory[base + BASE] as number);
  const first = memory[at + N] === 0;
  memory[at + N] = (memory[at + N] as number) + 1;
  memory[at + SUSPECT] = (memory[at + SUSPECT] as number) + (suspect ? 1 : 0);
  memory[at + SUM] = (memory[at + SUM] as number) + off;
  memory[at + SQUARES] = (memory[at + SQUARES] as number) + off * off;
  memory[at + MIN] = first ? value : Math.min(memory[at + MIN] as number, value);
  memory[at + MAX] = first ? value : Math.max(memory[at + MAX] as number, value);
  return true;
}

export type SlotStats = {
  readonly samples: number;
  /** In steps, as all of these. */
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Sample standard deviation; 0 for one sample. */
  readonly deviation: number;
  /** Part of the window's slots that have a sample, or lie between two that are no further apart than the allowance. */
  readonly coverage: number;
  /** A doubted sample is among them. */
  readonly suspect: boolean;
};

/** What the window says that ends with its newest sample; undefined before the first. */
export function statsOfSlots(
  memory: Float64Array,
  base: number,
  windowMs: number,
  allowanceMs: number,
): SlotStats | undefined {
  const head = memory[base + HEAD] as number;
  if (head === 0) return undefined;
  const bridge = Math.max(1, Math.ceil((allowanceMs * WINDOW_SLOTS) / windowMs));
  let samples = 0;
  let suspects = 0;
  let sum = 0;
  let squares = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let covered = 0;
  let newer = 0;
  for (let back = 0; back < RING && newer < WINDOW_SLOTS; back++) {
    const at = cellAt(base, head - back);
    if (memory[at + N] === 0) continue;
    const within = Math.min(back, WINDOW_SLOTS);
    if (back - newer <= bridge) covered += Math.max(0, within - newer - 1);
    newer = back;
    if (back >= WINDOW_SLOTS) break;
    covered++;
    samples += memory[at + N] as number;
    suspects += memory[at + SUSPECT] as number;
    sum += memory[at + SUM] as number;
    squares += memory[at + SQUARES] as number;
    min = Math.min(min, memory[at + MIN] as number);
    max = Math.max(max, memory[at + MAX] as number);
  }
  return {
    ...{ samples, min, max, coverage: covered / WINDOW_SLOTS, suspect: suspects > 0 },
    mean: (memory[base + BASE] as number) + sum / samples,
    deviation: samples < 2 ? 0 : Math.sqrt(Math.max(0, (squares - (sum * sum) / samples) / (samples - 1))),
  };
}
