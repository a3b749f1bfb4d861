/** How hazards are written in a scenario: what drives them once, and which sensor shows what of it. */
import { z } from 'zod';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { GROWTH_S } from './fire.ts';
import { MAX_LAG_MS, MIN_LAG_MS } from './reservoir.ts';

const UNITS_MS = { ms: 1, s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
const MAX_MS = 366 * DAY_MS;

/** `90m`, `2h30m`, `20d`. */
export function parseDuration(raw: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(raw)) return undefined;
  let sum = 0;
  for (const [, number, unit] of raw.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    sum += Number(number) * UNITS_MS[(unit ?? 's') as keyof typeof UNITS_MS];
  return Math.round(sum);
}

/** Since the begin, or a length; `0` is the begin itself. */
export const time = z
  .union([z.literal(0).transform(() => '0s'), z.string()], { error: 'write a time such as 90m, 2h30m or 20d' })
  .transform((raw, context) => {
    const ms = parseDuration(raw);
    if (ms === undefined || ms > MAX_MS)
      context.addIssue({ code: 'custom', message: 'a time is numbers with s, m, h or d, e.g. 90m or 2h30m, to 366d' });
    return ms ?? 0;
  });
const length = time.refine((ms) => ms > 0, 'must be longer than 0');
const lag = time.refine((ms) => ms >= MIN_LAG_MS && ms <= MAX_LAG_MS, 'is between 5m and 10d');
const noise = z.number().min(0).default(0);
const response = { lag: time.default(0), settle: length.default(6 * HOUR_MS) };

const rising = (points: readonly { readonly at: number }[]): boolean =>
  points.every(({ at }, index) => index === 0 || at > (points[index - 1]?.at ?? 0));
const IN_ORDER = 'times must rise';

const atStorm = { at: time.default(0), step: length.default(5 * MINUTE_MS) };
const depth = { totalMm: z.number().min(0).max(5_000), duration: length };
export const stormSchema = z.discriminatedUnion('shape', [
  z.strictObject({ shape: z.literal('uniform'), ...atStorm, ...depth }),
  z.strictObject({
    shape: z.literal('chicago'),
    ...atStorm,
    ...depth,
    peak: z.number().min(0.05).max(0.95).default(0.4),
    /** Of the place's own i = a/(t + b)^c, in minutes; the defaults are an example. */
    bMinutes: z.number().gt(0).max(120).default(10),
    c: z.number().gt(0).lt(1).default(0.75),
  }),
  z.strictObject({ shape: z.literal('scs2'), ...atStorm, ...depth }),
  z.strictObject({
    shape: z.literal('steps'),
    at: atStorm.at,
    steps: z
      .array(z.strictObject({ at: time, mmPerH: z.number().min(0).max(1_000) }))
      .min(1)
      .refine(rising, IN_ORDER),
  }),
]);

const flow = z.strictObject({ at: time, m3PerS: z.number().min(0) });
const flows = z.array(flow).default([]).refine(rising, IN_ORDER);
export const reservoirSchema = z.strictObject({
  level: z.number(),
  storage: z
    .array(z.tuple([z.number(), z.number().min(0)]))
    .min(2)
    .refine(
      (rows) =>
        rows.every((row, at) => at === 0 || (row[0] > (rows[at - 1]?.[0] ?? 0) && row[1] > (rows[at - 1]?.[1] ?? 0))),
      'levels and volumes must rise',
    ),
  inflow: flows,
  catchment: z
    .strictObject({ areaKm2: z.number().gt(0), runoff: z.number().gt(0).max(1), lag })
    .nullable()
    .default(null),
  gates: flows,
  spillway: z
    .strictObject({ crestM: z.number(), widthM: z.number().gt(0), c: z.number().gt(0).max(3).default(1.7) })
    .nullable()
    .default(null),
});

const atFire = { at: time.default(0), outAt: time.nullable().default(null), clear: length.default(5 * MINUTE_MS) };
export const fireSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('flaming'),
    ...atFire,
    growth: z.union([
      z.enum(Object.keys(GROWTH_S) as [keyof typeof GROWTH_S, ...(keyof typeof GROWTH_S)[]]),
      z.number().gt(0),
    ]),
    peakKw: z.number().gt(0),
    ceilingM: z.number().gt(0),
    dbPerMPerMj: z.number().min(0),
  }),
  z.strictObject({
    kind: z.literal('smouldering'),
    ...atFire,
    duration: length,
    power: z.number().gt(0).max(10).default(2),
    dbPerM: z.number().min(0),
    riseC: z.number().min(0).default(0),
  }),
]);

/** `whose`: the fields that say whose value it is, which all kinds of sensors share. */
export const hazardKinds = <Whose extends z.core.$ZodShape>(whose: Whose) =>
  [
    z.strictObject({
      ...whose,
      kind: z.literal('storm'),
      perTip: z.number().positive().default(0.2),
      share: z.number().min(0).max(10).default(1),
    }),
    z.strictObject({
      ...whose,
      kind: z.literal('stagedCreep'),
      from: z.number().default(0),
      primaryMm: z.number().min(0).default(0),
      primaryTime: length.default(DAY_MS),
      mmPerDay: z.number().gt(0),
      onset: time,
      failureAt: length,
      alpha: z.number().gt(1.2).max(3).default(2),
      after: z.enum(['torn', 'rests']).default('torn'),
      noise,
    }),
    z.strictObject({
      ...whose,
      kind: z.literal('stepSlide'),
      from: z.number().default(0),
      mmPerDay: z.number().min(0).default(0),
      steps: z
        .array(z.strictObject({ at: time, mm: z.number().gt(0), settle: length.default(6 * HOUR_MS) }))
        .default([]),
      rain: z
        .strictObject({ mmPerMm: z.number().gt(0), ...response })
        .nullable()
        .default(null),
      drawdown: z
        .strictObject({ mmPerM: z.number().gt(0), ...response })
        .nullable()
        .default(null),
      noise,
    }),
    z.strictObject({ ...whose, kind: z.literal('reservoirLevel'), noise }),
    z.strictObject({
      ...whose,
      kind: z.literal('fireHead'),
      as: z.enum(['temperature', 'density', 'state']),
      radiusM: z.number().min(0).default(0),
      delay: time.default(0),
      lag: time.default(0),
      ambient: z.number().default(0),
      preAlarm: z.number().gt(0).optional(),
      alarm: z.number().gt(0).optional(),
      noise,
    }),
  ] as const;

const anyKind = z.discriminatedUnion('kind', [...hazardKinds({})]);
export type HazardEntry = z.infer<typeof anyKind>;
export type HazardKind = HazardEntry['kind'];
const KINDS: ReadonlySet<string> = new Set<HazardKind>([
  'storm',
  'stagedCreep',
  'stepSlide',
  'reservoirLevel',
  'fireHead',
]);
export const isHazard = <T extends { readonly kind: string }>(entry: T): entry is T & HazardEntry =>
  KINDS.has(entry.kind);

export const driverFields = {
  storm: stormSchema.nullable().default(null),
  reservoir: reservoirSchema.nullable().default(null),
  fire: fireSchema.nullable().default(null),
};
export type RawDrivers = {
  readonly storm: z.infer<typeof stormSchema> | null;
  readonly reservoir: z.infer<typeof reservoirSchema> | null;
  readonly fire: z.infer<typeof fireSchema> | null;
};
