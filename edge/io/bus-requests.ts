/** One bus's requests, one at a time: how long each is waited for, what is asked again, and writes before reads. */
import { spanOf } from '../../model/device-profile.ts';
import type { BusConfig, EdgeConfig, UnitConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { type Latency, noteLatency, patienceMs } from '../acquire/latency.ts';
import { isRead, type ReadRequest, type Request, type WriteRequest } from '../modbus/frame.ts';
import { type PlannedRead, planReads } from '../modbus/plan.ts';
import { keepLinkOpen, type LinkKeeper } from './link-keeper.ts';
import { slowestUnitMs, wayOf } from './open-transport.ts';
import type { Answer, OnStray, ReadFault, Timing } from './transport.ts';
import { openWriteQueue, type WriteFault, type Written } from './write-queue.ts';

/** A request that has not resolved by then is stuck in the driver: the link is opened anew. */
const STUCK_AFTER_MS = 25_000;
/** A write is a siren: it is tried again at once. */
const WRITE_TRIES = 3;

export type Unit = {
  readonly unitId: number;
  readonly reads: readonly PlannedRead[];
  readonly ceilingMs: number;
  readonly gapMs: number;
};

/** `learned`: as long as its answers have taken so far; `full`: as long as its profile allows. */
export type Patience = 'learned' | 'full';

export type BusRequests = {
  readonly keeper: LinkKeeper;
  readonly units: ReadonlyMap<number, Unit>;
  /** True when the unit would be waited for longer with full patience. */
  readonly isHasty: (unit: Unit) => boolean;
  readonly read: (unit: Unit, read: PlannedRead, patience: Patience) => Promise<Result<readonly number[], ReadFault>>;
  /** Queues one; `runWrites` does them. */
  readonly write: (unitId: number, register: string, on: boolean) => Promise<Written>;
  /** Queues one read of one bit or register, e.g. of a push button; it goes out with the writes. */
  readonly ask: (unitId: number, register: string) => Promise<Asked>;
  /** Everything that waits, writes first. */
  readonly runWrites: () => Promise<void>;
  readonly hasWrites: () => boolean;
  readonly stop: () => Promise<void>;
};

/** The words of the register, or why there are none. */
export type Asked = Result<readonly number[], WriteFault>;
type Asking = { readonly unitId: number; readonly request: ReadRequest; readonly settle: (asked: Asked) => void };

/** Buttons are few; more at once is a loop of somebody's making. */
const MAX_ASKING = 8;

function unitOf(unit: UnitConfig, profiles: EdgeConfig['profiles'], delayMs: number): Unit | undefined {
  const profile = profiles[unit.profile];
  if (profile === undefined) return undefined;
  const { timeoutMs, gapMs } = profile;
  return { unitId: unit.unitId, reads: planReads(unit, profile), ceilingMs: timeoutMs + delayMs, gapMs };
}

/** Function 05 knows two values only, however the profile spells them. */
const wireValue = (functionCode: WriteRequest['functionCode'], value: number): number =>
  functionCode === 5 && value !== 0 ? 0xff00 : value;

function writeRequestOf(
  bus: BusConfig,
  profiles: EdgeConfig['profiles'],
  unitId: number,
  register: string,
  on: boolean,
): Result<WriteRequest, string> {
  const unit = bus.units.find((candidate) => candidate.unitId === unitId);
  if (unit === undefined) return err(`bus ${bus.id} has no unit ${unitId}`);
  const spec = profiles[unit.profile]?.registers.find(({ key }) => key === register);
  if (spec === undefined) return err(`profile ${unit.profile} has no register ${register}`);
  // Nothing is written but what its profile names as an output.
  if (spec.write === undefined) return err(`register ${register} of profile ${unit.profile} is not for writing`);
  const { functionCode } = spec.write;
  const value = wireValue(functionCode, on ? spec.write.on : spec.write.off);
  return ok({ unitId, functionCode, address: spec.address, value });
}

function askRequestOf(
  bus: BusConfig,
  profiles: EdgeConfig['profiles'],
  unitId: number,
  register: string,
): Result<ReadRequest, string> {
  const unit = bus.units.find((candidate) => candidate.unitId === unitId);
  const spec = profiles[unit?.profile ?? '']?.registers.find(({ key }) => key === register);
  if (spec === undefined) return err(`unit ${unitId} of bus ${bus.id} has no register ${register}`);
  return ok({ unitId, functionCode: spec.functionCode, ...spanOf(spec) });
}

export function openBusRequests(bus: BusConfig, profiles: EdgeConfig['profiles'], ctx: StageContext): BusRequests {
  const { metrics, log } = ctx;
  const labels = { bus: bus.id };
  const countBad = (kind: string) => metrics.count('fengsui_edge_frames_bad_total', { ...labels, kind });
  const onStray: OnStray = (kind) => {
    if (kind === 'late' || kind === 'noise') countBad(kind);
    else metrics.count(kind === 'echo' ? 'fengsui_edge_echoes_total' : 'fengsui_edge_heartbeats_total', labels);
  };
  const way = wayOf(bus, { slowestUnitMs: slowestUnitMs(bus, profiles), ctx, onStray });
  const units = new Map<number, Unit>();
  for (const config of bus.units) {
    const unit = unitOf(config, profiles, way.delayMs);
    if (unit !== undefined) units.set(config.unitId, unit);
  }
  const keeper = keepLinkOpen(bus.id, way, ctx);
  const queue = openWriteQueue();
  const latencies = new Map<number, Latency>();
  /** Units whose last request was not answered. */
  const unanswered = new Set<number>();

  const patienceOf = (unit: Unit): number =>
    patienceMs(latencies.get(unit.unitId), unanswered.has(unit.unitId) ? 1 : 0, unit.ceilingMs);

  const withLimit = async (request: Request, timing: Timing): Promise<Result<Answer, ReadFault>> => {
    const link = keeper.current();
    if (link === undefined) return err({ reason: 'link', kind: 'closed' });
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<Result<Answer, ReadFault>>((resolve) => {
      timer = setTimeout(() => {
        keeper.reset();
        resolve(err({ reason: 'link', kind: 'stuck' }));
      }, timing.timeoutMs + STUCK_AFTER_MS);
    });
    try {
      return await Promise.race([isRead(request) ? link.read(request, timing) : link.write(request, timing), stuck]);
    } finally {
      clearTimeout(timer);
    }
  };

  const note = (unit: Unit, result: Result<Answer, ReadFault>) => {
    if (!result.ok) {
      if (result.error.reason === 'frame') countBad(result.error.kind);
      if (result.error.reason === 'timeout') unanswered.add(unit.unitId);
      return;
    }
    unanswered.delete(unit.unitId);
    keeper.noteAnswer();
    const latency = noteLatency(latencies.get(unit.unitId), result.value.tookMs);
    latencies.set(unit.unitId, latency);
    metrics.count('fengsui_edge_answer_seconds_total', labels, Math.max(0, result.value.tookMs) / 1_000);
    const byUnit = { ...labels, unit: String(unit.unitId) };
    metrics.gauge('fengsui_edge_unit_answer_seconds', latency.smoothMs / 1_000, byUnit);
  };
  const once = async (unit: Unit, request: Request, patience: Patience): Promise<Result<Answer, ReadFault>> => {
    const timeoutMs = patience === 'full' ? unit.ceilingMs : patienceOf(unit);
    const result = await withLimit(request, { timeoutMs, ceilingMs: unit.ceilingMs, gapMs: unit.gapMs });
    const name = isRead(request) ? 'fengsui_edge_polls_total' : 'fengsui_edge_writes_total';
    metrics.count(name, { ...labels, result: result.ok ? 'ok' : result.error.reason });
    note(unit, result);
    return result;
  };

  const tryWrite = async (request: WriteRequest): Promise<Written> => {
    const unit = units.get(request.unitId);
    if (unit === undefined) return err({ reason: 'config', detail: `bus ${bus.id} has no unit ${request.unitId}` });
    let fault: ReadFault = { reason: 'link', kind: 'closed' };
    for (let tries = 0; tries < WRITE_TRIES; tries++) {
      const result = await once(unit, request, tries === 0 ? 'learned' : 'full');
      if (result.ok) return ok(undefined);
      fault = result.error;
      // What the unit refuses it will refuse again, and a line that is shut is opened by itself.
      if (fault.reason === 'exception' || fault.reason === 'link') break;
    }
    log.warn('an output was not written', { ...labels, unitId: request.unitId, address: request.address, ...fault });
    return err({ reason: fault.reason, detail: `unit ${request.unitId} of bus ${bus.id}: ${fault.kind}` });
  };
  let asking: readonly Asking[] = [];
  const tryAsk = async ({ unitId, request }: Asking): Promise<Asked> => {
    const unit = units.get(unitId);
    if (unit === undefined) return err({ reason: 'config', detail: `bus ${bus.id} has no unit ${unitId}` });
    const result = await once(unit, request, 'learned');
    if (result.ok) return ok(result.value.words);
    return err({ reason: result.error.reason, detail: `unit ${unitId} of bus ${bus.id}: ${result.error.kind}` });
  };
  const runWrites = async (): Promise<void> => {
    for (;;) {
      const write = queue.take();
      const [ask, ...others] = asking;
      if (write !== undefined) write.settle(await tryWrite(write.request));
      else if (ask === undefined) return;
      else {
        asking = others;
        ask.settle(await tryAsk(ask));
      }
    }
  };
  const leaveAsking = (): void => {
    for (const { settle } of asking) settle(err({ reason: 'stopped', detail: 'the bus is stopping' }));
    asking = [];
  };

  return {
    keeper,
    units,
    isHasty: (unit) => patienceOf(unit) < unit.ceilingMs,
    read: async (unit, read, patience) => {
      await runWrites();
      const first = await once(unit, read.request, patience);
      // A disturbed frame is asked for once more; a unit that does not answer is not, since that costs the others time.
      const isDisturbed = !first.ok && first.error.reason === 'frame' && first.error.kind !== 'truncated';
      if (isDisturbed) await runWrites();
      const result = isDisturbed ? await once(unit, read.request, 'full') : first;
      return result.ok ? ok(result.value.words) : result;
    },
    write: async (unitId, register, on) => {
      const request = writeRequestOf(bus, profiles, unitId, register, on);
      if (!request.ok) return err({ reason: 'config', detail: request.error });
      const written = queue.add(request.value);
      keeper.current()?.hurry?.();
      return written;
    },
    ask: (unitId, register) =>
      new Promise((resolve) => {
        const request = askRequestOf(bus, profiles, unitId, register);
        if (!request.ok) return resolve(err({ reason: 'config', detail: request.error }));
        if (asking.length >= MAX_ASKING)
          return resolve(err({ reason: 'queue', detail: `${MAX_ASKING} questions are waiting already` }));
        asking = [...asking, { unitId, request: request.value, settle: resolve }];
      }),
    runWrites,
    hasWrites: () => !queue.isEmpty() || asking.length > 0,
    stop: async () => {
      queue.close();
      leaveAsking();
      await keeper.stop();
    },
  };
}
