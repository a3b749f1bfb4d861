/**
 * Makes room in the outbox, in the order that costs the centre least: what is acked goes, then the oldest that was never
 * sent is thinned to aggregates, then the oldest readings are dropped. Events stay, and what was given up is counted.
 */
import { type Batch, decodeBatch, encodeBatch, MAX_BATCH_BYTES, MAX_BATCH_READINGS } from '../../model/batch.ts';
import type { Log, Metrics } from '../../model/ports.ts';
import { type Condensed, condense, firstRun } from '../outbox/condense.ts';
import type { KindOf } from '../outbox/thin.ts';
import { DENSE, type Statements, THINNED } from './outbox-schema.ts';

/** One commit reads and writes that much at most: a poll cycle must not wait for the housekeeping of a month. */
const ROWS_A_STEP = 200;
const ROWS_TO_BEGIN = 20;
const READINGS_A_STEP = 20_000;
const STEPS = 4;
const DROPPED_A_COMMIT = 50;
/** Thinning that leaves more than this of the bytes is not worth a new batch. */
const WORTH = 0.8;

export type Place = {
  readonly sql: Statements;
  readonly epoch: string;
  readonly kindOf: KindOf;
  /** Rows beyond are needed to build the engine again. */
  readonly coveredSeq: number;
  readonly isFull: () => boolean;
};

export type Room = {
  readonly nextSeq: number;
  /** Rows that are there less than before, and how many of them waited for an ack. */
  readonly rowsGone: number;
  readonly unackedGone: number;
  readonly thinnedReadings: number;
  readonly thinnedBatches: number;
  readonly droppedReadings: number;
};
type Taken = { readonly seq: number; readonly bytes: number; readonly batch: Batch };

const NOTHING = { rowsGone: 0, unackedGone: 0, thinnedReadings: 0, thinnedBatches: 0, droppedReadings: 0 } as const;

/** Part of the transaction that wants the room. */
export function makeRoom(place: Place, firstSeq: number): Room {
  let room: Room = { ...NOTHING, nextSeq: firstSeq };
  if (!place.isFull()) return room;
  const freed = Number(place.sql.freeAcked.run(place.coveredSeq).changes);
  room = { ...room, rowsGone: freed };
  for (let step = 0; step < STEPS && place.isFull(); step++) {
    const thinned = thinOldest(place, room.nextSeq);
    if (thinned === undefined) break;
    room = added(room, thinned);
  }
  return place.isFull() && freed === 0 && room.thinnedBatches === 0
    ? added(room, dropOldest(place, room.nextSeq))
    : room;
}

const added = (a: Room, b: Room): Room => ({
  nextSeq: b.nextSeq,
  rowsGone: a.rowsGone + b.rowsGone,
  unackedGone: a.unackedGone + b.unackedGone,
  thinnedReadings: a.thinnedReadings + b.thinnedReadings,
  thinnedBatches: a.thinnedBatches + b.thinnedBatches,
  droppedReadings: a.droppedReadings + b.droppedReadings,
});

function readBatch(sql: Statements, seq: number): Taken {
  const { body } = sql.body.get(seq) as { body: string };
  const batch = decodeBatch(body);
  // What this file gave out it wrote itself; anything else is a broken page.
  if (!batch.ok) throw Object.assign(new Error(`batch ${seq}: ${batch.error.message}`), { errcode: 11 });
  return { seq, bytes: Buffer.byteLength(body), batch: batch.value };
}

/** Thins one run of the oldest batches; undefined when there is none whose thinning is worth it now. */
function thinOldest({ sql, epoch, kindOf, coveredSeq }: Place, nextSeq: number): Room | undefined {
  const fresh = sql.fresh.all(coveredSeq, ROWS_A_STEP) as { seq: number; readings: number }[];
  let readings = 0;
  const within = fresh.filter((row) => {
    readings += row.readings;
    return readings <= READINGS_A_STEP;
  });
  const taken = within.map(({ seq }) => readBatch(sql, seq));
  let run = firstRun(taken, ({ batch }) => batch);
  const [first] = run;
  if (first === undefined) return undefined;
  // The newest wait until they are enough to be worth a batch.
  if (run.length === fresh.length && fresh.length < ROWS_TO_BEGIN) return undefined;
  for (; run.length > 0; run = run.slice(0, run.length >> 1)) {
    const made = condense(
      run.map(({ batch }) => batch),
      kindOf,
    );
    if (made === undefined || made.readings.length > MAX_BATCH_READINGS) continue;
    const body = bodyOf(made, epoch, nextSeq);
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_BATCH_BYTES) continue;
    if (bytes > WORTH * run.reduce((sum, one) => sum + one.bytes, 0)) break;
    return replace(sql, run, made, body, nextSeq);
  }
  for (const { seq } of run.length > 0 ? run : [first]) sql.mark.run(DENSE, seq);
  return { ...NOTHING, nextSeq };
}

const bodyOf = ({ header, readings, events, replaces }: Condensed, epoch: string, seq: number): string =>
  encodeBatch({ ...header, epoch, seq, readings, events, replaces });

function replace(sql: Statements, run: readonly Taken[], made: Condensed, body: string, seq: number): Room {
  for (const one of run) sql.drop.run(one.seq);
  const ord = made.replaces[0]?.[0] ?? seq;
  const { readings, events, replaces } = made;
  sql.insert.run(
    seq,
    made.header.writtenAtMs,
    readings.length,
    events.length,
    ord,
    0,
    THINNED,
    JSON.stringify(replaces),
    body,
  );
  const gone = run.length - 1;
  return {
    nextSeq: seq + 1,
    rowsGone: gone,
    unackedGone: gone,
    thinnedReadings: made.lost,
    thinnedBatches: run.length,
    droppedReadings: 0,
  };
}

/** The last resort. What an engine still needs goes only when there is nothing else. */
function dropOldest(place: Place, firstSeq: number): Room {
  const { sql, coveredSeq, isFull } = place;
  const columns = (limit: number) => sql.droppable.all(limit, DROPPED_A_COMMIT) as { seq: number; events: number }[];
  const covered = columns(coveredSeq);
  const rows = covered.length > 0 ? covered : columns(Number.MAX_SAFE_INTEGER);
  let room: Room = { ...NOTHING, nextSeq: firstSeq };
  const withEvents: Taken[] = [];
  for (const { seq, events } of rows) {
    if (!isFull()) break;
    const taken = readBatch(sql, seq);
    if (events > 0) {
      withEvents.push(taken);
      continue;
    }
    sql.drop.run(seq);
    const droppedReadings = room.droppedReadings + taken.batch.readings.length;
    room = { ...room, droppedReadings, rowsGone: room.rowsGone + 1, unackedGone: room.unackedGone + 1 };
  }
  return keepEvents(place, withEvents, room);
}

/** Events survive in batches of their own. */
function keepEvents({ sql, epoch }: Place, taken: readonly Taken[], before: Room): Room {
  let room = before;
  for (let left = taken; left.length > 0; ) {
    let run = firstRun(left, ({ batch }) => batch);
    let made = condense(
      run.map(({ batch }) => batch),
      null,
    );
    while (
      run.length > 1 &&
      made !== undefined &&
      Buffer.byteLength(bodyOf(made, epoch, room.nextSeq)) > MAX_BATCH_BYTES
    ) {
      run = run.slice(0, run.length >> 1);
      made = condense(
        run.map(({ batch }) => batch),
        null,
      );
    }
    if (made === undefined) break;
    const kept = replace(sql, run, made, bodyOf(made, epoch, room.nextSeq), room.nextSeq);
    room = added(room, { ...kept, thinnedReadings: 0, thinnedBatches: 0, droppedReadings: made.lost });
    left = left.slice(run.length);
  }
  return room;
}

/** What was given up is counted here and said once. */
export function sayWhatWent(
  { thinnedReadings, thinnedBatches, droppedReadings }: Room,
  log: Log,
  metrics: Metrics,
): void {
  if (thinnedBatches > 0) {
    metrics.count('fengsui_edge_outbox_thinned_readings_total', {}, thinnedReadings);
    metrics.count('fengsui_edge_outbox_thinned_batches_total', {}, thinnedBatches);
    log.warn('outbox is full: the oldest readings were thinned to aggregates', { thinnedReadings, thinnedBatches });
  }
  if (droppedReadings > 0) {
    metrics.count('fengsui_edge_outbox_dropped_readings_total', {}, droppedReadings);
    log.error('outbox is full: the oldest readings were given up', { readings: droppedReadings });
  }
}
