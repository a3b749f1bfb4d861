/** Remembers when a device's own sign of life last moved, so that an old block does not pass for a new one. */

export type SignOfLife = { readonly words: readonly number[]; readonly movedMs: number };

/** `monoMs` is the monotonic clock; the first sight counts as a move, since nobody knows better. */
export function noteSign(before: SignOfLife | undefined, words: readonly number[], monoMs: number): SignOfLife {
  const isSame =
    before !== undefined &&
    before.words.length === words.length &&
    before.words.every((word, index) => word === words[index]);
  return isSame ? before : { words, movedMs: monoMs };
}
