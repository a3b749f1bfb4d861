import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Batch, encodeBatch } from '#model/batch.ts';
import { createGapWatch, DEFAULT_GAP_TIMES } from '../gaps.ts';
import { DEFAULT_STORE_OPTIONS, type JournalItem } from '../journal-item.ts';
import { createVerifier, type KnownThings } from '../verify.ts';
import { openJournalReader } from './journal-reader.ts';
import { journalPath } from './journal-schema.ts';
import { openJournalStore } from './journal-store.ts';
import { openQuarantineReader } from './quarantine-reader.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-aggregate-'));
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
  body: `body ${seq}`,
  parts: [],
  ...more,
});
const open = () => openJournalStore(journalPath(folder), DEFAULT_STORE_OPTIONS);
const rowsOf = (): readonly unknown[] => {
  const reader = openJournalReader(folder);
  const rows = reader.read(2, 0, 100).map((row) => row.kind === 'batch' && row.seq);
  reader.close();
  return rows;
};

describe('an aggregate in the journal', () => {
  it('accounts for what it replaces: acked with it, across a restart, and a repetition is only acked again', () => {
    const first = open();
    const item = batch(9, { replaces: [[1, 4]] });
    expect(first.commit([item])).toMatchObject([
      {
        fate: 'stored',
        ranges: [
          [1, 4],
          [9, 9],
        ],
      },
    ]);
    first.close();
    const second = open();
    expect(second.commit([item, batch(5)])).toMatchObject([
      {
        fate: 'duplicate',
        ranges: [
          [1, 5],
          [9, 9],
        ],
      },
      {
        fate: 'stored',
        ranges: [
          [1, 5],
          [9, 9],
        ],
      },
    ]);
    expect(second.memory().streams.get('e/p')).toEqual([
      [1, 5],
      [9, 9],
    ]);
    second.close();
    expect(rowsOf()).toEqual([9, 5]);
  });

  it('goes to quarantine whole when one of what it stands for is on disk by itself: nothing counts twice', () => {
    const store = open();
    store.commit([batch(3)]);
    const item = batch(9, { replaces: [[1, 4]] });
    expect(store.commit([item])).toMatchObject([
      {
        fate: 'overlap',
        ranges: [
          [1, 4],
          [9, 9],
        ],
      },
    ]);
    expect(store.commit([item])).toMatchObject([{ fate: 'duplicate' }]);
    store.close();
    expect(rowsOf()).toEqual([3]);
    const quarantine = openQuarantineReader(folder);
    expect([...quarantine.counts()]).toEqual([['overlap', 1]]);
    expect(quarantine.list(10, null).items[0]).toMatchObject({ seq: 9, body: 'body 9' });
    quarantine.close();
  });

  it('is noticed as well when what it stands for comes after it', () => {
    const store = open();
    store.commit([batch(9, { replaces: [[1, 4]] })]);
    expect(store.commit([batch(2)])).toMatchObject([{ fate: 'clone' }]);
    store.close();
    expect(rowsOf()).toEqual([9]);
    const quarantine = openQuarantineReader(folder);
    expect(quarantine.list(10, null).items[0]?.detail).toMatch(/aggregate 9/);
    quarantine.close();
  });

  it('takes the memory of what it replaced with it when its row is forgotten', () => {
    const store = open();
    store.commit([batch(9, { replaces: [[1, 4]] })]);
    store.commit([{ kind: 'retain', beforeMs: 6_000, cursors: new Map([[2, Number.MAX_SAFE_INTEGER]]), limit: 10 }]);
    // Without a digest it can only be taken for a repetition; it is still known.
    expect(store.commit([batch(2), batch(9)])).toMatchObject([{ fate: 'duplicate' }, { fate: 'duplicate' }]);
    store.close();
  });
});

describe('a batch that says what it replaces', () => {
  const known = {
    sensors: new Map([['s', { edgeId: 'e' }]]),
    edges: new Map([['e', { township: '451027101', origin: 'live' }]]),
  } as unknown as KnownThings;
  const verdictOf = (more: Partial<Batch>) => {
    const text = encodeBatch({
      edgeId: 'e',
      epoch: 'p',
      seq: 20_001,
      bootId: 'b',
      monoMs: 1,
      writtenAtMs: 1_782_864_000_000,
      timeQuality: 'synced',
      inventoryVersion: 'i',
      readings: [
        {
          sensorId: 's',
          measuredAtMs: 1_782_864_000_000,
          timeQuality: 'synced',
          quality: 'good',
          value: 1,
          flags: ['thinned'],
        },
      ],
      events: [],
      ...more,
    });
    return createVerifier()(text, text.length, { edgeId: 'e', township: 't', receivedAtMs: 1_782_864_001_000 }, known);
  };

  it('is taken with the ranges, and its bytes are not touched', () => {
    expect(
      verdictOf({
        replaces: [
          [1, 3],
          [7, 7],
        ],
      }),
    ).toMatchObject({
      kind: 'batch',
      readings: 1,
      replaces: [
        [1, 3],
        [7, 7],
      ],
    });
    expect(verdictOf({})).not.toHaveProperty('replaces');
  });

  it('cannot replace itself, what comes after it, or more than an edge ever condenses', () => {
    for (const replaces of [[[1, 20_001]], [[30_000, 30_000]], [[1, 15_000]]] as const)
      expect(verdictOf({ replaces })).toMatchObject({ kind: 'reject', own: true, part: { reason: 'shape' } });
  });
});

it('what an aggregate stands for is not asked for again', () => {
  const watch = createGapWatch(new Map(), DEFAULT_GAP_TIMES);
  watch.stands('e', 'p', 10);
  watch.seen('e', 'p', 9);
  watch.settled('e', 'p', [[1, 8]]);
  expect(watch.due('e', 0)).toBeUndefined();
  expect(watch.due('e', 1_000_000)).toBeUndefined();
});
