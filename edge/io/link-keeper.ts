/** Keeps one bus's link open: opens it, notices its end, and tries again with growing pauses until it is stopped. */
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { StageContext } from '../../model/ports.ts';
import type { Transport, Way } from './transport.ts';

const FIRST_PAUSE_MS = 200;
/** A port that is plugged in again is read again within this time. */
const LONGEST_PAUSE_MS = 4_000;
/** The first poll waits that long for the first opening. */
const FIRST_OPEN_MS = 1_000;

export type LinkKeeper = {
  readonly current: () => Transport | undefined;
  /** What became of the link since the last call, for the outbox. */
  readonly takeEvents: () => readonly EdgeEvent[];
  readonly firstTry: Promise<void>;
  /** A unit has answered: the link is worth being opened again soon, should it break. */
  readonly noteAnswer: () => void;
  /** Shuts the link down so that it is opened anew. */
  readonly reset: () => void;
  readonly stop: () => Promise<void>;
};

const MAX_EVENTS = 50;

export function keepLinkOpen(busId: string, way: Way, ctx: StageContext): LinkKeeper {
  const stopping = new AbortController();
  let transport: Transport | undefined;
  let hasAnswered = false;
  let told: 'open' | 'closed' | undefined;
  let events: EdgeEvent[] = [];
  let firstDone: () => void = () => undefined;
  const tried = new Promise<void>((resolve) => {
    firstDone = resolve;
  });

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', done);
        resolve();
      }
      stopping.signal.addEventListener('abort', done, { once: true });
    });
  const tell = (state: 'open' | 'closed', detail: string) => {
    ctx.metrics.gauge('fengsui_edge_bus_open', state === 'open' ? 1 : 0, { bus: busId });
    if (told === state) return;
    told = state;
    if (stopping.signal.aborted) return;
    events.push({ kind: 'bus', busId, state, detail });
    if (events.length > MAX_EVENTS) events = events.slice(-MAX_EVENTS);
    if (state === 'open') ctx.log.info('bus is open', { bus: busId });
    else ctx.log.warn('bus is closed', { bus: busId, detail });
  };

  const once = async (): Promise<boolean> => {
    const opened = await way
      .open(stopping.signal)
      .catch((cause: unknown) => ({ ok: false as const, error: String(cause) }));
    if (!opened.ok) {
      tell('closed', opened.error);
      return false;
    }
    const link = opened.value;
    const closed = new Promise<string>((resolve) => link.onClose(resolve));
    transport = link;
    tell('open', '');
    firstDone();
    const detail = stopping.signal.aborted ? 'stopped' : await closed;
    transport = undefined;
    await link.close();
    tell('closed', detail);
    return true;
  };
  const loop = async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      const wasOpen = await once();
      firstDone();
      if (stopping.signal.aborted) return;
      ctx.metrics.count('fengsui_edge_bus_reopens_total', { bus: busId });
      const hasWorked = hasAnswered || performance.now() - startedMs > LONGEST_PAUSE_MS;
      if (wasOpen && hasWorked) pauseMs = FIRST_PAUSE_MS;
      hasAnswered = false;
      await pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };
  const running = loop();

  return {
    current: () => transport,
    takeEvents: () => {
      const taken = events;
      events = [];
      return taken;
    },
    firstTry: Promise.race([tried, pause(FIRST_OPEN_MS)]),
    noteAnswer: () => {
      hasAnswered = true;
    },
    reset: () => void transport?.close(),
    stop: async () => {
      stopping.abort();
      await transport?.close();
      await running;
      await way.release();
    },
  };
}
