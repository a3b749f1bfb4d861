/** All hazard models, one line each. Sums of increments, plain values and rates are the engine's own (rule-set.ts). */

import { absence } from './absence.ts';
import { acceleration } from './acceleration.ts';
import { antecedentRain } from './antecedent-rain.ts';
import { corroboration } from './corroboration.ts';
import { expression } from './expression.ts';
import { flashFlood } from './flash-flood.ts';
import type { HazardModel } from './hazard-model.ts';
import { heatRise } from './heat-rise.ts';
import { intensityDuration } from './intensity-duration.ts';
import { inverseVelocity } from './inverse-velocity.ts';
import { kOfN } from './k-of-n.ts';
import { lostTogether } from './lost-together.ts';
import { riseRate } from './rise-rate.ts';
import { smokeDrift } from './smoke-drift.ts';
import { soilWater } from './soil-water.ts';
import { tangentAngle } from './tangent-angle.ts';
import { tiltChange } from './tilt-change.ts';
import { timeToLevel } from './time-to-level.ts';
import { travelTime } from './travel-time.ts';
import { twoWindowLine } from './two-window-line.ts';
import { velocity } from './velocity.ts';
import { windowStat } from './window-stat.ts';
import { zoneCoincidence } from './zone-coincidence.ts';

const ALL: readonly HazardModel[] = [
  velocity,
  acceleration,
  tangentAngle,
  inverseVelocity,
  tiltChange,
  soilWater,
  flashFlood,
  intensityDuration,
  antecedentRain,
  twoWindowLine,
  zoneCoincidence,
  smokeDrift,
  heatRise,
  riseRate,
  timeToLevel,
  travelTime,
  windowStat,
  absence,
  lostTogether,
  kOfN,
  corroboration,
  expression,
];

export const HAZARD_MODELS: ReadonlyMap<string, HazardModel> = new Map(ALL.map((model) => [model.kind, model]));
