/**
 * The lanes of the dispatcher: each channel has attempts, pauses, a rate and a health of its own, so that a dead one delays
 * nothing else. A lane is kept as long as its row in the registry stays the same.
 */
import { reachOf, type SendingChannel } from '#model/channel.ts';
import type { Log } from '#model/ports.ts';
import type { Registry, RegistryPort } from '#model/registry.ts';
import type { Clock, EpochMs } from '#model/time.ts';
import { type Health, type Heard, nextHealth, untested } from '../../channels/health.ts';
import { openRate, type Rate } from '../../channels/rate.ts';
import { passGate } from '../../origin-gate.ts';
import { askedMs, pauseMs, type RetryPolicy, type SendResult } from '../../retry.ts';
import type { Channel, ChannelTools } from '../channels/channel.ts';
import { openChannel } from '../channels/registry.ts';
import type { ChannelBook, TakeOver } from './book.ts';

/**
 * Attempts under way at once. A line carries one: what is in hand cannot be overtaken by something worse. Gateways and
 * platforms take many, and a storm's messages then share commits.
 */
const AT_ONCE = 24;
export const attemptsAtOnce = (kind: SendingChannel['kind']): number =>
  kind === 'gsm-sms' || kind === 'gsm-voice' ? 1 : kind === 'email' ? 4 : AT_ONCE;

const HOUR_MS = 3_600_000;
/** A centre that has just started has other things to do; and a channel that is used needs no test. */
const FIRST_TEST_MS = 300_000;
/** A receiver that asks for a longer pause is down at once: what waits goes to its fallback meanwhile. */
const CLOSED_FROM_MS = 60_000;

export type Lane = {
  readonly id: string;
  readonly configText: string;
  readonly config: SendingChannel;
  readonly channel: Channel;
  readonly rate: Rate | null;
  readonly openedAtMs: EpochMs;
  inFlight: number;
  testing: boolean;
  /** The way is open: one message may try whether it is back. */
  trial: boolean;
  health: Health;
  /** As the store has it. */
  kept: Health | undefined;
  /** Attempts that were under way together count once. */
  failedAtMs: EpochMs;
  notBeforeMs: EpochMs;
};
export type Lanes = ReadonlyMap<string, Lane>;

type Tools = { readonly tools: ChannelTools; readonly book: ChannelBook; readonly clock: Clock; readonly log: Log };

/** Also closes what a lane that is gone kept open. */
export function openLanes(registry: RegistryPort, { tools, book, clock, log }: Tools) {
  const lanes = new Map<string, Lane>();
  let seen: Registry | undefined;
  const closed = async (lane: Lane): Promise<void> => {
    lanes.delete(lane.id);
    await lane.channel.close?.().catch((cause: unknown) => {
      log.warn('a channel could not be closed', { channel: lane.id, cause: String(cause) });
    });
  };
  const open = (config: SendingChannel, configText: string): void => {
    const channel = openChannel(config, tools);
    if (channel === null) return;
    const { id, kind, ratePerMinute } = config;
    const openedAtMs = clock.nowMs();
    const kept = book.health(id);
    const health = kept?.kind === kind ? kept : untested(config, openedAtMs);
    const rate = ratePerMinute === undefined ? null : openRate(ratePerMinute);
    const begin = { inFlight: 0, testing: false, trial: false, failedAtMs: 0, notBeforeMs: 0 };
    lanes.set(id, { id, configText, config, channel, rate, openedAtMs, health, kept, ...begin });
  };
  return {
    current: (): Lanes => {
      const now = registry.current();
      if (now === seen) return lanes;
      seen = now;
      for (const lane of [...lanes.values()])
        if (!now.channels.some((config) => JSON.stringify(config) === lane.configText)) void closed(lane);
      for (const config of now.channels)
        if (config.kind !== 'console' && !lanes.has(config.id)) open(config, JSON.stringify(config));
      return lanes;
    },
    close: async (): Promise<void> => {
      await Promise.all([...lanes.values()].map(closed));
    },
  };
}

export const isDown = (lane: Lane): boolean => lane.health.state === 'down';

/** Those that take over from it, nearest first: whoever is down himself passes on. */
export function successors(lane: Lane, lanes: Lanes): readonly Lane[] {
  const found: Lane[] = [];
  const seen = new Set([lane.id]);
  let next = lane.config.fallback;
  while (next !== undefined && !seen.has(next)) {
    seen.add(next);
    const one = lanes.get(next);
    if (one !== undefined && !isDown(one)) found.push(one);
    next = one?.config.fallback;
  }
  return found;
}

/** The first successor that takes the alert's origin and has an address of the person. */
export const takeOver =
  (heirs: readonly Lane[], registry: Registry): TakeOver =>
  ({ personId, origin }) =>
    heirs.find(({ config, id }) => {
      if (!passGate(config, origin).pass) return false;
      if (reachOf(config) !== 'person') return true;
      const person = registry.people.get(personId);
      if (person === undefined) return false;
      return config.kind === 'email'
        ? person.email !== undefined
        : person.phone !== '' || person.accounts?.[id] !== undefined;
    })?.id ?? null;

/** A receiver that answers is there, whatever it says of the message. */
export const isAlive = (result: SendResult): boolean => result.kind === 'accepted' || result.kind === 'rejected';

export type Hearing = { readonly result: SendResult; readonly test: boolean; readonly startedMs: EpochMs };

/** Follows health and pause from one attempt or test. Returns the health before it. */
export function hear(
  lane: Lane,
  hearing: Hearing,
  now: { readonly nowMs: EpochMs; readonly jitter: number },
  retry: RetryPolicy,
): Health {
  const { result, test, startedMs } = hearing;
  const before = lane.health;
  const closed = askedMs(result) > CLOSED_FROM_MS;
  const heard: Heard = { ok: isAlive(result), test, detail: result.detail, closed };
  if (heard.ok) {
    lane.health = nextHealth(before, heard, now.nowMs);
    lane.trial = isDown(lane);
    if (before.state === 'down') lane.notBeforeMs = now.nowMs;
    return before;
  }
  if (closed || startedMs >= lane.failedAtMs) lane.health = nextHealth(before, heard, now.nowMs);
  lane.failedAtMs = now.nowMs;
  const pause = isDown(lane) ? pauseMs(lane.health.failuresInARow - 2, now.jitter, retry) : 0;
  lane.notBeforeMs = Math.max(lane.notBeforeMs, now.nowMs + Math.max(askedMs(result), pause));
  return before;
}

/** When the quiet test falls due; null when there is none, or one is under way. */
export function testAtMs(
  lane: Lane,
  about: { readonly asked: boolean; readonly idle: boolean; readonly nowMs: EpochMs },
): EpochMs | null {
  const { channel, health, testing, openedAtMs } = lane;
  if (testing) return null;
  // Also one that cannot be tried: whoever asks gets an answer.
  if (about.asked) return about.nowMs;
  if (channel.selfTest === undefined) return null;
  // What waits for it tries it as well.
  if (isDown(lane)) return about.idle && !lane.trial ? Math.max(lane.notBeforeMs, openedAtMs) : null;
  const every = lane.config.selfTestEveryMs ?? HOUR_MS;
  const first = openedAtMs - every + Math.min(every, FIRST_TEST_MS);
  const last = Math.max(first, health.lastOkAtMs ?? 0, health.testedAtMs ?? 0);
  return Math.min(last, about.nowMs) + every;
}
