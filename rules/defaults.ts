/** The one place of defaults for what a rule file leaves out: no level is without a deadband and an off-delay. */
import type { QuantityKind } from '#model/quantity.ts';
import type { CompiledRuleSet, Measure } from '#model/rule-set.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';

export const DEFAULT_BUCKET_MS = 5 * MINUTE_MS;
export const DEFAULT_MIN_SAMPLES = 6;

export const DEFAULT_SILENCE: CompiledRuleSet['silence'] = {
  staleLevel: 'blue',
  gatewayLostLevel: 'yellow',
  gatewayLostAfterMs: 2 * MINUTE_MS,
};

export type LevelDefaults = {
  /** Part of the limit; at least one step. */
  readonly deadbandPart: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
};

/** By what is measured: sums and alarms at once, a noisy slope later; all of them fall slowly. */
export function defaultsOf(measure: Measure['kind'], kind: QuantityKind): LevelDefaults {
  if (measure === 'rollingSum') return { deadbandPart: 0.05, onDelayMs: 0, offDelayMs: 30 * MINUTE_MS };
  if (measure === 'rate') return { deadbandPart: 0.2, onDelayMs: 0, offDelayMs: HOUR_MS };
  if (kind === 'state') return { deadbandPart: 0, onDelayMs: 0, offDelayMs: 10 * MINUTE_MS };
  return { deadbandPart: 0.02, onDelayMs: 0, offDelayMs: 30 * MINUTE_MS };
}
