/**
 * Decides what of a payload goes into the journal and what into quarantine. Bytes that are right are not touched; a
 * batch with strange readings is split into parts of the same identity, and nothing that arrived is dropped.
 */
import { decodeBatch, MAX_BATCH_BYTES } from '#model/batch.ts';
import { createBatchScanner, type ScannedBatch } from '#model/batch-scan.ts';
import { AHEAD_MS, dateBatch } from '#model/dating.ts';
import { partitionOf } from '#model/partition.ts';
import type { Origin } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import { countSeqs, type SeqRange } from '#model/seen.ts';
import type { EpochMs } from '#model/time.ts';
import type { QuarantinePart, QuarantineReason } from './quarantine.ts';
import { encodePart, salvageIdentity, type WireBatch } from './wire.ts';

/** A synced reading may be this far ahead of the centre; beyond, one of the two clocks is wrong. */
export const FUTURE_TOLERANCE_MS = AHEAD_MS;
/** Before 2000-01-01T00:00:00Z no station of ours measured anything. */
export const ANCIENT_MS = 946_684_800_000;
/** An edge condenses some hundreds into one; more would only fill the journal's memory. */
const MAX_REPLACED = 10_000;
const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);
const MAX_RAW = 2 ** 32;

/** Where a payload came in: the topic's edge is the credential's, the township only routes the ack back. */
export type Arrival = { readonly edgeId: string; readonly township: string; readonly receivedAtMs: EpochMs };
export type KnownThings = Pick<Registry, 'sensors' | 'edges'>;
export type BatchIdentity = { readonly epoch: string; readonly seq: number };

export type Verdict =
  | {
      readonly kind: 'batch';
      readonly identity: BatchIdentity;
      readonly partition: number;
      readonly origin: Origin;
      /** Null when nothing of it is left for the journal. */
      readonly body: string | null;
      readonly readings: number;
      readonly parts: readonly QuarantinePart[];
      /** Batches of the same epoch that it stands for. */
      readonly replaces?: readonly SeqRange[];
    }
  | {
      readonly kind: 'reject';
      /** Undefined when the payload names none: then there is nothing to ack. */
      readonly identity: BatchIdentity | undefined;
      /** The identity is this edge's own and may be marked as seen. */
      readonly own: boolean;
      readonly part: QuarantinePart;
    };

export type Verifier = (text: string, bytes: number, from: Arrival, known: KnownThings) => Verdict;

/** A verifier remembers which lists of sensors it has looked up; the registry's own maps tell it when that is stale. */
export function createVerifier(): Verifier {
  const scan = createBatchScanner();
  let sensors: KnownThings['sensors'] | undefined;
  let knownLists = new WeakSet<readonly string[]>();

  const isKnownList = (ids: readonly string[], edgeId: string, known: KnownThings): boolean => {
    if (sensors !== known.sensors) {
      sensors = known.sensors;
      knownLists = new WeakSet();
    }
    if (knownLists.has(ids)) return true;
    if (!ids.every((id) => known.sensors.get(id)?.edgeId === edgeId)) return false;
    knownLists.add(ids);
    return true;
  };

  /** The common case, without an object per reading: everything is as it should be. */
  const verifySound = (text: string, from: Arrival, known: KnownThings): Verdict | undefined => {
    const batch = scan(text);
    if (batch === undefined || batch.events.length > 0 || batch.edgeId !== from.edgeId) return undefined;
    const edge = known.edges.get(batch.edgeId);
    if (edge === undefined || !isKnownList(batch.ids, batch.edgeId, known)) return undefined;
    if (!areRowsSound(batch, from.receivedAtMs)) return undefined;
    const { epoch, seq, count } = batch;
    const home = { partition: partitionOf(edge.township), origin: edge.origin };
    return { kind: 'batch', identity: { epoch, seq }, ...home, body: text, readings: count, parts: [] };
  };

  return (text, bytes, from, known) => {
    if (bytes > MAX_BATCH_BYTES) return reject(text, from, 'size', `${bytes} bytes, at most ${MAX_BATCH_BYTES}`);
    return verifySound(text, from, known) ?? verifyParsed(text, from, known);
  };
}

function areRowsSound(batch: Readonly<ScannedBatch>, receivedAtMs: EpochMs): boolean {
  const { baseMs } = dateBatch(batch, receivedAtMs);
  const latest = receivedAtMs + FUTURE_TOLERANCE_MS - baseMs;
  const earliest = ANCIENT_MS - baseMs;
  for (let row = 0; row < batch.count; row++) {
    const dt = batch.dt[row] as number;
    const value = batch.value[row] as number;
    const raw = batch.raw[row] as number;
    // NaN, for a value that is not there, fails every comparison.
    if (dt > latest || dt < earliest || value > MAX_INT32 || value < MIN_INT32 || raw > MAX_RAW || raw < -MAX_RAW)
      return false;
  }
  return true;
}

/** Whatever is not the common case: parsed, checked place by place, and split where it has to be. */
export function verifyParsed(text: string, from: Arrival, known: KnownThings): Verdict {
  let wire: WireBatch;
  try {
    wire = JSON.parse(text) as WireBatch;
  } catch (cause) {
    return reject(text, from, 'json', cause instanceof Error ? cause.message : 'not JSON');
  }
  const decoded = decodeBatch(text);
  if (!decoded.ok) return reject(text, from, decoded.error.kind, `${decoded.error.path}: ${decoded.error.message}`);
  return verifyWire(wire, text, from, known);
}

/** The same for a batch that is well-formed, as those that wait in quarantine for the registry are. */
export function verifyWire(wire: WireBatch, text: string, from: Arrival, known: KnownThings): Verdict {
  const identity = { epoch: wire.p, seq: wire.s };
  if (wire.e !== from.edgeId)
    return whole(text, wire.r.length, identity, false, 'identity', `batch of ${wire.e} on the topic of ${from.edgeId}`);
  const edge = known.edges.get(wire.e);
  if (edge === undefined)
    return whole(text, wire.r.length, identity, true, 'unknown-edge', `${wire.e} is not in the registry`);
  const { z: replaces = [] } = wire;
  if ((replaces.at(-1)?.[1] ?? 0) >= wire.s || countSeqs(replaces) > MAX_REPLACED)
    return whole(
      text,
      wire.r.length,
      identity,
      true,
      'shape',
      'z: a batch replaces at most 10,000 that were before it',
    );
  const stands = replaces.length > 0 ? { replaces } : {};
  const faults = findFaults(wire, from.receivedAtMs, known);
  const home = { partition: partitionOf(edge.township), origin: edge.origin };
  if (faults === undefined)
    return { kind: 'batch', identity, ...home, ...stands, body: text, readings: wire.r.length, parts: [] };
  const isSound = (row: number) => faults[row] === undefined;
  const readings = wire.r.reduce((sum, _, row) => sum + (isSound(row) ? 1 : 0), 0);
  const hasEvents = (wire.x?.length ?? 0) > 0;
  const body = readings > 0 || hasEvents ? encodePart(wire, isSound, true) : null;
  return { kind: 'batch', identity, ...home, ...stands, body, readings, parts: splitParts(wire, faults) };
}

/** What is wrong with each row; undefined when nothing is wrong with any. */
function findFaults(
  wire: WireBatch,
  receivedAtMs: EpochMs,
  known: KnownThings,
): (QuarantineReason | undefined)[] | undefined {
  const isKnown = wire.k.map((id) => known.sensors.get(id)?.edgeId === wire.e);
  const dated = { writtenAtMs: wire.t, monoMs: wire.m, timeQuality: wire.q === 1 ? 'synced' : 'unsure' } as const;
  const { baseMs } = dateBatch(dated, receivedAtMs);
  const latestMs = receivedAtMs + FUTURE_TOLERANCE_MS;
  let faults: (QuarantineReason | undefined)[] | undefined;
  for (let row = 0; row < wire.r.length; row++) {
    const places = wire.r[row] as readonly (number | null)[];
    const atMs = baseMs + (places[1] as number);
    const value = places[2] ?? 0;
    const raw = places[3] ?? 0;
    let fault: QuarantineReason | undefined;
    if (!isKnown[places[0] as number]) fault = 'unknown-sensor';
    else if (atMs > latestMs) fault = 'future';
    else if (atMs < ANCIENT_MS) fault = 'ancient';
    else if (value > MAX_INT32 || value < MIN_INT32 || raw > MAX_RAW || raw < -MAX_RAW) fault = 'range';
    if (fault === undefined) continue;
    faults ??= new Array<QuarantineReason | undefined>(wire.r.length).fill(undefined);
    faults[row] = fault;
  }
  return faults;
}

function splitParts(wire: WireBatch, faults: readonly (QuarantineReason | undefined)[]): QuarantinePart[] {
  const reasons = [...new Set(faults)].filter((fault) => fault !== undefined);
  return reasons.map((reason) => {
    const rows = faults.flatMap((fault, row) => (fault === reason ? [row] : []));
    const sensors = [...new Set(rows.map((row) => wire.k[wire.r[row]?.[0] ?? -1] ?? '?'))];
    const named = sensors.slice(0, 5).join(', ') + (sensors.length > 5 ? ` and ${sensors.length - 5} more` : '');
    return {
      reason,
      detail: `${rows.length} readings of ${named}`,
      readings: rows.length,
      body: encodePart(wire, (row) => faults[row] === reason, false),
    };
  });
}

function whole(
  body: string,
  readings: number,
  identity: BatchIdentity | undefined,
  own: boolean,
  reason: QuarantineReason,
  detail: string,
): Verdict {
  return { kind: 'reject', identity, own, part: { reason, detail, readings, body } };
}

function reject(text: string, from: Arrival, reason: QuarantineReason, detail: string): Verdict {
  const found = salvageIdentity(text);
  const identity = found === undefined ? undefined : { epoch: found.epoch, seq: found.seq };
  return whole(text, 0, identity, found?.edgeId === from.edgeId, reason, detail);
}
