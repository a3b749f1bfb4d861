/** What one unit's answers mean under one profile: each register's value with its doubts, and whether the profile fits. */
import type { DeviceFile } from '#cli/load/devices.ts';
import { decodeRegister } from '#edge/modbus/decode.ts';
import type { ReadRequest } from '#edge/modbus/frame.ts';
import { type PlannedRead, planReads } from '#edge/modbus/plan.ts';
import { type DeviceProfile, type RegisterSpec, spanOf } from '#model/device-profile.ts';
import { formatSteps, QUANTITIES, toSteps, UNIT_TEXT } from '#model/quantity.ts';

export type Doubt = 'sentinel' | 'decode' | 'range' | 'counter';

export type RegisterReading = {
  readonly key: string;
  readonly spec: RegisterSpec;
  readonly words: readonly number[];
  /** In the quantity's unit; absent when the words are no value. Of a counter, its whole count. */
  readonly value?: number;
  readonly doubts: readonly Doubt[];
};

/** The requests for these registers of a profile, as the edge would send them; all of its registers by default. */
export function readsFor(unitId: number, profile: DeviceProfile, keys?: readonly string[]): readonly PlannedRead[] {
  const wanted = profile.registers.filter(({ key }) => keys === undefined || keys.includes(key));
  const sensors = wanted.map(({ key }) => ({ sensorId: key, register: key }));
  return planReads({ unitId, profile: profile.id, sensors }, profile);
}

export function readingsOf(read: PlannedRead, words: readonly number[]): readonly RegisterReading[] {
  return read.sensors.map(({ spec, at }): RegisterReading => {
    const own = words.slice(at, at + spanOf(spec).count);
    const base = { key: spec.key, spec, words: own };
    const decoded = decodeRegister(spec, own);
    if (!decoded.ok) return { ...base, doubts: [decoded.error.reason] };
    const value = decoded.value.number * spec.scale + spec.offset;
    // One reading of a counter says nothing of its increments, for which the range is.
    if (spec.counter !== null)
      return { ...base, value, doubts: decoded.value.raw >= spec.counter.modulus ? ['counter'] : [] };
    const isInside = value >= spec.plausible.min && value <= spec.plausible.max;
    return { ...base, value, doubts: isInside ? [] : ['range'] };
  });
}

/** The value as people read it, with its unit. */
export function formatReading({ spec, value }: RegisterReading): string {
  if (value === undefined) return '-';
  const unit = UNIT_TEXT[QUANTITIES[spec.quantity].unit] ?? '';
  const steps = toSteps(spec.quantity, value);
  const text = Number.isSafeInteger(steps) ? formatSteps(spec.quantity, steps) : String(value);
  return unit === '' ? text : `${text} ${unit}`;
}

export type Answered = { readonly request: ReadRequest; readonly words: readonly number[] | null };
export type Fit = {
  readonly id: string;
  readonly name: string;
  /** The unit holds what only this model holds. */
  readonly isIdentified: boolean;
  readonly plausible: number;
  readonly registers: number;
  readonly readings: readonly RegisterReading[];
};

/** Requests that decide whether a profile fits; nothing is written. */
export function requestsToFit(unitId: number, file: DeviceFile): readonly ReadRequest[] {
  const identity = file.identity.map(({ functionCode, address, words }) => ({
    unitId,
    functionCode,
    address,
    count: words.length,
  }));
  return [...identity, ...readsFor(unitId, file.profile).map(({ request }) => request)];
}

/** Null when the unit refuses a register that the model has, holds another identity, or shows too little that is believable. */
export function judgeFit(unitId: number, file: DeviceFile, answers: readonly Answered[]): Fit | null {
  const { identity, profile } = file;
  if (answers.length === 0 || answers.some(({ words }) => words === null)) return null;
  const isIdentified = identity.every(({ words }, index) => {
    const got = answers[index]?.words ?? [];
    return words.every((word, at) => got[at] === word);
  });
  if (!isIdentified) return null;
  const readings = readsFor(unitId, profile).flatMap((read, index) =>
    readingsOf(read, answers[identity.length + index]?.words ?? []),
  );
  const plausible = readings.filter(({ doubts }) => doubts.length === 0).length;
  if (plausible * 2 < readings.length) return null;
  const { id, name } = profile;
  return {
    id,
    name: name.en,
    isIdentified: identity.length > 0,
    plausible,
    registers: readings.length,
    readings,
  };
}

/** Best first: who showed an identity, then by the share and number of believable values. */
export const byFit = (a: Fit, b: Fit): number =>
  Number(b.isIdentified) - Number(a.isIdentified) ||
  b.plausible / b.registers - a.plausible / a.registers ||
  b.plausible - a.plausible ||
  (a.id < b.id ? -1 : 1);
