/** What may move now: places in a lane, what goes to another lane, which quiet test falls due, and when to look again. */
import type { RegistryPort } from '#model/registry.ts';
import type { Clock, EpochMs } from '#model/time.ts';
import type { DeliveryTable } from '../delivery-table.ts';
import type { ChannelBook } from './book.ts';
import { attemptsAtOnce, isDown, type Lane, type Lanes, successors, takeOver, testAtMs } from './lanes.ts';

const HANDED_OVER_AT_ONCE = 100;

type Ports = {
  readonly lanes: () => Lanes;
  readonly book: ChannelBook;
  readonly deliveries: Pick<DeliveryTable, 'earliestDue'>;
  readonly registry: RegistryPort;
  readonly clock: Clock;
};
/** `waitMs` is how long until there is a place where there is none now; infinite when an attempt must end first. */
type Room = { readonly places: number; readonly waitMs: number };

const NONE: Room = { places: 0, waitMs: Number.POSITIVE_INFINITY };

export function openTraffic({ lanes, book, deliveries, registry, clock }: Ports) {
  /** Another lane takes what is due. */
  const isRelieved = (lane: Lane): boolean => isDown(lane) && successors(lane, lanes()).length > 0;

  /** A lane that is down tries one at a time whether it is back; where an heir sends, only when a quiet test went well. */
  const limitOf = (lane: Lane): number =>
    !isDown(lane)
      ? attemptsAtOnce(lane.config.kind)
      : isRelieved(lane) && lane.channel.selfTest !== undefined && !lane.trial
        ? 0
        : 1;

  function roomOf(lane: Lane, nowMs: EpochMs): Room {
    const free = limitOf(lane) - lane.inFlight;
    if (free <= 0) return NONE;
    if (lane.notBeforeMs > nowMs) return { places: 0, waitMs: lane.notBeforeMs - nowMs };
    if (lane.rate === null) return { places: free, waitMs: 0 };
    const monoMs = clock.monoMs();
    const { any, worst } = lane.rate.places(monoMs);
    const worstDue = any < free && worst > any ? book.worstDue(lane.id, Math.min(worst, free), nowMs) : 0;
    const places = Math.min(free, Math.max(any, worstDue));
    if (places > 0) return { places, waitMs: 0 };
    const wait = lane.rate.waitMs(monoMs);
    return { places: 0, waitMs: book.worstDue(lane.id, 1, nowMs) > 0 ? wait.worst : wait.any };
  }

  /** What is waiting there now. */
  const isDue = (lane: Lane, nowMs: EpochMs): boolean => {
    const dueMs = deliveries.earliestDue(lane.id);
    return dueMs !== null && dueMs <= nowMs;
  };

  const testDueMs = (lane: Lane, asked: ReadonlyMap<string, string>, dueMs: EpochMs | null, nowMs: EpochMs) =>
    testAtMs(lane, {
      asked: asked.has(lane.id),
      idle: (dueMs === null && lane.inFlight === 0) || isRelieved(lane),
      nowMs,
    });

  return {
    roomOf,
    isDue,
    /** Inside a commit: what waits for a lane that is down goes to the next that can take it. */
    relieve: (nowMs: EpochMs, told: (from: string, to: ReadonlyMap<string, number>) => void): void => {
      for (const [id, lane] of lanes()) {
        if (!isRelieved(lane) || !isDue(lane, nowMs)) continue;
        // One without a quiet test is tried with the first of what waits.
        if (limitOf(lane) > 0 && roomOf(lane, nowMs).places > 0) continue;
        const take = takeOver(successors(lane, lanes()), registry.current());
        told(id, book.handOver(id, take, HANDED_OVER_AT_ONCE, nowMs));
      }
    },
    testsDue: (nowMs: EpochMs): readonly Lane[] => {
      const asked = book.asked();
      return [...lanes().values()].filter((lane) => {
        const atMs = testDueMs(lane, asked, deliveries.earliestDue(lane.id), nowMs);
        return atMs !== null && atMs <= nowMs;
      });
    },
    /** How long until something falls due, at most `longestMs`; a result and a new row ring the bell by themselves. */
    waitMs: (nowMs: EpochMs, longestMs: number): number => {
      const asked = book.asked();
      let waitMs = longestMs;
      for (const lane of lanes().values()) {
        const dueMs = deliveries.earliestDue(lane.id);
        if (dueMs !== null) {
          const room = isRelieved(lane) ? 0 : roomOf(lane, nowMs).waitMs;
          waitMs = Math.min(waitMs, Math.max(dueMs - nowMs, room));
        }
        const testMs = testDueMs(lane, asked, dueMs, nowMs);
        if (testMs !== null) waitMs = Math.min(waitMs, testMs - nowMs);
      }
      return Math.max(waitMs, 0);
    },
  };
}
