/**
 * Hands deliveries over. The table is the queue: a row is claimed and committed, sent, and its result recorded. Each
 * channel has attempts and pauses of its own, so that a dead one delays nothing else.
 */

import type { Receipt } from '#model/call.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { Log, Metrics, Probe } from '#model/ports.ts';
import type { Registry, RegistryPort } from '#model/registry.ts';
import type { Clock, EpochMs } from '#model/time.ts';
import { passGate } from '../origin-gate.ts';
import { askedMs, DEFAULT_RETRY, decideNext, pauseMs, type RetryPolicy, type SendResult } from '../retry.ts';
import { openBell } from './bell.ts';
import type { Addressee, Channel, ChannelTools } from './channels/channel.ts';
import { openChannel } from './channels/registry.ts';
import type { Claim } from './delivery-table.ts';
import type { MqttConfig } from './publish.ts';
import type { Store } from './store.ts';

export type DispatchPorts = {
  readonly registry: RegistryPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly probe: Probe;
  /** In [0, 1). */
  readonly jitter: () => number;
  readonly mqtt: MqttConfig | null;
  readonly retry?: RetryPolicy;
  /** After each commit of a delivery. */
  readonly onCommit: () => void;
};

export type Dispatcher = {
  /** New rows may be due. */
  readonly kick: () => void;
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Where receipts go; what comes before anybody listens waits. */
  readonly onReceipts: (take: (receipts: readonly Receipt[]) => void) => void;
  /** Lets attempts in flight end, for at most `ms` of real time; what is left then is unknown. */
  readonly drain: (ms: number) => Promise<void>;
};

const ATTEMPTS_AT_ONCE = 8;
/** After so many failures in a row only one attempt at a time tries whether the receiver is back. */
const FAILURES_TO_PAUSE = 3;
const LONGEST_WAIT_MS = 30_000;
const RECEIPTS_AT_ONCE = 100;

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
function openLanes(registry: RegistryPort, tools: ChannelTools): () => ReadonlyMap<string, Lane> {
  const lanes = new Map<string, Lane>();
  return () => {
    const configs = registry.current().channels;
    for (const id of lanes.keys()) if (!configs.some((config) => config.id === id)) lanes.delete(id);
    for (const config of configs) {
      const configText = JSON.stringify(config);
      if (lanes.get(config.id)?.configText === configText) continue;
      const channel = openChannel(config, tools);
      if (channel === null) lanes.delete(config.id);
      else
        lanes.set(config.id, { configText, config, channel, inFlight: 0, failures: 0, failedAtMs: 0, notBeforeMs: 0 });
    }
    return lanes;
  };
}

/** An attempt that has ended, and not yet been recorded. */
type Finished = {
  readonly lane: Lane;
  readonly claim: Claim;
  readonly result: SendResult | 'refused';
  readonly startedMs: EpochMs;
};

/** Counts failures in a row and sets the lane's pause; a receiver that answers is there, whatever it says. */
function noteHealth({ lane, result, startedMs }: Finished, nowMs: EpochMs, jitter: number, retry: RetryPolicy): void {
  if (result === 'refused') return;
  if (result.kind === 'accepted' || result.kind === 'rejected') {
    lane.failures = 0;
    return;
  }
  if (startedMs >= lane.failedAtMs) lane.failures++;
  lane.failedAtMs = nowMs;
  const beyond = lane.failures - FAILURES_TO_PAUSE;
  const pause = beyond < 0 ? 0 : pauseMs(beyond + 1, jitter, retry);
  lane.notBeforeMs = Math.max(lane.notBeforeMs, nowMs + Math.max(askedMs(result), pause));
}

/** Looked up as it leaves: a telephone number may have changed since the row was made. */
function addresseeOf(personId: string, channel: string, registry: Registry): Addressee | null {
  const person = registry.people.get(personId);
  if (person === undefined) return null;
  const { name, phone, email, accounts } = person;
  return { personId, name, phone, email: email ?? null, account: accounts?.[channel] ?? null };
}

export function openDispatcher(store: Store, ports: DispatchPorts): Dispatcher {
  const { clock, log, metrics } = ports;
  const retry = ports.retry ?? DEFAULT_RETRY;
  const bell = openBell(clock);
  const heard: Receipt[] = [];
  let takeReceipts: ((receipts: readonly Receipt[]) => void) | undefined;
  const tools: ChannelTools = {
    clock,
    log,
    registry: ports.registry.current,
    mqtt: ports.mqtt,
    report: (receipt) => {
      heard.push(receipt);
      bell.ring();
    },
  };
  const lanesNow = openLanes(ports.registry, tools);
  const running = new Set<Promise<void>>();
  const finished: Finished[] = [];
  const abort = new AbortController();
  let stopping = false;

  /** The gate again, with the origin of the alert as it is stored: a row that was slipped in gets no further. */
  function mayLeave(lane: Lane, claim: Claim): boolean {
    const stored = store.episode(claim.alertId)?.alert.origin;
    const said = claim.message.alert.origin;
    return stored !== undefined && passGate(lane.config, stored).pass && passGate(lane.config, said).pass;
  }

  async function attempt(lane: Lane, claim: Claim): Promise<void> {
    const startedMs = clock.nowMs();
    if (!mayLeave(lane, claim)) {
      finished.push({ lane, claim, result: 'refused', startedMs });
      return;
    }
    ports.probe('delivery.claimed');
    const to = addresseeOf(claim.personId, claim.channel, ports.registry.current());
    const parcel = { message: claim.message, repeated: claim.repeated, to };
    const result: SendResult = await lane.channel.send(parcel, abort.signal).catch((cause: unknown) => {
      log.error('a channel threw', { channel: claim.channel, cause: String(cause) });
      return { kind: 'unsure', detail: String(cause) };
    });
    if (abort.signal.aborted && result.kind !== 'accepted') return; // Stays claimed: unknown at the next start.
    ports.probe('delivery.sent');
    finished.push({ lane, claim, result, startedMs });
  }

  /** Inside a commit. */
  function record({ claim, result }: Finished, nowMs: EpochMs, jitter: number): string {
    if (result === 'refused') {
      store.record(claim, { state: 'refused', dueAtMs: nowMs, detail: 'origin refused at the gate' }, nowMs);
      return 'refused';
    }
    const next = decideNext(result, claim, { nowMs, jitter }, retry);
    const dueAtMs = 'dueAtMs' in next ? next.dueAtMs : nowMs;
    store.record(claim, { state: next.state, dueAtMs, detail: result.detail }, nowMs);
    return next.state;
  }

  /** What is due in each lane and has a place there, claimed; inside a commit. */
  function claimDue(nowMs: EpochMs, freed: ReadonlyMap<Lane, number>): readonly [Lane, Claim][] {
    const claimed: [Lane, Claim][] = [];
    for (const [id, lane] of lanesNow()) {
      const limit = lane.failures >= FAILURES_TO_PAUSE ? 1 : ATTEMPTS_AT_ONCE;
      const free = limit - (lane.inFlight - (freed.get(lane) ?? 0));
      const dueMs = store.deliveries.earliestDue(id);
      if (free <= 0 || dueMs === null || Math.max(dueMs, lane.notBeforeMs) > nowMs) continue;
      for (const claim of store.claim(id, free, nowMs)) claimed.push([lane, claim]);
    }
    return claimed;
  }

  /** How long until something may fall due; a result and a new row ring the bell by themselves. */
  function nextDueMs(nowMs: EpochMs): number {
    let waitMs = LONGEST_WAIT_MS;
    for (const [id, lane] of lanesNow()) {
      const dueMs = store.deliveries.earliestDue(id);
      const full = lane.inFlight >= (lane.failures >= FAILURES_TO_PAUSE ? 1 : ATTEMPTS_AT_ONCE);
      if (dueMs !== null && !full) waitMs = Math.min(waitMs, Math.max(dueMs, lane.notBeforeMs) - nowMs);
    }
    return Math.max(waitMs, 0);
  }

  /** Records what has ended and claims what is due, in one commit; a result that the disk refuses is kept and tried again. */
  function turn(): void {
    const nowMs = clock.nowMs();
    const done = [...finished];
    const freed = new Map<Lane, number>();
    for (const one of done) {
      freed.set(one.lane, (freed.get(one.lane) ?? 0) + 1);
      noteHealth(one, nowMs, ports.jitter(), retry);
    }
    if (done.length === 0 && nextDueMs(nowMs) > 0) return;
    const { states, claimed } = store.together(() => ({
      states: done.map((one) => record(one, nowMs, ports.jitter())),
      claimed: stopping ? [] : claimDue(nowMs, freed),
    }));
    finished.splice(0, done.length);
    for (const [index, { lane, claim, result }] of done.entries()) {
      lane.inFlight--;
      metrics.count('fengsui_deliveries_total', { channel: claim.channel, result: states[index] ?? '' });
      if (states[index] !== 'sent')
        log.warn('delivery not accepted', {
          channel: claim.channel,
          key: claim.key,
          attempts: claim.attempts,
          detail: result === 'refused' ? 'origin refused at the gate' : result.detail,
        });
    }
    for (const [lane, claim] of claimed) {
      lane.inFlight++;
      const promise = attempt(lane, claim).finally(() => {
        running.delete(promise);
        bell.ring();
      });
      running.add(promise);
    }
    ports.onCommit();
  }

  /** What came back is in the store before it is forgotten here. */
  function keepReceipts(): void {
    if (heard.length === 0 || takeReceipts === undefined) return;
    const some = heard.slice(0, RECEIPTS_AT_ONCE);
    takeReceipts(some);
    heard.splice(0, some.length);
    if (heard.length > 0) bell.ring();
  }

  return {
    kick: bell.ring,
    onReceipts: (take) => {
      takeReceipts = take;
      bell.ring();
    },
    run: async (signal) => {
      while (!signal.aborted) {
        turn();
        keepReceipts();
        await bell.wait(nextDueMs(clock.nowMs()), signal);
        // Answers that came in the same turn of the event loop share one commit.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    drain: async (ms) => {
      stopping = true;
      const timer = setTimeout(() => abort.abort(), ms);
      await Promise.allSettled(running);
      clearTimeout(timer);
      turn();
      keepReceipts();
    },
  };
}
