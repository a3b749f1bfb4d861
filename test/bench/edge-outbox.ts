/** Rows of the edge's outbox: durable cycles a second, what a reading takes on disk, and what thinning costs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Outbox } from '#edge/io/outbox.ts';
import type { Reading } from '#model/reading.ts';
import type { BenchRow } from '#test/bench/row.ts';

const START_MS = 1_782_864_000_000;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

function readingsAt(sensors: number, at: number, everyMs: number): readonly Reading[] {
  const measuredAtMs = START_MS + at * everyMs;
  const one = { measuredAtMs, timeQuality: 'synced', quality: 'good', flags: [] } as const;
  return Array.from({ length: sensors }, (_, index) =>
    index % 4 === 0
      ? { ...one, sensorId: `rain-${index}`, value: at % 3 === 0 ? 100 : 0, raw: at }
      : { ...one, sensorId: `level-${index}`, value: 14_420 + ((at * 7 + index) % 90), raw: 14_420 + ((at * 7) % 90) },
  );
}

function withOutbox<T>(
  maxBytes: number,
  work: (commit: (readings: readonly Reading[], at: number) => void, outbox: Outbox, counts: Map<string, number>) => T,
): T {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-bench-outbox-'));
  const counts = new Map<string, number>();
  const metrics = {
    count: (name: string, _: unknown, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    gauge: () => undefined,
  };
  const kindOf = (id: string) => (id.startsWith('rain') ? ('increment' as const) : ('gauge' as const));
  const outbox = new Outbox({ dataDir, log: quiet, metrics, maxBytes, kindOf });
  const commit = (readings: readonly Reading[], at: number): void => {
    const writtenAtMs = START_MS + at * 1_000;
    const header = { edgeId: 'bench', bootId: 'boot', monoMs: at * 1_000, writtenAtMs, inventoryVersion: 'i' } as const;
    const bases = new Map(
      readings.flatMap((one) =>
        one.sensorId.startsWith('rain') ? [[one.sensorId, { raw: at, atMs: writtenAtMs }] as const] : [],
      ),
    );
    outbox.commit({ header: { ...header, timeQuality: 'synced' }, readings, events: [], bases, units: [] });
  };
  try {
    return work(commit, outbox, counts);
  } finally {
    outbox.close(START_MS);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Twelve sensors a cycle, as of one short line; every commit is on disk before the next. */
async function commitsPerS(): Promise<number> {
  return withOutbox(1_000_000_000, (commit) => {
    const COMMITS = 3_000;
    const startedMs = performance.now();
    for (let at = 0; at < COMMITS; at++) commit(readingsAt(12, at, 1_000), at);
    return (COMMITS * 1_000) / (performance.now() - startedMs);
  });
}

/** A thousand sensors a cycle; the file, its log and its indexes. */
async function bytesPerReading(): Promise<number> {
  return withOutbox(1_000_000_000, (commit, outbox) => {
    const CYCLES = 200;
    const empty = outbox.usedBytes();
    for (let at = 0; at < CYCLES; at++) commit(readingsAt(1_000, at, 60_000), at);
    return (outbox.usedBytes() - empty) / (CYCLES * 1_000);
  });
}

/** Time that a reading costs more when the disk is at its bound and every commit thins what is oldest. */
async function thinningUs(): Promise<number> {
  const timed = (maxBytes: number) =>
    withOutbox(maxBytes, (commit, _, counts) => {
      const COMMITS = 4_000;
      const startedMs = performance.now();
      for (let at = 0; at < COMMITS; at++) commit(readingsAt(60, at, 1_000), at);
      return {
        ms: performance.now() - startedMs,
        thinned: counts.get('fengsui_edge_outbox_thinned_readings_total') ?? 0,
      };
    });
  const free = timed(1_000_000_000);
  const bound = timed(2_000_000);
  if (bound.thinned === 0) throw new Error('nothing was thinned');
  return Math.max(0, ((bound.ms - free.ms) * 1_000) / bound.thinned);
}

export const rows: readonly BenchRow[] = [
  { name: 'edge.outbox.commits_per_s', unit: 'commits/s', budget: null, better: 'higher', run: commitsPerS },
  { name: 'edge.outbox.bytes_per_reading', unit: 'bytes', budget: null, better: 'lower', run: bytesPerReading },
  { name: 'edge.outbox.thinning_us', unit: 'µs/reading', budget: null, better: 'lower', run: thinningUs },
];
