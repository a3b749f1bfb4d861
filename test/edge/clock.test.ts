import { afterEach, describe, expect, it } from 'vitest';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import type { MachineBoot } from '#edge/io/box-clock.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { openRecorder } from '#edge/io/recorder.ts';
import { startEdge } from '#edge/main.ts';
import { decodeBatch } from '#model/batch.ts';
import { dateReading } from '#model/dating.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { openClock, openSteppedClock } from '#model/io/clock.ts';
import { edgeConfig, registersReply, startCentre, startScriptedUnit, tempDir, testContext, until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const HOUR = 3_600_000;
const Y2059 = Date.UTC(2059, 0, 1);

/** A box whose wall clock runs `shiftMs` beside the world's and can be set; its bus is read ten times a second. */
async function openBox(shiftMs: number) {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const unit = await startScriptedUnit((request, reply) => reply(registersReply(request, [0, 7])));
  cleanups.push(() => unit.stop());
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const real = openClock({ kind: 'real' });
  const wall = { shiftMs };
  const ctx = testContext({ ...real, nowMs: () => real.nowMs() + wall.shiftMs });
  const bus: BusConfig = {
    ...{ id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs: 100 },
    units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
  };
  const edge = await startEdge(edgeConfig(folder.path, centre.port, [bus]), ctx);
  cleanups.push(() => edge.stop());
  return { centre, ctx, wall };
}
type Sent = Awaited<ReturnType<typeof openBox>>['centre']['batches'][number];

/** By how much the readings of a batch are off, dated as the centre does with what it was told. */
const errorMs = (batch: Sent, utcAtMonoZeroMs: number | undefined): number => {
  const [reading] = batch.readings;
  const bootMs = Date.now() - performance.now();
  const dtMs = (reading?.measuredAtMs ?? 0) - batch.writtenAtMs;
  const { atMs } = dateReading(batch, dtMs, Date.now(), utcAtMonoZeroMs);
  return Math.abs(atMs - (bootMs + batch.monoMs + dtMs));
};

describe('an edge that the centre tells the time', () => {
  it.each([
    ['in 1970', () => -Date.now()],
    ['in 2000', () => Date.UTC(2000, 0, 1) - Date.now()],
    ['in 2059', () => Y2059 - Date.now()],
    ['three hours behind, where the power went', () => -3 * HOUR],
    ['an hour ahead', () => HOUR],
  ])('and whose own clock stands %s stamps with the right time from the first acks on', async (_where, shift) => {
    const shiftMs = shift();
    const { centre, ctx } = await openBox(shiftMs);
    const isRight = (batch: Sent) => batch.readings.length > 0 && Math.abs(batch.writtenAtMs - Date.now()) < 5_000;
    await until('batches of the right time', () => centre.batches.filter(isRight).length >= 3);
    const right = centre.batches.filter(isRight);
    expect(right.every(({ timeQuality }) => timeQuality === 'synced')).toBe(true);
    for (const batch of right) expect(errorMs(batch, undefined)).toBeLessThan(1_000);
    // What it wrote before is dated by what it tells now, where the centre did not take it at its word.
    const fix = centre.events().find((event) => event.kind === 'clock');
    const early = centre.batches.filter((batch) => batch.readings.length > 0 && batch.timeQuality === 'unsure');
    for (const batch of early)
      expect(errorMs(batch, fix?.kind === 'clock' ? fix.utcAtMonoZeroMs : undefined)).toBeLessThan(1_000);
    // The machine's clock is still wrong, and that is to be seen.
    await until('the offset is told', () =>
      centre.statuses.some(({ clockOffsetMs }) => Math.abs(Number(clockOffsetMs ?? Number.NaN) - shiftMs) < 5_000),
    );
    expect(ctx.counts.get('fengsui_edge_clock_steps_total')).toBe(1);
    const readings = centre.batches.flatMap((batch) =>
      batch.readings.map((one) => batch.writtenAtMs - one.measuredAtMs),
    );
    expect(Math.max(...readings.map(Math.abs))).toBeLessThan(5_000);
  });

  it('goes back to its own clock when that is set, and tells the centre only what it may believe', async () => {
    const { centre, wall } = await openBox(Date.UTC(2001, 0, 1) - Date.now());
    const newest = () => centre.batches.at(-1);
    const stamped = (ms: number) => Math.abs((newest()?.writtenAtMs ?? 0) - Date.now() - ms) < 1_000;
    await until('the time of the centre', () => newest()?.timeQuality === 'synced' && stamped(0));
    wall.shiftMs = 3_000;
    await until(
      'its own time',
      () => newest()?.timeQuality === 'synced' && Math.abs((newest()?.writtenAtMs ?? 0) - Date.now() - 3_000) < 1_500,
    );
    wall.shiftMs = Y2059 - Date.now();
    await until('led again', () => newest()?.timeQuality === 'synced' && stamped(0));
    const boots = centre.events().flatMap((event) => (event.kind === 'clock' ? [event.utcAtMonoZeroMs] : []));
    const bootMs = Date.now() - performance.now();
    const believed = boots.filter((utc) => utc < Date.now());
    for (const utc of believed) expect(Math.abs(utc - bootMs)).toBeLessThan(5_000);
  });
});

describe('a process that crashed before its clock was set', () => {
  const START = Date.UTC(2026, 5, 1);
  function open(
    folder: string,
    clock: ReturnType<typeof openSteppedClock>,
    wallMs: () => number,
    machine: MachineBoot,
  ) {
    const startedMs = clock.monoMs();
    const ctx = testContext({ ...clock, monoMs: () => clock.monoMs() - startedMs, nowMs: wallMs });
    const config = edgeConfig(folder, 1, []);
    const outbox = new Outbox({ dataDir: config.dataDir, log: ctx.log, metrics: ctx.metrics });
    const recorder = openRecorder(config, ctx, outbox, clockPolicy({ kind: 'real' }), { machine });
    const record = () =>
      recorder.record({ outcomes: [], events: [{ kind: 'drop', count: 1, reason: 'x' }], units: [] });
    const events = (seq: number) => {
      const decoded = decodeBatch(outbox.read(seq)?.body ?? '');
      return decoded.ok ? decoded.value.events.filter(({ kind }) => kind === 'clock') : [];
    };
    return { recorder, record, events, close: () => outbox.close(wallMs()) };
  }

  it.each([
    ['is dated by the next one, also when that began with a right clock', 'm1', true],
    ['is not dated when the machine was started in between', 'm2', false],
  ])('%s', (_name, secondMachine, isDated) => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const clock = openSteppedClock(START);
    const boot = (id: string): MachineBoot => ({ id, monoMs: () => clock.monoMs() + 500_000 });
    const first = open(folder.path, clock, () => clock.nowMs() - START + 60_000, boot('m1'));
    expect(first.recorder.timeQuality()).toBe('unsure');
    first.record();
    first.close();
    clock.advanceTo(START + 90_000);
    const second = open(folder.path, clock, () => clock.nowMs(), boot(secondMachine));
    second.record();
    const dated = { kind: 'clock', bootId: first.recorder.bootId, utcAtMonoZeroMs: START, stepMs: 0 };
    expect(second.events(2)).toEqual(isDated ? [dated] : []);
    second.record();
    expect(second.events(3)).toEqual([]);
    second.close();
  });
});
