/**
 * Follows the journal, one engine a partition: rows in, transitions with their cursor on disk, then the wake-up. After a
 * restart an engine is its last snapshot and the rows from there; what it decides again is recognised by its id.
 */
import type { JournalReader, JournalRow } from '#model/journal.ts';
import type { Log, StageContext } from '#model/ports.ts';
import type { Finding } from '#model/transition.ts';
import { createEngine, type Engine, restoreEngine } from '../engine.ts';
import type { RulesStore } from './store.ts';

const ROWS_A_READ = 256;
/** One turn of the event loop judges no longer than this. */
const TURN_MS = 20;

type Follower = {
  readonly partition: number;
  engine: Engine;
  /** Last row judged. */
  pos: number;
  committed: number;
  lagMs: number;
  rowsSinceSnapshot: number;
  snapshotAtMs: number;
  skipped: ReadonlySet<number>;
};

export type FollowOptions = {
  /** A snapshot is due after this many rows, or after this much of the chain's time when there were any. */
  readonly snapshotRows: number;
  readonly snapshotMs: number;
  /** Cursors alone are written no more often than this. */
  readonly cursorMs: number;
};

export type Followers = {
  /** Judges what there is, for one turn, and commits it; true when more may be waiting. */
  readonly turn: () => boolean;
  /** Writes cursors and snapshots out, at the end. */
  readonly finish: () => void;
};

export function follow(
  journal: JournalReader,
  store: RulesStore,
  options: FollowOptions,
  ctx: StageContext,
): Followers {
  const followers = new Map<number, Follower>();
  const { clock, metrics, log } = ctx;
  let cursorsAtMs = clock.monoMs();
  let next = 0;
  /** What is left to write of a snapshot: one step a turn, so that it holds up no row for long. */
  let steps: (() => void)[] = [];

  const followerOf = (partition: number): Follower => {
    let follower = followers.get(partition);
    if (follower === undefined) {
      follower = openFollower(store, journal, partition, log, clock.monoMs());
      followers.set(partition, follower);
    }
    return follower;
  };

  const commit = (transitions: readonly Finding[], moved: Iterable<Follower>) => {
    const cursors = new Map<number, number>();
    for (const follower of moved) cursors.set(follower.partition, follower.pos);
    const fresh = store.commit(transitions, cursors);
    for (const partition of cursors.keys()) followerOf(partition).committed = cursors.get(partition) ?? 0;
    if (transitions.length === 0) return;
    ctx.probe('rules.committed');
    if (fresh > 0) store.wake();
    metrics.count('fengsui_rules_transitions_total', {}, fresh);
    metrics.count('fengsui_rules_transitions_repeated_total', {}, transitions.length - fresh);
  };

  const commitCursors = () => {
    const behind = [...followers.values()].filter(({ pos, committed }) => pos > committed);
    if (behind.length > 0) commit([], behind);
    cursorsAtMs = clock.monoMs();
  };

  /** One read of one partition; how many rows were judged. */
  const judgeRows = (follower: Follower, out: Finding[], deadline: number): number => {
    let taken = 0;
    const rows = journal.read(follower.partition, follower.pos, ROWS_A_READ);
    // Rows that this engine has judged are gone, others came instead: begin again from a snapshot that still holds.
    if (rows.length > 0 && journal.wasRolledBack?.(follower.pos) === true)
      throw new Error(`the journal was put back to an older copy (partition ${follower.partition})`);
    for (const row of rows) {
      judgeRow(follower, row, out, store, ctx);
      follower.lagMs = Math.max(0, clock.nowMs() - row.receivedAtMs);
      taken++;
      if (performance.now() > deadline) break;
    }
    follower.rowsSinceSnapshot += taken;
    if (taken > 0) metrics.count('fengsui_rules_rows_total', {}, taken);
    return taken;
  };

  /** Partitions take turns, so that a busy one keeps no other waiting. */
  const judgeAll = (out: Finding[], moved: Set<Follower>): boolean => {
    const deadline = performance.now() + TURN_MS;
    const behind = [...journal.heads()].filter(([partition, head]) => followerOf(partition).pos < head);
    for (let index = 0; index < behind.length; index++) {
      const [partition] = behind[(index + next) % behind.length] ?? [0];
      const follower = followerOf(partition);
      if (judgeRows(follower, out, deadline) > 0) moved.add(follower);
      if (performance.now() <= deadline) continue;
      next = (index + next + 1) % behind.length;
      break;
    }
    return moved.size > 0;
  };

  const planSnapshot = (all: boolean) => {
    for (const follower of followers.values()) {
      const { rowsSinceSnapshot, snapshotAtMs, partition, pos, engine } = follower;
      if (rowsSinceSnapshot === 0) continue;
      const late = clock.monoMs() - snapshotAtMs >= options.snapshotMs;
      if (!all && !late && rowsSinceSnapshot < options.snapshotRows) continue;
      steps.push(...store.snapshotSteps(partition, pos, engine.snapshot()));
      follower.rowsSinceSnapshot = 0;
      follower.snapshotAtMs = clock.monoMs();
      metrics.count('fengsui_rules_snapshots_total');
      if (!all) return;
    }
  };

  return {
    turn: () => {
      const out: Finding[] = [];
      const moved = new Set<Follower>();
      const judged = judgeAll(out, moved);
      if (out.length > 0) commit(out, moved);
      if (clock.monoMs() - cursorsAtMs >= options.cursorMs) commitCursors();
      if (steps.length === 0) planSnapshot(false);
      steps.shift()?.();
      report(followers.values(), ctx);
      return judged || steps.length > 0;
    },
    finish: () => {
      commitCursors();
      for (const step of steps) step();
      steps = [];
      planSnapshot(true);
      for (const step of steps) step();
      steps = [];
    },
  };
}

function openFollower(store: RulesStore, journal: JournalReader, partition: number, log: Log, nowMs: number): Follower {
  const newest = store.snapshot(partition);
  const isGone = newest !== undefined && journal.wasRolledBack?.(newest.pos) === true;
  const stored = isGone ? undefined : newest;
  if (isGone) log.warn('the journal was put back to an older copy, rows are judged from its beginning', { partition });
  const restored = stored === undefined ? undefined : restoreEngine(partition, stored.bytes);
  if (stored !== undefined && restored === undefined)
    log.warn('the snapshot is of another format, rows are judged from the beginning of the journal', { partition });
  const pos = restored === undefined ? 0 : (stored?.pos ?? 0);
  return {
    partition,
    engine: restored ?? createEngine(partition),
    pos,
    committed: store.cursors().get(partition) ?? 0,
    lagMs: 0,
    rowsSinceSnapshot: 0,
    snapshotAtMs: nowMs,
    skipped: store.skipped(partition),
  };
}

/**
 * A row that the engine cannot judge is a bug. It is written down, told, and left out for good, and the engine begins
 * again from its snapshot: one bad row must not silence a township.
 */
function judgeRow(
  follower: Follower,
  row: JournalRow,
  out: Finding[],
  store: RulesStore,
  { log, metrics }: StageContext,
): void {
  if (follower.skipped.has(row.pos)) {
    follower.pos = row.pos;
    return;
  }
  try {
    out.push(...follower.engine.apply(row), ...follower.engine.notes());
    follower.pos = row.pos;
  } catch (cause) {
    store.skip(row.partition, row.pos, String(cause));
    metrics.count('fengsui_rules_rows_skipped_total');
    const place = { partition: row.partition, pos: row.pos, cause: String(cause) };
    log.error('a row could not be judged and is left out', place);
    throw new Error(`row ${row.partition}:${row.pos} could not be judged`, { cause });
  }
}

function report(followers: Iterable<Follower>, { metrics }: StageContext): void {
  const sum = { readings: 0, bad: 0, unknown: 0, tooOld: 0, foreign: 0 };
  let lagMs = 0;
  for (const follower of followers) {
    const counters = follower.engine.counters();
    lagMs = Math.max(lagMs, follower.lagMs);
    sum.readings += counters.readings;
    sum.bad += counters.bad;
    sum.unknown += counters.unknown;
    sum.tooOld += counters.tooOld;
    sum.foreign += counters.foreign;
  }
  // How old the last row judged was by then, of the slowest partition.
  metrics.gauge('fengsui_rules_lag_seconds', lagMs / 1_000);
  metrics.gauge('fengsui_rules_readings_judged', sum.readings);
  metrics.gauge('fengsui_rules_readings_without_value', sum.bad);
  metrics.gauge('fengsui_rules_readings_unknown', sum.unknown);
  metrics.gauge('fengsui_rules_readings_too_old', sum.tooOld);
  metrics.gauge('fengsui_rules_edge_conditions_foreign', sum.foreign);
}
