/** Who has come on duty since people were told: the new shift must hear of what is still open. */
import type { Recipient } from '#model/alert.ts';

/**
 * Of the people who would be told now, those at a desk who were not told in any role before. `before` are the alert's
 * recipients, `after` those of the same alert targeted now.
 */
export function newlyOnDuty(before: readonly Recipient[], after: readonly Recipient[]): readonly Recipient[] {
  const told = new Set(before.map(({ personId }) => personId));
  return after.filter(({ post, personId }) => post === 'duty' && !told.has(personId));
}
