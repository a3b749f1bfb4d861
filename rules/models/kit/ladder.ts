/** A table of pairs (level and storage, stage here and stage there), read by straight lines between its rows. */

export type Rung = { readonly x: number; readonly y: number };

export type Read = {
  readonly y: number /** The table does not reach so far: its end was drawn on. */;
  readonly beyond: boolean;
};

/** The value at x; rows ascend by x, two at least. */
export function readLadder(rungs: readonly Rung[], x: number): Read | undefined {
  const first = rungs[0];
  const last = rungs.at(-1);
  if (first === undefined || last === undefined || rungs.length < 2) return undefined;
  const found = rungs.findIndex((rung) => rung.x >= x);
  const upper = found === -1 ? rungs.length - 1 : Math.max(1, found);
  const a = rungs[upper - 1] ?? first;
  const b = rungs[upper] ?? last;
  return { y: a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x), beyond: x < first.x || x > last.x };
}

/** The first row that does not lie above the one before it in both columns; −1 when they all do. */
export const firstDescent = (rungs: readonly Rung[], y: 'rising' | 'notFalling'): number =>
  rungs.findIndex((rung, index) => {
    const before = rungs[index - 1];
    if (before === undefined) return false;
    return rung.x <= before.x || (y === 'rising' ? rung.y <= before.y : rung.y < before.y);
  });
