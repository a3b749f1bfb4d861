/**
 * Speakers, sirens and LED boards by our own broker. `accepted` when the broker has it in every place; what each device made
 * of it comes back on the device's own topic. One connection a channel, made when it is needed and kept.
 */
import { connectAsync, type MqttClient } from 'mqtt';
import type { ReceiptEvent } from '#model/call.ts';
import type { BroadcastChannel } from '#model/channel.ts';
import { ALL_RECEIPTS, type BroadcastReceipt, parseReceiptTopic } from '#model/topics.ts';
import { broadcastOf, broadcastTopics, parseReceipt } from '../../broadcast/message.ts';
import type { SendResult } from '../../retry.ts';
import type { Channel, ChannelTools } from './channel.ts';

const EVENT: { readonly [E in BroadcastReceipt['event']]: ReceiptEvent } = {
  received: 'delivered',
  sounded: 'heard',
  stopped: 'delivered',
  refused: 'failed',
  failed: 'failed',
};
/** Publishes under way at once: a warning for a county is many villages. */
const IN_FLIGHT = 32;
const KEPT_ALIVE_S = 30;

const away = (detail: string): SendResult => ({ kind: 'away', detail, afterMs: null });

export function openMqttBroadcast(config: BroadcastChannel, tools: ChannelTools): Channel {
  const { clock, log } = tools;
  let line: Promise<MqttClient> | null = null;
  let closed = false;

  function hear(topic: string, payload: Buffer): void {
    const from = parseReceiptTopic(topic);
    if (from === undefined) return;
    const receipt = parseReceipt(payload.toString('utf8'));
    if (!receipt.ok) {
      log.warn('a receipt of a device cannot be read', { device: from.speakerId, why: receipt.error });
      return;
    }
    const { id, event, detail } = receipt.value;
    const said = event === 'received' || event === 'sounded' ? detail : [event, detail].filter(Boolean).join(': ');
    tools.report({
      key: id,
      channel: config.id,
      from: from.speakerId,
      event: EVENT[event],
      atMs: clock.nowMs(),
      detail: said,
    });
  }

  async function connect(): Promise<MqttClient> {
    const { mqtt } = tools;
    if (mqtt?.broadcast === undefined) throw new Error('there is no broker for broadcasts');
    const { username, password } = mqtt.broadcast;
    const client = await connectAsync(
      mqtt.url,
      {
        clientId: username,
        username,
        password,
        clean: true,
        reconnectPeriod: 0,
        connectTimeout: config.timeoutMs,
        keepalive: KEPT_ALIVE_S,
      },
      false,
    );
    const gone = () => {
      line = null;
    };
    client.on('close', gone);
    client.on('error', (cause) => log.warn('broadcast: broker connection', { cause: String(cause) }));
    client.on('message', hear);
    await client.subscribeAsync(ALL_RECEIPTS, { qos: 1 });
    if (closed) await client.endAsync(true);
    return client;
  }
  function connected(): Promise<MqttClient> {
    line ??= connect().catch((cause: unknown) => {
      line = null;
      throw cause;
    });
    return line;
  }

  async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(config.timeoutMs)]);
    const ended = Promise.withResolvers<never>();
    const end = () => ended.reject(new Error('not within its time'));
    if (limit.aborted) end();
    limit.addEventListener('abort', end, { once: true });
    try {
      return await Promise.race([work, ended.promise]);
    } finally {
      limit.removeEventListener('abort', end);
      ended.promise.catch(() => undefined);
    }
  }

  return {
    send: async ({ message }, signal) => {
      const broadcast = broadcastOf(message, config);
      if (clock.nowMs() > broadcast.expiresAt) return { kind: 'rejected', detail: 'it expired before it could leave' };
      const topics = broadcastTopics(message, tools.registry());
      const body = JSON.stringify(broadcast);
      let client: MqttClient;
      try {
        client = await within(signal, connected());
      } catch (cause) {
        return away(`the broker is away (${String(cause)})`);
      }
      try {
        for (let at = 0; at < topics.length; at += IN_FLIGHT) {
          const some = topics.slice(at, at + IN_FLIGHT);
          await within(signal, Promise.all(some.map((topic) => client.publishAsync(topic, body, { qos: 1 }))));
        }
        return { kind: 'accepted', detail: `${topics.length} places` };
      } catch (cause) {
        // A device knows the id: to say it again harms nobody.
        return { kind: 'unsure', detail: String(cause) };
      }
    },
    selfTest: async (signal) => {
      try {
        const client = await within(signal, connected());
        return client.connected ? { kind: 'accepted', detail: 'connected' } : away('the broker is away');
      } catch (cause) {
        return away(`the broker is away (${String(cause)})`);
      }
    },
    close: async () => {
      closed = true;
      const client = await line?.catch(() => null);
      await client?.endAsync(true).catch(() => undefined);
    },
  };
}
