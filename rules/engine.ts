/**
 * The rules engine: a deterministic function of (state, row) → (state, transitions with reasons). Everything that it
 * depends on is a row of the journal, so the same rows give the same transitions at the centre, at the edge and in a
 * backtest. One engine a partition; the state is changed in place and can be taken and put back as a snapshot.
 */
import { openVerified, type VerifiedBatch } from '#model/batch.ts';
import { createBatchScanner, type ScannedBatch } from '#model/batch-scan.ts';
import { dateBatch } from '#model/dating.ts';
import type { JournalRow } from '#model/journal.ts';
import { BAD_REASONS, FLAGS, type Origin } from '#model/reading.ts';
import type { Note, Transition } from '#model/transition.ts';
import { type Desk, openDesk } from './desk.ts';
import { hearEdge } from './edge-conditions.ts';
import { placeOf } from './edge-hearing.ts';
import { feedBad, feedValue } from './feed.ts';
import { changeEdgeOrigin, changeOrigin } from './origin.ts';
import { turnSchedules } from './schedule.ts';
import { edgeIsHere, onEdge, onTick } from './silence.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot.ts';
import { type EngineState, emptyState, FIRST, GOOD, INTS, MISSING, ORIGIN, originIndex, SUSPECT } from './state.ts';
import { adopt } from './switch.ts';

export type EngineCounters = EngineState['counters'];

/** A batch as columns; slots as `slotOf` gives them. */
export type Columns = {
  readonly count: number;
  readonly slots: Int32Array;
  readonly atMs: Float64Array;
  readonly values: Int32Array;
  /** GOOD, SUSPECT, FIRST, MISSING or UNHEARD (state.ts), all GOOD when left out; without a value `values` means nothing. */
  readonly marks?: Uint8Array;
};

export type Engine = {
  /** Judges one row; what changed, in order. */
  readonly apply: (row: JournalRow) => readonly Transition[];
  /** What edges did by themselves and which sensors are doubted, of the row judged last. */
  readonly notes: () => readonly Note[];
  /** Judges a batch given as columns, without a codec; for backtests and benches. */
  readonly applyColumns: (pos: number, receivedAtMs: number, columns: Columns) => readonly Transition[];
  /** The slot of a sensor in columns; changes with the rule set. */
  readonly slotOf: (sensorId: string) => number | undefined;
  readonly snapshot: () => Uint8Array;
  readonly counters: () => EngineCounters;
  readonly ruleSetVersion: () => string;
};

const FIRST_BIT = 1 << FLAGS.indexOf('first');
const SUSPECT_CODE = 2;
const ANSWERED_CODE = BAD_REASONS.indexOf('sentinel');
const UNHEARD_CODE = BAD_REASONS.indexOf('timeout');

/** An engine for one partition, before its first row. */
export function createEngine(partition: number, site: 'centre' | 'edge' = 'centre'): Engine {
  return engineOn(emptyState(), openDesk(partition, site));
}

/** Goes on from a snapshot; undefined when that was written by another format. */
export function restoreEngine(
  partition: number,
  snapshot: Uint8Array,
  site: 'centre' | 'edge' = 'centre',
): Engine | undefined {
  const state = decodeSnapshot(snapshot);
  return state === undefined ? undefined : engineOn(state, openDesk(partition, site));
}

function engineOn(start: EngineState, desk: Desk): Engine {
  let state = start;
  const scan = createBatchScanner();
  const begin = (pos: number, receivedAtMs: number) => {
    desk.pos = pos;
    desk.receivedAtMs = receivedAtMs;
    desk.unsure = false;
    desk.count = 0;
    desk.out = [];
    desk.notes = [];
  };
  return {
    apply: (row) => {
      begin(row.pos, row.receivedAtMs);
      turnSchedules(state, desk);
      switch (row.kind) {
        case 'batch':
          applyBatch(state, desk, row, scan(row.body));
          break;
        case 'tick':
          onTick(state, desk, row.atMs, row.centreUpSinceMs);
          break;
        case 'rules':
          state = adopt(state, row.ruleSet, desk);
          break;
        case 'edge':
          onEdge(state, desk, row.edgeId, row.state === 'online');
          break;
        default:
          return row satisfies never;
      }
      return desk.out;
    },
    applyColumns: (pos, receivedAtMs, columns) => {
      begin(pos, receivedAtMs);
      turnSchedules(state, desk);
      feedColumns(state, desk, columns);
      return desk.out;
    },
    notes: () => desk.notes,
    slotOf: (sensorId) => state.slotOf.get(sensorId),
    snapshot: () => encodeSnapshot(state),
    counters: () => state.counters,
    ruleSetVersion: () => state.version,
  };
}

/** A function of its own: nothing follows the loop, so what the compiler makes of it while it runs stays good. */
function feedColumns(state: EngineState, desk: Desk, { count, slots, atMs, values, marks }: Columns): void {
  for (let i = 0; i < count; i++) {
    const mark = marks === undefined ? GOOD : (marks[i] as number);
    if (mark < MISSING) feedValue(state, desk, slots[i] as number, atMs[i] as number, values[i] as number, mark);
    else feedBad(state, slots[i] as number, atMs[i] as number, mark === MISSING ? ANSWERED_CODE : UNHEARD_CODE);
  }
}

type BatchRow = Extract<JournalRow, { kind: 'batch' }>;

/** From columns where the bytes are as the codec writes them, which is nearly always; otherwise parsed. */
function applyBatch(state: EngineState, desk: Desk, row: BatchRow, scanned: Readonly<ScannedBatch> | undefined): void {
  const parsed = scanned === undefined ? openVerified(row.body) : undefined;
  const batch = scanned ?? parsed;
  if (batch === undefined) return;
  const { baseMs, unsure } = dateBatch(batch, row.receivedAtMs);
  desk.unsure = unsure;
  meetEdge(state, desk, row.edgeId, row.origin);
  const slots = batch.ids.map((id) => meetSensor(state, desk, id, row.origin));
  if (scanned !== undefined) feedScanned(state, desk, scanned, slots, baseMs);
  if (parsed !== undefined) feedParsed(state, desk, parsed, slots, baseMs);
  // At the edge these are the engine's own words coming back.
  if (desk.site === 'edge') return;
  const { edgeId, origin, epoch, seq } = row;
  const place = placeOf(seq, parsed?.replaces ?? []);
  hearEdge(state, desk, { edgeId, origin, epoch, place, shiftMs: baseMs - batch.writtenAtMs }, batch.events);
}

function feedParsed(
  state: EngineState,
  desk: Desk,
  batch: VerifiedBatch,
  slots: readonly number[],
  baseMs: number,
): void {
  for (const [index, dt, value, , bits, code] of batch.rows) {
    const slot = slots[index as number] ?? -1;
    const atMs = baseMs + (dt as number);
    if (slot < 0) state.counters.unknown++;
    else if (value === null || value === undefined) feedBad(state, slot, atMs, code ?? -1);
    else feedValue(state, desk, slot, atMs, value, markOf(bits ?? 0, code ?? -1));
  }
}

function feedScanned(
  state: EngineState,
  desk: Desk,
  { count, index, dt, value, bits, code }: Readonly<ScannedBatch>,
  slots: readonly number[],
  baseMs: number,
): void {
  for (let i = 0; i < count; i++) {
    const slot = slots[index[i] as number] ?? -1;
    const atMs = baseMs + (dt[i] as number);
    const what = value[i] as number;
    if (slot < 0) state.counters.unknown++;
    else if (Number.isNaN(what)) feedBad(state, slot, atMs, code[i] as number);
    else feedValue(state, desk, slot, atMs, what, markOf(bits[i] as number, code[i] as number));
  }
}

function markOf(bits: number, code: number): number {
  if (code === SUSPECT_CODE) return SUSPECT;
  return (bits & FIRST_BIT) !== 0 ? FIRST : GOOD;
}

function meetEdge(state: EngineState, desk: Desk, edgeId: string, origin: Origin): void {
  const index = state.edgeIds.indexOf(edgeId);
  const edge = state.edges[index];
  if (edge === undefined) return;
  if (edge.origin !== origin) changeEdgeOrigin(state, desk, index, edge, origin);
  // A lost gateway comes back by its own word only: this batch may have waited somewhere.
  if (edge.state === 'never') edgeIsHere(state, desk, index, edge);
}

/** The sensor's slot, -1 when it is not in the inventory. */
function meetSensor(state: EngineState, desk: Desk, sensorId: string, origin: Origin): number {
  const slot = state.slotOf.get(sensorId);
  if (slot === undefined) return -1;
  const index = originIndex(origin);
  if (state.ints[slot * INTS + ORIGIN] !== index) changeOrigin(state, desk, slot, index);
  return slot;
}
