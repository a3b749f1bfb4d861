/**
 * `fengsui backtest --check-replay`: judges the journal of a centre's data folder once more and compares everything that
 * comes out with what came out live, by id and content. Reads only; the centre may be running.
 */
import { existsSync } from 'node:fs';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { openReadable } from '#model/io/sqlite.ts';
import type { JournalReader } from '#model/journal.ts';
import { err, ok, type Result } from '#model/result.ts';
import { type Mismatch, openReplayCheck, type ReplayCheck } from '#rules/backtest/replay-check.ts';
import { createEngine, type Engine, restoreEngine } from '#rules/engine.ts';
import { type Judged, readJudged } from '#rules/io/judged.ts';

const ROWS_A_READ = 1_024;

export type ReplayedPartition = {
  readonly partition: number;
  /** 0: from its first row; otherwise from the snapshot after this position, because older rows are gone. */
  readonly fromPos: number;
  readonly toPos: number;
  readonly rows: number;
  /** Nothing to compare from: rows are gone and there is no snapshot. */
  readonly skipped: boolean;
};

export type ReplayVerdict = {
  readonly equal: number;
  readonly mismatches: readonly Mismatch[];
  readonly partitions: readonly ReplayedPartition[];
  readonly rows: number;
};

export type RowsDone = (done: number, of: number, atMs: number) => void;

type Start = { readonly engine: Engine; readonly fromPos: number };

function startOf(partition: number, judged: Judged, isWhole: boolean): Start | undefined {
  if (isWhole) return { engine: createEngine(partition), fromPos: 0 };
  const snapshot = judged.snapshot(partition);
  const engine = snapshot === undefined ? undefined : restoreEngine(partition, snapshot.bytes);
  return snapshot === undefined || engine === undefined ? undefined : { engine, fromPos: snapshot.pos };
}

/**
 * Whether no row was ever removed: positions are given one after the other, and what an opening leaves out is written
 * down, so rows and left-out positions together are all that were given.
 */
function hasAllRows(dataDir: string): boolean {
  const db = openReadable(journalPath(dataDir));
  try {
    const counted = db
      ?.prepare(
        `SELECT (SELECT count(*) FROM rows) AS rows, (SELECT coalesce(sum(to_pos - from_pos), 0) FROM openings) AS left_out,
           (SELECT value FROM memory WHERE key = 'nextPos') AS next`,
      )
      .get() as { rows: number; left_out: number; next: string | null } | undefined;
    return counted !== undefined && counted.rows + counted.left_out === Number(counted.next) - 1;
  } catch {
    return false; // A journal that was last written before these tables were known.
  } finally {
    db?.close();
  }
}

export function checkReplay(dataDir: string, onProgress: RowsDone = () => {}): Result<ReplayVerdict, string> {
  if (!existsSync(dataDir)) return err(`There is no folder ${dataDir}.`);
  const judged = readJudged(dataDir);
  if (judged === undefined) return err(`${dataDir} is no data folder of a centre: it has no rules/rules.sqlite.`);
  const journal = openJournalReader(dataDir);
  try {
    if (journal.heads().size === 0) return err(`${dataDir} has no journal with rows.`);
    return ok(replayAll(journal, judged, hasAllRows(dataDir), onProgress));
  } finally {
    journal.close();
  }
}

function replayAll(journal: JournalReader, judged: Judged, isWhole: boolean, onProgress: RowsDone): ReplayVerdict {
  const starts = new Map(
    [...judged.cursors.keys()].map((partition) => [partition, startOf(partition, judged, isWhole)]),
  );
  const compared = judged.findings.filter(({ partition, pos }) => pos > (starts.get(partition)?.fromPos ?? Infinity));
  const check = openReplayCheck(compared);
  const partitions: ReplayedPartition[] = [];
  let rows = 0;
  const total = [...judged.cursors.values()].reduce((most, pos) => Math.max(most, pos), 0);
  for (const [partition, toPos] of [...judged.cursors].sort((a, b) => a[0] - b[0])) {
    const start = starts.get(partition);
    const skipped = start === undefined;
    const played = skipped
      ? 0
      : replayOne(journal, { partition, toPos, start, skipped: judged.skipped(partition) }, check, (row, atMs) =>
          onProgress(row, total, atMs),
        );
    rows += played;
    partitions.push({ partition, fromPos: start?.fromPos ?? 0, toPos, rows: played, skipped });
  }
  return { ...check.finish(), partitions, rows };
}

type Stretch = {
  readonly partition: number;
  readonly toPos: number;
  readonly start: Start;
  readonly skipped: ReadonlySet<number>;
};

function replayOne(
  journal: JournalReader,
  { partition, toPos, start, skipped }: Stretch,
  check: ReplayCheck,
  onRows: (pos: number, atMs: number) => void,
): number {
  const { engine } = start;
  let pos = start.fromPos;
  let played = 0;
  while (pos < toPos) {
    const rows = journal.read(partition, pos, ROWS_A_READ);
    if (rows.length === 0) break;
    for (const row of rows) {
      if (row.pos > toPos) return played;
      pos = row.pos;
      if (skipped.has(pos)) continue;
      const transitions = engine.apply(row);
      check.take([...transitions, ...engine.notes()]);
      played++;
    }
    onRows(pos, rows.at(-1)?.receivedAtMs ?? 0);
  }
  return played;
}
