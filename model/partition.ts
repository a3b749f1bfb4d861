/** The journal's partition of a row: a stable hash of the township in its topic, so that a township keeps its order. */

export const PARTITIONS = 16;

/** FNV-1a, 32 bits, over the token's ASCII bytes. */
export function partitionOf(township: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < township.length; index++) {
    hash ^= township.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash % PARTITIONS;
}
