/**
 * The part of an instant below the millisecond, which keeps readings of one series apart that InfluxDB would otherwise
 * take for one point (docs/decisions/influx-schema.md). Whatever is repeated after a crash gets the same number.
 */
import { QUANTITIES } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { type LineFields, prefixOf, type SensorPlace } from './lines.ts';

/** One sensor's readings of one origin. */
export type Series = {
  readonly key: string;
  readonly sensorId: SensorId;
  /** Measurement and tags in UTF-8; undefined when nobody knows where the sensor is. */
  prefix: Uint8Array | undefined;
  decimals: number;
  /** The partition that its first newest reading came by; what comes by another never counts as the newest. −1: none yet. */
  home: number;
  newestMs: number;
  /** Serial of the portion that last changed it. */
  touchedBy: number;
  /** Where its lines hang while they are gathered (line-group.ts). */
  groupRound: number;
  groupPlace: number;
};

export type Placed = Series & { readonly prefix: Uint8Array };

export const seriesKeyOf = (origin: Origin, sensorId: SensorId): string => `${origin} ${sensorId}`;
export const parseSeriesKey = (key: string): { readonly origin: Origin; readonly sensorId: SensorId } => {
  const cut = key.indexOf(' ');
  return { origin: key.slice(0, cut) as Origin, sensorId: key.slice(cut + 1) };
};

export function createSeries(origin: Origin, sensorId: SensorId, place: SensorPlace | undefined): Series {
  const series: Series = {
    ...{ key: seriesKeyOf(origin, sensorId), sensorId, prefix: undefined, decimals: 0 },
    ...{ home: -1, newestMs: Number.NEGATIVE_INFINITY, touchedBy: 0 },
    ...{ groupRound: 0, groupPlace: 0 },
  };
  placeSeries(series, origin, place);
  return series;
}

export function placeSeries(series: Series, origin: Origin, place: SensorPlace | undefined): void {
  if (place === undefined) return;
  series.prefix = new TextEncoder().encode(prefixOf(origin, place));
  series.decimals = QUANTITIES[place.quantity].decimals;
}

/** True when the reading is newer than all of its series before it, and then remembers it as the newest. */
export function advance(series: Series, partition: number, atMs: number): boolean {
  if (series.home >= 0 && series.home !== partition) return false;
  if (atMs <= series.newestMs) return false;
  // Not before: what a late reading made of it would be kept nowhere, and another after a crash.
  series.home = partition;
  series.newestMs = atMs;
  return true;
}

const FNV_PRIME = 0x01000193;
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return hash >>> 0;
}

const mix = (hash: number, value: number): number => {
  const mixed = Math.imul(hash ^ (value | 0), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};

const OFFSETS = 999_999;
/**
 * 1 … 999,999 from the identity of a reading's batch and its place there. What it says counts too: a part that came out
 * of quarantine bears the identity of the batch that it was of.
 */
export function identityOffset(streamHash: number, seq: number, row: number, fields: LineFields): number {
  let hash = mix(mix(streamHash, seq), Math.floor(seq / 0x1_0000_0000));
  hash = mix(mix(hash, row), fields.bits);
  hash = mix(mix(hash, Number.isNaN(fields.value) ? 0x5bd1e995 : fields.value), fields.code);
  hash = mix(hash, Number.isNaN(fields.raw) ? 0x27d4eb2f : fields.raw);
  hash ^= hash >>> 13;
  return 1 + ((Math.imul(hash, 0x85ebca6b) >>> 0) % OFFSETS);
}
