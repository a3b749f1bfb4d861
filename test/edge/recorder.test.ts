import { afterEach, describe, expect, it, vi } from 'vitest';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { openRecorder } from '#edge/io/recorder.ts';
import { startEdge } from '#edge/main.ts';
import { decodeBatch } from '#model/batch.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { edgeConfig, registersReply, startCentre, startScriptedUnit, tempDir, testContext, until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

function open(startMs: number) {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const clock = openSteppedClock(startMs);
  let wallShiftMs = 0;
  const ctx = testContext({ ...clock, nowMs: () => clock.nowMs() + wallShiftMs });
  const config = edgeConfig(folder.path, 1, []);
  const outbox = new Outbox({ dataDir: config.dataDir, log: ctx.log, metrics: ctx.metrics });
  cleanups.push(() => outbox.close(clock.nowMs()));
  const recorder = openRecorder(config, ctx, outbox, clockPolicy({ kind: 'real' }));
  const [spec] = config.profiles['sl651-rain-gauge']?.registers ?? [];
  if (spec === undefined) throw new Error('the profile is missing');
  const record = (raw: number) =>
    recorder.record({
      busId: 'a',
      outcomes: [
        { kind: 'words', sensorId: 'rain', spec, measuredAtMs: ctx.clock.nowMs(), words: [raw >>> 16, raw & 0xffff] },
      ],
      events: [],
      units: [],
    });
  const batch = (seq: number) => {
    const decoded = decodeBatch(outbox.read(seq)?.body ?? '');
    if (!decoded.ok) throw new Error('no such batch');
    return decoded.value;
  };
  const setWall = (byMs: number) => {
    wallShiftMs += byMs;
  };
  return { clock, ctx, outbox, recorder, record, batch, setWall };
}

const START = Date.UTC(2026, 5, 1);

describe('what is recorded', () => {
  it('a cycle that the disk refuses loses no rain: the next increment covers it, and the loss is told', () => {
    const { ctx, outbox, record, batch } = open(START);
    expect(record(100)).toBe(true);
    const commit = vi.spyOn(outbox, 'commit').mockImplementationOnce(() => {
      throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
    });
    expect(record(110)).toBe(false);
    commit.mockRestore();
    expect(record(130)).toBe(true);
    expect(batch(2).readings).toMatchObject([{ value: 3_000, raw: 130 }]);
    expect(batch(2).events).toEqual([{ kind: 'drop', count: 1, reason: 'the disk refused them' }]);
    expect(ctx.counts.get('fengsui_edge_readings_lost_total')).toBe(1);
    expect(ctx.places).toEqual(['outbox.committed', 'outbox.committed']);
  });

  it('a clock that was never set is unsure; when it is set, one event re-dates the boot', () => {
    const { clock, recorder, record, batch, setWall } = open(5_000);
    record(1);
    expect(batch(1).timeQuality).toBe('unsure');
    clock.advanceTo(65_000);
    setWall(START);
    record(2);
    expect(batch(2)).toMatchObject({ timeQuality: 'synced', monoMs: 60_000, bootId: recorder.bootId });
    const [event] = batch(2).events;
    expect(event).toEqual({ kind: 'clock', bootId: recorder.bootId, utcAtMonoZeroMs: START + 5_000, stepMs: START });
  });

  it('the bytes of a batch never change, and its number goes on after everything was freed', () => {
    const { clock, outbox, record } = open(START);
    record(1);
    const before = outbox.read(1)?.body;
    record(2);
    expect(outbox.read(1)?.body).toBe(before);
    outbox.noteAcked([[1, 2]]);
    expect(outbox.unacked).toBe(0);
    record(3);
    expect(outbox.putBack(outbox.epoch, [[1, 2]], clock.nowMs())).toBe(2);
    expect(outbox.read(1)?.body).toBe(before);
    outbox.noteAcked([[1, 3]]);
    record(4);
    clock.advanceTo(START + 600_001);
    record(5);
    expect(outbox.putBack(outbox.epoch, [[1, 5]], clock.nowMs())).toBe(0);
    expect(outbox.nextSeq).toBe(6);
  });
});

describe('time that is moved by hand', () => {
  it('each readNow polls once and is stamped with the moved time', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    let served = 0;
    const unit = await startScriptedUnit((request, reply) => reply(registersReply(request, [0, ++served])));
    cleanups.push(() => unit.stop());
    const clock = openSteppedClock(Date.UTC(2013, 8, 9));
    const centre = await startCentre();
    cleanups.push(() => centre.stop());
    const bus: BusConfig = {
      id: 'a',
      kind: 'modbus-rtu-tcp',
      host: '127.0.0.1',
      port: unit.port,
      pollMs: 1_000_000_000,
      units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
    };
    const policy = clockPolicy({ kind: 'virtual', startMs: clock.nowMs(), speed: 1, anchorMs: undefined });
    const edge = await startEdge(edgeConfig(folder.path, centre.port, [bus]), testContext(clock), {
      clockPolicy: policy,
    });
    cleanups.push(() => edge.stop());
    await edge.readNow();
    const hours = [1, 2, 3, 4];
    for (const hour of hours) {
      clock.advanceTo(Date.UTC(2013, 8, 9, hour));
      await edge.readNow();
      await until('it is acked', () => edge.unacked() === 0);
    }
    const last = centre.readings('rain').slice(-4);
    expect(last.map(({ measuredAtMs }) => new Date(measuredAtMs).getUTCHours())).toEqual(hours);
    expect(last.every((reading) => reading.quality === 'good' && reading.value === 100)).toBe(true);
    expect(last.every(({ timeQuality }) => timeQuality === 'synced')).toBe(true);
  });
});
