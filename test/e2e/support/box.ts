/** An edge box as the centre sees it: batches, status and acks over real MQTT, with the credential that it was given. */
import { readFileSync } from 'node:fs';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { edgeSecretFile } from '#cli/io/secrets.ts';
import { type Batch, encodeBatch } from '#model/batch.ts';
import type { Reading } from '#model/reading.ts';
import { hasSeq, type SeqRange } from '#model/seen.ts';
import type { Clock } from '#model/time.ts';
import { type Ack, edgeTopic } from '#model/topics.ts';
import { until } from '#test/support/until.ts';

export const passwordOf = (dataDir: string, edgeId: string): string =>
  readFileSync(edgeSecretFile(dataDir, edgeId), 'utf8').trim();

/** A client that is in, or the broker's refusal. */
export function openClient(url: string, options: IClientOptions): Promise<MqttClient> {
  const client = connect(url, { protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 5_000, ...options });
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.once('error', (cause) => {
      client.end(true);
      reject(cause);
    });
    client.once('close', () => reject(new Error('closed')));
  });
}

export const closeClient = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => client.end(true, {}, () => resolve()));

const ACK_WAIT_MS = 500;

export type BoxPlace = { readonly mqttUrl: string; readonly dataDir: string; readonly clock: Clock };
export type Box = Awaited<ReturnType<typeof openBox>>;

/** `monoMs` runs with the chain's clock; `bootAtMs` is when this boot began. */
export async function openBox(place: BoxPlace, edgeId: string, township: string) {
  const { clock } = place;
  const bootId = `boot-${edgeId}`;
  const status = edgeTopic(township, edgeId, 'status');
  const client = await openClient(place.mqttUrl, {
    clientId: edgeId,
    username: edgeId,
    password: passwordOf(place.dataDir, edgeId),
    will: { topic: status, payload: JSON.stringify({ state: 'lost', edgeId, bootId }), qos: 1, retain: true },
  });
  let acked: readonly SeqRange[] = [];
  const waiting = new Set<() => void>();
  client.on('message', (_topic, payload) => {
    acked = (JSON.parse(payload.toString()) as Ack).ranges;
    for (const look of waiting) look();
  });
  /** Resolves at the first ack for which `isTrue`, or when the time is over. */
  const heard = (limitMs: number, isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (isTrue()) done();
      };
      const done = () => {
        waiting.delete(look);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      waiting.add(look);
      look();
    });
  await client.subscribeAsync(edgeTopic(township, edgeId, 'ack'), { qos: 1 });
  const online = { state: 'online', edgeId, bootId, epoch: 'epoch-1', atMs: clock.nowMs() };
  await client.publishAsync(status, JSON.stringify(online), { qos: 1, retain: true });
  let seq = 0;
  const up = edgeTopic(township, edgeId, 'up');
  const batch = (readings: readonly Reading[], more: Partial<Batch>): Batch => ({
    edgeId,
    epoch: 'epoch-1',
    seq: 0,
    bootId,
    monoMs: Math.round(clock.monoMs()),
    writtenAtMs: clock.nowMs(),
    timeQuality: 'synced',
    inventoryVersion: 'v1',
    readings,
    events: [],
    ...more,
  });
  const sendText = (text: string) => client.publishAsync(up, text, { qos: 1 });
  const untilAcked = (wanted: number) => until(`the ack of ${edgeId} ${wanted}`, 10_000, () => hasSeq(acked, wanted));
  return {
    edgeId,
    client,
    acked: () => acked,
    untilAcked,
    sendText,
    /** The text of the next batch, which takes the next number. */
    encode: (readings: readonly Reading[], more: Partial<Batch> = {}): string => {
      seq++;
      return encodeBatch(batch(readings, { seq, ...more }));
    },
    /** Resolves to the batch's number once it is sent; it is not yet acked. */
    post: async (readings: readonly Reading[], more: Partial<Batch> = {}): Promise<number> => {
      seq++;
      const sent = seq;
      await sendText(encodeBatch(batch(readings, { seq: sent, ...more })));
      return sent;
    },
    /** The next batch, sent again as an edge does until it is on the centre's disk. */
    send: async (readings: readonly Reading[], more: Partial<Batch> = {}): Promise<void> => {
      seq++;
      const sent = seq;
      const text = encodeBatch(batch(readings, { seq: sent, ...more }));
      for (let tries = 0; tries < 20 && !hasSeq(acked, sent); tries++) {
        await sendText(text);
        await heard(ACK_WAIT_MS, () => hasSeq(acked, sent));
      }
      await untilAcked(sent);
    },
    /** As when the power fails: the broker publishes the last will. */
    die: () => client.stream.destroy(),
    close: () => closeClient(client),
  };
}

export const good = (sensorId: string, measuredAtMs: number, value: number): Reading => ({
  sensorId,
  measuredAtMs,
  timeQuality: 'synced',
  quality: 'good',
  value,
  flags: [],
});
