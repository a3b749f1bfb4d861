/**
 * What a fire in a room shows to heads under its ceiling. A flaming fire grows as Q = α·t² (Heskestad; NFPA 72 names
 * slow, medium, fast and ultra-fast by the time to 1055 kW: 600, 300, 150, 75 s), and warms the gas under the ceiling by
 * Alpert's correlation (1972): ΔT = 16.9·Q^(2/3)/H^(5/3) above it, 5.38·(Q/r)^(2/3)/H where r > 0.18 H. A smouldering
 * one is given by the smoke that it reaches and when. Smoke of flames is proportional to what has burnt: all by parameters.
 */
import { SECOND_MS } from '#model/time.ts';
import { type Table, tableAt, tabulate } from './table.ts';

export const GROWTH_S = { slow: 600, medium: 300, fast: 150, ultraFast: 75 } as const;
const GROWN_KW = 1_055;

export type Fire =
  | {
      readonly kind: 'flaming';
      readonly atMs: number;
      /** kW/s². */
      readonly alpha: number;
      readonly peakKw: number;
      /** Optical density that each MJ burnt leaves at the heads. */
      readonly dbPerMPerMj: number;
      readonly ceilingM: number;
    }
  | {
      readonly kind: 'smouldering';
      readonly atMs: number;
      /** Grows by this power of time to these after so long, and goes on. */
      readonly durationMs: number;
      readonly power: number;
      readonly dbPerM: number;
      readonly riseC: number;
    };

/** `outMs`: put out, since the begin; smoke and heat go with the time constant `clearMs` from then on. */
export type FireStory = { readonly fire: Fire; readonly outMs: number | null; readonly clearMs: number };

/** Where a head stands and how slowly it follows. */
export type Head = { readonly radiusM: number; readonly delayMs: number; readonly lagMs: number };

export const FIRE_STEP_MS = SECOND_MS;

export const alphaOf = (growth: keyof typeof GROWTH_S): number => GROWN_KW / GROWTH_S[growth] ** 2;

/** Heat release so long after ignition, kW, and what has burnt by then, MJ. */
function burning({ alpha, peakKw }: Extract<Fire, { kind: 'flaming' }>, seconds: number) {
  const grown = Math.sqrt(peakKw / alpha);
  const kw = seconds >= grown ? peakKw : alpha * seconds ** 2;
  const mj =
    (seconds >= grown ? (alpha * grown ** 3) / 3 + peakKw * (seconds - grown) : (alpha * seconds ** 3) / 3) / 1_000;
  return { kw, mj };
}

function ceilingRise(kw: number, ceilingM: number, radiusM: number): number {
  if (radiusM <= 0.18 * ceilingM) return (16.9 * kw ** (2 / 3)) / ceilingM ** (5 / 3);
  return (5.38 * (kw / radiusM) ** (2 / 3)) / ceilingM;
}

/** Smoke (dB/m) and warming (°C) at the head, before it follows. */
function atHead({ fire, outMs, clearMs }: FireStory, { radiusM, delayMs }: Head, tMs: number) {
  const seenMs = tMs - delayMs;
  const burntMs = Math.min(seenMs, outMs ?? seenMs) - fire.atMs;
  if (burntMs <= 0) return { dbPerM: 0, riseC: 0 };
  const left = outMs === null || seenMs <= outMs ? 1 : Math.exp(-(seenMs - outMs) / clearMs);
  if (fire.kind === 'smouldering') {
    const part = (burntMs / fire.durationMs) ** fire.power;
    return { dbPerM: fire.dbPerM * part * left, riseC: fire.riseC * part * left };
  }
  const { kw, mj } = burning(fire, burntMs / SECOND_MS);
  return { dbPerM: fire.dbPerMPerMj * mj * left, riseC: ceilingRise(kw, fire.ceilingM, radiusM) * left };
}

export function fireTable(story: FireStory, head: Head, what: 'dbPerM' | 'riseC', untilMs: number): Table {
  const plain = tabulate(FIRE_STEP_MS, untilMs, (tMs) => atHead(story, head, tMs)[what]);
  if (head.lagMs === 0) return plain;
  const share = 1 - Math.exp(-FIRE_STEP_MS / head.lagMs);
  let shown = 0;
  return {
    stepMs: FIRE_STEP_MS,
    values: plain.values.map((value) => {
      shown += (value - shown) * share;
      return shown;
    }),
  };
}

/** What a head says that judges by itself: 0 normal, 1 pre-alarm, 2 alarm, and it latches as heads do. */
export function headStates(density: Table, preAlarm: number, alarm: number): Table {
  let state = 0;
  return tabulate(density.stepMs, (density.values.length - 1) * density.stepMs, (tMs) => {
    const dbPerM = tableAt(density, tMs, 'hold');
    state = Math.max(state, dbPerM >= alarm ? 2 : dbPerM >= preAlarm ? 1 : 0);
    return state === 1 && dbPerM < preAlarm ? 0 : state;
  });
}
