/** All hazard models, one line each. Sums of increments, plain values and rates are the engine's own (rule-set.ts). */
import type { HazardModel } from './hazard-model.ts';

const ALL: readonly HazardModel[] = [];

export const HAZARD_MODELS: ReadonlyMap<string, HazardModel> = new Map(ALL.map((model) => [model.kind, model]));
