/** Spans of time during which a warning stood, as sorted lists of [fromMs, toMs). */
import { type Level, rankOf } from '#model/level.ts';
import type { EpochMs } from '#model/time.ts';
import type { LevelChange } from './result.ts';

export type Span = { readonly fromMs: EpochMs; readonly toMs: EpochMs };

/** Spans at `level` or above; what still stands at the end ends there. */
export function spansAtLevel(changes: readonly LevelChange[], level: Level, endMs: EpochMs): readonly Span[] {
  const since = new Map<string, EpochMs>();
  const spans: Span[] = [];
  for (const change of changes) {
    const key = `${change.subject}|${change.hazard}`;
    const from = since.get(key);
    const stands = rankOf(change.level) >= rankOf(level);
    if (stands && from === undefined) since.set(key, change.atMs);
    if (stands || from === undefined) continue;
    since.delete(key);
    spans.push({ fromMs: from, toMs: change.atMs });
  }
  for (const fromMs of since.values()) spans.push({ fromMs, toMs: Math.max(fromMs, endMs) });
  return joined(spans, 0);
}

/** Spans that overlap, touch, or lie less than `gapMs` apart are one. */
export function joined(spans: readonly Span[], gapMs: number): readonly Span[] {
  const out: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = out.at(-1);
    if (last === undefined || (span.fromMs > last.toMs && span.fromMs - last.toMs >= gapMs)) out.push(span);
    else if (span.toMs > last.toMs) out[out.length - 1] = { fromMs: last.fromMs, toMs: span.toMs };
  }
  return out;
}

export const lengthOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

/** How long both lists stand at once; each is sorted and free of overlaps. */
export function overlapOf(a: readonly Span[], b: readonly Span[]): number {
  let sum = 0;
  let next = 0;
  for (const span of a) {
    while (next < b.length && (b[next]?.toMs ?? 0) <= span.fromMs) next++;
    for (let at = next; at < b.length && (b[at]?.fromMs ?? 0) < span.toMs; at++)
      sum += Math.min(span.toMs, b[at]?.toMs ?? 0) - Math.max(span.fromMs, b[at]?.fromMs ?? 0);
  }
  return sum;
}

/** Closed at both ends: a warning of an instant counts, and so does an event of one. */
export const meets = (a: Span, b: Span): boolean => a.fromMs <= b.toMs && a.toMs >= b.fromMs;
