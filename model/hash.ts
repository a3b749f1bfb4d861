/** One text for one value, and a stable name for it: layout and key order do not change either. Not for security. */

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** JSON with sorted keys and no spaces; `Map`s become sorted entries, what is undefined is left out (null in a list). */
export function canonicalJson(value: unknown): string {
  if (value instanceof Map)
    return canonicalJson([...value].map(([key, item]) => [String(key), item] as const).sort(byKey));
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields
      .sort(byKey)
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

const FNV_PRIME = 0x01000193;
/** One a lane, so that the lanes disagree from the first character on. */
const LANE_OFFSETS = [0x811c9dc5, 0x1f3d5b79, 0x5a827999, 0x6ed9eba1] as const;

/** FNV-1a over the UTF-16 code units, its bits spread over the word at the end. */
function lane(text: string, offset: number): number {
  let hash = offset;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** 32 hexadecimal digits of the value's meaning; a legal topic token. */
export function hashOf(value: unknown): string {
  const text = canonicalJson(value);
  // Each lane sees another beginning, or equal lengths would let all lanes collide together.
  return LANE_OFFSETS.map((offset, index) =>
    lane(`${index}${text}${text.length}`, offset).toString(16).padStart(8, '0'),
  ).join('');
}
