/**
 * Follows the journal into InfluxDB: portions of lines, several on their way, committed in the journal's order once all
 * of a portion is stored. The database being away, slow or full holds up nothing but this.
 */
import type { InfluxTarget } from '#model/history.ts';
import type { JournalReader } from '#model/journal.ts';
import { type AsideLine, createEncoder, type Encoder, type Portion } from '../../influx/encoder.ts';
import type { Places } from '../../influx/lines.ts';
import { type Connection, openConnection } from './connection.ts';
import type { DeliveryState } from './delivery.ts';
import { mayHaveGap } from './gap.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { settleWaiting } from './settle.ts';
import { type InfluxState, openInfluxState } from './state.ts';
import type { WriterOptions } from './writer-options.ts';

export type RunNews = {
  readonly stored: (lines: number) => void;
  readonly aside: (lines: readonly AsideLine[]) => void;
  readonly state: (state: DeliveryState, message: string) => void;
  readonly lag: (lag: { readonly rows: number; readonly oldestReceivedAtMs: number | undefined }) => void;
  readonly note: (level: 'info' | 'warn', message: string, detail: string) => void;
};

export type RunParts = {
  readonly dataDir: string;
  readonly target: InfluxTarget;
  readonly journal: JournalReader;
  readonly places: Places;
  readonly options: WriterOptions;
  readonly news: RunNews;
};

export type InfluxRun = {
  /** Until the signal aborts; throws when its own disk fails. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly setPlaces: (places: Places) => void;
};

/** Many of one partition: few series with many readings each are what InfluxDB takes fastest. */
const ROWS_PER_READ = 256;
const IDLE_MS = 250;
const LAG_EVERY_MS = 1_000;
const SETTLE_EVERY_MS = 2_000;
const FORGOTTEN_EVERY_MS = 3_600_000;
/** Whoever has not read for so long may have been overtaken by the journal's retention. */
const PARKED_MS = 60_000;

/** `pending` bodies are on their way or wait for it. */
type Sent = {
  readonly portion: Portion;
  pending: number;
  outcome: readonly AsideLine[] | 'aborted' | undefined;
  fault: unknown;
};

export function createInfluxRun(parts: RunParts): InfluxRun {
  const { dataDir, journal, options, news } = parts;
  let places = parts.places;
  let encoder: Encoder | undefined;
  let state: InfluxState | undefined;

  const takePlaces = (next: Places): void => {
    // A sensor that the county has no more keeps its last place: its rows may still be on their way.
    places = new Map([...places, ...next]);
    state?.savePlaces(next);
    encoder?.setPlaces(places);
  };

  return {
    setPlaces: takePlaces,
    run: async (outer) => {
      // Whatever ends this, nothing of it goes on: a disk that fails must not leave requests behind that are tried for ever.
      const ending = new AbortController();
      const signal = AbortSignal.any([outer, ending.signal]);
      const opened = openInfluxState(dataDir);
      state = opened;
      places = new Map([...opened.places(), ...places]);
      opened.savePlaces(places);
      let keeper: Keeper | undefined;
      const connection = openConnection(parts.target, options, signal, {
        onState: news.state,
        onMade: () => keeper?.lookSoon(),
        onNotMade: (message) => news.note('warn', 'the database is not there and could not be made', message),
      });
      const put = (aside: readonly AsideLine[]): void => {
        if (aside.length === 0) return;
        opened.commit([], aside, Date.now());
        news.aside(aside);
      };
      keeper = createKeeper({
        dataDir,
        journal,
        state: opened,
        connection,
        places: () => places,
        target: parts.target,
        options,
        signal,
        news,
        put,
      });
      try {
        await follow({
          parts,
          state: opened,
          connection,
          keeper,
          signal,
          put,
          places: () => places,
          use: (made) => {
            encoder = made;
          },
        });
      } finally {
        ending.abort();
        await keeper.stop();
        connection.close();
        encoder = undefined;
        state = undefined;
        opened.close();
      }
    },
  };
}

type FollowParts = {
  readonly parts: RunParts;
  readonly state: InfluxState;
  readonly connection: Connection;
  readonly keeper: Keeper;
  readonly signal: AbortSignal;
  readonly put: (aside: readonly AsideLine[]) => void;
  readonly places: () => Places;
  /** The encoder in force, so that new places reach it. */
  readonly use: (encoder: Encoder) => void;
};

async function follow({ parts, state, connection, keeper, signal, put, places, use }: FollowParts): Promise<void> {
  const { journal, options, news, dataDir } = parts;
  const sent: Sent[] = [];
  const bell = createBell();
  const cancelWake = journal.onWake(bell.ring);
  signal.addEventListener('abort', bell.ring);
  let encoder = createEncoder(state.load(), places(), options.portionLines, keeper.leaves);
  use(encoder);
  let [committedAtMs, beganAtMs, readAtMs, lagAtMs, settledAtMs] = [nowMs(), 0, Number.NEGATIVE_INFINITY, 0, 0];
  /** The chain's time as the rows tell it. */
  let chainMs = 0;
  let servedLast = -1;
  let [forgotten, forgottenToldAtMs] = [0, Number.NEGATIVE_INFINITY];

  /** True when there may be more. */
  const fill = (): boolean => {
    if (nowMs() - readAtMs > PARKED_MS && mayHaveGap(dataDir, journal, encoder.cursors())) {
      keeper.noteGap();
      return true;
    }
    let isMore = false;
    for (const [partition, head] of turned(journal.heads(), servedLast)) {
      const after = encoder.cursors().get(partition) ?? 0;
      if (head <= after) continue;
      servedLast = partition;
      const rows = journal.read(partition, after, ROWS_PER_READ);
      for (const row of rows) {
        if (encoder.rows() === 0) beganAtMs = nowMs();
        encoder.take(row);
        chainMs = Math.max(chainMs, row.receivedAtMs);
        if (encoder.lines() >= options.backlogLines) break;
      }
      isMore ||= rows.length === ROWS_PER_READ;
      if (encoder.lines() >= options.backlogLines) {
        isMore = true;
        break;
      }
    }
    readAtMs = nowMs();
    return isMore;
  };
  const launch = (): void => {
    const portion = encoder.cut();
    if (portion === undefined) return;
    state.saveHomes(portion.effects.homes);
    const { bodies } = portion;
    portion.bodies = [];
    const entry: Sent = { portion, pending: bodies.length, outcome: undefined, fault: undefined };
    sent.push(entry);
    Promise.all(
      bodies.map(async (body) => {
        const outcome = await connection.delivery.deliver(body);
        entry.pending--;
        bell.ring();
        return outcome;
      }),
    ).then(
      (outcomes) => {
        const refused = outcomes.filter((outcome) => outcome !== undefined);
        entry.outcome = refused.length === outcomes.length ? refused.flat() : 'aborted';
        bell.ring();
      },
      (cause) => {
        entry.fault = cause;
        bell.ring();
      },
    );
  };
  const commit = (): void => {
    const fault = sent.find((entry) => entry.fault !== undefined)?.fault;
    if (fault !== undefined) throw fault;
    const until = sent.findIndex(({ outcome }) => outcome === undefined || outcome === 'aborted');
    const ready = sent.splice(0, until < 0 ? sent.length : until);
    if (ready.length === 0) return;
    const refused = ready.flatMap(({ outcome }) => (Array.isArray(outcome) ? outcome : []));
    state.commit(
      ready.map(({ portion }) => portion.effects),
      refused,
      Date.now(),
    );
    committedAtMs = nowMs();
    const kept = ready.flatMap(({ portion }) => portion.effects.aside);
    news.stored(ready.reduce((sum, { portion }) => sum + portion.lines, 0) - refused.length);
    if (kept.length + refused.length > 0) news.aside([...kept, ...refused]);
  };
  const drain = async (): Promise<void> => {
    launch();
    while (!signal.aborted && sent.some(({ outcome, fault }) => outcome === undefined && fault === undefined))
      await bell.wait(IDLE_MS);
    commit();
  };
  const settle = async (): Promise<'done' | 'more' | 'away'> => {
    settledAtMs = nowMs();
    if (!state.hasWaiting()) return 'done';
    const parts = { state, places: places(), client: connection.client(), delivery: connection.delivery };
    const settled = await settleWaiting({ ...parts, nowMs: chainMs, keptWaiting: options.keptWaiting });
    if (settled === undefined) return 'away';
    forgotten += settled.forgotten;
    if (forgotten > 0 && nowMs() - forgottenToldAtMs >= FORGOTTEN_EVERY_MS) {
      const why =
        'readings of clocks that stay unset keep the time at which they came in, marked; verify will name them if the clock is set after all';
      news.note('warn', why, `${forgotten} readings`);
      forgottenToldAtMs = nowMs();
      forgotten = 0;
    }
    put(settled.aside);
    if (settled.isMore) settledAtMs = Number.NEGATIVE_INFINITY;
    return settled.isMore ? 'more' : 'done';
  };
  const settleAll = async (): Promise<boolean> => {
    for (;;) {
      const how = await settle();
      if (how !== 'more' || signal.aborted) return how === 'done';
    }
  };

  try {
    while (!signal.aborted) {
      await keeper.look();
      if (!keeper.mayFollow()) {
        await bell.wait(IDLE_MS);
        continue;
      }
      if (keeper.wantsRefill()) {
        await drain();
        if (signal.aborted) break;
        await keeper.refill(settleAll);
        encoder = createEncoder(state.load(), places(), options.portionLines, keeper.leaves);
        use(encoder);
        readAtMs = nowMs();
      }
      const hasRoom = sent.reduce((sum, { pending }) => sum + pending, 0) < options.slots;
      const isMore = hasRoom && !keeper.isPaused() && fill();
      const isRipe = encoder.rows() > 0 && nowMs() - beganAtMs >= options.portionAgeMs;
      // A backlog is taken in larger portions, so that many readings of a series stand together in them.
      const enough = isMore ? options.backlogLines : options.portionLines;
      if (hasRoom && (encoder.lines() >= enough || isRipe)) launch();
      if (nowMs() - committedAtMs >= options.commitEveryMs) commit();
      const isSettling = !keeper.isRefilling() && connection.delivery.state() === 'ok';
      if (isSettling && nowMs() - settledAtMs >= SETTLE_EVERY_MS) await settle();
      if (nowMs() - lagAtMs >= LAG_EVERY_MS) {
        lagAtMs = nowMs();
        news.lag(lagOf(journal, state.cursors()));
      }
      if (isMore) await new Promise((resolve) => setImmediate(resolve));
      else await bell.wait(hasRoom ? Math.min(IDLE_MS, options.portionAgeMs) : IDLE_MS);
    }
    // What is on its way is not waited for: it is sent again after the next start, and is the same points then.
    commit();
  } finally {
    cancelWake();
    signal.removeEventListener('abort', bell.ring);
  }
}

/** Real time: how often something is looked after has nothing to do with the chain's clock. */
const nowMs = (): number => performance.now();

/** Those behind the one that was served last come first: no partition waits for another's backlog. */
function turned(heads: ReadonlyMap<number, number>, last: number): readonly (readonly [number, number])[] {
  const all = [...heads].sort(([a], [b]) => a - b);
  return [...all.filter(([partition]) => partition > last), ...all.filter(([partition]) => partition <= last)];
}

function createBell() {
  let wake: (() => void) | undefined;
  let isRung = false;
  const ring = (): void => {
    isRung = true;
    wake?.();
  };
  return {
    ring,
    /** Until it is rung, or the time is over; at once when it was rung since the last time. */
    wait: async (ms: number): Promise<void> => {
      if (!isRung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      wake = undefined;
      isRung = false;
    },
  };
}

/** Positions are the journal's own, over all partitions: what lies between is at most so many rows. */
function lagOf(journal: JournalReader, cursors: ReadonlyMap<number, number>) {
  let [rows, oldest] = [0, undefined as number | undefined];
  for (const [partition, head] of journal.heads()) {
    const after = cursors.get(partition) ?? 0;
    const [first] = head > after ? journal.read(partition, after, 1) : [];
    if (first === undefined) continue;
    rows = Math.max(rows, head - first.pos + 1);
    oldest = Math.min(oldest ?? first.receivedAtMs, first.receivedAtMs);
  }
  return { rows, oldestReceivedAtMs: oldest };
}
