/**
 * Hands deliveries over. The table is the queue: a row is claimed and committed, sent, and its result recorded. Each
 * channel has attempts and pauses of its own, so that a dead one delays nothing else.
 */
import type { Log, Metrics, Probe } from '#model/ports.ts';
import type { ChannelConfig, RegistryPort } from '#model/registry.ts';
import type { Clock, EpochMs } from '#model/time.ts';
import { passGate } from '../origin-gate.ts';
import { DEFAULT_RETRY, decideNext, pauseMs, type RetryPolicy, type SendResult } from '../retry.ts';
import { openBell } from './bell.ts';
import type { Channel } from './channels/channel.ts';
import { openChannel } from './channels/registry.ts';
import type { Claim } from './delivery-table.ts';
import type { Store } from './store.ts';

export type DispatchPorts = {
  readonly registry: RegistryPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly probe: Probe;
  /** In [0, 1). */
  readonly jitter: () => number;
  readonly retry?: RetryPolicy;
  /** After each commit of a delivery. */
  readonly onCommit: () => void;
};

export type Dispatcher = {
  /** New rows may be due. */
  readonly kick: () => void;
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Lets attempts in flight end, for at most `ms` of real time; what is left then is unknown. */
  readonly drain: (ms: number) => Promise<void>;
};

const ATTEMPTS_AT_ONCE = 8;
/** After so many failures in a row only one attempt at a time tries whether the receiver is back. */
const FAILURES_TO_PAUSE = 3;
const LONGEST_WAIT_MS = 30_000;

type Lane = {
  readonly configText: string;
  readonly config: ChannelConfig;
  readonly channel: Channel;
  inFlight: number;
  /** In a row; attempts that were under way together count once. */
  failures: number;
  failedAtMs: EpochMs;
  notBeforeMs: EpochMs;
};

/** A channel's lane; kept with its pauses as long as its row in the registry stays the same. */
function openLanes(registry: RegistryPort): () => ReadonlyMap<string, Lane> {
  const lanes = new Map<string, Lane>();
  return () => {
    const configs = registry.current().channels;
    for (const id of lanes.keys()) if (!configs.some((config) => config.id === id)) lanes.delete(id);
    for (const config of configs) {
      const configText = JSON.stringify(config);
      if (lanes.get(config.id)?.configText === configText) continue;
      const channel = openChannel(config);
      if (channel === null) lanes.delete(config.id);
      else
        lanes.set(config.id, { configText, config, channel, inFlight: 0, failures: 0, failedAtMs: 0, notBeforeMs: 0 });
    }
    return lanes;
  };
}

export function openDispatcher(store: Store, ports: DispatchPorts): Dispatcher {
  const { clock, log, metrics } = ports;
  const retry = ports.retry ?? DEFAULT_RETRY;
  const bell = openBell(clock);
  const lanesNow = openLanes(ports.registry);
  const running = new Set<Promise<void>>();
  const abort = new AbortController();
  /** Claims whose result the disk did not take: the receiver may have them. */
  const unrecorded: Claim[] = [];
  let stopping = false;

  /** The gate again, with the origin of the alert as it is stored: a row that was slipped in gets no further. */
  function mayLeave(lane: Lane, claim: Claim): boolean {
    const stored = store.episode(claim.alertId)?.alert.origin;
    return (
      stored !== undefined &&
      passGate(lane.config, stored).pass &&
      passGate(lane.config, claim.message.alert.origin).pass
    );
  }

  function recordResult(lane: Lane, claim: Claim, result: SendResult, startedMs: EpochMs): void {
    const nowMs = clock.nowMs();
    const next = decideNext(result, claim, { nowMs, jitter: ports.jitter() }, retry);
    store.record(
      claim,
      { state: next.state, dueAtMs: 'dueAtMs' in next ? next.dueAtMs : nowMs, detail: result.detail },
      nowMs,
    );
    metrics.count('fengsui_deliveries_total', { channel: claim.channel, result: next.state });
    if (result.kind === 'accepted' || result.kind === 'rejected') {
      lane.failures = 0; // The receiver is there, whatever it says.
      return;
    }
    if (startedMs >= lane.failedAtMs) lane.failures++;
    lane.failedAtMs = nowMs;
    const asked = result.kind === 'away' ? (result.afterMs ?? 0) : 0;
    const pause =
      lane.failures < FAILURES_TO_PAUSE ? 0 : pauseMs(lane.failures - FAILURES_TO_PAUSE + 1, ports.jitter(), retry);
    lane.notBeforeMs = Math.max(lane.notBeforeMs, nowMs + Math.max(asked, pause));
    log.warn('delivery not accepted', {
      channel: claim.channel,
      key: claim.key,
      attempts: claim.attempts,
      detail: result.detail,
    });
  }

  async function attempt(lane: Lane, claim: Claim): Promise<void> {
    try {
      if (!mayLeave(lane, claim)) {
        const nowMs = clock.nowMs();
        store.record(claim, { state: 'refused', dueAtMs: nowMs, detail: 'origin refused at the gate' }, nowMs);
        metrics.count('fengsui_deliveries_total', { channel: claim.channel, result: 'refused' });
        return;
      }
      ports.probe('delivery.claimed');
      const startedMs = clock.nowMs();
      const result = await lane.channel.send({ message: claim.message, repeated: claim.repeated }, abort.signal);
      if (abort.signal.aborted && result.kind !== 'accepted') return; // Stays claimed: unknown at the next start.
      ports.probe('delivery.sent');
      recordResult(lane, claim, result, startedMs);
    } catch (cause) {
      unrecorded.push(claim);
      metrics.count('fengsui_deliveries_total', { channel: claim.channel, result: 'fault' });
      log.error('delivery could not be recorded', { key: claim.key, cause: String(cause) });
    } finally {
      lane.inFlight--;
      ports.onCommit();
      bell.ring();
    }
  }

  function recordUnrecorded(nowMs: EpochMs): void {
    for (let claim = unrecorded[0]; claim !== undefined; claim = unrecorded[0]) {
      const dueAtMs = nowMs + pauseMs(claim.attempts, ports.jitter(), retry);
      store.record(claim, { state: 'unknown', dueAtMs, detail: 'its result could not be written' }, nowMs);
      unrecorded.shift();
    }
  }

  /** Starts what is due; answers how long until the next one is. */
  function pump(): number {
    const nowMs = clock.nowMs();
    recordUnrecorded(nowMs);
    let waitMs = LONGEST_WAIT_MS;
    for (const [id, lane] of lanesNow()) {
      const limit = lane.failures >= FAILURES_TO_PAUSE ? 1 : ATTEMPTS_AT_ONCE;
      const free = limit - lane.inFlight;
      const dueMs = store.deliveries.earliestDue(id);
      if (free <= 0 || dueMs === null) continue; // A result or a new row rings.
      const readyMs = Math.max(dueMs, lane.notBeforeMs);
      if (readyMs > nowMs) {
        waitMs = Math.min(waitMs, readyMs - nowMs);
        continue;
      }
      const claims = store.claim(id, free, nowMs);
      lane.inFlight += claims.length;
      for (const claim of claims) {
        const promise = attempt(lane, claim).finally(() => running.delete(promise));
        running.add(promise);
      }
      if (claims.length > 0 && claims.length < free) bell.ring();
    }
    return waitMs;
  }

  return {
    kick: bell.ring,
    run: async (signal) => {
      while (!signal.aborted && !stopping) await bell.wait(pump(), signal);
    },
    drain: async (ms) => {
      stopping = true;
      bell.ring();
      const timer = setTimeout(() => abort.abort(), ms);
      await Promise.allSettled(running);
      clearTimeout(timer);
    },
  };
}
