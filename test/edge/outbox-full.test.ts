import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSendQueue } from '#edge/io/send-queue.ts';
import type { Batch } from '#model/batch.ts';
import type { EdgeEvent } from '#model/edge-event.ts';
import { hasSeq } from '#model/seen.ts';
import { cycle, decoded, header, level, openOutbox, rain, rainCycle, START_MS, waiting } from './outbox-support.ts';
import { tempDir } from './support.ts';

const SECOND_MS = 1_000;
const BOUND = 400_000;
const kindOf = (id: string) => (id === 'rain' ? ('increment' as const) : ('gauge' as const));

let folder = tempDir();
beforeEach(() => {
  folder = tempDir();
});
afterEach(() => folder.remove());

/** Twenty readings a second, as from a busy line: rain and the level of nineteen more polls. */
function busyCycle(at: number, events: readonly EdgeEvent[] = []) {
  const atMs = START_MS + at * SECOND_MS;
  const levels = Array.from({ length: 19 }, (_, index) => level(atMs, at * 20 + index));
  return cycle(atMs, [rain(atMs, (at % 3) * 100, at), ...levels], events, {
    bases: new Map([['rain', { raw: at, atMs }]]),
  });
}
const rainOf = (batches: readonly Batch[]): number =>
  batches
    .flatMap(({ readings }) => readings)
    .reduce((sum, one) => sum + (one.sensorId === 'rain' && one.quality !== 'bad' ? one.value : 0), 0);
const fallen = (cycles: number): number =>
  Array.from({ length: cycles }, (_, at) => (at % 3) * 100).reduce((sum, value) => sum + value, 0);

describe('an outbox at its bound', () => {
  it('thins what was never sent before anything is dropped: the rain is exact and the disk bounded', () => {
    const { outbox, counts } = openOutbox(folder.path, { maxBytes: BOUND, kindOf });
    const CYCLES = 1_500;
    let most = 0;
    for (let at = 0; at < CYCLES; at++) {
      outbox.commit(busyCycle(at));
      most = Math.max(most, outbox.usedBytes());
    }
    expect(counts.get('fengsui_edge_outbox_thinned_batches_total') ?? 0).toBeGreaterThan(500);
    expect(counts.get('fengsui_edge_outbox_dropped_readings_total')).toBeUndefined();
    const left = waiting(outbox);
    expect(rainOf(left)).toBe(fallen(CYCLES));
    // One commit may stand above the bound until the next makes room.
    expect(most).toBeLessThan(BOUND + 100_000);
    // Every number is here, raw or replaced.
    expect(outbox.missing([[1, outbox.nextSeq - 1]])).toEqual([]);
    const seqs = new Set(left.map(({ seq }) => seq));
    for (const batch of left)
      for (const [from, to] of batch.replaces ?? [])
        for (let seq = from; seq <= to; seq++) expect(seqs.has(seq)).toBe(false);
    const thinned = left.filter(({ replaces }) => replaces !== undefined);
    expect(thinned.flatMap(({ readings }) => readings).some(({ flags }) => flags.includes('thinned'))).toBe(true);
    outbox.close(START_MS + CYCLES * SECOND_MS);
  }, 120_000);

  it('drops the oldest when thinning does not help, never an event, and counts every reading', () => {
    const { outbox, counts } = openOutbox(folder.path, { maxBytes: BOUND });
    const CYCLES = 900;
    const act = (at: number): EdgeEvent => ({ kind: 'bus', busId: `bus-${at}`, state: 'open', detail: '' });
    for (let at = 0; at < CYCLES; at++) outbox.commit(busyCycle(at, at % 40 === 0 ? [act(at)] : []));
    const dropped = counts.get('fengsui_edge_outbox_dropped_readings_total') ?? 0;
    expect(dropped).toBeGreaterThan(1_000);
    const left = waiting(outbox);
    expect(left.reduce((sum, { readings }) => sum + readings.length, 0) + dropped).toBe(CYCLES * 20);
    const events = left.flatMap((batch) => batch.events);
    expect(events.filter(({ kind }) => kind === 'bus')).toHaveLength(Math.ceil(CYCLES / 40));
    expect(left.every(({ seq, replaces }) => (replaces ?? []).every(([, to]) => to < seq))).toBe(true);
    // What was dropped without a trace is told as missing, what stands in a batch of events is not.
    const missing = outbox.missing([[1, CYCLES]]);
    expect(missing.length).toBeGreaterThan(0);
    for (const { replaces = [] } of left) for (const range of replaces) expect(hasSeq(missing, range[0])).toBe(false);
    outbox.close(START_MS + CYCLES * SECOND_MS);
  }, 120_000);

  it('tells what it gave up once somebody listens, and the count survives a restart', () => {
    const first = openOutbox(folder.path, { maxBytes: BOUND, kindOf });
    const CYCLES = 700;
    for (let at = 0; at < CYCLES; at++) first.outbox.commit(busyCycle(at));
    const thinned = first.counts.get('fengsui_edge_outbox_thinned_readings_total') ?? 0;
    expect(thinned).toBeGreaterThan(0);
    expect(waiting(first.outbox).flatMap(({ events }) => events)).toEqual([]);
    first.outbox.close(START_MS);
    const { outbox } = openOutbox(folder.path, { maxBytes: BOUND * 10, kindOf });
    openSendQueue(outbox).next();
    outbox.expectSend(true);
    outbox.commit(busyCycle(CYCLES));
    outbox.commit(busyCycle(CYCLES + 1));
    expect(waiting(outbox).flatMap(({ events }) => events)).toEqual([
      { kind: 'drop', count: thinned, reason: 'outbox is full: thinned to aggregates' },
    ]);
    outbox.close(START_MS);
  }, 120_000);

  it('frees what is acked and covered first, and keeps what its engine still needs as long as it can', () => {
    const { outbox, counts } = openOutbox(folder.path, { maxBytes: BOUND, kindOf });
    for (let at = 0; at < 300; at++)
      outbox.commit({
        ...busyCycle(at),
        engine: at === 100 ? { judgedSeq: 'cycle', snapshot: new Uint8Array(8) } : { judgedSeq: 'cycle' },
      });
    outbox.noteAcked([[1, 50]]);
    for (let at = 300; at < 600; at++) outbox.commit({ ...busyCycle(at), engine: { judgedSeq: 'cycle' } });
    const state = outbox.engineState();
    expect(state?.snapshotSeq).toBe(101);
    expect(counts.get('fengsui_edge_outbox_thinned_batches_total')).toBeGreaterThan(0);
    const rows = [...outbox.rowsAfter(101)];
    // Thinning stopped at the snapshot; what went beyond it went as the last resort, oldest first.
    expect(rows.every(({ body }) => decoded(body).replaces === undefined)).toBe(true);
    const replaced = waiting(outbox).flatMap(({ replaces = [] }) => replaces);
    expect(replaced.every(([, to]) => to <= 101)).toBe(true);
    expect(decoded(rows.at(-1)?.body ?? '').writtenAtMs).toBe(START_MS + 599 * SECOND_MS);
    const times = rows.map(({ body }) => decoded(body).writtenAtMs);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBe((times.length - 1) * SECOND_MS);
    outbox.close(START_MS);
  }, 120_000);
});

describe('what may have been sent', () => {
  it('is never thinned: neither a page of backlog that was raised, nor what was written while the uplink stood ready', () => {
    const { outbox } = openOutbox(folder.path, { maxBytes: BOUND, kindOf });
    for (let at = 0; at < 200; at++) outbox.commit(busyCycle(at));
    const queue = openSendQueue(outbox);
    const sent = [queue.next(), queue.next(), queue.next()].map((batch) => batch?.seq ?? 0);
    for (let more = queue.next(); more !== undefined; more = queue.next()) sent.push(more.seq);
    outbox.commit(busyCycle(200));
    const live = queue.next();
    expect(live?.seq).toBe(201);
    // The uplink is cut: nobody asks the queue any more.
    for (let at = 201; at < 900; at++) outbox.commit(busyCycle(at));
    const replaced = waiting(outbox).flatMap(({ replaces = [] }) => replaces);
    expect(replaced.length).toBeGreaterThan(0);
    for (const seq of [...sent, 201]) expect(hasSeq(replaced, seq)).toBe(false);
    expect(rainOf(waiting(outbox))).toBe(fallen(900));
    outbox.close(START_MS);
  }, 120_000);

  it('stands on disk before it goes out, so that a restart knows it as well', () => {
    const first = openOutbox(folder.path, { kindOf }).outbox;
    for (let at = 0; at < 10; at++) first.commit(busyCycle(at));
    openSendQueue(first).next();
    // A second look at the file, as after a crash, without the process saying goodbye.
    expect(first.waiting(0, 100, 100).every(({ sent }) => sent === 1)).toBe(true);
    first.close(START_MS);
    const second = openOutbox(folder.path, { kindOf }).outbox;
    expect(second.waiting(0, 100, 100).every(({ sent }) => sent === 1)).toBe(true);
    second.close(START_MS);
  });

  it('does not go out when the disk refuses the mark', () => {
    const { outbox } = openOutbox(folder.path);
    outbox.commit(rainCycle(START_MS, 1, 1));
    const queue = openSendQueue(outbox);
    const mark = outbox.markSent.bind(outbox);
    outbox.markSent = () => false;
    expect(queue.next()).toBeUndefined();
    outbox.markSent = mark;
    expect(queue.next()?.seq).toBe(1);
    outbox.close(START_MS);
  });

  it('is put back by a request for what an aggregate stands for, and is not called missing', () => {
    const { outbox } = openOutbox(folder.path, { maxBytes: BOUND, kindOf });
    for (let at = 0; at < 700; at++) outbox.commit(busyCycle(at));
    const aggregate = waiting(outbox).find(({ replaces }) => replaces !== undefined);
    const [from = 0] = aggregate?.replaces?.[0] ?? [];
    const seq = aggregate?.seq ?? 0;
    outbox.noteAcked([[seq, seq]]);
    outbox.flushAcks(START_MS);
    expect(outbox.read(seq)).toBeUndefined();
    expect(outbox.putBack(outbox.epoch, [[from, from]], START_MS)).toBe(1);
    expect(outbox.read(seq)?.ord).toBe(aggregate?.replaces?.[0]?.[0]);
    expect(outbox.missing([[from, from]])).toEqual([]);
    outbox.close(START_MS);
  }, 120_000);

  it('an aggregate of old batches is backlog: what is written now goes before it', () => {
    const { outbox } = openOutbox(folder.path, { maxBytes: BOUND, kindOf });
    const queue = openSendQueue(outbox);
    for (let at = 0; at < 700; at++) outbox.commit(busyCycle(at));
    queue.restart(false);
    for (let at = 700; at < 703; at++) outbox.commit(busyCycle(at));
    const first = queue.next();
    expect(decoded(first?.body ?? '').replaces).toBeUndefined();
    expect(outbox.read(first?.seq ?? 0)?.ord).toBe(first?.seq);
    outbox.close(START_MS);
  }, 120_000);
});

it('a folder that is clean holds one epoch, its lock and nothing else that the outbox does not own', () => {
  const { outbox } = openOutbox(folder.path);
  outbox.commit(cycle(START_MS, [], []));
  outbox.close(START_MS);
  expect(
    readdirSync(folder.path)
      .map((name) => name.replace(/outbox-[\w-]+\./, 'outbox-EPOCH.'))
      .sort(),
  ).toEqual(['outbox-EPOCH.sqlite', 'outbox.lock', 'outbox.pid', 'outbox.reserve']);
  expect(header(START_MS).edgeId).toBe('edge-test');
});
