/**
 * Finds a level that can never be seen because the worse level of another rule of its file always comes first: the same measure with a lower
 * limit, or a sum over another window that must have reached its limit by then. (Of a sum over 12 hours at least a
 * quarter fell in one of its four stretches of 3 hours.)
 */
import { type Level, rankOf } from '#model/level.ts';
import type { LimitValue, RuleEntry } from './schema.ts';
import type { Source } from './source.ts';

type Limit = {
  readonly source: Source;
  readonly entry: RuleEntry;
  readonly index: number;
  readonly level: Level;
  readonly limit: number;
  readonly onDelayMs: number;
};

const COLOURS = ['blue', 'yellow', 'orange', 'red'] as const;

export function findContradictions(sources: readonly Source[]): void {
  // Within one file: two tables of different origin, the state's and the county's, may well overtake each other.
  for (const source of sources) findIn(limitsOf(source));
}

function findIn(limits: readonly Limit[]): void {
  for (const milder of limits) {
    const worse = limits.find((other) => comesFirst(other, milder));
    if (worse === undefined) continue;
    milder.source.report(['rules', milder.index, 'levels', milder.level], {
      kind: 'level-order',
      message: `${milder.level} at ${milder.limit}${windowOf(milder)} could never come before ${worse.level} at ${worse.limit}${windowOf(worse)} of the rule ${worse.entry.id}`,
      mend: `lower this limit below ${worse.limit * stretches(milder.entry, worse.entry)}, or raise the other`,
    });
  }
}

function limitsOf(source: Source): readonly Limit[] {
  const entries = source.content?.rules?.map((entry, index) => ({ entry, index })) ?? source.rest;
  return entries.flatMap(({ entry, index }) => {
    // What holds only at some places or times may be in order there.
    if (entry.raiseWhen === 'below' || entry.overrides !== undefined || entry.schedule !== undefined) return [];
    return COLOURS.flatMap((level) => {
      const given = entry.levels?.[level];
      if (given === undefined || !isNumber(given.limit)) return [];
      const onDelayMs = given.onDelay ?? entry.onDelay ?? 0;
      return [{ source, entry, index, level, limit: given.limit, onDelayMs }];
    });
  });
}

const isNumber = (limit: LimitValue): limit is number => typeof limit === 'number';

/** Whether whatever reaches `milder` has reached `worse` before or then. Levels of one rule are compared where they hold. */
function comesFirst(worse: Limit, milder: Limit): boolean {
  const [a, b] = [milder.entry, worse.entry];
  return (
    a !== b &&
    rankOf(worse.level) > rankOf(milder.level) &&
    worse.onDelayMs <= milder.onDelayMs &&
    a.quantity === b.quantity &&
    a.hazard === b.hazard &&
    same(a.where, b.where) &&
    milder.limit >= worse.limit * stretches(a, b)
  );
}

/** In how many windows of `worse` that of `milder` is contained; infinite where the two figures cannot be compared. */
function stretches({ measure: a, per, inputs }: RuleEntry, worse: RuleEntry): number {
  const b = worse.measure;
  if (a.kind === 'rollingSum' && b.kind === 'rollingSum') return Math.ceil(a.window / b.window);
  return same([a, per, inputs], [b, worse.per, worse.inputs]) ? 1 : Number.POSITIVE_INFINITY;
}

function windowOf({ entry: { measure } }: Limit): string {
  return measure.kind === 'rollingSum' ? ` in ${measure.window / 3_600_000} h` : '';
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
