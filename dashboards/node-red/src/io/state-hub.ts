/** One connection to the broker for the points' states of all nodes of a server: QoS 0, nothing kept, nothing published. */
import { connect, type MqttClient } from 'mqtt';
import type { LinkState, StateListener } from '../link.ts';

export type MqttLogin = { readonly url: string; readonly username: string; readonly password: string };
export type StateHub = {
  readonly watch: (filters: readonly string[], listener: StateListener) => () => void;
  /** Signs in once and leaves, where no connection stands; empty when that was possible, otherwise why not. */
  readonly tryOut: () => Promise<string>;
  readonly close: () => Promise<void>;
};

const RECONNECT_MS = 3_000;
const CONNECT_LIMIT_MS = 10_000;

/** MQTT 3.1.1, 4.7: a filter without `#`, which none of ours has. */
const matches = (filter: string, topic: string): boolean => {
  const ours = filter.split('/');
  const theirs = topic.split('/');
  return ours.length === theirs.length && ours.every((level, index) => level === '+' || level === theirs[index]);
};
const isLoginRefused = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && (cause.code === 4 || cause.code === 5);

const optionsOf = ({ username, password }: MqttLogin) => ({
  username,
  password,
  // Our broker lets a user in under his own name only: one connection a user, a second one ends the first.
  clientId: username,
  clean: true,
  reconnectPeriod: RECONNECT_MS,
  connectTimeout: CONNECT_LIMIT_MS,
  resubscribe: false,
});

export function createStateHub(login: MqttLogin): StateHub {
  const listeners = new Map<StateListener, readonly string[]>();
  let client: MqttClient | undefined;
  let state: LinkState = login.url === '' ? 'notConfigured' : 'connecting';
  const tell = (next: LinkState): void => {
    state = next;
    for (const listener of listeners.keys()) listener.onState(next);
  };

  const subscribe = (to: MqttClient, filters: readonly string[]): void => {
    to.subscribe([...filters], { qos: 0 }, (cause, granted) => {
      const isDenied = cause !== null || (granted ?? []).some(({ qos }) => Number(qos) === 128);
      if (isDenied && client === to) tell('notSignedIn');
    });
  };

  function open(): MqttClient {
    const made = connect(login.url, optionsOf(login));
    made.on('connect', () => {
      tell('connected');
      for (const filters of listeners.values()) subscribe(made, filters);
    });
    made.on('close', () => {
      if (state !== 'notSignedIn') tell('away');
    });
    made.on('error', (cause) => tell(isLoginRefused(cause) ? 'notSignedIn' : 'away'));
    made.on('message', (topic, payload) => {
      const text = payload.toString();
      for (const [listener, filters] of listeners)
        if (filters.some((filter) => matches(filter, topic))) listener.onMessage(topic, text);
    });
    return made;
  }

  return {
    watch: (filters, listener) => {
      listeners.set(listener, filters);
      listener.onState(state);
      if (login.url !== '') {
        if (client === undefined) client = open();
        else if (client.connected) subscribe(client, filters);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        client?.end(true);
        client = undefined;
      };
    },
    tryOut: async () => (client?.connected === true ? '' : tryLogin(login)),
    close: async () => {
      listeners.clear();
      await client?.endAsync(true);
      client = undefined;
    },
  };
}

function tryLogin(login: MqttLogin): Promise<string> {
  return new Promise((resolve) => {
    const client = connect(login.url, { ...optionsOf(login), reconnectPeriod: 0 });
    const finish = (why: string) => {
      client.end(true);
      resolve(why);
    };
    client.once('connect', () => finish(''));
    client.once('error', (cause) => finish(cause.message || 'failed'));
    client.once('close', () => finish('closed'));
  });
}
