/** What masters have written to a unit: bits and words by address, with the time of each, so that the past can be looked up. */

export type Table = 'coil' | 'register';
export type Memory = {
  readonly write: (table: Table, address: number, value: number, atMs: number) => void;
  /** What stood there at that instant; undefined: nobody had written. */
  readonly at: (table: Table, address: number, atMs: number) => number | undefined;
};

type Written = { readonly value: number; readonly atMs: number };
/** Changes remembered for each address: enough to look back to where a frozen block began. */
const MAX_CHANGES = 64;

export function createMemory(): Memory {
  const tables = { coil: new Map<number, Written[]>(), register: new Map<number, Written[]>() };
  return {
    write: (table, address, value, atMs) => {
      const cell = tables[table].get(address) ?? [];
      tables[table].set(address, cell);
      if (cell.at(-1)?.value === value) return;
      cell.push({ value, atMs });
      if (cell.length > MAX_CHANGES) cell.shift();
    },
    at: (table, address, atMs) => tables[table].get(address)?.findLast((written) => written.atMs <= atMs)?.value,
  };
}
