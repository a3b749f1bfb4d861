/** MQTT topics (3.1.1). Every token matches `[A-Za-z0-9_-]+`, so that a topic is a legal subject of a log as well. */
import type { EdgeConfigPush } from '#model/edge-config.ts';
import type { Level } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { AlertHazard } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { SeqRange } from '#model/seen.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs, TimeQuality } from '#model/time.ts';

const ROOT = 'fengsui/v1';
const TOKEN = /^[A-Za-z0-9_-]+$/;
export const isTopicToken = (raw: string): boolean => raw.length <= 64 && TOKEN.test(raw);

export const EDGE_CHANNELS = ['up', 'ack', 'status', 'cmd', 'reply'] as const;
export type EdgeChannel = (typeof EDGE_CHANNELS)[number];
export const GRID_CHANNELS = ['state', 'alert', 'broadcast'] as const;
export type GridChannel = (typeof GRID_CHANNELS)[number];

export type EdgeTopic = {
  readonly kind: 'edge';
  readonly township: string;
  readonly edgeId: string;
  readonly channel: EdgeChannel;
};
export type GridTopic = {
  readonly kind: 'grid';
  readonly county: string;
  readonly township: string;
  readonly village: string;
  readonly point: string;
  readonly channel: GridChannel;
};

export const edgeTopic = (township: string, edgeId: string, channel: EdgeChannel): string =>
  `${ROOT}/edge/${township}/${edgeId}/${channel}`;
/** A level that does not exist is `-`. */
export const gridTopic = (
  county: string,
  township: string,
  village: string,
  point: string,
  channel: GridChannel,
): string => `${ROOT}/grid/${county}/${township || '-'}/${village || '-'}/${point}/${channel}`;
/** Where a speaker, a siren or a board says what became of a broadcast. */
export const receiptTopic = (speakerId: string): string => `${ROOT}/speaker/${speakerId}/receipt`;
export type SpeakerTopic = { readonly kind: 'speaker'; readonly speakerId: string };
/** Undefined when the topic is of another family. */
export function parseReceiptTopic(topic: string): SpeakerTopic | undefined {
  const id = /^fengsui\/v1\/speaker\/([^/]+)\/receipt$/.exec(topic)?.[1];
  return id === undefined || !isTopicToken(id) ? undefined : { kind: 'speaker', speakerId: id };
}
export const ALL_RECEIPTS = `${ROOT}/speaker/+/receipt`;
/** What a speaker hears: `area` is `county/township/village`, with `+` where it serves all of a level. */
export const broadcastFilter = (area: string): string => `${ROOT}/grid/${area}/+/broadcast`;

/** Subscription filters of the centre's own stages. */
export const ALL_UP = `${ROOT}/edge/+/+/up`;
export const ALL_STATUS = `${ROOT}/edge/+/+/status`;
export const ALL_REPLY = `${ROOT}/edge/+/+/reply`;

export function parseTopic(topic: string): Result<EdgeTopic | GridTopic, string> {
  const parts = topic.split('/');
  if (parts[0] !== 'fengsui' || parts[1] !== 'v1') return err('topic is not under fengsui/v1');
  if (!parts.every(isTopicToken)) return err('topic has a token outside A-Z a-z 0-9 _ -');
  const [, , family, first = '', second = '', third = '', fourth = '', last = ''] = parts;
  if (family === 'edge' && parts.length === 6) {
    const channel = EDGE_CHANNELS.find((name) => name === third);
    if (channel === undefined) return err('unknown edge channel');
    return ok({ kind: 'edge', township: first, edgeId: second, channel });
  }
  if (family === 'grid' && parts.length === 8) {
    const channel = GRID_CHANNELS.find((name) => name === last);
    if (channel === undefined) return err('unknown grid channel');
    return ok({ kind: 'grid', county: first, township: second, village: third, point: fourth, channel });
  }
  return err('unknown topic');
}

/** On `…/ack`: batches of this epoch that are on the centre's disk. */
export type Ack = { readonly epoch: string; readonly ranges: readonly SeqRange[]; readonly atMs: EpochMs };

/** On `…/status`, retained; `lost` is the last will. */
export type EdgeStatus =
  | {
      readonly state: 'online';
      readonly edgeId: string;
      readonly bootId: string;
      readonly epoch: string;
      readonly atMs: EpochMs;
      readonly inventoryVersion: string;
      readonly version: string;
      readonly timeQuality: TimeQuality;
      /** This edge's clock minus the centre's, from the last ack; null before the first. */
      readonly clockOffsetMs: number | null;
      readonly queuedBatches: number;
      /** The number that the next batch of this epoch will bear: what is below was written. */
      readonly nextSeq?: number;
      /** Age of the oldest batch that waits; null when none does. */
      readonly oldestQueuedMs?: number | null;
      /** What the box knows of itself; null where it has no way to know. */
      readonly box?: {
        readonly supplyV: number | null;
        readonly signalDbm: number | null;
        readonly diskFreeBytes: number | null;
        readonly uptimeS: number;
      };
      /** Version of the rule set that judges at the edge; null when none does. */
      readonly ruleSetVersion?: string | null;
    }
  | { readonly state: 'lost'; readonly edgeId: string; readonly bootId: string };

/** On `…/cmd`, never retained; an expired one is refused and answered. */
export type EdgeCommand = { readonly id: string; readonly issuedAt: EpochMs; readonly expiresAt: EpochMs } & (
  | { readonly kind: 'resend'; readonly epoch: string; readonly ranges: readonly SeqRange[] }
  | { readonly kind: 'read-now' }
  /** The whole configuration and rule set; switched at once and rolled back when it does not run. */
  | { readonly kind: 'configure'; readonly config: EdgeConfigPush }
  /** Switches an output on for a while, as a drill; `seconds` 1 to 60. */
  | { readonly kind: 'test-output'; readonly output: string; readonly seconds: number }
  /** Says its status again. */
  | { readonly kind: 'status' }
);
export type EdgeReply = {
  readonly id: string;
  readonly ok: boolean;
  readonly message: string;
  /** To a `resend`: what of it the edge does not have any more and will never send. */
  readonly missing?: readonly SeqRange[];
};

/** On `…/broadcast`, never retained; an expired one is refused and answered, the same id sounds once. */
export type Broadcast = {
  readonly id: string;
  readonly issuedAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** `stop` silences what this alert started. */
  readonly action: 'sound' | 'stop';
  readonly alertId: string;
  readonly level: Level;
  readonly hazard: AlertHazard;
  readonly origin: Origin;
  readonly text: Text;
  readonly repeats: number;
};
export const RECEIPT_EVENTS = ['received', 'sounded', 'stopped', 'refused', 'failed'] as const;
/** On `…/receipt`, from the device whose topic it is. */
export type BroadcastReceipt = {
  readonly id: string;
  readonly event: (typeof RECEIPT_EVENTS)[number];
  readonly atMs: EpochMs;
  readonly detail: string;
};
