/**
 * Whether three speeds, of windows one after another, head for failure or belong to a step. In creep to failure 1/v falls
 * to nought in a finite time (Fukuzono 1985): with α = 2 by equal amounts a window, with α = 1.5 by amounts that are at
 * least 0.8 of the one before until about four windows before the end. In a step v jumps and then stays or falls: the first
 * fall of 1/v is large, the next one small. And the end must be near: a speed that grows evenly, as under a reservoir drawn
 * down for weeks, points as far ahead as it has been growing, and one that grows by the same part in every window (which
 * the onset of any surge does) keeps 0.8 only where it points four windows ahead or more.
 */
export type Speeds = { readonly first: number; readonly second: number; readonly third: number };

/** Windows from the middle of the third until 1/v is nought; undefined when the speeds do not head there. */
export function windowsToFailure({ first, second, third }: Speeds, keep: number): number | undefined {
  if (first <= 0 || second <= first || third <= second) return undefined;
  const before = 1 / first - 1 / second;
  const now = 1 / second - 1 / third;
  return now < keep * before ? undefined : 1 / third / now;
}
