/** A reading: what one sensor said at one instant, and how far it can be believed. Missing is never zero. */
import type { EpochMs, TimeQuality } from '#model/time.ts';

export type SensorId = string;

/** Doubts about a value that is kept, or notes on how it came about. The index is the bit on the wire: append only. */
export const FLAGS = [
  'range', // outside the device profile's plausible range
  'rate', // changed faster than the profile's plausible rate
  'spike',
  'flat', // identical for longer than the profile allows
  'reset', // a counter that was set back: the increment is the counter's new value
  'rollover', // a counter that passed its width
  'first', // first counter reading: it only sets the base, its increment is 0
  'clock-unsure',
  'injected', // entered by hand or re-injected from quarantine
  'thinned', // stands for several readings that a full disk at the edge could not keep (docs/decisions/outbox.md)
] as const;
export type Flag = (typeof FLAGS)[number];

/** Why there is no value. The index is the code on the wire: append only. */
export const BAD_REASONS = [
  'timeout', // the unit did not answer
  'exception', // the unit answered with a Modbus exception
  'frame', // wrong CRC, wrong unit, wrong length
  'sentinel', // the device's own code for "no value"
  'link', // the port or socket is not open
  'decode', // the bytes are not a value of the profile's type
  'skipped', // not asked, because the unit's circuit breaker is open
  'stale', // answered with an old block: the device's own sign of life stands still
] as const;
export type BadReason = (typeof BAD_REASONS)[number];

export type Stamp = {
  readonly sensorId: SensorId;
  /** Acquisition, never sending. */
  readonly measuredAtMs: EpochMs;
  readonly timeQuality: TimeQuality;
};

/** `value` and `raw` are whole numbers: `value` in the quantity's steps, `raw` as the register gave it. */
export type Reading =
  | (Stamp & {
      readonly quality: 'good' | 'suspect';
      readonly value: number;
      readonly raw?: number;
      readonly flags: readonly Flag[];
    })
  | (Stamp & {
      readonly quality: 'bad';
      readonly reason: BadReason;
      readonly raw?: number;
      readonly flags: readonly Flag[];
    });

export const flagBits = (flags: readonly Flag[]): number =>
  flags.reduce((bits, flag) => bits | (1 << FLAGS.indexOf(flag)), 0);
export const flagsOfBits = (bits: number): Flag[] => FLAGS.filter((_, index) => (bits & (1 << index)) !== 0);

/** Where a row came from; only `live` may reach a real channel. Set at ingest from the edge's credential. */
export const ORIGINS = ['live', 'simulated', 'replay', 'drill'] as const;
export type Origin = (typeof ORIGINS)[number];
