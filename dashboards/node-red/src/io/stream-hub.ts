/** One connection to the console's live stream for all nodes of a server; it comes back by itself and takes up where it ended. */
import type { LinkState, StreamListener } from '../link.ts';
import { createSseParser } from '../sse.ts';
import type { Api } from './api.ts';

export type StreamHub = { readonly listen: (listener: StreamListener) => () => void; readonly close: () => void };

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** The console says how late it is every few seconds: a stream that says nothing is dead. */
const SILENCE_MS = 60_000;

export function createStreamHub(api: Api, limits = { firstWaitMs: FIRST_WAIT_MS, silenceMs: SILENCE_MS }): StreamHub {
  const listeners = new Set<StreamListener>();
  let state: LinkState = 'connecting';
  let connection: AbortController | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waitMs = limits.firstWaitMs;

  const tell = (next: LinkState): void => {
    state = next;
    for (const listener of listeners) listener.onState(next);
  };

  /** The oldest place that somebody still needs; whoever is further drops what he has had. */
  function resumeFrom(): number | null {
    const places = [...listeners].flatMap((listener) => listener.lastEventId() ?? []);
    return places.length === 0 ? null : Math.min(...places);
  }

  function again(afterMs: number): void {
    clearTimeout(timer);
    timer = listeners.size === 0 ? undefined : setTimeout(() => void run(), afterMs);
  }

  async function read(response: Response, mine: AbortController): Promise<void> {
    const parser = createSseParser();
    const decoder = new TextDecoder();
    let dog = setTimeout(() => mine.abort(), limits.silenceMs);
    try {
      for await (const bytes of response.body ?? []) {
        clearTimeout(dog);
        dog = setTimeout(() => mine.abort(), limits.silenceMs);
        for (const event of parser.take(decoder.decode(bytes, { stream: true }))) {
          if (event.event === 'hello') {
            waitMs = limits.firstWaitMs;
            tell('connected');
          }
          for (const listener of [...listeners]) listener.onEvent(event);
        }
      }
    } finally {
      clearTimeout(dog);
    }
  }

  async function run(): Promise<void> {
    const mine = new AbortController();
    connection?.abort();
    connection = mine;
    const from = resumeFrom();
    const headers: { [name: string]: string } = from === null ? {} : { 'last-event-id': String(from) };
    const opened = await api.open('/api/v1/stream', headers, mine.signal);
    if (connection !== mine) return;
    if (opened.ok) await read(opened.value, mine).catch(() => undefined);
    if (connection !== mine) return;
    connection = undefined;
    const failure = opened.ok ? undefined : opened.error.kind;
    tell(failure === 'notSignedIn' || failure === 'notConfigured' ? failure : 'away');
    again(waitMs);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }

  return {
    listen: (listener) => {
      listeners.add(listener);
      listener.onState(state);
      // Nodes of one deployment are begun one after the other: one connection for all of them.
      again(0);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearTimeout(timer);
        connection?.abort();
        connection = undefined;
      };
    },
    close: () => {
      listeners.clear();
      clearTimeout(timer);
      connection?.abort();
      connection = undefined;
    },
  };
}
