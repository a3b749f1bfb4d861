/** A stable name for a piece of configuration: formatting and key order do not change it. Not for security. */

/** 53 bits of two mixed 32-bit lanes (cyrb53, public domain). */
function mix(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}

/** JSON with sorted keys; `Map`s become sorted entries. */
export function canonicalJson(value: unknown): string {
  if (value instanceof Map)
    return canonicalJson([...value.entries()].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

/** 26 hexadecimal digits of the value's meaning; a legal topic token. */
export function hashOf(value: unknown): string {
  const text = canonicalJson(value);
  const part = (seed: number) => mix(text, seed).toString(16).padStart(14, '0').slice(-13);
  return part(0) + part(1);
}
