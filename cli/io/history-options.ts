/** What the commands of `fengsui history` share: stretches of time, options that repeat, how they fail. */
import { parseMoment } from '#cli/moment.ts';
import type { EpochMs } from '#model/time.ts';

export const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Before 2000 no station of ours measured anything, and nothing of it is ever stored. */
const FIRST_MS = 946_684_800_000;

/** An error as the command ends with: what is wrong, and 1. */
export function fail(message: string): number {
  console.error(message);
  return 1;
}

export type Stretch = { readonly fromMs: EpochMs; readonly toMs: EpochMs };
/** Everything up to now, where nobody said otherwise; a clock of the chain that runs ahead counts. */
export function stretchOf(from: string | undefined, to: string | undefined, zone: string): Stretch | string {
  const fromMs = from === undefined ? FIRST_MS : parseMoment(from, zone);
  const toMs = to === undefined ? Date.now() + 366 * 86_400_000 : parseMoment(to, zone);
  if (fromMs === undefined || toMs === undefined)
    return `"${fromMs === undefined ? from : to}" is no moment: write "2026-06-03 14:00" (in ${zone}) or 2026-06-03T14:00:00+08:00.`;
  return fromMs < toMs ? { fromMs, toMs } : 'The end lies before the beginning: look at --from and --to.';
}
