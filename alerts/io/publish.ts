/**
 * Keeps the retained alert topics as the open alerts are: what differs is published, what is over is emptied, and after
 * each connect everything is said again. It follows the store and holds up nothing.
 */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { Log, Metrics } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { Clock } from '#model/time.ts';
import { boardOf } from '../notice-board.ts';
import { openBell } from './bell.ts';
import type { Store } from './store.ts';

export type MqttConfig = { readonly url: string; readonly username: string; readonly password: string };

export type Publisher = {
  /** Alerts may have changed. */
  readonly kick: () => void;
  /** One connection's life; throws when it ends, and is started again. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

type Ports = {
  readonly registry: RegistryPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
};

const CONNECT_LIMIT_MS = 10_000;
const CONNECT_FLOOR_MS = 250;
const PUBLISH_LIMIT_MS = 10_000;
const IN_FLIGHT = 32;
/** Everything is compared again at least this often. */
const SLOW_ROUND_MS = 60_000;

/** A promise with an end of its own, in real time: a broker that is silent must not hold the loop. */
async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** A refusal comes at once and the chain's time may run fast: a floor in real time keeps retries apart. */
async function connect(url: string, options: IClientOptions): Promise<MqttClient> {
  try {
    return await within(CONNECT_LIMIT_MS, 'connect', connectAsync(url, options, false));
  } catch (cause) {
    await new Promise((resolve) => setTimeout(resolve, CONNECT_FLOOR_MS).unref());
    throw cause;
  }
}

export function openPublisher(store: Store, config: MqttConfig, ports: Ports): Publisher {
  const bell = openBell(ports.clock);

  async function say(client: MqttClient, topic: string, body: string): Promise<void> {
    // Noted before it is sent: after a crash in between, a topic that may be held is one to be emptied.
    if (body !== '') store.setTopic(topic, true);
    await within(PUBLISH_LIMIT_MS, topic, client.publishAsync(topic, body, { qos: 1, retain: true }));
    if (body === '') store.setTopic(topic, false);
    ports.metrics.count('fengsui_alert_topics_published_total');
  }

  /** Brings the broker to what is wanted; `held` is what this connection has said already. */
  async function reconcile(client: MqttClient, held: Map<string, string>): Promise<void> {
    const alerts = store.openEpisodes().map((episode) => episode.alert);
    const wanted = new Map(boardOf(alerts, ports.registry.current()));
    for (const topic of store.topics()) if (!wanted.has(topic)) wanted.set(topic, '');
    const changes = [...wanted].filter(([topic, body]) => held.get(topic) !== body);
    for (let at = 0; at < changes.length; at += IN_FLIGHT)
      await Promise.all(
        changes.slice(at, at + IN_FLIGHT).map(async ([topic, body]) => {
          await say(client, topic, body);
          if (body === '') held.delete(topic);
          else held.set(topic, body);
        }),
      );
  }

  return {
    kick: bell.ring,
    run: async (signal) => {
      const options: IClientOptions = {
        clientId: config.username,
        username: config.username,
        password: config.password,
        clean: true,
        reconnectPeriod: 0,
        connectTimeout: CONNECT_LIMIT_MS,
      };
      const client = await connect(config.url, options);
      let lost: string | undefined;
      client.on('error', (cause) => ports.log.warn('alert topics: broker connection', { cause: String(cause) }));
      client.on('close', () => {
        lost = 'the broker closed the connection';
        bell.ring();
      });
      try {
        const held = new Map<string, string>();
        while (!signal.aborted) {
          if (lost !== undefined) throw new Error(lost);
          await reconcile(client, held);
          await bell.wait(SLOW_ROUND_MS, signal);
        }
      } finally {
        await within(1_000, 'end', client.endAsync(true)).catch(() => undefined);
      }
    },
  };
}
