/** Opens history's file for a reader: one moment of its chunks and cursors, with the journal's rows that continue it. */
import type { DatabaseSync } from 'node:sqlite';
import { openReadable } from '#model/io/sqlite.ts';
import type { Cursors, JournalReader } from '#model/journal.ts';
import { hasSeq, type SeqRange } from '#model/seen.ts';
import type { EpochMs } from '#model/time.ts';
import { createJournalTail, type JournalTail } from '../journal-tail.ts';
import { historyPath } from './history-schema.ts';

/** One moment of the file: cursors and chunks belong together. Undefined while there is no file. */
export type Moment = { readonly db: DatabaseSync; readonly cursors: Cursors } | undefined;
/** What must be added to instants, and whether they still rest on receive times. */
export type Dating = { readonly shiftMs: number; readonly isUnsure: boolean };

export type HistoryFile = {
  readonly tail: JournalTail;
  /** Runs `read` on one moment of history with the tail that continues it. */
  readonly withMoment: <T>(read: (moment: Moment) => T) => T;
  /** How readings are dated that waited for the clock of a boot; `boot` is null when they did not. */
  readonly datingOf: (boot: string | null, monoShiftMs: number | null) => Dating;
  readonly close: () => void;
};

const SURE: Dating = { shiftMs: 0, isUnsure: false };
const UNSURE: Dating = { shiftMs: 0, isUnsure: true };

export function openHistoryFile(dataDir: string, journal: JournalReader): HistoryFile {
  const open = openOnDemand(historyPath(dataDir));
  const tail = createJournalTail(journal);
  return {
    tail,
    withMoment: (read) => {
      const db = open.get();
      if (db === undefined) {
        tail.follow(new Map(), () => false);
        return read(undefined);
      }
      db.exec('BEGIN');
      try {
        const cursors = readCursors(db);
        tail.follow(cursors, takenIn(db));
        return read({ db, cursors });
      } finally {
        db.exec('COMMIT');
      }
    },
    datingOf: (boot, monoShiftMs) => {
      if (boot === null || monoShiftMs === null) return SURE;
      const utc = open.clockOf(boot) ?? tail.fixes().get(boot);
      return utc === undefined ? UNSURE : { shiftMs: monoShiftMs + utc, isUnsure: false };
    },
    close: open.close,
  };
}

/** How far history has come in the journal; for whoever decides what the journal may forget. */
export function readHistoryCursors(dataDir: string): Cursors {
  const open = openOnDemand(historyPath(dataDir));
  const db = open.get();
  try {
    return db === undefined ? new Map() : readCursors(db);
  } finally {
    open.close();
  }
}

function readCursors(db: DatabaseSync): Cursors {
  const rows = db.prepare('SELECT partition, pos FROM cursors').all() as { partition: number; pos: number }[];
  return new Map(rows.map((row) => [row.partition, row.pos]));
}

/** Which batches are in the chunks, as far as it is asked in one moment. */
function takenIn(db: DatabaseSync): (stream: string, seq: number) => boolean {
  const known = new Map<string, readonly SeqRange[]>();
  const rangesOf = (stream: string): readonly SeqRange[] => {
    const row = db.prepare('SELECT ranges FROM taken WHERE stream = ?').get(stream) as { ranges: string } | undefined;
    return row === undefined ? [] : (JSON.parse(row.ranges) as SeqRange[]);
  };
  return (stream, seq) => {
    let ranges = known.get(stream);
    if (ranges === undefined) {
      ranges = rangesOf(stream);
      known.set(stream, ranges);
    }
    return hasSeq(ranges, seq);
  };
}

/** The file may come later than its reader. */
function openOnDemand(path: string) {
  let db: DatabaseSync | undefined;
  return {
    get: (): DatabaseSync | undefined => {
      if (db !== undefined) return db;
      const opened = openReadable(path);
      try {
        opened?.prepare('SELECT pos FROM cursors, taken LIMIT 1').all();
        db = opened;
      } catch {
        opened?.close(); // The tables are not there yet.
      }
      return db;
    },
    clockOf: (boot: string): EpochMs | undefined =>
      (
        db?.prepare('SELECT utc_at_mono_zero_ms AS utc FROM clocks WHERE boot = ?').get(boot) as
          | { utc: number }
          | undefined
      )?.utc,
    close: () => {
      db?.close();
      db = undefined;
    },
  };
}
