/** Decides what a register holds under its faults; the instrument is wrong, the frames are sound. */
import type { RegisterSpec } from '#model/device-profile.ts';
import { HOUR_MS } from '#model/time.ts';
import type { ValueFault } from '#simulators/fault.ts';

/** The value at an instant, or null when the device has none. */
export type ValueAt = (atMs: number) => number | null;
/** Chain times: `fromMs` when it began (a roll-over: when it comes), `zeroMs` from when its times count. */
export type StruckValue = { readonly fault: ValueFault; readonly fromMs: number; readonly zeroMs: number };
/** What matters of the register that is struck. */
export type Struck = Pick<RegisterSpec, 'counter' | 'scale' | 'offset'>;
/** What the register's own behaviour adds between two instants, whatever has been counted. */
export type Gain = (fromMs: number, toMs: number) => number;

const plus = (value: number | null, amount: number): number | null => (value === null ? null : value + amount);

function counterSince(valueAt: ValueAt, fromMs: number, start: number): ValueAt {
  return (atMs) => {
    const [value, base] = [valueAt(atMs), valueAt(fromMs)];
    return value === null || base === null ? null : start + value - base;
  };
}

function strike(valueAt: ValueAt, { fault, fromMs, zeroMs }: StruckValue, spec: Struck, gain: Gain): ValueAt {
  switch (fault.kind) {
    case 'stuck':
      return () => valueAt(fromMs);
    case 'spike':
      return (atMs) => plus(valueAt(atMs), fault.by);
    case 'drift':
      return (atMs) => plus(valueAt(atMs), (fault.perHour * (atMs - fromMs)) / HOUR_MS);
    case 'noValue':
      return () => null;
    case 'force':
      return () => fault.value;
    case 'counterReset':
      return spec.counter === null ? valueAt : counterSince(valueAt, fromMs, fault.to);
    case 'counterRollOver':
      return spec.counter === null
        ? valueAt
        : counterSince(
            valueAt,
            zeroMs,
            spec.counter.modulus * spec.scale + spec.offset - gain(zeroMs, Math.max(zeroMs, fromMs)),
          );
    default:
      return fault satisfies never;
  }
}

/** All faults in force, one upon the other; each knows only the time since it began, but for the roll-over. */
export function strikeValue(valueAt: ValueAt, struck: readonly StruckValue[], spec: Struck, gain: Gain): ValueAt {
  return struck.reduce<ValueAt>((inner, one) => {
    const outer = strike(inner, one, spec, gain);
    return one.fault.kind === 'counterRollOver' ? outer : (atMs) => (atMs < one.fromMs ? inner : outer)(atMs);
  }, valueAt);
}
