/**
 * A batch's JSON taken apart without an object per reading: the fast yes of `decodeBatch`, and the split of a batch
 * into parts with the same identity. Whatever this does not know at once goes to `decodeBatch`, which has the last word.
 */
import { BATCH_VERSION, MAX_BATCH_READINGS } from '#model/batch.ts';
import { BAD_REASONS } from '#model/reading.ts';

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
};

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;
const isInt = Number.isSafeInteger;
const isToken = (raw: unknown): boolean => typeof raw === 'string' && TOKEN.test(raw);

function isPlainHeader(wire: WireBatch): boolean {
  return (
    wire.v === BATCH_VERSION &&
    isToken(wire.e) &&
    isToken(wire.p) &&
    isToken(wire.b) &&
    isToken(wire.i) &&
    isInt(wire.s) &&
    wire.s >= 1 &&
    isInt(wire.m) &&
    wire.m >= 0 &&
    isInt(wire.t) &&
    (wire.q === 0 || wire.q === 1) &&
    wire.x === undefined &&
    Array.isArray(wire.k) &&
    Array.isArray(wire.r) &&
    wire.r.length <= MAX_BATCH_READINGS
  );
}

function isPlainRow(row: WireRow, sensors: number): boolean {
  if (!Array.isArray(row)) return false;
  const places = row.length;
  if (places < 3 || places > 6) return false;
  const [index, dt, value, raw, bits, code] = row as readonly (number | null | undefined)[];
  if (!isInt(index) || (index as number) < 0 || (index as number) >= sensors || !isInt(dt)) return false;
  if (places > 3 && raw !== null && !isInt(raw)) return false;
  if (places > 4 && (!isInt(bits) || (bits as number) < 0 || (bits as number) > 0xffff)) return false;
  if (value === null) return places === 6 && isInt(code) && BAD_REASONS[code as number] !== undefined;
  return isInt(value) && (places < 6 || code === 2);
}

/** True for certain; false means: ask `decodeBatch`. Batches with events are left to it. */
export function isPlainBatch(wire: WireBatch): boolean {
  if (typeof wire !== 'object' || wire === null || !isPlainHeader(wire)) return false;
  for (const id of wire.k) if (!isToken(id)) return false;
  const sensors = wire.k.length;
  for (const row of wire.r) if (!isPlainRow(row, sensors)) return false;
  return true;
}

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
