/**
 * Decides when a row of a recording came in. A recording has only the logger's stamps, and a logger's clock may have
 * been set back, or have run wild for a while; the centre that would have heard it has the newest stamp believed so far.
 */
import { DAY_MS } from '#model/time.ts';
import type { SeriesColumns } from './recording.ts';

/** A step back larger than this is no clock set right but a clock gone wrong: one of the two sides is not believed. */
const WILD_MS = DAY_MS;
/** Above this many stretches nothing can be told apart; then the newest stamp counts, whatever it is. */
const MAX_STRETCHES = 2_000;

/** Instants of receipt, never falling; the stamps themselves when those never fall. */
export function receiptOf({ count, atMs }: SeriesColumns): Float64Array {
  let stepsBack = 0;
  let wild = false;
  for (let i = 1; i < count; i++) {
    const step = (atMs[i] as number) - (atMs[i - 1] as number);
    if (step < 0) stepsBack++;
    if (step < -WILD_MS) wild = true;
  }
  if (stepsBack === 0) return atMs;
  const believed = wild ? believedRows(atMs, count) : undefined;
  const receipt = new Float64Array(count);
  let newest = firstBelieved(atMs, count, believed);
  for (let i = 0; i < count; i++) {
    const at = atMs[i] as number;
    if (at > newest && (believed === undefined || believed[i] === 1)) newest = at;
    receipt[i] = newest;
  }
  return receipt;
}

function firstBelieved(atMs: Float64Array, count: number, believed: Uint8Array | undefined): number {
  for (let i = 0; i < count; i++) if (believed === undefined || believed[i] === 1) return atMs[i] as number;
  return atMs[0] ?? 0;
}

type Stretch = { readonly from: number; readonly to: number; readonly firstMs: number; readonly lastMs: number };

/** Cut wherever the clock leapt by more than a day, forth or back. */
function stretchesOf(atMs: Float64Array, count: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  let newest = atMs[0] ?? 0;
  for (let i = 1; i <= count; i++) {
    const at = atMs[i] as number;
    if (i < count && Math.abs(at - (atMs[i - 1] as number)) <= WILD_MS) {
      if (at > newest) newest = at;
      continue;
    }
    stretches.push({ from, to: i, firstMs: atMs[from] as number, lastMs: newest });
    from = i;
    newest = at;
  }
  return stretches;
}

/** The heaviest chain of stretches that follow one another in time is believed, the others are not. */
function believedRows(atMs: Float64Array, count: number): Uint8Array | undefined {
  const stretches = stretchesOf(atMs, count);
  if (stretches.length > MAX_STRETCHES) return undefined;
  const weight: number[] = [];
  const before: number[] = [];
  for (const [index, { from, to, firstMs }] of stretches.entries()) {
    let best = -1;
    for (let other = 0; other < index; other++) {
      const follows = firstMs >= (stretches[other]?.lastMs ?? 0) - WILD_MS;
      if (follows && (best < 0 || (weight[other] ?? 0) > (weight[best] ?? 0))) best = other;
    }
    weight.push(to - from + (best < 0 ? 0 : (weight[best] ?? 0)));
    before.push(best);
  }
  const believed = new Uint8Array(count);
  // Of two equally heavy ones, that with which the recording ends.
  let index = weight.lastIndexOf(Math.max(...weight));
  for (; index >= 0; index = before[index] ?? -1) believed.fill(1, stretches[index]?.from, stretches[index]?.to);
  return believed;
}
