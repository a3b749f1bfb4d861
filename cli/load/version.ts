/**
 * A name for what the county's files mean: layout, the order of keys and of entries do not change it. It tells versions
 * apart, 128 bits wide, and is no protection against anybody. Unlike `hashOf` it writes no text first, which at a
 * prefecture's half a million positions is most of a load.
 */

const PRIME = 0x01000193;
/** A kind's own number before its content, so that 1, "1", [1] and { 1: … } differ. */
const TAG = { nothing: 1, yes: 2, no: 3, number: 4, text: 5, list: 6, fields: 7 } as const;

type Lanes = Uint32Array;
const newLanes = (): Lanes => Uint32Array.of(0x811c9dc5, 0x1f3d5b79, 0x5a827999, 0x6ed9eba1);

function feed(lanes: Lanes, word: number): void {
  lanes[0] = Math.imul((lanes[0] as number) ^ word, PRIME);
  lanes[1] = Math.imul((lanes[1] as number) ^ (word + 0x9e3779b9), 0x85ebca6b) ^ ((lanes[1] as number) >>> 13);
  lanes[2] = Math.imul((lanes[2] as number) ^ (word + 0x3c6ef372), 0xc2b2ae35) ^ ((lanes[2] as number) >>> 15);
  lanes[3] = Math.imul((lanes[3] as number) ^ (word + 0x1b873593), 0x27d4eb2f) ^ ((lanes[3] as number) >>> 11);
}

const bits = new DataView(new ArrayBuffer(8));

function feedText(lanes: Lanes, text: string): void {
  feed(lanes, TAG.text);
  feed(lanes, text.length);
  for (let index = 0; index < text.length; index++) feed(lanes, text.charCodeAt(index));
}

/** Entries in any order: each is named by itself, and the names are added up. */
function feedEntries(lanes: Lanes, entries: Iterable<readonly [string, unknown]>): void {
  feed(lanes, TAG.fields);
  const sums = new Uint32Array(4);
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    const own = newLanes();
    feedText(own, key);
    feedValue(own, value);
    feed(own, 0);
    for (let lane = 0; lane < 4; lane++) sums[lane] = (sums[lane] as number) + (own[lane] as number);
  }
  for (const sum of sums) feed(lanes, sum);
}

function feedValue(lanes: Lanes, value: unknown): void {
  if (typeof value === 'number') {
    feed(lanes, TAG.number);
    bits.setFloat64(0, value);
    feed(lanes, bits.getInt32(0));
    feed(lanes, bits.getInt32(4));
  } else if (typeof value === 'string') feedText(lanes, value);
  else if (Array.isArray(value)) {
    feed(lanes, TAG.list);
    feed(lanes, value.length);
    for (const item of value) feedValue(lanes, item);
  } else if (value instanceof Map) feedEntries(lanes, value as ReadonlyMap<string, unknown>);
  else if (typeof value === 'object' && value !== null) feedEntries(lanes, Object.entries(value));
  else feed(lanes, value === true ? TAG.yes : value === false ? TAG.no : TAG.nothing);
}

/** 32 hexadecimal digits of the value's meaning; a legal topic token. */
export function versionOf(value: unknown): string {
  const lanes = newLanes();
  feedValue(lanes, value);
  feed(lanes, 0);
  return [...lanes].map((lane) => lane.toString(16).padStart(8, '0')).join('');
}
