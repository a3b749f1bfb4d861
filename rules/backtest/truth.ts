/** What really happened, as far as a source tells; the skill of a rule set is measured against it. */
import type { Level } from '#model/level.ts';
import type { Hazard } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

/** An event in [fromMs, toMs]; where only the day is known, the whole day in the place's own zone. */
export type TrueEvent = {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly name?: string;
  /** The point (or recorded sensor) where it happened; left out, a warning anywhere in the recording is its warning. */
  readonly subject?: string;
  /** Left out, a warning of any hazard is its warning. */
  readonly hazard?: Hazard;
};

export type Truth = {
  readonly events: readonly TrueEvent[];
  /** Who says so. */
  readonly source?: string;
};

/** How warnings and events are matched; docs/decisions/backtest.md says why these are the defaults. */
export type SkillOptions = {
  /** A warning is a level at or above this one. Default blue: any colour is a warning. */
  readonly warnLevel: Level;
  /** A warning that stood within this long before an event counts, though it had ended. Default 0. */
  readonly leadMs: number;
  /** A warning that began within this long after an event's end counts. Default 0. */
  readonly toleranceMs: number;
  /** Warnings that lie less than this apart are one period. Default 24 h. */
  readonly mergeMs: number;
};

export const DEFAULT_SKILL: SkillOptions = {
  warnLevel: 'blue',
  leadMs: 0,
  toleranceMs: 0,
  mergeMs: 86_400_000,
};
