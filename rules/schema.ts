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

type LimitEntry = {
  readonly limit: number;
  readonly deadband?: number | undefined;
  readonly onDelay?: number | undefined;
  readonly offDelay?: number | undefined;
};
const limit = z.union([
  z.number().transform((value): LimitEntry => ({ limit: value })),
  z.strictObject({ limit: z.number(), ...tuning }),
]);
const levels = z.strictObject({
  blue: limit.optional(),
  yellow: limit.optional(),
  orange: limit.optional(),
  red: limit.optional(),
});

const measure = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('value') }),
  z.strictObject({ kind: z.literal('rollingSum'), window: duration, bucket: duration.optional() }),
  z.strictObject({ kind: z.literal('rate'), window: duration, minSamples: z.int().min(2).optional() }),
]);

const place = {
  kinds: z.array(z.enum(POINT_KINDS)).min(1).optional(),
  grids: z.array(z.string()).min(1).optional(),
  points: z.array(z.string()).min(1).optional(),
  sensors: z.array(z.string()).min(1).optional(),
};

const override = z.strictObject({
  grids: z.array(z.string()).min(1).optional(),
  points: z.array(z.string()).min(1).optional(),
  levels: levels.optional(),
  off: z.boolean().optional(),
  ...tuning,
});

const rule = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,47}$/, 'an id is lower case letters, digits and -, up to 48'),
  title: text,
  hazard: z.string(),
  quantity: z.string(),
  /** Only checked: writing it down keeps a reader and the file honest. */
  unit: z.string().optional(),
  measure,
  levels,
  where: z.strictObject(place).optional(),
  overrides: z.array(override).optional(),
  ...tuning,
});

export const ruleFile = z.strictObject({
  rules: z.array(rule).optional(),
  silence: z
    .strictObject({ staleLevel: level, gatewayLostLevel: level, gatewayLostAfter: duration })
    .partial()
    .optional(),
});

export type RuleFile = z.infer<typeof ruleFile>;
export type RuleEntry = NonNullable<RuleFile['rules']>[number];
export type Levels = RuleEntry['levels'];

const UNITS_MS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(raw: string): number {
  const match = /^([\d.]+)(\w+)$/.exec(raw);
  return Math.round(Number(match?.[1]) * (UNITS_MS[match?.[2] ?? ''] ?? Number.NaN));
}
