/** The writer's own state: cursors and all that repeats depend on, in one transaction after the lines are stored. */
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openWritable } from '#model/io/sqlite.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { addRange, type SeqRange } from '#model/seen.ts';
import type { AsideLine, Effects, EncoderState, WaitingReading } from '../../influx/encoder.ts';
import type { Places, SensorPlace } from '../../influx/lines.ts';
import type { Series } from '../../influx/series.ts';
import { INFLUX_STATE_SCHEMA, influxStatePath } from './state-schema.ts';

export type StoredWaiting = WaitingReading & { readonly id: number; readonly isWritten: boolean };
/** `dropped`: how often the database was another one. */
export type MetaKey = 'store' | 'marked' | 'refill' | 'dropped';

/** What a refill puts in the place of the journal's rows that it read itself. */
export type Jump = {
  readonly cursors: ReadonlyMap<number, number>;
  readonly taken: ReadonlyMap<string, readonly SeqRange[]>;
  readonly clocks: ReadonlyMap<string, number>;
  readonly newest: ReadonlyMap<string, { readonly home: number; readonly newestMs: number }>;
  readonly waiting: readonly WaitingReading[];
  /** Of those that wait already, by id: they stay as they are. All that stand in the database do. */
  readonly kept: readonly number[];
};

export type InfluxState = {
  readonly load: () => EncoderState;
  readonly cursors: () => ReadonlyMap<number, number>;
  readonly places: () => Places;
  readonly savePlaces: (places: Places) => void;
  readonly commit: (portions: readonly Effects[], aside: readonly AsideLine[], nowMs: number) => void;
  readonly jump: (jump: Jump) => void;
  readonly meta: (key: MetaKey) => string | undefined;
  readonly setMeta: (key: MetaKey, value: string | undefined) => void;
  /** Of boots whose clock is known now, and those that waited long enough without. */
  readonly waitingDue: (receivedBeforeMs: number, limit: number) => readonly StoredWaiting[];
  readonly allWaiting: () => readonly StoredWaiting[];
  readonly hasWaiting: () => boolean;
  readonly clockOf: (boot: string) => number | undefined;
  readonly settle: (done: { readonly dated: readonly number[]; readonly written: readonly number[] }) => void;
  /** Keeps the newest so many places of those that were written by receive time; how many stay there for good. */
  readonly forgetWritten: (most: number) => number;
  readonly refilled: (dayMs: number) => string | undefined;
  readonly setRefilled: (dayMs: number, tallies: string) => void;
  /** The database is another one: nothing of what was ever written is in it, and all of it is wanted. */
  /** Through which partition a series comes; the first word counts. */
  readonly saveHomes: (series: readonly Series[]) => void;
  readonly beginAnew: () => void;
  readonly close: () => void;
};

/** Refused lines kept a reason; of more only the number. */
export const KEPT_ASIDE = 10_000;
const CHECKPOINT_PAGES = 2_000;
/** Before all instants: nothing of the series is committed. */
const NEVER_MS = -8_640_000_000_000_000;

export function openInfluxState(dataDir: string): InfluxState {
  const db = openWritable(influxStatePath(dataDir), INFLUX_STATE_SCHEMA, CHECKPOINT_PAGES);
  const write = writersOf(db);
  const taken = readTaken(db);
  const takeAll = (more: ReadonlyMap<string, readonly SeqRange[]>): void => {
    for (const [stream, ranges] of more) {
      const all = ranges.reduce(addRange, taken.get(stream) ?? []);
      taken.set(stream, all);
      write.taken.run(stream, JSON.stringify(all));
    }
  };
  return {
    load: () => ({ ...readEncoderState(db), taken: new Map(taken) }),
    cursors: () => readCursors(db),
    places: () => readPlaces(db),
    savePlaces: (places) =>
      inTransaction(db, () => {
        for (const [id, { quantity, tags, origin }] of places) write.place.run(id, quantity, tags, origin);
      }),
    commit: (portions, aside, nowMs) =>
      inTransaction(db, () => {
        const newest = new Map<string, readonly [number, number]>();
        const cursors = new Map<number, number>();
        for (const effects of portions) {
          for (const [series, ms] of effects.newest) newest.set(series.key, [series.home, ms]);
          for (const [partition, pos] of effects.cursors) cursors.set(partition, pos);
          for (const [boot, utc] of effects.clocks) write.clock.run(boot, utc);
          for (const reading of effects.waiting) write.waits(reading);
          for (const line of effects.aside) write.asides(line, nowMs);
          takeAll(effects.taken);
        }
        for (const [key, [home, ms]] of newest) write.newest.run(key, home, ms);
        for (const [partition, pos] of cursors) write.cursor.run(partition, pos);
        for (const line of aside) write.asides(line, nowMs);
      }),
    jump: (jump) =>
      inTransaction(db, () => {
        for (const [partition, pos] of jump.cursors) write.cursor.run(partition, pos);
        for (const [boot, utc] of jump.clocks) write.clock.run(boot, utc);
        for (const [key, { home, newestMs }] of jump.newest) write.newest.run(key, home, newestMs);
        takeAll(jump.taken);
        db.prepare('DELETE FROM waiting WHERE written = 0 AND id NOT IN (SELECT value FROM json_each(?))').run(
          JSON.stringify(jump.kept),
        );
        for (const reading of jump.waiting) write.waits(reading);
      }),
    meta: (key) =>
      (db.prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: string } | undefined)?.value,
    setMeta: (key, value) => {
      if (value === undefined) db.prepare('DELETE FROM meta WHERE key = ?').run(key);
      else write.meta.run(key, value);
    },
    waitingDue: (receivedBeforeMs, limit) =>
      readWaiting(
        db,
        'WHERE boot IN (SELECT boot FROM clocks) OR (written = 0 AND received_ms < ?) ORDER BY id LIMIT ?',
        ...[receivedBeforeMs, limit],
      ),
    allWaiting: () => readWaiting(db, 'ORDER BY id'),
    hasWaiting: () => db.prepare('SELECT 1 FROM waiting LIMIT 1').get() !== undefined,
    clockOf: (boot) =>
      (
        db.prepare('SELECT utc_at_mono_zero_ms AS utc FROM clocks WHERE boot = ?').get(boot) as
          | { utc: number }
          | undefined
      )?.utc,
    settle: ({ dated, written }) =>
      inTransaction(db, () => {
        const remove = db.prepare('DELETE FROM waiting WHERE id = ?');
        const mark = db.prepare('UPDATE waiting SET written = 1 WHERE id = ?');
        for (const id of dated) remove.run(id);
        for (const id of written) mark.run(id);
      }),
    forgetWritten: (most) =>
      Number(
        db
          .prepare(
            'DELETE FROM waiting WHERE written = 1 AND id <= (SELECT coalesce(max(id), 0) FROM waiting WHERE written = 1) - ?',
          )
          .run(most).changes,
      ),
    refilled: (dayMs) =>
      (db.prepare('SELECT tallies FROM refilled WHERE day_ms = ?').get(dayMs) as { tallies: string } | undefined)
        ?.tallies,
    setRefilled: (dayMs, tallies) => {
      db.prepare(
        'INSERT INTO refilled (day_ms, tallies) VALUES (?, ?) ON CONFLICT (day_ms) DO UPDATE SET tallies = excluded.tallies',
      ).run(dayMs, tallies);
    },
    saveHomes: (series) => {
      if (series.length === 0) return;
      inTransaction(db, () => {
        for (const { key, home } of series) write.home.run(key, home, NEVER_MS);
      });
    },
    beginAnew: () =>
      inTransaction(db, () => {
        db.exec('DELETE FROM refilled; UPDATE waiting SET written = 0');
        write.meta.run('refill', 'new-database');
        db.exec(
          "INSERT INTO meta (key, value) VALUES ('dropped', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(value + 1 AS TEXT)",
        );
      }),
    close: () => db.close(),
  };
}

function writersOf(db: DatabaseSync) {
  const upsert = (table: string, key: string, ...columns: readonly string[]) => {
    const all = [key, ...columns];
    const set = columns.map((column) => `${column} = excluded.${column}`).join(', ');
    const marks = all.map(() => '?').join(', ');
    return db.prepare(
      `INSERT INTO ${table} (${all.join(', ')}) VALUES (${marks}) ON CONFLICT (${key}) DO UPDATE SET ${set}`,
    );
  };
  const wait = db.prepare(
    `INSERT INTO waiting (boot, sensor, origin, at_ms, mono_shift, value, raw, bits, code, sub_ms, received_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const count = db.prepare(
    `INSERT INTO aside_counts (reason, n, kept) VALUES (?1, 1, 1)
     ON CONFLICT (reason) DO UPDATE SET n = n + 1, kept = min(kept + 1, ?2) RETURNING n`,
  );
  const keep = db.prepare('INSERT INTO aside (set_aside_ms, reason, message, line) VALUES (?, ?, ?, ?)');
  const orNull = (number: number): number | null => (Number.isNaN(number) ? null : number);
  return {
    meta: upsert('meta', 'key', 'value'),
    cursor: upsert('cursors', 'partition', 'pos'),
    taken: upsert('taken', 'stream', 'ranges'),
    newest: upsert('newest', 'series', 'home', 'ms'),
    home: db.prepare('INSERT INTO newest (series, home, ms) VALUES (?, ?, ?) ON CONFLICT (series) DO NOTHING'),
    place: upsert('places', 'sensor', 'quantity', 'tags', 'origin'),
    clock: db.prepare('INSERT INTO clocks (boot, utc_at_mono_zero_ms) VALUES (?, ?) ON CONFLICT (boot) DO NOTHING'),
    waits: (reading: WaitingReading): void => {
      const { boot, sensorId, origin, atMs, monoShiftMs, value, raw, bits, code, offset, receivedAtMs } = reading;
      const numbers = [orNull(value), orNull(raw), bits, code, offset, receivedAtMs];
      wait.run(boot, sensorId, origin, atMs, monoShiftMs, ...numbers);
    },
    asides: ({ reason, message, line }: AsideLine, nowMs: number): void => {
      const { n } = count.get(reason, KEPT_ASIDE) as { n: number };
      if (n <= KEPT_ASIDE) keep.run(nowMs, reason, message, line);
    },
  };
}

function readTaken(db: DatabaseSync): Map<string, readonly SeqRange[]> {
  const rows = db.prepare('SELECT stream, ranges FROM taken').all() as { stream: string; ranges: string }[];
  return new Map(rows.map(({ stream, ranges }) => [stream, JSON.parse(ranges) as SeqRange[]]));
}

function readCursors(db: DatabaseSync): Map<number, number> {
  const rows = db.prepare('SELECT partition, pos FROM cursors').all() as { partition: number; pos: number }[];
  return new Map(rows.map(({ partition, pos }) => [partition, pos]));
}

function readEncoderState(db: DatabaseSync): Omit<EncoderState, 'taken'> {
  const newest = db.prepare('SELECT series, home, ms FROM newest').all() as {
    series: string;
    home: number;
    ms: number;
  }[];
  const clocks = db.prepare('SELECT boot, utc_at_mono_zero_ms AS utc FROM clocks').all() as {
    boot: string;
    utc: number;
  }[];
  return {
    cursors: readCursors(db),
    newest: new Map(newest.map(({ series, home, ms }) => [series, { home, newestMs: ms }])),
    clocks: new Map(clocks.map(({ boot, utc }) => [boot, utc])),
  };
}

function readPlaces(db: DatabaseSync): Places {
  const rows = db.prepare('SELECT sensor, quantity, tags, origin FROM places').all() as {
    sensor: SensorId;
    quantity: string;
    tags: string;
    origin: string;
  }[];
  return new Map(
    rows.map(({ sensor, quantity, tags, origin }): [SensorId, SensorPlace] => [
      sensor,
      { quantity: quantity as QuantityCode, tags, origin: origin as Origin },
    ]),
  );
}

function readWaiting(db: DatabaseSync, where: string, ...values: number[]): readonly StoredWaiting[] {
  const rows = db.prepare(`SELECT * FROM waiting ${where}`).all(...values) as {
    [column: string]: string | number | null;
  }[];
  const number = (value: string | number | null | undefined): number =>
    typeof value === 'number' ? value : Number.NaN;
  return rows.map((row) => ({
    id: number(row['id']),
    isWritten: row['written'] === 1,
    boot: String(row['boot']),
    sensorId: String(row['sensor']),
    origin: String(row['origin']) as Origin,
    atMs: number(row['at_ms']),
    monoShiftMs: number(row['mono_shift']),
    value: number(row['value']),
    raw: number(row['raw']),
    bits: number(row['bits']),
    code: number(row['code']),
    offset: number(row['sub_ms']),
    receivedAtMs: number(row['received_ms']),
  }));
}
