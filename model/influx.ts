/**
 * How readings, alerts and the system's own state stand in InfluxDB: the one table that the writer, the reader and the
 * panels of Grafana share (docs/decisions/influx-schema.md). Tags are strings, fields are numbers; none ever changes.
 */
import type { QuantityCode } from '#model/quantity.ts';
import { ORIGINS, type Origin } from '#model/reading.ts';

/** `live_rain`, `drill_level` …: no query mixes origins by forgetting a condition. */
export const measurementOf = (origin: Origin, quantity: QuantityCode): string => `${origin}_${quantity}`;

export const originOfMeasurement = (measurement: string): Origin | undefined =>
  ORIGINS.find((origin) => measurement.startsWith(`${origin}_`));

/** Of readings, in the order in which they are written (sorted, as InfluxDB wants them). */
export const READING_TAGS = ['county', 'edge', 'point', 'sensor', 'township', 'village'] as const;
export type ReadingTag = (typeof READING_TAGS)[number];

/** All numbers; a field that does not apply is not written. */
export const READING_FIELDS = {
  /** A good value in the quantity's unit, float. */
  value: 'value',
  /** A value that bears a doubt, in the quantity's unit, float; a mean over `value` never holds one. */
  suspect: 'suspect',
  /** Why there is no value: 1 + the place in BAD_REASONS, integer. */
  bad: 'bad',
  /** As the register gave it, integer. */
  raw: 'raw',
  /** Bits of FLAGS, integer; written when there is one. */
  flags: 'flags',
} as const;

/**
 * One point an entry of an alert's history. Tags: county, hazard, origin, point, township, village. Fields: `level`
 * (1 blue … 4 red) and `open` (1 until it is closed), integers; `alert`, `kind`, `textZh`, `textEn`, strings.
 */
export const ALERT_MEASUREMENT = 'alert_event';

/**
 * The centre about itself, every half minute. Tags: `metric` (the name at /metrics), `process`, and `label` where a
 * metric has one (`key=value`, joined by commas). Field: `value`, float.
 */
export const SYSTEM_MEASUREMENT = 'system';

/** Written at the beginning and looked for now and then: when it is gone, somebody has made the database anew. */
export const MARKER_MEASUREMENT = 'fengsui_store';

/**
 * Where the points lie, written anew at every start and once a day, so that a map can join by point. Tags: county,
 * point, township, village. Fields: `lon`, `lat`, floats (WGS-84).
 */
export const PLACE_MEASUREMENT = 'place';
