/** Makes one reading out of what a poll brought for one sensor: a value with its doubts, or a reason for having none. */
import { type RegisterSpec, spanOf } from '../../model/device-profile.ts';
import { toSteps } from '../../model/quantity.ts';
import type { BadReason, Flag, Reading, SensorId } from '../../model/reading.ts';
import type { EpochMs, TimeQuality } from '../../model/time.ts';
import { decodeRegister } from '../modbus/decode.ts';
import { type CounterBase, countSince } from './counter.ts';
import { doubtGauge, type GaugeMemory, SUSPECT_FLAGS } from './doubts.ts';

/** What a poll brought for one sensor. */
export type Outcome = {
  readonly sensorId: SensorId;
  readonly spec: RegisterSpec;
  readonly measuredAtMs: EpochMs;
  /** Where it was read: bus and unit, or link, station and element. Memory of another place is not this one's. */
  readonly place?: string;
  /** What is doubtful before the value is looked at: an instant that the device's own clock cannot have meant. */
  readonly doubts?: readonly Flag[];
} & (
  | { readonly kind: 'words'; readonly words: readonly number[] }
  | { readonly kind: 'failure'; readonly reason: BadReason }
);

/** What is remembered of a sensor between polls: the base of a counter, what a gauge said. */
export type SensorMemory = { readonly base?: CounterBase; readonly gauge?: GaugeMemory & { readonly of?: string } };
export type Judged = { readonly reading: Reading; readonly memory: SensorMemory };

/** The travelling value and the stores behind it are 32 bits wide. */
const MAX_STEPS = 2 ** 31 - 1;

type Stamp = { readonly sensorId: SensorId; readonly measuredAtMs: EpochMs; readonly timeQuality: TimeQuality };

const bad = (stamp: Stamp, reason: BadReason, raw?: number): Reading => ({
  ...stamp,
  quality: 'bad',
  reason,
  flags: [],
  ...(raw === undefined ? {} : { raw }),
});

const valued = (stamp: Stamp, value: number, raw: number, flags: readonly Flag[]): Reading => ({
  ...stamp,
  quality: flags.some((flag) => SUSPECT_FLAGS.includes(flag)) ? 'suspect' : 'good',
  value,
  raw,
  flags,
});

/** The register that a sensor is read from, and how: a configuration may give it another one under the same name. */
export const countedBy = ({ place, spec }: Pick<Outcome, 'place' | 'spec'>): string | undefined =>
  place === undefined
    ? undefined
    : [place, spec.functionCode, spec.address, spec.type, spec.order, spec.scale, spec.bits?.mask ?? '-'].join(' ');

/** What is remembered of another register says nothing about this one. A base of an older version bears no name. */
function ofThis(memory: SensorMemory, of: string | undefined): SensorMemory {
  const isOther = (theirs: string | undefined): boolean => of !== undefined && theirs !== undefined && theirs !== of;
  return isOther(memory.base?.of) || isOther(memory.gauge?.of) ? {} : memory;
}

function judgeGauge(stamp: Stamp, spec: RegisterSpec, number: number, raw: number, before: SensorMemory): Judged {
  const inUnit = number * spec.scale + spec.offset;
  const steps = toSteps(spec.quantity, inUnit);
  if (Math.abs(steps) > MAX_STEPS) return { reading: bad(stamp, 'decode', raw), memory: before };
  const { flags, memory } = doubtGauge(spec, before.gauge ?? {}, { inUnit, atMs: stamp.measuredAtMs }, raw);
  return { reading: valued(stamp, steps, raw, flags), memory: { gauge: memory } };
}

function judgeCounter(stamp: Stamp, spec: RegisterSpec, modulus: number, raw: number, before: SensorMemory): Judged {
  // A count beyond the counter's own width is another register's value or a broken device.
  if (raw >= modulus) return { reading: bad(stamp, 'decode', raw), memory: before };
  const now = { raw, atMs: stamp.measuredAtMs };
  const { counts, flags } = countSince(spec, modulus, before.base, now);
  const steps = toSteps(spec.quantity, counts * spec.scale);
  if (Math.abs(steps) > MAX_STEPS) return { reading: bad(stamp, 'decode', raw), memory: { base: now } };
  return { reading: valued(stamp, steps, raw, flags), memory: { base: now } };
}

/** Readings of one sensor are judged in the order of acquisition; the returned memory goes to disk with the reading. */
export function judgeOutcome(outcome: Outcome, before: SensorMemory, timeQuality: TimeQuality): Judged {
  const judged = judgeBytes(outcome, before, timeQuality);
  const doubts = outcome.doubts ?? [];
  if (doubts.length === 0) return judged;
  return { ...judged, reading: { ...judged.reading, flags: [...judged.reading.flags, ...doubts] } };
}

const named = ({ base, gauge }: SensorMemory, of: string): SensorMemory => ({
  ...(base === undefined ? {} : { base: { ...base, of } }),
  ...(gauge === undefined ? {} : { gauge: { ...gauge, of } }),
});

function judgeBytes(outcome: Outcome, before: SensorMemory, timeQuality: TimeQuality): Judged {
  const { sensorId, measuredAtMs, spec } = outcome;
  const stamp: Stamp = { sensorId, measuredAtMs, timeQuality };
  if (outcome.kind === 'failure') return { reading: bad(stamp, outcome.reason), memory: before };
  const decoded = decodeRegister(spec, outcome.words);
  if (!decoded.ok) return { reading: bad(stamp, decoded.error.reason, decoded.error.raw), memory: before };
  const { number, raw } = decoded.value;
  const of = countedBy(outcome);
  const mine = ofThis(before, of);
  const { reading, memory } =
    spec.counter === null
      ? judgeGauge(stamp, spec, number, raw, mine)
      : judgeCounter(stamp, spec, spec.counter.modulus, raw, mine);
  return { reading, memory: of === undefined ? memory : named(memory, of) };
}

/** The part of a reply that belongs to one sensor. */
export const wordsAt = (words: readonly number[], at: number, spec: RegisterSpec): readonly number[] =>
  words.slice(at, at + spanOf(spec).count);
