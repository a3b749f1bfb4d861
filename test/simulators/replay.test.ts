/** A recorded series through a real Modbus TCP slave in lock step with a stepped clock; the edge here is one small reader. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import { formatInZone, HOUR_MS } from '#model/time.ts';
import { openReplaySlave, type ReplayReport, replaySeries, replayStartMs } from '#simulators/io/replay.ts';
import { sealMbap } from '#simulators/modbus/mbap.ts';
import { parseRecorded } from '#simulators/recorded/formats.ts';
import type { RecordedRow, RecordedSeries } from '#simulators/recorded/series.ts';
import { planReplay, type ReplayWindow } from '#simulators/replay-plan.ts';
import { stationProfile, stationUnit } from '#simulators/station.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';

const START = Date.UTC(2022, 5, 3);
const series = (rows: readonly RecordedRow[], more: Partial<RecordedSeries> = {}): RecordedSeries => ({
  sensorId: 's',
  quantity: 'rain',
  unit: 'mm',
  zone: 'UTC',
  rows,
  stepMs: HOUR_MS,
  omitted: 'dry',
  notes: [],
  ...more,
});
const row = (hour: number, value: number | null): RecordedRow => ({ atMs: START + hour * HOUR_MS, value });
const story = (window: ReplayWindow, of: RecordedSeries) =>
  planReplay(of, window).steps.map((step) => [(step.atMs - START) / HOUR_MS, step.register, step.kind]);

describe('the plan of a replay', () => {
  it('sets the counter base one step before, fills dry hours, and shows a missing hour as missing', () => {
    expect(story({}, series([row(0, 100), row(3, 50), row(4, null), row(5, 7)]))).toEqual([
      [-1, 0, 'base'],
      [0, 100, 'row'],
      [1, 100, 'dry'],
      [2, 100, 'dry'],
      [3, 150, 'row'],
      [4, null, 'missing'],
      [5, 157, 'row'],
    ]);
  });
  it('is dry to the edges of a window where the file leaves dry hours out', () => {
    expect(
      story({ fromMs: START - 2 * HOUR_MS, toMs: START + 2 * HOUR_MS }, series([row(-9, 5), row(0, 100), row(7, 1)])),
    ).toEqual([
      [-3, 0, 'base'],
      [-2, 0, 'dry'],
      [-1, 0, 'dry'],
      [0, 100, 'row'],
      [1, 100, 'dry'],
      [2, 100, 'dry'],
    ]);
  });
  it('shows a gap of a file that leaves nothing out as missing', () => {
    expect(story({}, series([row(0, 1), row(3, 1)], { omitted: 'missing' })).map(([, , kind]) => kind)).toEqual([
      'base',
      'row',
      'missing',
      'missing',
      'row',
    ]);
  });
  it('loses no rain where the logger clock went back: it counts with the next later row', () => {
    const plan = planReplay(
      series([row(0, 10), row(1, 20), row(0.25, 30), row(1, 40), row(2, 50)], { omitted: 'missing' }),
    );
    expect(plan).toMatchObject({ backInTime: 2, total: 150 });
    expect(plan.steps.at(-1)).toMatchObject({ register: 150 });
  });
  it('shows a gauge as it is, without a base', () => {
    expect(story({}, series([row(0, 100), row(1, 90)], { quantity: 'level', omitted: 'missing' }))).toEqual([
      [0, 100, 'row'],
      [1, 90, 'row'],
    ]);
  });
});

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Replays and returns what a Modbus TCP client read at each poll: [instant, raw value]. */
async function replay(of: RecordedSeries, window: ReplayWindow = {}) {
  const clock = openSteppedClock((replayStartMs(of, window) ?? 0) - 1);
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const profile = stationProfile(of.quantity);
  const slave = await openReplaySlave({
    kind: 'modbus-tcp',
    unitId: 1,
    profile,
    dataDir: folder.path,
    lineId: 'replay',
    ctx: testContext(clock),
  });
  cleanups.push(slave.close);
  const socket = connect(slave.port, '127.0.0.1');
  await once(socket, 'connect');
  cleanups.push(() => void socket.destroy());
  let answer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
  });
  const polls: [number, number][] = [];
  const report: ReplayReport = await replaySeries({
    series: of,
    window,
    clock,
    slave,
    pollOnce: async () => {
      answer = Buffer.alloc(0);
      socket.write(sealMbap(1, 1, Uint8Array.of(3, 0, 0, 0, 2)));
      await until('the answer', () => answer.length === 13);
      polls.push([clock.nowMs(), answer.readUInt32BE(9)]);
    },
    settled: async () => undefined,
  });
  return { report, polls, slave };
}

describe('a replay over the wire', () => {
  it('shows each row at its own time; missing is the sentinel', async () => {
    const { report, polls, slave } = await replay(series([row(0, 2540), row(1, null), row(2, 254)]));
    expect(polls).toEqual([
      [START - HOUR_MS, 0],
      [START, 2540],
      [START + HOUR_MS, 0xffffffff],
      [START + 2 * HOUR_MS, 2794],
    ]);
    expect(report).toMatchObject({ polls: { base: 1, row: 2, dry: 0, missing: 1 }, total: 2794, failure: null });
    expect(slave.bus({ id: 'r', pollMs: HOUR_MS, unit: stationUnit(1, 's', 'rain') })).toMatchObject({
      kind: 'modbus-tcp',
      port: slave.port,
      units: [{ unitId: 1, profile: 'replay-rain' }],
    });
  });

  it('ends with a reason when a poll fails, hangs, or the clock is too late', async () => {
    const of = series([row(0, 1), row(1, 1)]);
    const common = { series: of, slave: { show: () => undefined }, settled: async () => undefined };
    const late = await replaySeries({ ...common, clock: openSteppedClock(START), pollOnce: async () => undefined });
    expect(late.failure?.kind).toBe('clock');
    const begin = START - 2 * HOUR_MS;
    const hung = await replaySeries({
      ...common,
      clock: openSteppedClock(begin),
      pollOnce: () => new Promise(() => undefined),
      stepLimitMs: 20,
    });
    expect(hung.failure?.message).toMatch(/the poll took longer than 20 ms/);
    const broken = await replaySeries({
      ...common,
      clock: openSteppedClock(begin),
      pollOnce: () => Promise.reject(new Error('gone')),
    });
    expect(broken.failure?.message).toMatch(/the poll failed: Error: gone/);
    const empty = await replaySeries({
      ...common,
      series: series([]),
      clock: openSteppedClock(begin),
      pollOnce: async () => undefined,
    });
    expect(empty.failure?.kind).toBe('empty');
  });

  const shared = process.env['FENGSUI_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
  const file = `${shared}/data/boulder-2013/805325-precip-daily-2003-2013.csv`;
  it.skipIf(!existsSync(file))(
    'replays the Boulder flood: 429.26 mm over 241 hours, the wettest ends on 12 September at 00:00',
    async () => {
      const parsed = parseRecorded(file, readFileSync(file, 'utf8'));
      const [flood] = parsed.ok ? parsed.value : [];
      if (flood === undefined) throw new Error('no series');
      const window = { fromMs: Date.parse('2013-09-08T01:00:00-07:00'), toMs: Date.parse('2013-09-18T01:00:00-07:00') };
      const { report, polls } = await replay(flood, window);
      expect(report).toMatchObject({ total: 429_260, failure: null, polls: { base: 1, missing: 0 } });
      expect(report.polls.row + report.polls.dry).toBe(241);
      const increments = polls.map(([atMs, raw], index) => [atMs, raw - (polls[index - 1]?.[1] ?? 0)] as const);
      const wettest = increments.reduce((best, now) => (now[1] > best[1] ? now : best));
      expect([formatInZone(wettest[0], flood.zone), wettest[1]]).toEqual(['2013-09-12T00:00:00-07:00', 55_880]);
    },
  );
});
