/**
 * The journal's one writer. A commit takes all its items or none: rows, identities, quarantine and memory stand in one
 * transaction, so that a batch is acked exactly when it, and the knowledge that it was seen, are on disk.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { inTransaction, openWritable } from '#model/io/sqlite.ts';
import { addRange, addSeq, hasSeq, holesIn, type SeqRange } from '#model/seen.ts';
import type {
  BatchFate,
  ControlRow,
  JournalItem,
  JournalMemory,
  JournalResult,
  NativeItem,
  StoreOptions,
} from '../journal-item.ts';
import { JOURNAL_SCHEMA, ROW_KINDS } from './journal-schema.ts';
import { openNativeTable } from './native-table.ts';
import { openQuarantineTable, type QuarantineTable } from './quarantine-table.ts';
import { removeOldRows } from './retention.ts';

export type JournalStore = {
  /** Throws when the disk refuses; then nothing of it is there and the store must be opened anew. */
  readonly commit: (items: readonly JournalItem[]) => readonly JournalResult[];
  readonly memory: () => JournalMemory;
  readonly close: () => void;
};

type Stream = { readonly id: number; ranges: readonly SeqRange[]; isTouched: boolean };
type BatchItem = Extract<JournalItem, { readonly kind: 'batch' | 'reject' }>;
type Statements = {
  readonly row: StatementSync;
  readonly stream: StatementSync;
  readonly ranges: StatementSync;
  readonly seen: StatementSync;
  readonly digest: StatementSync;
  readonly remember: StatementSync;
  readonly opening: StatementSync;
};

/** A longer list of ranges would make an ack large; the edge asks again for what is not in it. */
const MAX_ACK_RANGES = 64;
const CHECKPOINT_PAGES = 2_000;
/**
 * Each opening goes on at a position that no earlier one can have reached, so that a journal that was put back to an
 * older copy never gives a position to two rows; see `openings` in the schema.
 */
const POSITIONS_PER_MS = 64;
const GONE = 'gone:';

export function openJournalStore(path: string, options: StoreOptions): JournalStore {
  const db = openWritable(path, JOURNAL_SCHEMA, CHECKPOINT_PAGES);
  if (options.maxPages !== undefined) db.exec(`PRAGMA max_page_count=${options.maxPages}`);
  const write = prepareStatements(db);
  const quarantine = openQuarantineTable(db, options.quarantine);
  const native = openNativeTable(db);
  const streams = readStreams(db);
  const lastNextPos = readNextPos(db);
  let nextPos = Math.max(lastNextPos, Date.now() * POSITIONS_PER_MS);
  let isOpened = nextPos === lastNextPos;
  /** Numbers that ingest gives itself begin anew at each opening, so that none is given twice by a file put back. */
  const nativeEpoch = `native-${nextPos.toString(36)}`;

  const streamOf = (edgeId: string, epoch: string): Stream => {
    const key = `${edgeId}/${epoch}`;
    let stream = streams.get(key);
    if (stream === undefined) {
      stream = { id: Number(write.stream.run(edgeId, epoch).lastInsertRowid), ranges: [], isTouched: false };
      streams.set(key, stream);
    }
    return stream;
  };

  const append = (
    kind: (typeof ROW_KINDS)[number],
    partition: number,
    atMs: number,
    body: string,
    batch?: BatchRow,
  ) => {
    const { edgeId = null, epoch = null, seq = null, origin = null } = batch ?? {};
    write.row.run(nextPos++, partition, ROW_KINDS.indexOf(kind), atMs, edgeId, epoch, seq, origin, body);
  };

  /** What an aggregate stands for is seen with it, under a digest that no batch has. */
  const remember = (stream: Stream, item: BatchItem, replaces: readonly SeqRange[]): void => {
    write.seen.run(stream.id, item.seq, item.digest);
    stream.ranges = addSeq(stream.ranges, item.seq);
    for (const range of replaces) {
      for (const [from, to] of holesIn(stream.ranges, range))
        for (let seq = from; seq <= to; seq++) write.seen.run(stream.id, seq, -item.seq);
      stream.ranges = addRange(stream.ranges, range);
    }
    stream.isTouched = true;
  };

  const commitBatch = (item: BatchItem): JournalResult => {
    const isOwn = item.kind === 'batch' || item.own;
    if (item.epoch === null) return { kind: 'batch', fate: keepReject(quarantine, item), ranges: null };
    if (!isOwn) {
      const fate = keepReject(quarantine, item);
      return { kind: 'batch', fate, ranges: fate === 'refused' ? null : [[item.seq, item.seq]] };
    }
    const stream = streamOf(item.edgeId, item.epoch);
    if (hasSeq(stream.ranges, item.seq)) {
      const known = write.digest.get(stream.id, item.seq) as { digest: number } | undefined;
      const isSame = known === undefined || known.digest === item.digest;
      const what = (known?.digest ?? 0) < 0 ? `stands in aggregate ${-(known?.digest ?? 0)}` : 'has other bytes';
      const fate = isSame
        ? 'duplicate'
        : keepWhole(quarantine, item, 'clone', `what is on disk of ${item.seq} ${what}`);
      return { kind: 'batch', fate, ranges: fate === 'refused' ? null : rangesAround(stream.ranges, item.seq) };
    }
    const replaces = item.kind === 'batch' ? (item.replaces ?? []) : [];
    if (replaces.some((range) => overlaps(stream.ranges, range))) {
      const detail = `batch ${item.seq} stands for batches of which one is on disk`;
      if (keepWhole(quarantine, item, 'overlap', detail) === 'refused')
        return { kind: 'batch', fate: 'refused', ranges: null };
      remember(stream, item, replaces);
      return { kind: 'batch', fate: 'overlap', ranges: stream.ranges };
    }
    const parts = item.kind === 'batch' ? item.parts : [item.part];
    if (!parts.every((part) => quarantine.hasRoom(item.edgeId, part)))
      return { kind: 'batch', fate: 'refused', ranges: null };
    if (item.kind === 'batch' && item.body !== null)
      append('batch', item.partition, item.receivedAtMs, item.body, item as BatchRow);
    for (const part of parts) quarantine.keep(item, part);
    remember(stream, item, replaces);
    const fate: BatchFate = item.kind === 'batch' && item.body !== null ? 'stored' : 'quarantined';
    return { kind: 'batch', fate, ranges: stream.ranges };
  };

  /** A gateway speaks for many devices: quarantine that is full must not hold up what the others say. */
  const keepNative = (item: NativeItem): number => {
    const { edgeId, township, digest, receivedAtMs, parts } = item;
    const kept = parts.filter((part) => quarantine.hasRoom(edgeId, part));
    for (const part of kept) quarantine.keep({ edgeId, township, epoch: null, seq: 0, digest, receivedAtMs }, part);
    return parts.length - kept.length;
  };
  const commitNative = (item: NativeItem): JournalResult => {
    if (item.releases !== null && quarantine.release(item.releases, item.parts) === undefined)
      return { kind: 'native', fate: 'duplicate', body: null, dropped: 0 };
    const { edgeId, origin, receivedAtMs } = item;
    const dropped = item.releases === null ? keepNative(item) : 0;
    const stream = streamOf(edgeId, nativeEpoch);
    const seq = (stream.ranges.at(-1)?.[1] ?? 0) + 1;
    const body = native.take(item, { epoch: nativeEpoch, seq });
    if (body === null)
      return { kind: 'native', fate: item.parts.length > 0 ? 'quarantined' : 'duplicate', body, dropped };
    append('batch', item.partition, receivedAtMs, body, { edgeId, epoch: nativeEpoch, seq, origin });
    stream.ranges = addSeq(stream.ranges, seq);
    stream.isTouched = true;
    return { kind: 'native', fate: 'stored', body, dropped };
  };

  const commitControl = (row: ControlRow, atMs: number): void => {
    if (row.kind === 'edge') {
      append('edge', row.partition, atMs, row.state, { edgeId: row.edgeId });
      write.remember.run(`edge:${row.edgeId}`, JSON.stringify({ state: row.state, bootId: row.bootId }));
      return;
    }
    append(row.kind, row.partition, atMs, row.body);
    if (row.kind === 'rules') write.remember.run(`rules:${row.partition}`, row.version);
  };

  const commitItem = (item: JournalItem): JournalResult => {
    switch (item.kind) {
      case 'batch':
      case 'reject':
        return commitBatch(item);
      case 'native':
        return commitNative(item);
      case 'control':
        for (const row of item.rows) commitControl(row, item.receivedAtMs);
        return { kind: 'done', changed: item.rows.length };
      case 'reinject': {
        const entry = quarantine.release(item.id, item.parts);
        if (entry === undefined) return { kind: 'done', changed: 0 };
        if (item.row !== null) {
          const { partition, origin, body } = item.row;
          append('batch', partition, item.receivedAtMs, body, { ...entry, origin });
        }
        return { kind: 'done', changed: 1 };
      }
      case 'gone': {
        const key = `${GONE}${item.edgeId}/${item.epoch}`;
        const known = JSON.parse(readMemoryKey(db, key) ?? '[]') as SeqRange[];
        write.remember.run(key, JSON.stringify(item.ranges.reduce(addRange, known)));
        return { kind: 'done', changed: item.ranges.length };
      }
      case 'retain':
        return { kind: 'done', changed: removeOldRows(db, item) };
      default:
        return item satisfies never;
    }
  };

  return {
    commit: (items) =>
      inTransaction(db, () => {
        if (!isOpened) write.opening.run(lastNextPos, nextPos);
        const results = items.map(commitItem);
        for (const stream of streams.values()) {
          if (!stream.isTouched) continue;
          write.ranges.run(JSON.stringify(stream.ranges), stream.id);
          stream.isTouched = false;
        }
        write.remember.run('nextPos', String(nextPos));
        isOpened = true;
        if (options.commitDelayMs > 0) pause(options.commitDelayMs);
        return results.map((result, index) => cumulative(result, items[index], streams));
      }),
    memory: () => readMemory(db),
    close: () => db.close(),
  };
}

type BatchRow = {
  readonly edgeId: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly origin?: string;
};

function prepareStatements(db: DatabaseSync): Statements {
  return {
    row: db.prepare(
      'INSERT INTO rows (pos, partition, kind, received_ms, edge_id, epoch, seq, origin, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    stream: db.prepare("INSERT INTO streams (edge_id, epoch, ranges) VALUES (?, ?, '[]')"),
    ranges: db.prepare('UPDATE streams SET ranges = ? WHERE id = ?'),
    seen: db.prepare('INSERT INTO seen (stream, seq, digest) VALUES (?, ?, ?)'),
    digest: db.prepare('SELECT digest FROM seen WHERE stream = ? AND seq = ?'),
    opening: db.prepare('INSERT OR REPLACE INTO openings (from_pos, to_pos) VALUES (?, ?)'),
    remember: db.prepare(
      'INSERT INTO memory (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ),
  };
}

function readStreams(db: DatabaseSync): Map<string, Stream> {
  const rows = db.prepare('SELECT id, edge_id, epoch, ranges FROM streams').all() as {
    id: number;
    edge_id: string;
    epoch: string;
    ranges: string;
  }[];
  return new Map(
    rows.map((row) => [
      `${row.edge_id}/${row.epoch}`,
      { id: row.id, ranges: JSON.parse(row.ranges) as SeqRange[], isTouched: false },
    ]),
  );
}

function readNextPos(db: DatabaseSync): number {
  return Number(readMemoryKey(db, 'nextPos') ?? 1);
}

function readMemoryKey(db: DatabaseSync, key: string): string | undefined {
  return (db.prepare('SELECT value FROM memory WHERE key = ?').get(key) as { value: string } | undefined)?.value;
}

function readMemory(db: DatabaseSync): JournalMemory {
  const edges = new Map<string, { state: 'online' | 'lost'; bootId: string }>();
  const ruleVersions = new Map<number, string>();
  const gone = new Map<string, readonly SeqRange[]>();
  const rows = db.prepare('SELECT key, value FROM memory').all() as { key: string; value: string }[];
  for (const { key, value } of rows) {
    if (key.startsWith('edge:'))
      edges.set(key.slice(5), JSON.parse(value) as { state: 'online' | 'lost'; bootId: string });
    else if (key.startsWith('rules:')) ruleVersions.set(Number(key.slice(6)), value);
    else if (key.startsWith(GONE)) gone.set(key.slice(GONE.length), JSON.parse(value) as SeqRange[]);
  }
  const streams = new Map([...readStreams(db)].map(([key, { ranges }]) => [key, ranges]));
  return { edges, ruleVersions, streams, gone };
}

const keepReject = (table: QuarantineTable, item: BatchItem): BatchFate => {
  const part = item.kind === 'reject' ? item.part : undefined;
  if (part === undefined || !table.hasRoom(item.edgeId, part)) return 'refused';
  table.keep(item, part);
  return 'quarantined';
};

const overlaps = (ranges: readonly SeqRange[], [from, to]: SeqRange): boolean => {
  const [hole] = holesIn(ranges, [from, to]);
  return hole?.[0] !== from || hole[1] !== to;
};

/** Kept whole under the reason that matters, whatever else may be wrong with it. */
function keepWhole(
  table: QuarantineTable,
  item: BatchItem,
  reason: 'clone' | 'overlap',
  detail: string,
): 'clone' | 'overlap' | 'refused' {
  const parts = item.kind === 'batch' ? item.parts : [item.part];
  const bodies = [
    ...(item.kind === 'batch' && item.body !== null ? [item.body] : []),
    ...parts.map((part) => part.body),
  ];
  const readings = parts.reduce((sum, part) => sum + part.readings, 0);
  const part = { reason, detail, readings, body: bodies.length === 1 ? (bodies[0] as string) : JSON.stringify(bodies) };
  if (!table.hasRoom(item.edgeId, part)) return 'refused';
  table.keep(item, part);
  return reason;
}

/** The newest ranges and those beside the number, so that an ack stays small. */
function rangesAround(ranges: readonly SeqRange[], seq: number): readonly SeqRange[] {
  if (ranges.length <= MAX_ACK_RANGES) return ranges;
  const own = ranges.filter(([from, to]) => from <= seq && seq <= to);
  return [...own, ...ranges.slice(1 - MAX_ACK_RANGES).filter((range) => !own.includes(range))];
}

/** A stored batch is acked with everything that the same commit brought. */
function cumulative(
  result: JournalResult,
  item: JournalItem | undefined,
  streams: ReadonlyMap<string, Stream>,
): JournalResult {
  if (result.kind !== 'batch' || result.ranges === null) return result;
  if (item === undefined || (item.kind !== 'batch' && item.kind !== 'reject')) return result;
  const stream = streams.get(`${item.edgeId}/${item.epoch}`);
  const isRecorded = stream !== undefined && hasSeq(stream.ranges, item.seq);
  return isRecorded ? { ...result, ranges: rangesAround(stream.ranges, item.seq) } : result;
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
