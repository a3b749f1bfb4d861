/** Names looked up by their bytes, without making a text of them: an open table of hashes. */
export type ByteNames = {
  readonly add: (name: string, index: number) => void;
  readonly indexOf: (name: string) => number | undefined;
  /** Index of the name that these bytes are; -1 for none. */
  readonly find: (bytes: Uint8Array, from: number, end: number) => number;
  /** The name's length when the bytes begin with it, else -1. */
  readonly matches: (index: number, bytes: Uint8Array, from: number) => number;
};

const FIRST_SIZE = 256;

export function createByteNames(): ByteNames {
  const indexes = new Map<string, number>();
  const names: Uint8Array[] = [];
  let table = new Int32Array(FIRST_SIZE).fill(-1);
  let mask = FIRST_SIZE - 1;

  const insert = (index: number) => {
    const name = names[index] as Uint8Array;
    let at = hashOf(name, 0, name.length) & mask;
    while ((table[at] as number) >= 0) at = (at + 1) & mask;
    table[at] = index;
  };
  const grow = () => {
    table = new Int32Array(table.length * 4).fill(-1);
    mask = table.length - 1;
    names.forEach((_name, index) => {
      insert(index);
    });
  };

  const matches = (index: number, bytes: Uint8Array, from: number): number => {
    const name = names[index] as Uint8Array;
    for (let k = 0; k < name.length; k++) if (name[k] !== bytes[from + k]) return -1;
    return name.length;
  };

  return {
    add: (name, index) => {
      indexes.set(name, index);
      names[index] = new TextEncoder().encode(name);
      if (names.length * 2 > table.length) grow();
      else insert(index);
    },
    indexOf: (name) => indexes.get(name),
    find: (bytes, from, end) => {
      for (let at = hashOf(bytes, from, end) & mask; ; at = (at + 1) & mask) {
        const index = table[at] as number;
        if (index < 0) return -1;
        if ((names[index] as Uint8Array).length === end - from && matches(index, bytes, from) >= 0) return index;
      }
    },
    matches,
  };
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, from: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
