/** What a centre that asks for numbers again can have: the batches themselves, or the aggregates that stand for them. */
import { addRange, holesIn, type SeqRange } from '../../model/seen.ts';
import type { Statements } from './outbox-schema.ts';

type Replacing = { readonly seq: number; readonly replaces: string; readonly ackedAtMs: number | null };

const replacing = (sql: Statements, toSeq: number): readonly { seq: number; ranges: readonly SeqRange[] }[] =>
  (sql.replacing.all(toSeq) as Replacing[]).map(({ seq, replaces }) => ({
    seq,
    ranges: JSON.parse(replaces) as SeqRange[],
  }));
const touches = (ranges: readonly SeqRange[], [from, to]: SeqRange): boolean =>
  ranges.some((range) => range[0] <= to && range[1] >= from);

/** Part of a transaction; how many acked rows wait again. */
export function putBackRows(sql: Statements, ranges: readonly SeqRange[]): number {
  let changed = 0;
  for (const range of ranges) {
    changed += Number(sql.unack.run(range[0], range[1]).changes);
    for (const row of replacing(sql, range[1]))
      if (touches(row.ranges, range)) changed += Number(sql.unack.run(row.seq, row.seq).changes);
  }
  return changed;
}

/** What of these numbers was given out and is not here any more, nor stands in an aggregate that is. */
export function missingOf(sql: Statements, ranges: readonly SeqRange[], newestSeq: number): readonly SeqRange[] {
  return ranges.flatMap(([from, to]) => {
    const end = Math.min(to, newestSeq);
    if (end < from) return [];
    const here: [number, number][] = [];
    for (const { seq } of sql.between.iterate(from, end) as Iterable<{ readonly seq: number }>) {
      const last = here.at(-1);
      if (last !== undefined && seq === last[1] + 1) last[1] = seq;
      else here.push([seq, seq]);
    }
    const stoodFor = replacing(sql, end).flatMap((row) => row.ranges);
    return holesIn(stoodFor.reduce(addRange, here as readonly SeqRange[]), [from, end]);
  });
}

/** Batches of these numbers that wait for an ack. */
export const countUnacked = (sql: Statements, ranges: readonly SeqRange[]): number =>
  ranges.reduce((sum, [from, to]) => sum + (sql.countUnacked.get(from, to) as { n: number }).n, 0);
