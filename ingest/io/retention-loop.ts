/** Every while asks the journal to forget what is old and read by all; a little at a time, between the commits. */
import type { Cursors } from '#model/journal.ts';
import type { StageContext } from '#model/ports.ts';
import { MINUTE_MS } from '#model/time.ts';
import type { Journal } from './journal.ts';

export type RetentionRule = {
  readonly horizonMs: number;
  readonly minCursor: (() => Cursors) | undefined;
  readonly historyCursors: () => Cursors;
};

const EVERY_MS = 10 * MINUTE_MS;
const ROWS_PER_STEP = 200;

/** Of every partition that all readers know, the least position. */
export function leastCursors(a: Cursors, b: Cursors): Cursors {
  const least = new Map<number, number>();
  for (const [partition, pos] of a) {
    const other = b.get(partition);
    if (other !== undefined) least.set(partition, Math.min(pos, other));
  }
  return least;
}

export async function retainForever(
  rule: RetentionRule,
  parts: { readonly journal: Journal; readonly ctx: StageContext; readonly signal: AbortSignal },
): Promise<void> {
  const { journal, ctx, signal } = parts;
  while (await ctx.clock.sleep(EVERY_MS, signal)) {
    if (rule.minCursor === undefined) continue;
    const cursors = leastCursors(rule.minCursor(), rule.historyCursors());
    const beforeMs = ctx.clock.nowMs() - rule.horizonMs;
    for (let removed = ROWS_PER_STEP; removed >= ROWS_PER_STEP && !signal.aborted; ) {
      const result = await journal.appendAndWait({ kind: 'retain', beforeMs, cursors, limit: ROWS_PER_STEP });
      removed = result?.kind === 'done' ? result.changed : 0;
      if (removed > 0) ctx.metrics.count('fengsui_journal_removed_total', {}, removed);
    }
  }
}
