/**
 * Keeps the retained alert topics as the open alerts are: what differs is published, what is over is emptied, and after
 * each connect everything is said again. It follows the store and holds up nothing.
 */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { Log, Metrics } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { Clock } from '#model/time.ts';
import { boardOf, boardTopic, type Pinned, pin } from '../notice-board.ts';
import { openBell } from './bell.ts';
import type { Store } from './store.ts';

type Credential = { readonly username: string; readonly password: string };
export type MqttConfig = Credential & {
  readonly url: string;
  /** A user of its own, for a broker knows one connection a name; without it nothing is said to speakers. */
  readonly broadcast?: Credential;
};

export type Publisher = {
  /** These alerts changed, or nobody knows which. */
  readonly kick: (alertIds: readonly string[] | 'all') => void;
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
const PAGE = 200;
/** More changes than this are told by looking at everything. */
const MAX_DIRTY = 2_000;
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
  const dirty = new Set<string>();
  let all = true;

  async function say(client: MqttClient, topic: string, body: string): Promise<void> {
    // Noted before it is sent: after a crash in between, a topic that may be held is one to be emptied.
    if (body !== '') store.setTopic(topic, true);
    await within(PUBLISH_LIMIT_MS, topic, client.publishAsync(topic, body, { qos: 1, retain: true }));
    if (body === '') store.setTopic(topic, false);
    ports.metrics.count('fengsui_alert_topics_published_total');
  }

  async function sayAll(client: MqttClient, held: Map<string, string>, wanted: ReadonlyMap<string, string>) {
    const changes = [...wanted].filter(([topic, body]) => held.get(topic) !== body);
    for (let at = 0; at < changes.length; at += IN_FLIGHT)
      await Promise.all(
        changes.slice(at, at + IN_FLIGHT).map(async ([topic, body]) => {
          await say(client, topic, body);
          held.set(topic, body);
        }),
      );
  }

  /** Everything that is open, and the topics that may be held for what is not; gives way between pages. */
  async function wantedOfAll(): Promise<ReadonlyMap<string, string>> {
    const pinned: Pinned[] = [];
    let after = '';
    for (;;) {
      const page = store.openAfter(after, PAGE);
      for (const { alert } of page) pinned.push(pin(alert, ports.registry.current()));
      after = page.at(-1)?.alert.id ?? after;
      if (page.length < PAGE) break;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const wanted = new Map(store.topics().map((topic) => [topic, '']));
    for (const [topic, body] of boardOf(pinned)) wanted.set(topic, body);
    return wanted;
  }

  /** The topics of the subjects whose alerts changed. */
  function wantedOf(alertIds: readonly string[]): ReadonlyMap<string, string> {
    const registry = ports.registry.current();
    const wanted = new Map<string, string>();
    for (const id of alertIds) {
      const alert = store.episode(id)?.alert;
      if (alert === undefined || wanted.get(boardTopic(alert, registry))) continue;
      wanted.set(boardTopic(alert, registry), '');
      const open = store.openAt(alert.subject).map((episode) => pin(episode.alert, registry));
      for (const [topic, body] of boardOf(open)) wanted.set(topic, body);
    }
    return wanted;
  }

  async function keepBoard(client: MqttClient, signal: AbortSignal, lost: () => string | undefined): Promise<void> {
    const held = new Map<string, string>();
    all = true; // The broker may have forgotten.
    while (!signal.aborted) {
      const reason = lost();
      if (reason !== undefined) throw new Error(reason);
      const ids = [...dirty];
      const everything = all;
      dirty.clear();
      all = false;
      await sayAll(client, held, everything ? await wantedOfAll() : wantedOf(ids));
      await bell.wait(SLOW_ROUND_MS, signal);
    }
  }

  return {
    kick: (alertIds) => {
      if (alertIds === 'all' || dirty.size > MAX_DIRTY) all = true;
      else for (const id of alertIds) dirty.add(id);
      bell.ring();
    },
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
        await keepBoard(client, signal, () => lost);
      } finally {
        await within(1_000, 'end', client.endAsync(true)).catch(() => undefined);
      }
    },
  };
}
