/**
 * Hands deliveries over. The table is the queue: a row is claimed and committed, sent, and its result recorded. Each
 * channel has attempts, pauses and a rate of its own, so that a dead one delays nothing else; what waits for one that is
 * down goes to its fallback.
 */

import type { Receipt } from '#model/call.ts';
import type { Log, Metrics, Probe } from '#model/ports.ts';
import type { Registry, RegistryPort } from '#model/registry.ts';
import type { Clock, EpochMs } from '#model/time.ts';
import { publicDetail } from '../channels/detail.ts';
import { passGate } from '../origin-gate.ts';
import { DEFAULT_RETRY, decideNext, type RetryPolicy, type SendResult } from '../retry.ts';
import { openBell } from './bell.ts';
import { hear, type Lane, openLanes } from './channel-health/lanes.ts';
import { openTraffic } from './channel-health/traffic.ts';
import { openWatch } from './channel-health/watch.ts';
import type { Addressee, ChannelTools } from './channels/channel.ts';
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

const LONGEST_WAIT_MS = 30_000;
const RECEIPTS_AT_ONCE = 100;

/** An attempt that has ended, and not yet been recorded. */
type Finished = { readonly claim: Claim; readonly result: SendResult | 'refused' };
const NO_TEST: SendResult = { kind: 'away', detail: 'it cannot be tried without sending', afterMs: null };

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
  const book = store.channels;
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
  const lanes = openLanes(ports.registry, { tools, book, clock, log });
  const watch = openWatch({ book, metrics, log });
  const traffic = openTraffic({
    lanes: lanes.current,
    book,
    deliveries: store.deliveries,
    registry: ports.registry,
    clock,
  });
  const running = new Set<Promise<void>>();
  const finished: Finished[] = [];
  const abort = new AbortController();
  /** Nobody waits for a quiet test. */
  const quiet = new AbortController();
  let stopping = false;

  /** Its end wakes the loop. */
  function launch(work: Promise<void>): void {
    const promise = work.finally(() => {
      running.delete(promise);
      bell.ring();
    });
    running.add(promise);
  }

  /** The gate again, with the origin of the alert as it is stored: a row that was slipped in gets no further. */
  function mayLeave(lane: Lane, claim: Claim): boolean {
    const stored = store.episode(claim.alertId)?.alert.origin;
    const said = claim.message.alert.origin;
    return stored !== undefined && passGate(lane.config, stored).pass && passGate(lane.config, said).pass;
  }

  /** Its detail goes to the ledger, the logs and the screens, so it is what everybody may see. */
  const guarded = async (lane: Lane, work: Promise<SendResult>): Promise<SendResult> => {
    try {
      const result = await work;
      return { ...result, detail: publicDetail(result.detail) };
    } catch (cause) {
      const detail = publicDetail(String(cause));
      log.error('a channel threw', { channel: lane.id, cause: detail });
      return { kind: 'unsure', detail };
    }
  };

  /** From here on the lane's health and pauses know of it; the disk does with the next commit. */
  function hearOf(lane: Lane, result: SendResult, test: boolean, startedMs: EpochMs): void {
    const now = { nowMs: clock.nowMs(), jitter: ports.jitter() };
    watch.heard(lane, hear(lane, { result, test, startedMs }, now, retry));
  }

  async function attempt(lane: Lane, claim: Claim): Promise<void> {
    const startedMs = clock.nowMs();
    if (!mayLeave(lane, claim)) {
      lane.inFlight--;
      finished.push({ claim, result: 'refused' });
      return;
    }
    ports.probe('delivery.claimed');
    const to = addresseeOf(claim.personId, claim.channel, ports.registry.current());
    const parcel = { message: claim.message, repeated: claim.repeated, to };
    const result = await guarded(lane, lane.channel.send(parcel, abort.signal));
    if (abort.signal.aborted && result.kind !== 'accepted') return; // Stays claimed: unknown at the next start.
    ports.probe('delivery.sent');
    lane.inFlight--;
    finished.push({ claim, result });
    hearOf(lane, result, false, startedMs);
  }

  async function tryQuietly(lane: Lane): Promise<void> {
    const startedMs = clock.nowMs();
    const test = lane.channel.selfTest;
    if (test === undefined) return watch.tested(lane, NO_TEST);
    lane.testing = true;
    const result = await guarded(lane, test(quiet.signal));
    lane.testing = false;
    if (quiet.signal.aborted) return;
    hearOf(lane, result, true, startedMs);
    watch.tested(lane, result);
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
  function claimDue(nowMs: EpochMs): readonly [Lane, Claim][] {
    const claimed: [Lane, Claim][] = [];
    traffic.relieve(nowMs, watch.handedOver);
    for (const [id, lane] of lanes.current()) {
      const places = traffic.isDue(lane, nowMs) ? traffic.roomOf(lane, nowMs).places : 0;
      if (places === 0) continue;
      const claims = store.claim(id, places, nowMs);
      lane.rate?.take(claims.length, clock.monoMs());
      if (claims.length > 0) lane.trial = false;
      for (const claim of claims) claimed.push([lane, claim]);
    }
    return claimed;
  }

  function report(done: readonly Finished[], states: readonly string[]): void {
    for (const [index, { claim, result }] of done.entries()) {
      const state = states[index] ?? '';
      metrics.count('fengsui_deliveries_total', { channel: claim.channel, result: state });
      if (state === 'sent') continue;
      const detail = result === 'refused' ? 'origin refused at the gate' : result.detail;
      const { channel, key, attempts } = claim;
      log.warn('delivery not accepted', { channel, key, attempts, detail });
    }
  }

  /** Records what has ended and claims what is due, in one commit; a result that the disk refuses is kept and tried again. */
  function turn(): void {
    const nowMs = clock.nowMs();
    const done = [...finished];
    if (done.length === 0 && !watch.hasNews() && traffic.waitMs(nowMs, LONGEST_WAIT_MS) > 0) return;
    const { states, claimed, settle } = store.together(() => ({
      states: done.map((one) => record(one, nowMs, ports.jitter())),
      settle: watch.write(lanes.current(), nowMs),
      claimed: stopping ? [] : claimDue(nowMs),
    }));
    finished.splice(0, done.length);
    settle();
    report(done, states);
    for (const [lane, claim] of claimed) {
      lane.inFlight++;
      launch(attempt(lane, claim));
    }
    if (!stopping) for (const lane of traffic.testsDue(nowMs)) launch(tryQuietly(lane));
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
        await bell.wait(traffic.waitMs(clock.nowMs(), LONGEST_WAIT_MS), signal);
        // Answers that came in the same turn of the event loop share one commit.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    drain: async (ms) => {
      stopping = true;
      quiet.abort();
      const timer = setTimeout(() => abort.abort(), ms);
      await Promise.allSettled(running);
      clearTimeout(timer);
      turn();
      keepReceipts();
      await lanes.close();
    },
  };
}
