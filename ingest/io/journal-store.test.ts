import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_STORE_OPTIONS, type JournalItem } from '../journal-item.ts';
import { openJournalReader } from './journal-reader.ts';
import { journalPath } from './journal-schema.ts';
import { openJournalStore } from './journal-store.ts';
import { openQuarantineReader } from './quarantine-reader.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const batch = (seq: number, more: Partial<JournalItem & { kind: 'batch' }> = {}): JournalItem => ({
  kind: 'batch',
  edgeId: 'e',
  township: 't',
  epoch: 'p',
  seq,
  digest: seq * 1_000,
  partition: 2,
  origin: 'live',
  receivedAtMs: 5_000,
  body: `body ${seq} ${'x'.repeat(2_000)}`,
  parts: [],
  ...more,
});
const open = (more = {}) => openJournalStore(journalPath(folder), { ...DEFAULT_STORE_OPTIONS, ...more });

describe('the journal', () => {
  it('stores each identity once, also across a restart, and tells the ranges that are on disk', () => {
    const first = open();
    expect(first.commit([batch(1), batch(3), batch(1)])).toMatchObject([
      {
        fate: 'stored',
        ranges: [
          [1, 1],
          [3, 3],
        ],
      },
      {
        fate: 'stored',
        ranges: [
          [1, 1],
          [3, 3],
        ],
      },
      {
        fate: 'duplicate',
        ranges: [
          [1, 1],
          [3, 3],
        ],
      },
    ]);
    first.close();
    const second = open();
    expect(second.commit([batch(3), batch(2)])).toMatchObject([
      { fate: 'duplicate', ranges: [[1, 3]] },
      { fate: 'stored', ranges: [[1, 3]] },
    ]);
    expect(second.commit([batch(2, { digest: 1 })])).toMatchObject([{ fate: 'clone', ranges: [[1, 3]] }]);
    second.close();
    const reader = openJournalReader(folder);
    expect(reader.read(2, 0, 10).map((row) => row.kind === 'batch' && row.seq)).toEqual([1, 3, 2]);
    expect([...reader.heads()]).toEqual([[2, reader.read(2, 0, 10).at(-1)?.pos]]);
    reader.close();
  });

  it('takes all of a commit or nothing when the disk is full, and all of it when there is room again', () => {
    const full = open({ maxPages: 40 });
    const items = Array.from({ length: 200 }, (_, index) => batch(index + 1));
    expect(() => full.commit(items)).toThrow(/full/);
    full.close();
    const reader = openJournalReader(folder);
    expect(reader.read(2, 0, 10)).toEqual([]);
    const roomy = open();
    expect(roomy.commit(items).every((result) => result.kind === 'batch' && result.fate === 'stored')).toBe(true);
    expect(reader.read(2, 0, 1_000)).toHaveLength(200);
    roomy.close();
    reader.close();
  });

  it('leaves a batch un-acked when its edge has filled its quarantine, and nobody else’s', () => {
    const part = { reason: 'unknown-sensor', detail: '', readings: 1, body: 'part' } as const;
    const store = open({ quarantine: { rowsPerEdge: 2, bytesPerEdge: 1_000 } });
    const results = store.commit([1, 2, 3].map((seq) => batch(seq, { parts: [part] })));
    expect(results.map((result) => result.kind === 'batch' && result.fate)).toEqual(['stored', 'stored', 'refused']);
    expect(results[2]).toMatchObject({ ranges: null });
    expect(store.commit([batch(1, { edgeId: 'other', parts: [part] })])).toMatchObject([{ fate: 'stored' }]);
    store.close();
    const quarantine = openQuarantineReader(folder);
    expect(quarantine.counts().get('unknown-sensor')).toBe(3);
    const page = quarantine.list(2, null);
    expect([page.items.length, quarantine.list(2, page.next).items.length]).toEqual([2, 1]);
    quarantine.close();
  });

  it('forgets old rows only behind every cursor, and still knows what it has seen', () => {
    const store = open();
    store.commit([batch(1), batch(2), batch(3, { receivedAtMs: 9_000 })]);
    const reader = openJournalReader(folder);
    const places = reader.read(2, 0, 10).map((row) => row.pos);
    const retain = (nth: number) => {
      const cursors = new Map([[2, places[nth - 1] ?? 0]]);
      return store.commit([{ kind: 'retain', beforeMs: 6_000, cursors, limit: 10 }]);
    };
    expect(retain(1)).toEqual([{ kind: 'done', changed: 1 }]);
    expect(retain(3)).toEqual([{ kind: 'done', changed: 1 }]);
    expect(store.commit([batch(1), batch(4)])).toMatchObject([{ fate: 'duplicate' }, { fate: 'stored' }]);
    store.close();
    expect(reader.read(2, 0, 10).map((row) => (row.kind === 'batch' ? row.seq : 0))).toEqual([3, 4]);
    reader.close();
  });

  it('keeps the rule set that is in force where the journal begins after old rows were forgotten', () => {
    const store = open();
    const rules = (version: string, receivedAtMs: number): JournalItem => ({
      kind: 'control',
      receivedAtMs,
      rows: [{ kind: 'rules', partition: 2, version, body: JSON.stringify({ version }) }],
    });
    store.commit([rules('a', 1_000), batch(1), rules('b', 2_000), batch(2), batch(3, { receivedAtMs: 8_000 })]);
    store.commit([rules('c', 9_000)]);
    const reader = openJournalReader(folder);
    const cursors = new Map([[2, reader.heads().get(2) ?? 0]]);
    store.commit([{ kind: 'retain', beforeMs: 6_000, cursors, limit: 100 }]);
    const left = reader.read(2, 0, 10).map((row) => (row.kind === 'rules' ? row.ruleSet.version : row.kind));
    expect(left).toEqual(['b', 'batch', 'c']);
    reader.close();
    store.close();
  });

  it('never gives a position to two rows, and knows those of a copy that is gone', () => {
    const copy = `${folder}/copy.sqlite`;
    const first = open();
    first.commit([batch(1), batch(2)]);
    first.close();
    copyFileSync(journalPath(folder), copy);
    const second = open();
    second.commit([batch(3), batch(4)]);
    const reader = openJournalReader(folder);
    const before = reader.read(2, 0, 10).map((row) => row.pos);
    expect(before.map((pos) => reader.wasRolledBack?.(pos))).toEqual([false, false, false, false]);
    second.close();

    for (const suffix of ['-wal', '-shm']) rmSync(`${journalPath(folder)}${suffix}`, { force: true });
    renameSync(copy, journalPath(folder));
    const third = open();
    third.commit([batch(3), batch(9)]);
    third.close();
    const again = openJournalReader(folder);
    const after = again.read(2, 0, 10);
    expect(after.map((row) => row.kind === 'batch' && row.seq)).toEqual([1, 2, 3, 9]);
    expect(after[2]?.pos).toBeGreaterThan(before[3] ?? 0);
    expect(before.map((pos) => again.wasRolledBack?.(pos))).toEqual([false, false, true, true]);
    expect(after.map(({ pos }) => again.wasRolledBack?.(pos))).toEqual([false, false, false, false]);
    again.close();
    reader.close();
  });
});
