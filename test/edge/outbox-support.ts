/** What the outbox's tests share: cycles, a place on disk, and what stands in it. */
import type { Cycle, OutboxOptions } from '#edge/io/outbox.ts';
import { Outbox } from '#edge/io/outbox.ts';
import type { Batch } from '#model/batch.ts';
import { decodeBatch } from '#model/batch.ts';
import type { EdgeEvent } from '#model/edge-event.ts';
import type { Reading } from '#model/reading.ts';
import { testContext } from './support.ts';

/** 2026-07-01T00:00:00Z. */
export const START_MS = 1_782_864_000_000;

export const rain = (atMs: number, value: number, raw: number): Reading => ({
  sensorId: 'rain',
  measuredAtMs: atMs,
  timeQuality: 'synced',
  quality: 'good',
  value,
  raw,
  flags: [],
});
export const level = (atMs: number, value: number): Reading => ({ ...rain(atMs, value, value), sensorId: 'level' });

export const header = (atMs: number, more: Partial<Cycle['header']> = {}): Cycle['header'] => ({
  edgeId: 'edge-test',
  bootId: 'boot-1',
  monoMs: atMs - START_MS,
  writtenAtMs: atMs,
  timeQuality: 'synced',
  inventoryVersion: 'inventory-1',
  ...more,
});

export const cycle = (
  atMs: number,
  readings: readonly Reading[],
  events: readonly EdgeEvent[] = [],
  more: Partial<Cycle> = {},
): Cycle => ({ header: header(atMs), readings, events, bases: new Map(), units: [], ...more });

/** A cycle whose rain counter stands at `raw`, with its base. */
export const rainCycle = (atMs: number, value: number, raw: number, events: readonly EdgeEvent[] = []): Cycle =>
  cycle(atMs, [rain(atMs, value, raw)], events, { bases: new Map([['rain', { raw, atMs }]]) });

export function openOutbox(dataDir: string, more: Partial<OutboxOptions> = {}) {
  const { log, metrics, counts } = testContext();
  return { outbox: new Outbox({ dataDir, log, metrics, ...more }), counts };
}

export function decoded(body: string): Batch {
  const batch = decodeBatch(body);
  if (!batch.ok) throw new Error(`the outbox wrote what is no batch: ${batch.error.message}`);
  return batch.value;
}

/** Every batch that waits, in the order of the backlog. */
export const waiting = (outbox: Outbox): readonly Batch[] =>
  outbox.waiting(0, Number.MAX_SAFE_INTEGER, 100_000).map(({ seq }) => decoded(outbox.read(seq)?.body ?? ''));
