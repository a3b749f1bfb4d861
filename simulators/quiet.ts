/** What a register shows when the scenario says nothing about it: a quiet day. */
import type { RegisterSpec } from '#model/device-profile.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Behaviour } from '#simulators/behaviour.ts';

const QUIET: { readonly [quantity in QuantityCode]?: Behaviour } = {
  rain: { kind: 'tipping', perTip: 0.2, intensity: [{ atMs: 0, perHour: 0 }] },
  displacement: { kind: 'constant', value: 2, noise: 0.05 },
  level: { kind: 'constant', value: 10, noise: 0.002 },
  tilt: { kind: 'constant', value: 0, noise: 0.01 },
  smoke: { kind: 'constant', value: 0, noise: 0 },
  smokeDensity: { kind: 'constant', value: 0.02, noise: 0.005 },
  temperature: { kind: 'constant', value: 20, noise: 0.2 },
  battery: { kind: 'constant', value: 100, noise: 0 },
  fault: { kind: 'constant', value: 0, noise: 0 },
  flow: { kind: 'constant', value: 1, noise: 0.01 },
  distance: { kind: 'constant', value: 5, noise: 0.002 },
  pressure: { kind: 'constant', value: 50, noise: 0.1 },
  soilMoisture: { kind: 'constant', value: 20, noise: 0.2 },
  voltage: { kind: 'constant', value: 12.6, noise: 0.02 },
};

/** For a quantity that is not listed, the plausible value nearest to 0. */
export function quietOf(spec: Pick<RegisterSpec, 'quantity' | 'counter' | 'scale' | 'plausible'>): Behaviour {
  const quiet = QUIET[spec.quantity];
  if (quiet !== undefined) return quiet;
  if (spec.counter !== null) return { kind: 'tipping', perTip: spec.scale, intensity: [{ atMs: 0, perHour: 0 }] };
  const { min, max } = spec.plausible;
  return { kind: 'constant', value: Math.min(max, Math.max(min, 0)), noise: 0 };
}
