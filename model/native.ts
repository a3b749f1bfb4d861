/**
 * Devices that bring their own messages (MQTT or HTTP) to the centre: how the county describes them, and the words in
 * which the broker hands such a message to ingest and hears that it is on disk (docs/protocols/native-mqtt.md).
 */
import type { QuantityCode } from '#model/quantity.ts';
import type { SensorId } from '#model/reading.ts';
import { err, ok, type Result } from '#model/result.ts';
import { isTopicToken } from '#model/topics.ts';

export const NATIVE_TRANSPORTS = ['mqtt', 'http'] as const;
export type NativeTransport = (typeof NATIVE_TRANSPORTS)[number];

/** Whoever holds one credential and speaks for one or many devices; in the registry it is an edge without buses. */
export type NativeGateway = {
  readonly transport: NativeTransport;
  /** A name of ingest's table of decoders. */
  readonly decoder: string;
  /** Silence of the whole gateway for longer than this is one loss, not one a sensor. */
  readonly lostAfterMs: number;
  readonly devices: readonly NativeDevice[];
  /** Where things stand in a message of a maker's own JSON; for decoders that need to be told. */
  readonly mapping: JsonMapping | null;
};

export type NativeDevice = {
  readonly id: string;
  /** As the message names it: DevEUI in small letters, the platform's device id, an IMEI. */
  readonly key: string;
  /** A name of the decoder's table of payload codecs, where it has one. */
  readonly codec: string | null;
  readonly sensors: readonly NativeSensor[];
};

/** One sensor and the place in the decoded message that feeds it. */
export type NativeSensor = {
  readonly sensorId: SensorId;
  readonly quantity: QuantityCode;
  readonly path: string;
  /** Value in the quantity's unit = number × scale + offset. */
  readonly scale: number;
  readonly offset: number;
  /** The number is a running total; the reading is its increment. `modulus` null: it only ever begins again from 0. */
  readonly counter: { readonly modulus: number | null; readonly maxPerMinute: number | null } | null;
  /** Words or codes of the device → value in the quantity's unit; what is not listed is no value. */
  readonly values: { readonly [raw: string]: number } | null;
};

/** JSON pointers (RFC 6901) into one message; `list` names an array of records in which the others are looked up. */
export type JsonMapping = {
  readonly list: string | null;
  readonly device: string;
  readonly time: string | null;
  /** `iso`, or a number since 1970 in this unit. */
  readonly timeUnit: 'iso' | 's' | 'ms';
  /** Of a message that may come twice with other bytes around it; null: its content says who it is. */
  readonly messageId: string | null;
};

const ROOT = 'fengsui/v1/native';
export const NATIVE_CHANNELS = ['in', 'done'] as const;
export type NativeChannel = (typeof NATIVE_CHANNELS)[number];
export const nativeTopic = (gateway: string, channel: NativeChannel): string => `${ROOT}/${gateway}/${channel}`;
export const ALL_NATIVE_IN = nativeTopic('+', 'in');
export const ALL_NATIVE_DONE = nativeTopic('+', 'done');

export function parseNativeTopic(
  topic: string,
): { readonly gateway: string; readonly channel: NativeChannel } | undefined {
  if (!topic.startsWith(`${ROOT}/`)) return undefined;
  const [gateway = '', last = '', ...more] = topic.slice(ROOT.length + 1).split('/');
  const channel = NATIVE_CHANNELS.find((name) => name === last);
  return channel !== undefined && more.length === 0 && isTopicToken(gateway) ? { gateway, channel } : undefined;
}

/** On `…/in`: a device's own message, its bytes in base64. `id` is answered on `…/done`. */
export type NativeHandover = {
  readonly id: string;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly payload: string;
};
/** On `…/done`: taken means that it is on disk, in the journal or in quarantine. */
export type NativeDone = { readonly id: string; readonly taken: boolean };

export const MAX_NATIVE_BYTES = 131_072;
const MAX_TOPIC = 256;

const isFields = (raw: unknown): raw is { readonly [key: string]: unknown } => typeof raw === 'object' && raw !== null;

function parseObject(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const raw: unknown = JSON.parse(text);
    return isFields(raw) ? raw : undefined;
  } catch {
    return undefined;
  }
}

export function parseHandover(text: string): Result<NativeHandover, string> {
  const raw = parseObject(text);
  if (raw === undefined) return err('not a JSON object');
  const { id, topic, qos, payload } = raw as { readonly [key in keyof NativeHandover]?: unknown };
  if (typeof id !== 'string' || !isTopicToken(id)) return err('id');
  if (typeof topic !== 'string' || topic.length > MAX_TOPIC) return err('topic');
  if (qos !== 0 && qos !== 1 && qos !== 2) return err('qos');
  if (typeof payload !== 'string') return err('payload');
  return ok({ id, topic, qos, payload });
}

export function parseDone(text: string): NativeDone | undefined {
  const { id, taken } = parseObject(text) ?? {};
  return typeof id === 'string' && typeof taken === 'boolean' ? { id, taken } : undefined;
}
