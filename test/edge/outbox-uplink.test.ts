import { rmSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { startEdge } from '#edge/main.ts';
import type { Batch } from '#model/batch.ts';
import type { Reading } from '#model/reading.ts';
import { addRange, holesIn, type SeqRange } from '#model/seen.ts';
import { cycle, openOutbox, START_MS } from './outbox-support.ts';
import { edgeConfig, freePort, startCentre, tempDir, testContext, until } from './support.ts';

const CYCLES = 900;
const BOUND = 400_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

function busyCycle(at: number) {
  const atMs = START_MS + at * 1_000;
  const one = { measuredAtMs: atMs, timeQuality: 'synced', quality: 'good', flags: [] } as const;
  const readings: Reading[] = [{ ...one, sensorId: 'rain', value: (at % 3) * 100, raw: at }];
  for (let more = 0; more < 19; more++) readings.push({ ...one, sensorId: `level-${more}`, value: at });
  return cycle(atMs, readings, at === 5 ? [{ kind: 'bus', busId: 'a', state: 'open', detail: '' }] : []);
}
const fallen = Array.from({ length: CYCLES }, (_, at) => (at % 3) * 100).reduce((sum, value) => sum + value, 0);

/** What a centre makes of the batches that came: each identity once. */
function heard(batches: readonly Batch[]) {
  const bySeq = new Map(batches.map((batch) => [batch.seq, batch]));
  const all = [...bySeq.values()];
  const stoodFor = all.flatMap(({ replaces = [] }) => replaces);
  const accounted = [...stoodFor, ...all.map(({ seq }) => [seq, seq] as SeqRange)].reduce(
    addRange,
    [] as readonly SeqRange[],
  );
  const twice = [...bySeq.keys()].filter((seq) => stoodFor.some(([from, to]) => from <= seq && seq <= to));
  const rain = all
    .flatMap(({ readings }) => readings)
    .reduce((sum, one) => sum + (one.sensorId === 'rain' && one.quality !== 'bad' ? one.value : 0), 0);
  return { all, accounted, twice, rain };
}

it('what was thinned while the uplink was cut arrives with exact rain, every number accounted for and every loss told', async () => {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const port = await freePort();
  const config = edgeConfig(folder.path, port, []);
  const kindOf = (id: string) => (id === 'rain' ? ('increment' as const) : ('gauge' as const));
  const before = openOutbox(config.dataDir, { maxBytes: BOUND, kindOf });
  for (let at = 0; at < CYCLES; at++) before.outbox.commit(busyCycle(at));
  const thinned = before.counts.get('fengsui_edge_outbox_thinned_readings_total') ?? 0;
  expect(thinned).toBeGreaterThan(1_000);
  const last = before.outbox.nextSeq - 1;
  before.outbox.close(START_MS);

  const centre = await startCentre(port);
  cleanups.push(() => centre.stop());
  const edge = await startEdge(config, testContext(), { maxOutboxBytes: BOUND * 10 });
  cleanups.push(() => edge.stop());
  await until('all arrived', () => centre.batches.length > 0 && edge.unacked() === 0, 20_000);
  const { all, accounted, twice, rain } = heard(centre.batches);
  expect(rain).toBe(fallen);
  expect(twice).toEqual([]);
  expect(holesIn(accounted, [1, last])).toEqual([]);
  expect(all.flatMap(({ events }) => events).filter(({ kind }) => kind === 'bus')).toHaveLength(1);
  expect(all.reduce((sum, { readings }) => sum + readings.length, 0) + thinned).toBe(CYCLES * 20);
}, 120_000);

it('an uplink that comes and goes while the disk is at its bound never makes rain count twice', async () => {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const { openSendQueue } = await import('#edge/io/send-queue.ts');
  const { decoded } = await import('./outbox-support.ts');
  const kindOf = (id: string) => (id === 'rain' ? ('increment' as const) : ('gauge' as const));
  let opened = openOutbox(folder.path, { maxBytes: BOUND, kindOf });
  let queue = openSendQueue(opened.outbox);
  const arrived: Batch[] = [];
  let random = 7;
  const chance = (): number => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
    return random / 2 ** 31;
  };
  for (let at = 0; at < CYCLES; at++) {
    opened.outbox.commit(busyCycle(at));
    // Now and then the line is there for a moment: batches go out, some are acked, some acks are lost.
    if (chance() < 0.02) {
      queue.restart(false);
      for (let batch = queue.next(); batch !== undefined; batch = queue.next()) {
        arrived.push(decoded(batch.body));
        if (chance() < 0.5) opened.outbox.noteAcked([[batch.seq, batch.seq]]);
        if (chance() < 0.5) queue.settle(batch.seq, batch.seq);
        if (chance() < 0.05) break;
      }
    }
    // And now and then the box is switched off and on.
    if (chance() < 0.01) {
      opened.outbox.close(START_MS + at * 1_000);
      opened = openOutbox(folder.path, { maxBytes: BOUND, kindOf });
      queue = openSendQueue(opened.outbox);
    }
  }
  queue.restart(false);
  for (let batch = queue.next(); batch !== undefined; batch = queue.next()) {
    arrived.push(decoded(batch.body));
    opened.outbox.noteAcked([[batch.seq, batch.seq]]);
    queue.settle(batch.seq, batch.seq);
  }
  opened.outbox.flushAcks(START_MS + CYCLES * 1_000);
  expect(opened.outbox.unacked).toBe(0);
  const bodies = Map.groupBy(arrived, ({ seq }) => seq);
  for (const [, same] of bodies) expect(new Set(same.map((batch) => JSON.stringify(batch))).size).toBe(1);
  const { all, accounted, twice, rain } = heard(arrived);
  expect(all.some(({ replaces }) => replaces !== undefined)).toBe(true);
  expect(twice).toEqual([]);
  const dropped = opened.outbox.missing([[1, opened.outbox.nextSeq - 1]]);
  expect(dropped.every(([from]) => from > 0)).toBe(true);
  expect(holesIn(accounted, [1, opened.outbox.nextSeq - 1])).toEqual([]);
  expect(rain).toBe(fallen);
  opened.outbox.close(START_MS);
  rmSync(folder.path, { recursive: true, force: true });
}, 120_000);
