/** Noise without chance: the same seed, name and slot give the same number, so a scenario can be run again. */

/** FNV-1a with a final mix: 0 ≤ result < 1. */
export function noiseAt(seed: number, name: string, slot: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (slot | 0), 0x01000193) >>> 0;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b) >>> 0;
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}

/** Between −amplitude and +amplitude, another number every `slotMs`. */
export const jitterAt = (seed: number, name: string, atMs: number, slotMs: number, amplitude: number): number =>
  amplitude === 0 ? 0 : (noiseAt(seed, name, Math.floor(atMs / slotMs)) * 2 - 1) * amplitude;
