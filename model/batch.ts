/**
 * A batch: what one edge committed to its outbox in one transaction. Its identity is `(edgeId, epoch, seq)` and its
 * bytes never change once written. The codec is compact JSON; see docs/protocols/batch.md.
 */
import { type EdgeEvent, parseEdgeEvent } from '#model/edge-event.ts';
import { BAD_REASONS, type BadReason, flagBits, flagsOfBits, type Reading, type SensorId } from '#model/reading.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { SeqRange } from '#model/seen.ts';
import type { EpochMs, TimeQuality } from '#model/time.ts';

export const BATCH_VERSION = 1;
/** A batch that would be larger is split by the edge; ingest quarantines a larger one. */
export const MAX_BATCH_BYTES = 256_000;
export const MAX_BATCH_READINGS = 5_000;
const MAX_REPLACES = 1_000;

export type Batch = {
  readonly edgeId: string;
  /** Names the outbox file: a new file (new SD card) is a new epoch. */
  readonly epoch: string;
  /** From 1, without holes, fixed when the row is written. */
  readonly seq: number;
  readonly bootId: string;
  /** Monotonic instant at which the batch was written, in this boot. */
  readonly monoMs: number;
  /** Wall clock at the same moment, as good as `timeQuality` says. */
  readonly writtenAtMs: EpochMs;
  readonly timeQuality: TimeQuality;
  readonly inventoryVersion: string;
  readonly readings: readonly Reading[];
  readonly events: readonly EdgeEvent[];
  /** Batches of this epoch that were never sent and that these readings stand for, thinned. */
  readonly replaces?: readonly SeqRange[];
};

/** [index into ids, measuredAt − writtenAt, value, raw?, flag bits?] good or suspect (2 in place 5) or bad (value null, reason code in place 5). */
type ReadingRow = readonly (number | null)[];
type Wire = {
  v: number;
  e: string;
  p: string;
  s: number;
  b: string;
  m: number;
  t: number;
  q: 0 | 1;
  i: string;
  k: string[];
  r: ReadingRow[];
  x?: EdgeEvent[];
  z?: SeqRange[];
};

function readingRow(reading: Reading, index: number, writtenAtMs: EpochMs): ReadingRow {
  const dt = reading.measuredAtMs - writtenAtMs;
  const raw = reading.raw ?? null;
  const bits = flagBits(reading.flags);
  if (reading.quality === 'bad') return [index, dt, null, raw, bits, BAD_REASONS.indexOf(reading.reason)];
  if (reading.quality === 'suspect') return [index, dt, reading.value, raw, bits, 2];
  if (bits !== 0) return [index, dt, reading.value, raw, bits];
  return raw === null ? [index, dt, reading.value] : [index, dt, reading.value, raw];
}

/** The bytes that travel and are journalled. All readings of a batch share its time quality. */
export function encodeBatch(batch: Batch): string {
  const ids = new Map<SensorId, number>();
  const rows = batch.readings.map((reading) => {
    let index = ids.get(reading.sensorId);
    if (index === undefined) {
      index = ids.size;
      ids.set(reading.sensorId, index);
    }
    return readingRow(reading, index, batch.writtenAtMs);
  });
  const wire: Wire = {
    v: BATCH_VERSION,
    e: batch.edgeId,
    p: batch.epoch,
    s: batch.seq,
    b: batch.bootId,
    m: batch.monoMs,
    t: batch.writtenAtMs,
    q: batch.timeQuality === 'synced' ? 1 : 0,
    i: batch.inventoryVersion,
    k: [...ids.keys()],
    r: rows,
  };
  if (batch.events.length > 0) wire.x = [...batch.events];
  if (batch.replaces !== undefined && batch.replaces.length > 0) wire.z = [...batch.replaces];
  return JSON.stringify(wire);
}

export type BatchError = {
  readonly kind: 'json' | 'version' | 'shape' | 'size';
  readonly message: string;
  readonly path: string;
};

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;
const isInt = (raw: unknown): raw is number => typeof raw === 'number' && Number.isSafeInteger(raw);
const isToken = (raw: unknown): raw is string => typeof raw === 'string' && TOKEN.test(raw);
const shape = (path: string, message: string): Result<never, BatchError> => err({ kind: 'shape', path, message });

function parseRow(row: unknown, ids: readonly string[], wire: Wire, path: string): Result<Reading, BatchError> {
  if (!Array.isArray(row) || row.length < 3 || row.length > 6)
    return shape(path, 'a reading is an array of 3 to 6 numbers');
  const [index, dt, value, raw, bits, code] = row as unknown[];
  if (!isInt(index) || index < 0 || index >= ids.length) return shape(`${path}[0]`, 'no such sensor index');
  if (!isInt(dt)) return shape(`${path}[1]`, 'time difference must be a whole number of milliseconds');
  if (raw !== undefined && raw !== null && !isInt(raw))
    return shape(`${path}[3]`, 'raw value must be a whole number or null');
  if (bits !== undefined && (!isInt(bits) || bits < 0 || bits > 0xffff))
    return shape(`${path}[4]`, 'flags must be 0 to 65535');
  if (code !== undefined && !isInt(code)) return shape(`${path}[5]`, 'code must be a whole number');
  const base = {
    sensorId: ids[index] as string,
    measuredAtMs: wire.t + dt,
    timeQuality: wire.q === 1 ? 'synced' : 'unsure',
    flags: bits === undefined ? [] : flagsOfBits(bits as number),
    ...(isInt(raw) ? { raw } : {}),
  } as const;
  if (value === null) {
    const reason = BAD_REASONS[(code as number | undefined) ?? -1] as BadReason | undefined;
    if (reason === undefined) return shape(`${path}[5]`, 'a reading without a value needs a known reason code');
    return ok({ ...base, quality: 'bad', reason });
  }
  if (!isInt(value)) return shape(`${path}[2]`, "value must be a whole number of the quantity's steps");
  if (code !== undefined && code !== 2) return shape(`${path}[5]`, 'the quality code of a value is 2 or absent');
  return ok({ ...base, quality: code === 2 ? 'suspect' : 'good', value });
}

/** Parses what arrived on the wire; nothing of it is trusted before. */
export function decodeBatch(text: string): Result<Batch, BatchError> {
  let wire: Wire;
  try {
    wire = JSON.parse(text) as Wire;
  } catch (cause) {
    return err({ kind: 'json', path: '', message: cause instanceof Error ? cause.message : 'not JSON' });
  }
  if (typeof wire !== 'object' || wire === null || Array.isArray(wire)) return shape('', 'a batch is an object');
  if (wire.v !== BATCH_VERSION)
    return err({ kind: 'version', path: 'v', message: `batch version ${String(wire.v)} is not ${BATCH_VERSION}` });
  for (const key of ['e', 'p', 'b', 'i'] as const)
    if (!isToken(wire[key])) return shape(key, 'must be a token of 1 to 64 of A-Z a-z 0-9 _ -');
  if (!isInt(wire.s) || wire.s < 1) return shape('s', 'sequence must be a whole number from 1');
  if (!isInt(wire.m) || wire.m < 0) return shape('m', 'monotonic instant must be a whole number of milliseconds');
  if (!isInt(wire.t)) return shape('t', 'wall time must be a whole number of milliseconds');
  if (wire.q !== 0 && wire.q !== 1) return shape('q', 'time quality must be 0 or 1');
  if (!Array.isArray(wire.k) || !wire.k.every(isToken)) return shape('k', 'sensor ids must be tokens');
  if (!Array.isArray(wire.r)) return shape('r', 'readings must be an array');
  if (wire.r.length > MAX_BATCH_READINGS)
    return err({ kind: 'size', path: 'r', message: `more than ${MAX_BATCH_READINGS} readings` });
  const readings: Reading[] = [];
  for (let index = 0; index < wire.r.length; index++) {
    const reading = parseRow(wire.r[index], wire.k, wire, `r[${index}]`);
    if (!reading.ok) return reading;
    readings.push(reading.value);
  }
  const events: EdgeEvent[] = [];
  if (wire.x !== undefined && !Array.isArray(wire.x)) return shape('x', 'events must be an array');
  for (const [index, raw] of (wire.x ?? []).entries()) {
    const event = parseEdgeEvent(raw, `x[${index}]`);
    if (!event.ok) return err({ kind: 'shape', ...event.error });
    events.push(event.value);
  }
  const replaces = parseReplaces(wire.z);
  if (replaces === undefined) return shape('z', 'replaced batches must be ascending pairs of whole numbers from 1');
  return ok({
    edgeId: wire.e,
    epoch: wire.p,
    seq: wire.s,
    bootId: wire.b,
    monoMs: wire.m,
    writtenAtMs: wire.t,
    timeQuality: wire.q === 1 ? 'synced' : 'unsure',
    inventoryVersion: wire.i,
    readings,
    events,
    ...(replaces.length > 0 ? { replaces } : {}),
  });
}

function parseReplaces(raw: unknown): readonly SeqRange[] | undefined {
  if (raw === undefined) return [];
  if (!Array.isArray(raw) || raw.length > MAX_REPLACES) return undefined;
  const ranges: SeqRange[] = [];
  for (const item of raw as unknown[]) {
    const [from, to] = Array.isArray(item) && item.length === 2 ? (item as unknown[]) : [];
    if (!isInt(from) || !isInt(to) || from <= (ranges.at(-1)?.[1] ?? 0) || to < from) return undefined;
    ranges.push([from, to]);
  }
  return ranges;
}

/** A batch that ingest has verified, opened without building an object per reading; for the stages' hot loops. */
export type VerifiedBatch = {
  readonly edgeId: string;
  readonly bootId: string;
  readonly writtenAtMs: EpochMs;
  readonly monoMs: number;
  readonly timeQuality: TimeQuality;
  readonly ids: readonly SensorId[];
  /** `[index into ids, measuredAt − writtenAt, value | null, raw | null ?, flag bits ?, 2 suspect or reason code ?]`. */
  readonly rows: readonly (readonly (number | null)[])[];
  readonly events: readonly EdgeEvent[];
  readonly replaces: readonly SeqRange[];
};

/** Opens bytes that came out of the journal; throws on anything that ingest cannot have written. */
export function openVerified(text: string): VerifiedBatch {
  const wire = JSON.parse(text) as Wire;
  return {
    edgeId: wire.e,
    bootId: wire.b,
    writtenAtMs: wire.t,
    monoMs: wire.m,
    timeQuality: wire.q === 1 ? 'synced' : 'unsure',
    ids: wire.k,
    rows: wire.r,
    events: wire.x ?? [],
    replaces: wire.z ?? [],
  };
}
