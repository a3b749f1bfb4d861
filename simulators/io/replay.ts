/**
 * Feeds a recorded series through the chain as if a station had measured it: a Modbus slave shows the row's value, the
 * stepped clock moves to the row's time, the edge polls once, and the chain takes it in before the next row comes.
 */
import { join } from 'node:path';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { BusConfig, UnitConfig } from '#model/edge-config.ts';
import type { SteppedClock } from '#model/io/clock.ts';
import type { StageContext } from '#model/ports.ts';
import { fromSteps } from '#model/quantity.ts';
import type { Failure } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import { servedLogName } from '#simulators/config.ts';
import { createDevice } from '#simulators/device.ts';
import { openTcpLine } from '#simulators/io/line-tcp.ts';
import { createPlug } from '#simulators/io/plug.ts';
import { createResponder } from '#simulators/io/responder.ts';
import { openServedLog } from '#simulators/io/served-log.ts';
import type { RecordedSeries } from '#simulators/recorded/series.ts';
import { planReplay, type ReplayWindow } from '#simulators/replay-plan.ts';

export type ReplaySlave = {
  readonly host: string;
  readonly port: number;
  /** The bus for the edge's configuration. */
  readonly bus: (how: { readonly id: string; readonly pollMs: number; readonly unit: UnitConfig }) => BusConfig;
  /** Value of every register of the unit, in steps of its quantity; null: the station has none. */
  readonly show: (steps: number | null) => void;
  readonly close: () => Promise<void>;
};

export type ReplaySlaveParts = {
  readonly kind: 'modbus-tcp' | 'modbus-rtu-tcp';
  readonly unitId: number;
  readonly profile: DeviceProfile;
  /** Folder for the served log. */
  readonly dataDir: string;
  readonly lineId: string;
  readonly ctx: StageContext;
};

/** Listens on loopback, on any free port. */
export async function openReplaySlave(parts: ReplaySlaveParts): Promise<ReplaySlave> {
  const { kind, unitId, profile, lineId, ctx } = parts;
  let shown: number | null = null;
  const device = createDevice(unitId, profile, (spec) => (shown === null ? null : fromSteps(spec.quantity, shown)));
  const served = openServedLog(join(parts.dataDir, servedLogName(lineId)));
  const responder = createResponder({
    lineId,
    devices: new Map([[unitId, device]]),
    seed: 0,
    faults: { replyFaults: () => [], lineFaults: () => [] },
    served,
    clock: ctx.clock,
    log: ctx.log,
    metrics: ctx.metrics,
  });
  const line = await openTcpLine({
    id: lineId,
    kind,
    host: '127.0.0.1',
    port: 0,
    pace: null,
    responder,
    plug: createPlug(),
    ctx,
  });
  const port = line.address.kind === 'modbus-rtu' ? 0 : line.address.port;
  return {
    host: '127.0.0.1',
    port,
    bus: ({ id, pollMs, unit }) => ({ id, pollMs, units: [unit], kind, host: '127.0.0.1', port }),
    show: (steps) => {
      shown = steps;
    },
    close: async () => {
      await line.close();
      served.close();
    },
  };
}

export type ReplayProgress = { readonly done: number; readonly of: number; readonly atMs: EpochMs };

export type ReplayReport = {
  /** Polls by what the recording said about their time. */
  readonly polls: { readonly base: number; readonly row: number; readonly dry: number; readonly missing: number };
  readonly backInTime: number;
  readonly fromMs: EpochMs | null;
  readonly toMs: EpochMs | null;
  /** Sum of the increments shown, in steps of the quantity. */
  readonly total: number;
  /** Why it ended before its last row; null when it did not. */
  readonly failure: Failure | null;
};

export type ReplayParts = {
  readonly series: RecordedSeries;
  readonly window?: ReplayWindow;
  /** Must stand before the first poll: one step before the first row. `replayStartMs` says when that is. */
  readonly clock: SteppedClock;
  readonly slave: Pick<ReplaySlave, 'show'>;
  /** Lets the edge poll once at the clock's time; resolves when the poll is in its outbox. */
  readonly pollOnce: () => Promise<void>;
  /** Resolves when the chain has taken everything in. */
  readonly settled: () => Promise<void>;
  readonly onProgress?: (progress: ReplayProgress) => void;
  readonly signal?: AbortSignal;
  /** Real time that one poll with all its consequences may take. */
  readonly stepLimitMs?: number;
};

/** Chain time at which a replay's clock may start at the latest; undefined when the window has no rows. */
export const replayStartMs = (series: RecordedSeries, window: ReplayWindow = {}): EpochMs | undefined =>
  planReplay(series, window).steps[0]?.atMs;

const DEFAULT_STEP_LIMIT_MS = 30_000;

/** Undefined when `work` was done in time. */
async function failureOf(name: string, work: Promise<void>, limitMs: number): Promise<Failure | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Failure>((resolve) => {
    timer = setTimeout(
      () => resolve({ kind: 'timeout', message: `${name} took longer than ${limitMs} ms`, retry: 'never' }),
      limitMs,
    );
  });
  try {
    return await Promise.race([work.then(() => undefined), late]);
  } catch (cause) {
    return { kind: 'step', message: `${name} failed: ${String(cause)}`, retry: 'never', cause };
  } finally {
    clearTimeout(timer);
  }
}

const stopped: Failure = { kind: 'stopped', message: 'the replay was stopped', retry: 'never' };

/** Goes through the series row by row; ends early with a reason, never hangs. */
export async function replaySeries(parts: ReplayParts): Promise<ReplayReport> {
  const { series, clock, slave } = parts;
  const plan = planReplay(series, parts.window);
  const limitMs = parts.stepLimitMs ?? DEFAULT_STEP_LIMIT_MS;
  const polls = { base: 0, row: 0, dry: 0, missing: 0 };
  const [first] = plan.steps;
  let failure: Failure | null = null;
  if (first === undefined)
    failure = { kind: 'empty', message: 'the recording has no rows in this window', retry: 'never' };
  else if (clock.nowMs() > first.atMs)
    failure = { kind: 'clock', message: 'the clock stands after the first poll of the replay', retry: 'never' };
  let toMs: EpochMs | null = null;
  for (const [index, step] of plan.steps.entries()) {
    if (failure !== null) break;
    if (parts.signal?.aborted === true) {
      failure = stopped;
      break;
    }
    slave.show(step.register);
    clock.advanceTo(step.atMs);
    failure =
      (await failureOf('the poll', parts.pollOnce(), limitMs)) ??
      (await failureOf('settling', parts.settled(), limitMs)) ??
      null;
    polls[step.kind]++;
    toMs = step.atMs;
    parts.onProgress?.({ done: index + 1, of: plan.steps.length, atMs: step.atMs });
  }
  return { polls, backInTime: plan.backInTime, fromMs: first?.atMs ?? null, toMs, total: plan.total, failure };
}
