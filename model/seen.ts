/** Sets of sequence numbers as sorted, disjoint, inclusive ranges: what ingest has on disk, what an ack covers. */

export type SeqRange = readonly [from: number, to: number];

export function hasSeq(ranges: readonly SeqRange[], seq: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle] as SeqRange;
    if (seq < range[0]) high = middle - 1;
    else if (seq > range[1]) low = middle + 1;
    else return true;
  }
  return false;
}

/** The set with one more number; neighbours grow together. */
export function addSeq(ranges: readonly SeqRange[], seq: number): readonly SeqRange[] {
  return addRange(ranges, [seq, seq]);
}

export function addRange(ranges: readonly SeqRange[], added: SeqRange): readonly SeqRange[] {
  const out: SeqRange[] = [];
  let [from, to] = added;
  let placed = false;
  for (const range of ranges) {
    if (range[1] < from - 1) out.push(range);
    else if (range[0] > to + 1) {
      if (!placed) out.push([from, to]);
      placed = true;
      out.push(range);
    } else {
      from = Math.min(from, range[0]);
      to = Math.max(to, range[1]);
    }
  }
  if (!placed) out.push([from, to]);
  return out;
}

/** What of `from` to `to` is not in the set. */
export function holesIn(ranges: readonly SeqRange[], [from, to]: SeqRange): readonly SeqRange[] {
  const holes: SeqRange[] = [];
  let next = from;
  for (const range of ranges) {
    if (range[1] < next) continue;
    if (range[0] > to) break;
    if (range[0] > next) holes.push([next, range[0] - 1]);
    next = range[1] + 1;
  }
  if (next <= to) holes.push([next, to]);
  return holes;
}

export const countSeqs = (ranges: readonly SeqRange[]): number =>
  ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
