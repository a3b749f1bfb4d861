/**
 * The journal's rows as portions of line protocol, each with what must stand in the writer's state when its lines are
 * stored. Rows are taken by the same rules as the embedded history takes them.
 */
import type { ScannedBatch } from '#model/batch-scan.ts';
import { dateBatch } from '#model/dating.ts';
import type { JournalRow } from '#model/journal.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { addSeq, hasSeq, type SeqRange } from '#model/seen.ts';
import type { EpochMs } from '#model/time.ts';
import { createColumnOpener } from '../open-columns.ts';
import { bootKey, isInjected, plausibleFixes, streamKey } from '../series-buffer.ts';
import { createLineGroup } from './line-group.ts';
import { isWritable, type LineFields, type Places } from './lines.ts';
import {
  advance,
  createSeries,
  identityOffset,
  type Placed,
  placeSeries,
  type Series,
  seriesKeyOf,
  textHash,
} from './series.ts';

/** A reading whose boot's clock nobody knows yet: its instant rests on when it came in. */
export type WaitingReading = LineFields & {
  readonly boot: string;
  readonly sensorId: SensorId;
  readonly origin: Origin;
  readonly atMs: number;
  /** Add it to an instant to get the monotonic instant of the boot. */
  readonly monoShiftMs: number;
  readonly offset: number;
  readonly receivedAtMs: number;
};

/** Kept out of the database, with what it would have been and why. */
export type AsideLine = { readonly reason: string; readonly line: string; readonly message: string };

/** What a portion changes; in force once all of its lines are stored or set aside. */
export type Effects = {
  readonly cursors: Map<number, number>;
  readonly taken: Map<string, readonly SeqRange[]>;
  readonly newest: Map<Series, number>;
  /** Seen for the first time: their home must be on disk before their lines are sent, for offsets rest on it. */
  readonly homes: Series[];
  readonly clocks: Map<string, number>;
  readonly waiting: WaitingReading[];
  readonly aside: AsideLine[];
};

export type Portion = {
  readonly serial: number;
  /** Lines, each with its end, in as many bodies as are sent. */
  bodies: readonly string[];
  lines: number;
  rows: number;
  /** Of the newest row in it. */
  receivedAtMs: number;
  readonly effects: Effects;
};

/** What is stored for good, as the encoder goes on from. */
export type EncoderState = {
  readonly cursors: ReadonlyMap<number, number>;
  readonly taken: ReadonlyMap<string, readonly SeqRange[]>;
  readonly newest: ReadonlyMap<string, { readonly home: number; readonly newestMs: number }>;
  readonly clocks: ReadonlyMap<string, number>;
};

export type Encoder = {
  /** How far rows were taken, stored or not. */
  readonly cursors: () => ReadonlyMap<number, number>;
  readonly take: (row: JournalRow) => void;
  /** What was taken since the last call; undefined when that is nothing. */
  readonly cut: () => Portion | undefined;
  readonly lines: () => number;
  readonly rows: () => number;
  readonly setPlaces: (places: Places) => void;
};

const LINES_PER_BODY = 10_000;

const emptyPortion = (serial: number): Portion => ({
  ...{ serial, bodies: [], lines: 0, rows: 0, receivedAtMs: 0 },
  effects: {
    cursors: new Map(),
    taken: new Map(),
    newest: new Map(),
    homes: [],
    clocks: new Map(),
    waiting: [],
    aside: [],
  },
});

/** `leaves` tells of a reading that is not the newest of its series whether somebody else writes it. */
export function createEncoder(
  state: EncoderState,
  firstPlaces: Places,
  linesPerBody = LINES_PER_BODY,
  leaves: (atMs: EpochMs) => boolean = () => false,
): Encoder {
  let places = firstPlaces;
  const open = createColumnOpener();
  const cursors = new Map(state.cursors);
  const taken = new Map(state.taken);
  const clocks = new Map(state.clocks);
  const all = new Map<string, Series>();
  let lists = new Map<readonly SensorId[], { readonly origin: Origin; readonly series: readonly Series[] }>();
  const streamHashes = new Map<string, number>();
  const group = createLineGroup();
  let portion = emptyPortion(1);
  let touched: Series[] = [];

  const seriesOf = (origin: Origin, sensorId: SensorId): Series => {
    const key = seriesKeyOf(origin, sensorId);
    let series = all.get(key);
    if (series === undefined) {
      series = createSeries(origin, sensorId, places.get(sensorId));
      const stored = state.newest.get(key);
      if (stored !== undefined) Object.assign(series, stored);
      all.set(key, series);
    }
    return series;
  };
  /** Looked up once a list and origin. */
  const seriesList = (ids: readonly SensorId[], origin: Origin): readonly Series[] => {
    const known = lists.get(ids);
    if (known?.origin === origin) return known.series;
    const series = ids.map((id) => seriesOf(origin, id));
    lists.set(ids, { origin, series });
    return series;
  };
  const hashOf = (stream: string): number => {
    let hash = streamHashes.get(stream);
    if (hash === undefined) {
      hash = textHash(stream);
      streamHashes.set(stream, hash);
    }
    return hash;
  };
  /** False for a batch that was taken before, in whatever row. */
  const takeIdentity = (stream: string, seq: number): boolean => {
    const held = taken.get(stream) ?? [];
    if (hasSeq(held, seq)) return false;
    taken.set(stream, addSeq(held, seq));
    portion.effects.taken.set(stream, addSeq(portion.effects.taken.get(stream) ?? [], seq));
    return true;
  };

  const takeSure = (batch: Readonly<ScannedBatch>, row: JournalRow & { readonly kind: 'batch' }, baseMs: number) => {
    const list = seriesList(batch.ids, row.origin);
    const hash = hashOf(streamKey(row));
    for (let at = 0; at < batch.count; at++) {
      const series = list[batch.index[at] as number] as Series;
      const atMs = baseMs + (batch.dt[at] as number);
      const fields = fieldsAt(batch, at);
      if (series.prefix === undefined || !isWritable(atMs, fields)) {
        portion.effects.aside.push(asideOf(series, atMs, fields));
        continue;
      }
      if (series.home < 0) portion.effects.homes.push(series);
      let offset = 0;
      if (!advance(series, row.partition, atMs)) {
        if (leaves(atMs)) continue;
        offset = identityOffset(hash, row.seq, at, fields);
      } else if (series.touchedBy !== portion.serial) {
        series.touchedBy = portion.serial;
        touched.push(series);
      }
      group.add(series as Placed, fields, atMs, offset);
      portion.lines++;
    }
  };

  const takeUnsure = (batch: Readonly<ScannedBatch>, row: JournalRow & { readonly kind: 'batch' }, baseMs: number) => {
    const boot = bootKey(batch.edgeId, batch.bootId);
    const hash = hashOf(streamKey(row));
    for (let at = 0; at < batch.count; at++) {
      const fields = fieldsAt(batch, at);
      portion.effects.waiting.push({
        ...{ ...fields, boot, origin: row.origin, receivedAtMs: row.receivedAtMs },
        sensorId: batch.ids[batch.index[at] as number] ?? '',
        atMs: baseMs + (batch.dt[at] as number),
        monoShiftMs: batch.monoMs - baseMs,
        offset: identityOffset(hash, row.seq, at, fields),
      });
    }
  };

  const takeBatch = (row: JournalRow & { readonly kind: 'batch' }): void => {
    const batch = open(row.body);
    if (!isInjected(batch) && !takeIdentity(streamKey(row), row.seq)) return;
    for (const [boot, utc] of plausibleFixes(batch, row.receivedAtMs)) {
      if (clocks.has(boot)) continue;
      clocks.set(boot, utc);
      portion.effects.clocks.set(boot, utc);
    }
    const known = clocks.get(bootKey(batch.edgeId, batch.bootId));
    const { baseMs, unsure } = dateBatch(batch, row.receivedAtMs, known);
    if (unsure) takeUnsure(batch, row, baseMs);
    else takeSure(batch, row, baseMs);
  };

  return {
    cursors: () => cursors,
    take: (row) => {
      if (row.kind === 'batch') takeBatch(row);
      cursors.set(row.partition, row.pos);
      portion.effects.cursors.set(row.partition, row.pos);
      portion.receivedAtMs = Math.max(portion.receivedAtMs, row.receivedAtMs);
      portion.rows++;
    },
    lines: () => portion.lines,
    rows: () => portion.rows,
    cut: () => {
      if (portion.rows === 0) return undefined;
      for (const series of touched) portion.effects.newest.set(series, series.newestMs);
      const cut = portion;
      cut.bodies = group.take(linesPerBody);
      touched = [];
      portion = emptyPortion(cut.serial + 1);
      return cut;
    },
    setPlaces: (next) => {
      places = next;
      lists = new Map();
      for (const series of all.values())
        placeSeries(series, series.key.slice(0, series.key.indexOf(' ')) as Origin, places.get(series.sensorId));
    },
  };
}

const fieldsAt = (batch: Readonly<ScannedBatch>, at: number): LineFields => ({
  value: batch.value[at] as number,
  raw: batch.raw[at] as number,
  bits: batch.bits[at] as number,
  code: batch.code[at] as number,
});

const asideOf = (series: Series, atMs: number, fields: LineFields): AsideLine => ({
  reason: series.prefix === undefined ? 'unknown-sensor' : 'unwritable',
  line: JSON.stringify([series.key, atMs, fields]),
  message:
    series.prefix === undefined
      ? 'the county does not know where this sensor is'
      : 'InfluxDB has no such number or instant',
});
