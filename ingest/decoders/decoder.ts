/** What a decoder of a device's own message is: bytes in, numbers with their places and instants out, or why not. */
import type { JsonMapping } from '#model/native.ts';
import type { QuantityCode } from '#model/quantity.ts';
import { err, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';

/** One number of one device, before anybody has said which sensor it is. */
export type NativeReading = {
  /** The device as the message names it. */
  readonly device: string;
  readonly path: string;
  /** Null when the message bears no time: then it is dated by its arrival. */
  readonly atMs: EpochMs | null;
  /** Null is the device's own "no value". */
  readonly value: number | string | boolean | null;
  /**
   * What makes a repeated message the same one; null when nothing in it does (then a repeat is taken anew, which a
   * gauge and a running total bear).
   */
  readonly identity: string | null;
};

export type Decoded = {
  readonly readings: readonly NativeReading[];
  /** Every device that the message names, also those whose data could not be opened because nobody knows them. */
  readonly devices: readonly string[];
};

/** Closed: used as metric labels. */
export type DecodeErrorKind = 'json' | 'shape' | 'size' | 'encrypted' | 'checksum' | 'unsupported';
export type DecodeError = {
  readonly kind: DecodeErrorKind;
  readonly message: string;
  /** Byte at which it was noticed; 0 when the whole is meant. */
  readonly offset: number;
};

/** What the county knows of whoever speaks. */
export type DecodeMeta = {
  readonly topic: string;
  /** The payload codec of a device; null when it needs none, undefined when nobody knows the device. */
  readonly codecOf: (device: string) => string | null | undefined;
  /** The places that the county asks for. */
  readonly pathsOf: (device: string) => readonly string[];
  readonly mapping: JsonMapping | null;
};

export type Decoder = {
  readonly decode: (bytes: Uint8Array, meta: DecodeMeta) => Result<Decoded, DecodeError>;
  /** What stands at a place, as far as the format itself says so: checked against the sensor, and the default unit. */
  readonly field: (path: string) => NativeField | undefined;
  /** Whether devices have payload codecs of their own. */
  readonly hasCodecs: boolean;
};
export type NativeField = {
  /** Null: something that none of our quantities is, so that no sensor may stand there. */
  readonly quantity: QuantityCode | null;
  readonly scale: number;
  readonly counter: boolean;
};

/** The few bytes of a small device, opened. */
export type CodecValue = { readonly path: string; readonly value: number | null };
export type Codec = {
  readonly fields: { readonly [path: string]: QuantityCode };
  readonly decode: (bytes: Uint8Array, port: number) => Result<readonly CodecValue[], DecodeError>;
};

/** A message holds at most so many readings; what holds more is no message of a device. */
export const MAX_READINGS = 2_000;

export const refuse = (kind: DecodeErrorKind, message: string, offset = 0): Result<never, DecodeError> =>
  err({ kind, message, offset });
