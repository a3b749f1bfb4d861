/** A batch's parsed JSON split into parts with the same identity, and what can be read of one that does not parse. */
import type { SeqRange } from '#model/seen.ts';

export type WireRow = readonly (number | null)[];
export type WireBatch = {
  readonly v: number;
  readonly e: string;
  readonly p: string;
  readonly s: number;
  readonly b: string;
  readonly m: number;
  readonly t: number;
  readonly q: 0 | 1;
  readonly i: string;
  readonly k: readonly string[];
  readonly r: readonly WireRow[];
  readonly x?: readonly unknown[];
  readonly z?: readonly SeqRange[];
};

/** The rows that `keep` names, as a batch of the same identity; events go with it only when asked for. */
export function encodePart(wire: WireBatch, keep: (row: number) => boolean, withEvents: boolean): string {
  const places = new Map<number, number>();
  const ids: string[] = [];
  const rows: WireRow[] = [];
  wire.r.forEach((row, at) => {
    if (!keep(at)) return;
    const index = row[0] as number;
    let place = places.get(index);
    if (place === undefined) {
      place = ids.length;
      places.set(index, place);
      ids.push(wire.k[index] as string);
    }
    rows.push([place, ...row.slice(1)]);
  });
  const { x, ...rest } = wire;
  return JSON.stringify(withEvents && x !== undefined ? { ...rest, k: ids, r: rows, x } : { ...rest, k: ids, r: rows });
}

/** All rows with one more flag bit. */
export function withFlagBit(wire: WireBatch, bit: number): WireBatch {
  const rows = wire.r.map((row) => {
    const [index, dt, value, raw = null, bits = 0, ...code] = row as readonly (number | null | undefined)[];
    return [index, dt, value, raw, (bits as number) | bit, ...code] as WireRow;
  });
  return { ...wire, r: rows };
}

/** The identity at the head of a payload that is otherwise unreadable, so that it can be acked once it is kept. */
export function salvageIdentity(text: string): { edgeId: string; epoch: string; seq: number } | undefined {
  const match =
    /^\s*\{\s*"v"\s*:\s*\d{1,3}\s*,\s*"e"\s*:\s*"([A-Za-z0-9_-]{1,64})"\s*,\s*"p"\s*:\s*"([A-Za-z0-9_-]{1,64})"\s*,\s*"s"\s*:\s*([1-9]\d{0,14})\s*[,}]/.exec(
      text,
    );
  return match === null ? undefined : { edgeId: match[1] as string, epoch: match[2] as string, seq: Number(match[3]) };
}
