/**
 * What is said to speakers, sirens and LED boards, where, and what they answer (docs/protocols/broadcast.md). The message is
 * made of the delivery as it was planned, so that a repeat is the same to the byte and sounds once.
 */
import type { BroadcastChannel } from '#model/channel.ts';
import type { Level } from '#model/level.ts';
import { ancestry, type GridCode, type Registry, topicPlace } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';
import { HOUR_MS } from '#model/time.ts';
import { type Broadcast, type BroadcastReceipt, gridTopic, RECEIPT_EVENTS } from '#model/topics.ts';
import type { Message } from '../deliveries.ts';
import { policySounds } from './wants.ts';

/** A delivery that silences what an alert started. */
export type StopMessage = Message & { readonly broadcast: 'stop' };
const isStop = (message: Message): boolean => (message as Partial<StopMessage>).broadcast === 'stop';

const REPEATS: { readonly [L in Level]: number } = { blue: 1, yellow: 1, orange: 2, red: 3 };
/** A stop that comes late still stops. */
const STOP_LASTS_MS = HOUR_MS;

export function broadcastOf(message: Message, config: Pick<BroadcastChannel, 'expiresMs'>): Broadcast {
  const { alert } = message;
  const stop = isStop(message);
  const lastsMs = stop ? Math.max(config.expiresMs, STOP_LASTS_MS) : config.expiresMs;
  return {
    id: message.key,
    issuedAt: message.queuedAtMs,
    expiresAt: message.queuedAtMs + lastsMs,
    action: stop ? 'stop' : 'sound',
    alertId: alert.id,
    level: alert.level,
    hazard: alert.hazard,
    origin: alert.origin,
    text: message.text,
    repeats: stop ? 0 : REPEATS[alert.level],
  };
}

/** The villages (and what has no village) of a subtree, as places of topics. */
function placesUnder(root: GridCode, registry: Registry): readonly GridCode[] {
  const under = [...registry.grids.values()].filter(
    ({ code, tier }) => tier === 3 && ancestry(registry, code).some((grid) => grid.code === root),
  );
  return [root, ...under.map(({ code }) => code)];
}

/** Where it is said: at the alert's place; of a warning for an area in every village that sounds for its level there. */
export function broadcastTopics(message: Message, registry: Registry): readonly string[] {
  const { alert } = message;
  const sounds = (level: Level): boolean => isStop(message) || policySounds(alert, level, registry, message.queuedAtMs);
  const codes =
    alert.areas === undefined
      ? [alert.gridCode]
      : alert.areas.flatMap(({ gridCode, level }) =>
          isStop(message) || (level !== 'none' && sounds(level)) ? placesUnder(gridCode, registry) : [],
        );
  const topics = codes.map((code) => {
    const { county, township, village } = topicPlace(registry, code);
    return gridTopic(county, township, village, alert.subject.id, 'broadcast');
  });
  return [...new Set(topics)];
}

/** What came on a device's own topic. */
export function parseReceipt(payload: string): Result<BroadcastReceipt, string> {
  let raw: unknown;
  try {
    raw = JSON.parse(payload);
  } catch {
    return err('not JSON');
  }
  const { id, event, atMs, detail } = (raw ?? {}) as { readonly [key: string]: unknown };
  const known = RECEIPT_EVENTS.find((name) => name === event);
  if (typeof id !== 'string' || id.length > 300 || known === undefined) return err('no id, or an unknown event');
  return ok({
    id,
    event: known,
    atMs: typeof atMs === 'number' && Number.isFinite(atMs) ? atMs : 0,
    detail: typeof detail === 'string' ? detail.slice(0, 200) : '',
  });
}
