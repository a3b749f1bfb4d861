/** Ingest's connection to the broker: clean session, subscribed anew at each connect, so that a broker queues nothing for it. */
import { connect, type MqttClient } from 'mqtt';
import { coalesceWrites } from '#model/io/coalesce.ts';
import { sendAtOnce } from '#model/io/no-delay.ts';
import { ALL_NATIVE_IN, parseNativeTopic } from '#model/native.ts';
import type { StageContext } from '#model/ports.ts';
import { ALL_REPLY, ALL_STATUS, ALL_UP, type EdgeTopic, parseTopic } from '#model/topics.ts';

export type Uplink = {
  /** QoS 0: whoever does not hear it sends its batch again, and is answered again. */
  readonly publish: (topic: string, payload: string) => void;
  readonly isUp: () => boolean;
  readonly close: () => Promise<void>;
};
export type UplinkEvents = {
  readonly message: (topic: EdgeTopic, payload: Buffer) => void;
  /** A device's own message, as the broker hands it over. */
  readonly native: (gateway: string, payload: Buffer) => void;
  /** Subscribed: from here on edges are heard. */
  readonly up: () => void;
  readonly down: () => void;
};

const RECONNECT_MS = 500;
const CONNECT_LIMIT_MS = 5_000;
const CLOSE_LIMIT_MS = 2_000;

export function openUplink(
  where: { readonly mqttUrl: string; readonly username: string; readonly password: string },
  events: UplinkEvents,
  ctx: StageContext,
): Uplink {
  const client: MqttClient = connect(where.mqttUrl, {
    clientId: where.username,
    username: where.username,
    password: where.password,
    protocolVersion: 4,
    clean: true,
    resubscribe: false,
    queueQoSZero: false,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: CONNECT_LIMIT_MS,
    keepalive: 30,
  });
  let isUp = false;
  let lastError = '';

  const subscribe = (): void => {
    client.subscribe([ALL_UP, ALL_STATUS, ALL_REPLY, ALL_NATIVE_IN], { qos: 1 }, (cause, granted) => {
      const refused = granted?.filter((grant) => (grant.qos as number) === 128) ?? [];
      if (cause === null && refused.length === 0) {
        isUp = true;
        lastError = '';
        ctx.log.info('ingest hears the edges', { url: where.mqttUrl });
        events.up();
        return;
      }
      ctx.log.error('the broker refused the subscription: is this user allowed to be ingest?', {
        cause: String(cause),
      });
    });
  };
  client.on('connect', () => {
    sendAtOnce(client.stream);
    coalesceWrites(client.stream);
    subscribe();
  });
  client.on('close', () => {
    if (!isUp) return;
    isUp = false;
    ctx.log.warn('broker lost, trying again', { url: where.mqttUrl });
    events.down();
  });
  client.on('error', (cause) => {
    ctx.metrics.count('fengsui_uplink_errors_total');
    if (cause.message !== lastError) ctx.log.warn('broker not reached', { url: where.mqttUrl, cause: cause.message });
    lastError = cause.message;
  });
  client.on('message', (topic, payload) => {
    const native = parseNativeTopic(topic);
    if (native?.channel === 'in') {
      events.native(native.gateway, payload);
      return;
    }
    const parsed = parseTopic(topic);
    if (parsed.ok && parsed.value.kind === 'edge') events.message(parsed.value, payload);
    else ctx.metrics.count('fengsui_ingest_strange_topics_total');
  });
  return {
    publish: (topic, payload) => {
      if (client.connected) client.publish(topic, payload, { qos: 0 });
    },
    isUp: () => isUp,
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, CLOSE_LIMIT_MS);
        client.end(true, {}, () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
