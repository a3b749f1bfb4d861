/** Shows from any process how far the journal stands in InfluxDB, and what was set aside. */
import { openReadable } from '#model/io/sqlite.ts';
import type { Cursors } from '#model/journal.ts';
import type { EpochMs } from '#model/time.ts';
import { influxStatePath } from './state-schema.ts';

export type InfluxStanding = {
  readonly cursors: Cursors;
  readonly aside: ReadonlyMap<string, number>;
  /** Readings that wait for their boot's clock. */
  readonly waiting: number;
  /** Why the database is being refilled from the embedded history; undefined when it is not. */
  readonly refill: string | undefined;
  readonly refilledDays: number;
};

export type AsideEntry = {
  readonly id: number;
  readonly setAsideAtMs: number;
  readonly reason: string;
  readonly message: string;
  readonly line: string;
};

/** Undefined while the writer has never run. */
export function readInfluxStanding(dataDir: string): InfluxStanding | undefined {
  return withState(dataDir, (all) => ({
    cursors: new Map(all<{ partition: number; pos: number }>('SELECT * FROM cursors').map((r) => [r.partition, r.pos])),
    aside: new Map(
      all<{ reason: string; n: number }>('SELECT reason, n FROM aside_counts').map((r) => [r.reason, r.n]),
    ),
    waiting: all<{ n: number }>('SELECT count(*) AS n FROM waiting')[0]?.n ?? 0,
    refill: all<{ value: string }>(`SELECT value FROM meta WHERE key = 'refill'`)[0]?.value,
    refilledDays: all<{ n: number }>('SELECT count(*) AS n FROM refilled')[0]?.n ?? 0,
  }));
}

/** The newest instant of each series, by `seriesKeyOf`, that the writer has behind it: later ones it may write whole. */
export const readInfluxNewest = (dataDir: string): ReadonlyMap<string, EpochMs> =>
  withState(
    dataDir,
    (all) => new Map(all<{ series: string; ms: number }>('SELECT series, ms FROM newest').map((r) => [r.series, r.ms])),
  ) ?? new Map();

/** Newest first. */
export function readInfluxAside(dataDir: string, limit: number): readonly AsideEntry[] {
  const sql = 'SELECT id, set_aside_ms AS setAsideAtMs, reason, message, line FROM aside ORDER BY id DESC LIMIT ?';
  return withState(dataDir, (all) => all<AsideEntry>(sql, limit)) ?? [];
}

function withState<T>(
  dataDir: string,
  read: (all: <Row>(sql: string, ...values: number[]) => Row[]) => T,
): T | undefined {
  const db = openReadable(influxStatePath(dataDir));
  if (db === undefined) return undefined;
  try {
    return read(<Row>(sql: string, ...values: number[]) => db.prepare(sql).all(...values) as Row[]);
  } catch {
    return undefined; // The tables are not there yet.
  } finally {
    db.close();
  }
}
