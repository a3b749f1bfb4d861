/** All hazard models, one line each. Sums of increments, plain values and rates are the engine's own (rule-set.ts). */
import type { HazardModel } from './hazard-model.ts';
import { heatRise } from './heat-rise.ts';
import { smokeDrift } from './smoke-drift.ts';
import { zoneCoincidence } from './zone-coincidence.ts';

const ALL: readonly HazardModel[] = [zoneCoincidence, smokeDrift, heatRise];

export const HAZARD_MODELS: ReadonlyMap<string, HazardModel> = new Map(ALL.map((model) => [model.kind, model]));
