/**
 * From a device's own message to the moment in which it is on disk: decoded, bound to sensors, journalled. Whoever waits
 * (the broker with a PUBACK, the push with its answer) is told then and not before. Nothing that arrived is dropped.
 */
import { partitionOf } from '#model/partition.ts';
import type { StageContext } from '#model/ports.ts';
import type { EdgeUnit, RegistryPort } from '#model/registry.ts';
import type { DecodeError } from '../decoders/decoder.ts';
import { decoderOf } from '../decoders/registry.ts';
import type { JournalResult, NativeItem } from '../journal-item.ts';
import { type Bound, bindDecoded, decodeMeta } from '../native-bind.ts';
import { type KeptMessage, keepMessage, openMessage } from '../native-quarantine.ts';
import { NATIVE_REASONS, type QuarantineEntry, type QuarantinePart } from '../quarantine.ts';
import type { StateFeed } from '../state-feed.ts';
import type { Journal } from './journal.ts';
import type { QuarantineWalk } from './quarantine-reader.ts';
import { digestOf } from './receiver.ts';

export type NativeMessage = { readonly gateway: string; readonly topic: string; readonly payload: Uint8Array };
/** `taken`: on disk, in the journal or in quarantine. Otherwise the sender must send again. */
export type NativeOutcome = {
  readonly taken: boolean;
  readonly fate: 'stored' | 'duplicate' | 'quarantined' | 'refused';
  readonly error: DecodeError | null;
  readonly unknown: readonly string[];
};
export type NativeReceiver = {
  readonly receive: (message: NativeMessage) => Promise<NativeOutcome>;
  /** Takes out of quarantine what the registry now explains. */
  readonly reinject: () => Promise<void>;
};
type Parts = {
  readonly journal: Journal;
  readonly registry: RegistryPort;
  readonly quarantine: QuarantineWalk;
  readonly feed: () => StateFeed;
  /** Called before a message of this gateway is journalled. */
  readonly heard: (gateway: string) => void;
  readonly ctx: StageContext;
};

const NOBODY = '-';
const STEP = 100;
const NOTHING: Bound = { readings: [], unknown: [], ignored: 0 };
const NOT_TAKEN: NativeOutcome = { taken: false, fate: 'refused', error: null, unknown: [] };

type Opened = { readonly bound: Bound; readonly error: DecodeError | null };

/** Decodes and binds; a message that cannot be decoded binds nothing. */
function openPayload(edge: EdgeUnit | undefined, topic: string, payload: Uint8Array, receivedAtMs: number): Opened {
  const native = edge?.native;
  if (native === undefined) return { bound: { ...NOTHING, unknown: [NOBODY] }, error: null };
  const decoder = decoderOf(native.decoder);
  if (decoder === undefined)
    return { bound: NOTHING, error: { kind: 'unsupported', message: `no decoder "${native.decoder}"`, offset: 0 } };
  const decoded = decoder.decode(payload, decodeMeta(native, topic));
  if (!decoded.ok) return { bound: NOTHING, error: decoded.error };
  return { bound: bindDecoded(decoded.value, native, receivedAtMs), error: null };
}

function toParts(kept: KeptMessage, { bound, error }: Opened): readonly QuarantinePart[] {
  if (error !== null) {
    const detail = `${error.kind}: ${error.message}`.slice(0, 200);
    return [{ reason: 'native-message', detail, readings: 0, body: keepMessage({ ...kept, devices: null }) }];
  }
  if (bound.unknown.length === 0) return [];
  const named = bound.unknown.slice(0, 5).join(', ') + (bound.unknown.length > 5 ? ', …' : '');
  const detail = bound.unknown[0] === NOBODY ? 'its gateway is not in the registry' : `devices ${named}`;
  const body = keepMessage({ ...kept, devices: bound.unknown });
  return [{ reason: 'native-device', detail, readings: bound.unknown.length, body }];
}

export function createNativeReceiver({ journal, registry, quarantine, feed, heard, ctx }: Parts): NativeReceiver {
  const toItem = (
    gateway: string,
    opened: Opened,
    parts: readonly QuarantinePart[],
    digest: number,
    receivedAtMs: number,
  ): NativeItem => {
    const now = registry.current();
    const edge = now.edges.get(gateway);
    return {
      kind: 'native',
      edgeId: gateway,
      township: edge?.township ?? NOBODY,
      partition: partitionOf(edge?.township ?? NOBODY),
      origin: edge?.origin ?? 'simulated',
      receivedAtMs,
      inventoryVersion: now.version,
      digest,
      readings: opened.bound.readings,
      parts,
      releases: null,
    };
  };

  const settle = (message: NativeMessage, opened: Opened, item: NativeItem, result: JournalResult): NativeOutcome => {
    if (result.kind !== 'native') return NOT_TAKEN;
    const { error, bound } = opened;
    ctx.metrics.count('fengsui_native_messages_total', { fate: result.fate });
    if (bound.ignored > 0) ctx.metrics.count('fengsui_native_ignored_total', {}, bound.ignored);
    if (result.body !== null) {
      ctx.metrics.count('fengsui_ingest_readings_total', {}, item.readings.length);
      feed().take(result.body, item.receivedAtMs);
    }
    for (const part of item.parts) {
      ctx.metrics.count('fengsui_quarantined_total', { reason: part.reason });
      ctx.log.warn('put into quarantine', { edge: message.gateway, reason: part.reason, detail: part.detail });
    }
    if (result.dropped > 0) {
      ctx.metrics.count('fengsui_quarantine_full_total');
      ctx.log.error('quarantine of this gateway is full: what it cannot keep is lost until the cause is mended', {
        edge: message.gateway,
      });
    }
    return { taken: true, fate: result.fate, error, unknown: bound.unknown };
  };

  const receive: NativeReceiver['receive'] = async (message) => {
    const { gateway, topic, payload } = message;
    const receivedAtMs = ctx.clock.nowMs();
    const opened = openPayload(registry.current().edges.get(gateway), topic, payload, receivedAtMs);
    const parts = toParts({ topic, payload, devices: null }, opened);
    const digest = digestOf(Buffer.concat([Buffer.from(`${topic}\n`), payload]));
    const item = toItem(gateway, opened, parts, digest, receivedAtMs);
    if (opened.error === null) heard(gateway);
    const result = await journal.appendAndWait(item);
    if (result !== undefined) return settle(message, opened, item, result);
    ctx.metrics.count('fengsui_ingest_overflow_total');
    ctx.log.error('too much waits for the disk: the message is left unanswered and will come again', { edge: gateway });
    return NOT_TAKEN;
  };

  /** What an entry's unknown devices said, as far as they are known now; dated by when it came in. */
  const planRelease = (entry: QuarantineEntry): NativeItem | undefined => {
    const kept = openMessage(entry.body);
    const edge = registry.current().edges.get(entry.edgeId);
    const all = openPayload(edge, kept.topic, kept.payload, entry.receivedAtMs);
    const wasUnknown = new Set(kept.devices ?? []);
    const isWhole = wasUnknown.has(NOBODY);
    const still = all.bound.unknown.filter((key) => isWhole || wasUnknown.has(key));
    if (edge?.native === undefined || (still.length > 0 && !isWhole && still.length === wasUnknown.size))
      return undefined;
    const newly = new Set(isWhole ? [] : [...wasUnknown].filter((key) => !still.includes(key)));
    const own = new Set(
      edge.native.devices
        .filter(({ key }) => isWhole || newly.has(key))
        .flatMap((device) => device.sensors.map(({ sensorId }) => sensorId)),
    );
    const readings = all.bound.readings
      .filter(({ sensorId }) => own.has(sensorId))
      .map((reading) => ({ ...reading, flags: [...reading.flags, 'injected' as const] }));
    const rest = { bound: { ...all.bound, unknown: still }, error: all.error };
    const item = toItem(
      entry.edgeId,
      { bound: { ...all.bound, readings }, error: null },
      toParts(kept, rest),
      0,
      entry.receivedAtMs,
    );
    return { ...item, releases: entry.id };
  };

  const walk = async (): Promise<number> => {
    let moved = 0;
    let afterId = 0;
    for (;;) {
      const entries = quarantine.ofReasons(NATIVE_REASONS, afterId, STEP);
      if (entries.length === 0 || ctx.signal.aborted) return moved;
      for (const entry of entries) {
        afterId = entry.id;
        const item = planRelease(entry);
        const result = item === undefined ? undefined : await journal.appendAndWait(item);
        if (result?.kind === 'native') moved++;
      }
    }
  };
  return {
    receive,
    reinject: async () => {
      const moved = await walk();
      if (moved === 0) return;
      ctx.metrics.count('fengsui_reinjected_total', {}, moved);
      ctx.log.info('left quarantine', { entries: moved });
    },
  };
}
