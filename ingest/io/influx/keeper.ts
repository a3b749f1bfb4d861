/** Looks after the database itself: its marker, whether it was made anew, and the refill that follows. */
import { randomUUID } from 'node:crypto';
import type { InfluxTarget } from '#model/history.ts';
import type { JournalReader } from '#model/journal.ts';
import type { EpochMs } from '#model/time.ts';
import type { AsideLine } from '../../influx/encoder.ts';
import { createLeftDays } from '../../influx/left-days.ts';
import type { Places } from '../../influx/lines.ts';
import type { CopyDay, CopySink } from '../../influx/refill.ts';
import { openInfluxQuery } from '../influx-query/query.ts';
import type { Connection } from './connection.ts';
import { lookForMarker, markerLine } from './database.ts';
import { sleepUnless } from './delivery.ts';
import type { FrozenHistory } from './frozen-history.ts';
import { beginRefill, type RefillReason, runRefill } from './refill.ts';
import type { RunNews } from './run.ts';
import type { InfluxState } from './state.ts';
import type { WriterOptions } from './writer-options.ts';

export type KeeperParts = {
  readonly dataDir: string;
  readonly journal: JournalReader;
  readonly state: InfluxState;
  readonly connection: Connection;
  readonly places: () => Places;
  readonly target: InfluxTarget;
  readonly options: WriterOptions;
  readonly signal: AbortSignal;
  readonly news: RunNews;
  readonly put: (aside: readonly AsideLine[]) => void;
};

export type Keeper = {
  /** Looks for the marker when it is time to; waits for the answer only where nothing may be written before it. */
  readonly look: () => Promise<void>;
  readonly lookSoon: () => void;
  /**
   * False while nobody has seen the database since this state began: what is in it, an earlier state may have written,
   * and the journal's first rows would come to stand there a second time.
   */
  readonly mayFollow: () => boolean;
  readonly noteGap: () => void;
  readonly wantsRefill: () => boolean;
  /**
   * Begins one, and returns as soon as the writer may go on from the state. `settle` is done with what has waited for a
   * clock before anything is compared, and resolves false when it could not be; until the refill is over, it is the
   * refill's alone.
   */
  readonly refill: (settle: () => Promise<boolean>) => Promise<void>;
  readonly isRefilling: () => boolean;
  /** True while rows may not be taken: the last look at days into which late ones come all the time. */
  readonly isPaused: () => boolean;
  /** Whether a reading that is not the newest of its series is left to the refill. */
  readonly leaves: (atMs: EpochMs) => boolean;
  readonly stop: () => Promise<void>;
};

const AWAY_AGAIN_MS = 2_000;
/** A question that is answered later than this is waited for beside the writing. */
const PATIENCE_MS = 500;
const REFILL_AGAIN_MS = 15_000;
/** Looks at the days of late rows with the writer beside; one more, and it waits. */
const ROUNDS_BESIDE = 4;
const DAY_MS = 86_400_000;

export function createKeeper(parts: KeeperParts): Keeper {
  const { state, connection, options, signal, news } = parts;
  const store = state.meta('store') ?? randomUUID();
  state.setMeta('store', store);
  let wanted = state.meta('refill') as RefillReason | undefined;
  let running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  const leftDays = createLeftDays();
  let [round, written, isAgain, isCopying] = [0, 0, false, false];
  let lookAtMs = 0;
  let markedAtMs = 0;
  let isUnreadable = false;

  const want = (reason: RefillReason): void => {
    wanted = reason;
    if (reason === 'new-database') state.beginAnew();
    else if (state.meta('refill') === undefined) state.setMeta('refill', reason);
  };
  let isMarked = state.meta('marked') !== undefined;
  const isSeen = (): boolean => isMarked;
  const see = (how: string): void => {
    isMarked = true;
    state.setMeta('marked', how);
  };
  const mark = async (): Promise<void> => {
    const refused = await connection.delivery.deliver(markerLine(store, Date.now()));
    if (refused === undefined) return;
    markedAtMs = Date.now();
    see('yes');
    parts.put(refused);
  };
  const look = async (): Promise<void> => {
    const now = performance.now();
    if (now < lookAtMs || connection.delivery.state() === 'unauthorised') return;
    lookAtMs = now + options.markerEveryMs;
    const marked = await lookForMarker(connection.client(), store);
    switch (marked.kind) {
      case 'there':
        if (Date.now() - markedAtMs > DAY_MS) await mark();
        return;
      case 'noDatabase':
        lookAtMs = now + Math.min(AWAY_AGAIN_MS, options.markerEveryMs);
        // At once: what is written before the refill begins is compared by it, for nothing.
        if (await connection.make()) {
          lookAtMs = 0;
          await look();
        }
        return;
      case 'gone':
        news.note('info', 'the database is new: what it lacks comes from the embedded history', '');
        want('new-database');
        await mark();
        return;
      case 'unauthorised':
        // The first line that is refused says so, and waits for the right token.
        if (isSeen()) return;
        want('new-database');
        await mark();
        return;
      case 'away':
        lookAtMs = now + Math.min(AWAY_AGAIN_MS, options.markerEveryMs);
        return;
      case 'unreadable':
        if (!isUnreadable)
          news.note('warn', 'the database cannot be read: it is not noticed when it is made anew', marked.message);
        isUnreadable = true;
        see('unreadable');
        return;
      default:
        return marked satisfies never;
    }
  };

  let looking: Promise<void> | undefined;
  let fault: { readonly cause: unknown } | undefined;
  /** A database that takes lines and answers no question must not hold up the lines. */
  const lookBeside = async (): Promise<void> => {
    if (fault !== undefined) throw fault.cause;
    if (looking !== undefined || performance.now() < lookAtMs) return isSeen() ? undefined : looking;
    looking = look()
      .catch((cause: unknown) => {
        fault = { cause };
      })
      .finally(() => {
        looking = undefined;
      });
    await (isSeen() ? Promise.race([looking, sleepUnless(signal, PATIENCE_MS)]) : looking);
  };

  const sinkOf = (until: AbortSignal): { readonly sink: CopySink; readonly close: () => Promise<void> } => {
    const zone = { zone: 'UTC' };
    const query = openInfluxQuery(parts.target, connection.token, () => ({ sensors: parts.places(), county: zone }));
    const write = async (lines: readonly string[]): Promise<void> => {
      for (let at = 0; at < lines.length && !until.aborted; at += options.portionLines) {
        const part = lines.slice(at, at + options.portionLines);
        const refused = await connection.delivery.deliver(part.join('\n'));
        if (refused === undefined) throw new Error('cut short');
        parts.put(refused);
        news.stored(part.length - refused.length);
      }
    };
    return { sink: { query, write }, close: query.close };
  };
  /** In one step with the last comparison: no row comes in between. */
  const finish = (): void => {
    isAgain = leftDays.left().size > 0;
    if (isAgain) return;
    leftDays.end();
    if (wanted === undefined) state.setMeta('refill', undefined);
    news.note('info', 'the database has what the embedded history has', `${written} readings were missing`);
  };
  const copy = async (
    frozen: FrozenHistory,
    days: readonly EpochMs[],
    settle: () => Promise<boolean>,
    until: AbortSignal,
  ): Promise<void> => {
    const { sink, close } = sinkOf(until);
    const onDay = (day: CopyDay): void => {
      leftDays.compared(day.dayMs);
      written += day.written;
      if (day.unplaced > 0)
        news.note(
          'warn',
          'readings of sensors that the county never had a place for are left out',
          String(day.unplaced),
        );
    };
    try {
      while (!until.aborted) {
        try {
          if (!(await settle())) throw new Error('what waited for a clock could not be written');
          if (await runRefill(parts, { source: frozen.source, days }, sink, { signal: until, onDay })) finish();
          return;
        } catch (cause) {
          if (until.aborted) return;
          news.note('warn', 'the refill from the embedded history is held up', String(cause));
          await sleepUnless(until, REFILL_AGAIN_MS);
        }
      }
    } finally {
      isCopying = false;
      frozen.close();
      await close();
    }
  };
  const halt = async (): Promise<void> => {
    running?.stop.abort();
    await running?.done;
    running = undefined;
  };

  return {
    look: lookBeside,
    lookSoon: () => {
      lookAtMs = 0;
    },
    mayFollow: isSeen,
    noteGap: () => want('gap'),
    wantsRefill: () => wanted !== undefined || isAgain,
    refill: async (settle) => {
      await halt();
      const left = leftDays.left();
      const isFirst = wanted !== undefined;
      [round, written] = isFirst ? [1, 0] : [round + 1, written];
      [wanted, isAgain, isCopying] = [undefined, false, true];
      const { frozen, datedDays } = beginRefill(parts);
      // Where the embedded history is ahead, rows are the refill's that the writer never took.
      const isWhole = isFirst || frozen.isAhead;
      const days = isWhole ? frozen.days : frozen.days.filter((dayMs) => left.has(dayMs) || datedDays.has(dayMs));
      leftDays.begin(days);
      const stop = new AbortController();
      running = { stop, done: copy(frozen, days, settle, AbortSignal.any([signal, stop.signal])) };
    },
    isRefilling: () => isCopying || isAgain,
    isPaused: () => isCopying && round > ROUNDS_BESIDE,
    leaves: leftDays.leaves,
    stop: async () => {
      await halt();
      await looking;
    },
  };
}
