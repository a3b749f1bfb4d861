/** A journal of the test's own, the writer run on it, and both sides of the comparison: journal and database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AsideLine } from '#ingest/influx/encoder.ts';
import type { Places } from '#ingest/influx/lines.ts';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { createInfluxRun } from '#ingest/io/influx/run.ts';
import { readInfluxStanding } from '#ingest/io/influx/state-reader.ts';
import { DEFAULT_WRITER, type WriterOptions } from '#ingest/io/influx/writer-options.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { openJournalStore } from '#ingest/io/journal-store.ts';
import { DEFAULT_STORE_OPTIONS, type JournalItem } from '#ingest/journal-item.ts';
import { type Batch, decodeBatch, encodeBatch } from '#model/batch.ts';
import { dateBatch } from '#model/dating.ts';
import type { InfluxTarget } from '#model/history.ts';
import { originOfMeasurement } from '#model/influx.ts';
import { fromSteps, type QuantityCode } from '#model/quantity.ts';
import { BAD_REASONS, flagBits, type Origin, type Reading } from '#model/reading.ts';
import { until } from '#test/support/until.ts';

export const T0 = 1_780_000_000_000;
const QUANTITIES: readonly QuantityCode[] = ['rain', 'level', 'battery', 'temperature'];
const SENSORS = 12;
export const sensorName = (index: number): string => `s-${index}`;
const quantityOf = (index: number): QuantityCode => QUANTITIES[index % QUANTITIES.length] ?? 'rain';

export const PLACES: Places = new Map(
  Array.from({ length: SENSORS }, (_, index) => [
    sensorName(index),
    {
      ...{ quantity: quantityOf(index), origin: 'live' as const },
      tags: `,county=331004,edge=e-${index % 3},point=p-${index},sensor=${sensorName(index)},township=331004001,village=-`,
    },
  ]),
);

export function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (Math.imul(a, 1_664_525) + 1_013_904_223) | 0;
    return (a >>> 0) / 4_294_967_296;
  };
}

/** Good, doubtful and bad ones; many late, many at the very same instant. */
export function someReadings(random: () => number, minute: number, count: number): Reading[] {
  return Array.from({ length: count }, () => {
    const sensorId = sensorName(Math.floor(random() * SENSORS));
    const late = random() < 0.3 ? Math.floor(random() * 300) * 60_000 : 0;
    const measuredAtMs = T0 + minute * 60_000 - late - (random() < 0.5 ? 0 : Math.floor(random() * 5));
    const raw = random() < 0.5 ? {} : { raw: Math.floor(random() * 65_536) };
    const stamp = { sensorId, measuredAtMs, timeQuality: 'synced' as const, ...raw };
    const kind = random();
    if (kind < 0.1)
      return { ...stamp, quality: 'bad', reason: BAD_REASONS[Math.floor(random() * 8)] ?? 'timeout', flags: [] };
    const value = Math.floor((random() - 0.3) * 40_000);
    if (kind < 0.2) return { ...stamp, quality: 'suspect', value, flags: ['range', 'spike'] };
    return { ...stamp, quality: 'good', value, flags: kind < 0.3 ? ['first'] : [] };
  });
}

export type BatchMore = Partial<Batch> & {
  readonly receivedAtMs?: number;
  readonly origin?: Origin;
  readonly partition?: number;
};

export function openTestJournal() {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-influx-'));
  const store = openJournalStore(journalPath(dataDir), DEFAULT_STORE_OPTIONS);
  const seqs = new Map<string, number>();
  const item = (readings: readonly Reading[], more: BatchMore = {}): JournalItem => {
    const { receivedAtMs = T0 + 1_000_000_000, origin = 'live', partition = 2, ...rest } = more;
    const edgeId = rest.edgeId ?? `e-${partition}`;
    const seq = rest.seq ?? (seqs.get(edgeId) ?? 0) + 1;
    seqs.set(edgeId, seq);
    const body = encodeBatch({
      ...{ edgeId, epoch: 'p', seq, bootId: 'boot', monoMs: 1_000_000, writtenAtMs: receivedAtMs - 1_000 },
      ...{ timeQuality: 'synced', inventoryVersion: 'v', readings, events: [], ...rest },
    });
    const digest = seq * 1_000 + partition;
    return {
      kind: 'batch',
      edgeId,
      township: 't',
      epoch: 'p',
      seq,
      digest,
      partition,
      origin,
      receivedAtMs,
      body,
      parts: [],
    };
  };
  return {
    dataDir,
    store,
    append: (readings: readonly Reading[], more: BatchMore = {}): void => {
      store.commit([item(readings, more)]);
    },
    close: () => {
      store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
export type TestJournal = ReturnType<typeof openTestJournal>;

export function appendMany(journal: TestJournal, seed: number, batches: number, perBatch = 20): void {
  const random = randomOf(seed);
  for (let minute = 0; minute < batches; minute++)
    journal.append(someReadings(random, minute, perBatch), {
      ...{ partition: minute % 3, origin: random() < 0.2 ? 'drill' : 'live' },
    });
}

/** What the journal holds, by what InfluxDB can tell: measurement, sensor, millisecond and fields. */
export function journalRows(dataDir: string, clocks: ReadonlyMap<string, number> = new Map()): string[] {
  const reader = openJournalReader(dataDir);
  const found: string[] = [];
  for (const partition of reader.heads().keys())
    for (let after = 0; ; ) {
      const rows = reader.read(partition, after, 500);
      for (const row of rows) {
        if (row.kind !== 'batch') continue;
        const batch = decodeBatch(row.body);
        if (!batch.ok) throw new Error('no batch');
        const { baseMs } = dateBatch(batch.value, row.receivedAtMs, clocks.get(batch.value.bootId));
        for (const reading of batch.value.readings)
          found.push(rowText(row.origin, reading, baseMs + reading.measuredAtMs - batch.value.writtenAtMs));
      }
      if (rows.length === 0) break;
      after = rows.at(-1)?.pos ?? after;
    }
  reader.close();
  return found.sort();
}

export function rowText(origin: Origin, reading: Reading, atMs: number): string {
  const { quantity } = PLACES.get(reading.sensorId) ?? { quantity: 'rain' };
  return JSON.stringify([
    `${origin}_${quantity}`,
    reading.sensorId,
    atMs,
    reading.quality === 'good' ? fromSteps(quantity, reading.value) : null,
    reading.quality === 'suspect' ? fromSteps(quantity, reading.value) : null,
    reading.quality === 'bad' ? BAD_REASONS.indexOf(reading.reason) + 1 : null,
    reading.raw ?? null,
    reading.flags.length === 0 ? null : flagBits(reading.flags),
  ]);
}

/** What stands in the database, told the same way. */
export async function influxRows(target: InfluxTarget, token?: string): Promise<string[]> {
  const client = openInfluxClient(target, token);
  const answer = await client.query('SELECT * FROM /^(live|drill|simulated|replay)_/');
  client.close();
  if (!answer.ok) throw new Error(answer.error.message);
  const found: string[] = [];
  for (const { name = '', columns, values = [] } of answer.value.flat()) {
    if (originOfMeasurement(name) === undefined) continue;
    for (const row of values) {
      const get = (column: string): unknown => row[columns.indexOf(column)] ?? null;
      const fields = ['value', 'suspect', 'bad', 'raw', 'flags'].map(get);
      found.push(JSON.stringify([name, get('sensor'), get('time'), ...fields]));
    }
  }
  return found.sort();
}

export const HURRY: WriterOptions = {
  ...DEFAULT_WRITER,
  ...{
    portionLines: 100,
    backlogLines: 300,
    portionAgeMs: 20,
    commitEveryMs: 50,
    markerEveryMs: 200,
    writeTimeoutMs: 1_500,
  },
  backoff: { firstMs: 20, lastMs: 100, longestAskedMs: 300 },
};

/** The writer in this thread, until it is stopped. */
export function runWriter(dataDir: string, target: InfluxTarget, options: Partial<WriterOptions> = {}) {
  const stopping = new AbortController();
  const states: string[] = [];
  const notes: string[] = [];
  const aside: AsideLine[] = [];
  const journal = openJournalReader(dataDir);
  const writer = createInfluxRun({
    ...{ dataDir, target, journal, places: PLACES, options: { ...HURRY, ...options } },
    news: {
      stored: () => undefined,
      aside: (lines) => aside.push(...lines),
      state: (state) => states.push(state),
      lag: () => undefined,
      note: (_level, message, detail) => notes.push(`${message} ${detail}`),
    },
  });
  const done = writer.run(stopping.signal);
  done.catch(() => undefined);
  return {
    states,
    notes,
    aside,
    stop: async (): Promise<void> => {
      stopping.abort();
      await done;
      journal.close();
    },
  };
}

/** Waits until every row of the journal is committed as stored, and no refill runs. */
export async function caughtUp(dataDir: string): Promise<void> {
  const reader = openJournalReader(dataDir);
  try {
    await until('the journal to stand in InfluxDB', 20_000, () => {
      const standing = readInfluxStanding(dataDir);
      if (standing === undefined || standing.refill !== undefined) return false;
      return [...reader.heads()].every(([partition, head]) => standing.cursors.get(partition) === head);
    });
  } finally {
    reader.close();
  }
}
