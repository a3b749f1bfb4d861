import { afterEach, expect, it } from 'vitest';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { openJournalStore } from '#ingest/io/journal-store.ts';
import { DEFAULT_STORE_OPTIONS, type JournalItem } from '#ingest/journal-item.ts';
import type { JournalRow } from '#model/journal.ts';
import { createEngine } from '#rules/engine.ts';
import { follow } from '#rules/io/follow.ts';
import { openSnapshotFloor } from '#rules/io/snapshot-floor.ts';
import { openRulesStore } from '#rules/io/store.ts';
import { openTransitionReader } from '#rules/io/transition-reader.ts';
import { tempFolder, testContext } from '#test/ingest/centre.ts';
import { PARTITIONS, stormRows } from '#test/rules/storm.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const run of cleanups.splice(0).reverse()) run();
});

function toItem(row: JournalRow): JournalItem {
  const { partition, receivedAtMs } = row;
  if (row.kind === 'batch') {
    const { edgeId, epoch, origin, body, pos } = row;
    const stream = { edgeId, epoch: `${epoch}-${partition}`, seq: pos, township: 't', digest: pos };
    return { kind: 'batch', ...stream, partition, origin, receivedAtMs, body, parts: [] };
  }
  if (row.kind === 'rules') {
    const rules = { version: row.ruleSet.version, body: JSON.stringify(row.ruleSet) };
    return { kind: 'control', receivedAtMs, rows: [{ kind: 'rules', partition, ...rules }] };
  }
  if (row.kind === 'edge') throw new Error('the storm has no gateways');
  const body = JSON.stringify({ atMs: row.atMs, centreUpSinceMs: row.centreUpSinceMs });
  return { kind: 'control', receivedAtMs, rows: [{ kind: 'tick', partition, body }] };
}

it('forgets nothing that rules need after they were killed: the same transitions come out', () => {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const store = openJournalStore(journalPath(folder.path), DEFAULT_STORE_OPTIONS);
  cleanups.push(store.close);
  store.commit(PARTITIONS.flatMap((partition) => stormRows(partition).map(toItem)));
  const journal = openJournalReader(folder.path);
  cleanups.push(journal.close);
  const wanted = PARTITIONS.flatMap((partition) => {
    const engine = createEngine(partition);
    return journal.read(partition, 0, 10_000).flatMap((row) => engine.apply(row).map((each) => JSON.stringify(each)));
  });

  const floor = openSnapshotFloor(folder.path);
  cleanups.push(floor.close);
  const trim = () =>
    store.commit([
      { kind: 'retain', beforeMs: Number.MAX_SAFE_INTEGER, cursors: floor.positions(), limit: 100_000 },
    ])[0];
  expect(floor.positions().get(PARTITIONS[0] ?? 0)).toBe(0);
  expect(trim()).toEqual({ kind: 'done', changed: 0 });

  const keptUpTo = (): number => [...floor.positions().values()].reduce((sum, pos) => sum + pos, 0);
  /** Judges for some turns and dies: nothing is written at its end. */
  const runRules = (turns: number): void => {
    const rules = openRulesStore(folder.path);
    const options = { snapshotRows: 300, snapshotMs: Number.MAX_SAFE_INTEGER, cursorMs: 0 };
    const followers = follow(journal, rules, options, testContext());
    // A turn is bounded by time: on a busy machine it takes more of them until a snapshot is written.
    const before = keptUpTo();
    for (let turn = 0; (turn < turns || (turn < 1_000 && keptUpTo() === before)) && followers.turn(); turn++);
    rules.close();
  };
  let removed = 0;
  for (let run = 0; run < 4; run++) {
    runRules(6);
    const answer = trim();
    removed += answer?.kind === 'done' ? answer.changed : 0;
  }
  runRules(1_000);
  expect(removed).toBeGreaterThan(500);
  const reader = openTransitionReader(folder.path);
  cleanups.push(reader.close);
  const got = reader.read(0, 100_000).map(({ entry }) => JSON.stringify(entry));
  expect(got.length).toBeGreaterThan(200);
  expect([...got].sort()).toEqual([...wanted].sort());
});
