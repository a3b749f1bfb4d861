/** The form of a rule file: one table from which parsing and its findings come. What it means is checked in compile.ts. */
import { z } from 'zod';
import { POINT_KINDS } from './words.ts';

const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration is a number with ms, s, m, h or d, e.g. 10m')
  .transform(durationMs);
const level = z.enum(['blue', 'yellow', 'orange', 'red']);
const text = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });

const tuning = {
  deadband: z.number().nonnegative().optional(),
  onDelay: duration.optional(),
  offDelay: duration.optional(),
};

/** In the unit of the quantity or figure; of a water level also by the station's own table. */
const limitValue = z.union([
  z.number(),
  z.strictObject({ station: z.string() }),
  z.strictObject({ datum: z.number() }),
]);
export type LimitValue = z.infer<typeof limitValue>;

type LimitEntry = {
  readonly limit: LimitValue;
  readonly deadband?: number | undefined;
  readonly onDelay?: number | undefined;
  readonly offDelay?: number | undefined;
};
const limit = z.union([
  limitValue.transform((value): LimitEntry => ({ limit: value })),
  z.strictObject({ limit: limitValue, ...tuning }),
]);
const levels = z.strictObject({
  blue: limit.optional(),
  yellow: limit.optional(),
  orange: limit.optional(),
  red: limit.optional(),
});

const ownMeasure = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('value') }),
  z.strictObject({ kind: z.literal('rollingSum'), window: duration, bucket: duration.optional() }),
  z.strictObject({ kind: z.literal('rate'), window: duration, minSamples: z.int().min(2).optional() }),
]);
export const OWN_MEASURES = ['value', 'rollingSum', 'rate'] as const;

/** A measure of the engine's own, or a hazard model with what is given to it, which its own table reads. */
type MeasureEntry =
  | z.infer<typeof ownMeasure>
  | { readonly kind: 'model'; readonly model: string; readonly given: { readonly [name: string]: unknown } };

const measure = z.looseObject({ kind: z.string() }).transform((raw, context): MeasureEntry => {
  if (!OWN_MEASURES.some((kind) => kind === raw.kind)) {
    const { kind, ...given } = raw;
    return { kind: 'model', model: kind, given };
  }
  const parsed = ownMeasure.safeParse(raw);
  if (parsed.success) return parsed.data;
  for (const { path, message, code, ...rest } of parsed.error.issues) {
    const keys = code === 'unrecognized_keys' && 'keys' in rest ? rest.keys : [];
    if (keys.length === 0) context.addIssue({ code: 'custom', path: [...path], message });
    for (const key of keys)
      context.addIssue({ code: 'custom', path: [...path, key], message: `"${key}" is not known here` });
  }
  return z.NEVER;
});

const place = {
  kinds: z.array(z.enum(POINT_KINDS)).min(1).optional(),
  grids: z.array(z.string()).min(1).optional(),
  points: z.array(z.string()).min(1).optional(),
  sensors: z.array(z.string()).min(1).optional(),
};

const scheduled = z.strictObject({
  dates: z.string().optional(),
  hours: z.string().optional(),
  levels: levels.optional(),
  ...tuning,
});

const override = z.strictObject({
  grids: z.array(z.string()).min(1).optional(),
  points: z.array(z.string()).min(1).optional(),
  levels: levels.optional(),
  off: z.boolean().optional(),
  schedule: z.array(scheduled).min(1).optional(),
  ...tuning,
});

const input = z.strictObject({
  sensors: z.array(z.string()).min(1).optional(),
  quantity: z.string().optional(),
  within: z
    .string()
    .regex(/^\d+(\.\d+)?(km|m)$/, 'a distance is a number with km or m, e.g. 10km')
    .transform((raw) => Number.parseFloat(raw) * (raw.endsWith('km') ? 1 : 0.001))
    .optional(),
});

export const ruleEntry = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,47}$/, 'an id is lower case letters, digits and -, up to 48'),
  title: text,
  hazard: z.string().optional(),
  quantity: z.string(),
  /** Only checked: writing it down keeps a reader and the file honest. */
  unit: z.string().optional(),
  measure,
  per: z.enum(['point', 'zone']).optional(),
  inputs: z.record(z.string(), input).optional(),
  raiseWhen: z.enum(['above', 'below']).optional(),
  levels: levels.optional(),
  doubt: z.strictObject({ limit: z.number(), hold: duration }).optional(),
  schedule: z.array(scheduled).min(1).optional(),
  where: z.strictObject(place).optional(),
  overrides: z.array(override).optional(),
  ...tuning,
});

export const ruleFile = z.strictObject({
  rules: z.array(ruleEntry).optional(),
  silence: z
    .strictObject({ staleLevel: level, gatewayLostLevel: level, gatewayLostAfter: duration })
    .partial()
    .optional(),
});

export type RuleFile = z.infer<typeof ruleFile>;
export type RuleEntry = NonNullable<RuleFile['rules']>[number];
export type Levels = NonNullable<RuleEntry['levels']>;
export type ScheduledEntry = NonNullable<RuleEntry['schedule']>[number];
export type InputEntry = NonNullable<RuleEntry['inputs']>[string];

const UNITS_MS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(raw: string): number {
  const match = /^([\d.]+)(\w+)$/.exec(raw);
  return Math.round(Number(match?.[1]) * (UNITS_MS[match?.[2] ?? ''] ?? Number.NaN));
}
