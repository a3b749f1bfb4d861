/** Decides what changed of an alert since it was last seen, and whether a flow asked to hear of it. */
import { isLevel, type Level, rankOf } from '../../../model/level.ts';
import { isFields } from './link.ts';

/** What is kept of an alert to tell a change from a repetition. */
export type Seen = {
  readonly version: number;
  readonly level: Level;
  readonly lifecycle: string;
  readonly condition: string;
};
/** An alert as the console gives it; the fields that are decided by, and all the rest. */
export type AlertBody = Seen & {
  readonly id: string;
  readonly origin: string;
  readonly hazard: string;
  readonly gridCode: string;
  readonly [key: string]: unknown;
};
export type Change = 'new' | 'worse' | 'milder' | 'lifecycle' | 'condition' | 'closed' | 'other';

export const isOver = ({ lifecycle }: Pick<Seen, 'lifecycle'>): boolean =>
  lifecycle === 'closed' || lifecycle === 'falseAlarm';

export function parseAlert(raw: unknown): AlertBody | undefined {
  if (!isFields(raw)) return undefined;
  const { id, version, level, lifecycle, condition, origin, hazard, gridCode } = raw;
  const texts = [id, lifecycle, condition, origin, hazard, gridCode];
  if (!texts.every((one) => typeof one === 'string') || typeof version !== 'number' || !isLevel(level))
    return undefined;
  return raw as AlertBody;
}

export const seenOf = ({ version, level, lifecycle, condition }: AlertBody): Seen => ({
  version,
  level,
  lifecycle,
  condition,
});

/** Undefined: this state was seen before, or an older one comes late. */
export function changeOf(before: Seen | undefined, now: Seen): Change | undefined {
  if (before === undefined) return isOver(now) ? 'closed' : 'new';
  if (now.version <= before.version) return undefined;
  if (isOver(now) && !isOver(before)) return 'closed';
  const step = rankOf(now.level) - rankOf(before.level);
  if (step !== 0) return step > 0 ? 'worse' : 'milder';
  if (now.lifecycle !== before.lifecycle) return 'lifecycle';
  return now.condition === before.condition ? 'other' : 'condition';
}

export type AlertFilter = {
  readonly minLevel: Level;
  /** None: all of them. */
  readonly hazards: readonly string[];
  readonly grids: readonly string[];
  readonly origins: readonly string[];
  /** Also what changes neither level nor life nor condition: calls, notes, deliveries. */
  readonly everything: boolean;
};

/** A statutory code begins with the code of what it lies in (GB/T 2260). */
export const liesIn = (gridCode: string, roots: readonly string[]): boolean =>
  roots.length === 0 || roots.some((root) => gridCode.startsWith(root));

/** An alert that falls below the asked level is told once more: otherwise the worse one would seem to stand. */
export function isWanted(
  filter: AlertFilter,
  alert: AlertBody,
  change: Change,
  before: Pick<Seen, 'level'> | undefined,
): boolean {
  if (change === 'other' && !filter.everything) return false;
  if (!filter.origins.includes(alert.origin)) return false;
  if (filter.hazards.length > 0 && !filter.hazards.includes(alert.hazard)) return false;
  if (!liesIn(alert.gridCode, filter.grids)) return false;
  const rank = Math.max(rankOf(alert.level), before === undefined ? 0 : rankOf(before.level));
  return rank >= rankOf(filter.minLevel);
}
