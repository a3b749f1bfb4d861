/**
 * Reads the county's feeds of CAP messages: only what is new (ETag, If-Modified-Since), only from the feed's own host, within
 * bounds of size, number and time. What it finds goes the way of every other command; it is recognised when it comes again.
 */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { DeskCommand } from '#model/command.ts';
import type { FeedSource } from '#model/exchange.ts';
import { supervise } from '#model/io/supervise.ts';
import type { Service, StageContext } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';
import { decodeXml, XML_LIMIT_BYTES } from '#model/xml-text.ts';
import { type AtomEntry, readAtom } from '../../cap/atom.ts';
import { readXml } from '../cap/read-xml.ts';

export type FeedPorts = {
  readonly registry: RegistryPort;
  /** Writes a command down; it is taken once, by its id. */
  readonly give: (command: DeskCommand) => void;
};

const ANSWER_WITHIN_MS = 15_000;
/** However fast the chain's time runs, a platform is not asked more often than this of real time. */
const FLOOR_MS = 500;
const SEEN_AT_MOST = 5_000;
const NEW_AT_ONCE = 100;

type Memory = { etag: string | null; modified: string | null; dueMs: number; readonly seen: Set<string> };
type Fetched = { readonly kind: 'same' } | { readonly kind: 'new'; readonly text: string; readonly response: Response };

async function readBounded(response: Response): Promise<Result<Uint8Array, string>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > XML_LIMIT_BYTES) return err(`larger than ${XML_LIMIT_BYTES} bytes`);
    parts.push(part as Uint8Array);
  }
  return ok(Buffer.concat(parts));
}

async function get(url: string, headers: Headers, signal: AbortSignal): Promise<Result<Fetched, string>> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    // A redirect would lead to a host that nobody configured.
    const response = await fetch(url, { headers, redirect: 'manual', signal: limit });
    if (response.status === 304) return ok({ kind: 'same' });
    if (!response.ok) {
      await response.body?.cancel();
      return err(`HTTP ${response.status}`);
    }
    const bytes = await readBounded(response);
    if (!bytes.ok) return bytes;
    const text = decodeXml(bytes.value);
    return text.ok ? ok({ kind: 'new', text: text.value, response }) : text;
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    return err(inner);
  }
}

function headersOf(feed: FeedSource, memory: Memory | null): Headers {
  const headers = new Headers({ accept: 'application/atom+xml, application/cap+xml, application/xml' });
  const token = feed.tokenEnv === null ? '' : (process.env[feed.tokenEnv] ?? '');
  if (token !== '') headers.set('authorization', `Bearer ${token}`);
  if (memory?.etag) headers.set('if-none-match', memory.etag);
  if (memory?.modified) headers.set('if-modified-since', memory.modified);
  return headers;
}

const commandOf = (feed: FeedSource, xml: string, nowMs: number): DeskCommand => ({
  // The same message by the same feed is the same command.
  id: `cap-${createHash('sha256').update(`${feed.id}\n${xml}`).digest('hex').slice(0, 40)}`,
  kind: 'warning',
  action: 'cap',
  source: feed.id,
  xml,
  by: 'exchange',
  atMs: nowMs,
  from: `feed-${feed.id}`,
  note: '',
});

function remember(memory: Memory, name: string): void {
  memory.seen.add(name);
  for (const oldest of memory.seen) {
    if (memory.seen.size <= SEEN_AT_MOST) break;
    memory.seen.delete(oldest);
  }
}

export function startFeeds(ports: FeedPorts, ctx: StageContext): Service {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ctx.signal]);
  const memories = new Map<string, Memory>();
  const { clock, log, metrics } = ctx;

  /** Whether everything new was taken; what could not be fetched is tried again at the next turn. */
  async function takeEntries(feed: FeedSource, memory: Memory, entries: readonly AtomEntry[]): Promise<boolean> {
    const fresh = entries.filter(({ name }) => !memory.seen.has(name));
    let all = fresh.length <= NEW_AT_ONCE;
    for (const { name, href } of fresh.slice(0, NEW_AT_ONCE)) {
      if (signal.aborted) return false;
      const got = await get(href, headersOf(feed, null), signal);
      if (got.ok && got.value.kind === 'new') {
        ports.give(commandOf(feed, got.value.text, clock.nowMs()));
        remember(memory, name);
        metrics.count('fengsui_feed_messages_total', { feed: feed.id });
      } else {
        all = false;
        log.warn('a message of a feed cannot be read', {
          feed: feed.id,
          href,
          reason: got.ok ? 'unchanged' : got.error,
        });
      }
    }
    return all;
  }

  async function poll(feed: FeedSource, memory: Memory): Promise<Result<'same' | 'read', string>> {
    const got = await get(feed.url, headersOf(feed, memory), signal);
    if (!got.ok) return got;
    if (got.value.kind === 'same') return ok('same');
    const tree = readXml(got.value.text);
    if (!tree.ok) return err(`line ${tree.error.line}: ${tree.error.message}`);
    const entries = readAtom(tree.value, feed.url);
    if (!entries.ok) return entries;
    const all = await takeEntries(feed, memory, entries.value);
    // Only then: or what failed would be hidden behind a 304.
    memory.etag = all ? got.value.response.headers.get('etag') : null;
    memory.modified = all ? got.value.response.headers.get('last-modified') : null;
    return ok('read');
  }

  async function turn(feed: FeedSource): Promise<void> {
    const memory = memories.get(feed.id) ?? { etag: null, modified: null, dueMs: 0, seen: new Set<string>() };
    memories.set(feed.id, memory);
    if (memory.dueMs > clock.nowMs()) return;
    const result = await poll(feed, memory);
    memory.dueMs = clock.nowMs() + feed.pollMs;
    metrics.count('fengsui_feed_polls_total', { feed: feed.id, result: result.ok ? result.value : 'failed' });
    metrics.gauge('fengsui_feed_up', result.ok ? 1 : 0, { feed: feed.id });
    if (!result.ok && !signal.aborted) log.warn('a feed cannot be read', { feed: feed.id, reason: result.error });
  }

  const loop = supervise({ name: 'feeds', log, metrics, clock, signal, maxPauseMs: 60_000 }, async (abort) => {
    while (!abort.aborted) {
      const feeds = ports.registry.current().exchange?.feeds ?? [];
      // One dead platform holds up no other for longer than its own time limit.
      await Promise.all(feeds.map(turn));
      const dueMs = Math.min(...feeds.map(({ id }) => memories.get(id)?.dueMs ?? 0), clock.nowMs() + 60_000);
      await Promise.all([
        clock.sleep(Math.max(dueMs - clock.nowMs(), 0), abort),
        setTimeout(FLOOR_MS, undefined, { signal: abort }).catch(() => undefined),
      ]);
    }
  });
  return {
    name: 'feeds',
    addresses: [],
    stop: async () => {
      stop.abort();
      await loop;
    },
  };
}
