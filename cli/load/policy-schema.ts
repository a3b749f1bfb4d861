/** The shape of `policy.yaml`, line by line, in the words of a county's office: tiers and posts by name, times as `5m`. */
import { z } from 'zod';
import { duration, LEVELS, text, token } from '#cli/load/schemas.ts';
import type { When } from '#model/policy.ts';
import { type AlertHazard, HAZARDS, POSTS, type Tier } from '#model/registry.ts';

export const TIER_NAMES = ['county', 'township', 'village', 'group'] as const;
const TIER_OF: { readonly [N in (typeof TIER_NAMES)[number]]: Tier } = { county: 1, township: 2, village: 3, group: 4 };
const tier = z.enum(TIER_NAMES).transform((name): Tier => TIER_OF[name]);

export const ALERT_HAZARDS = [...HAZARDS, 'other', 'unanswered'] as const satisfies readonly AlertHazard[];

/** `"22:00-06:00"`: minutes of the day, the end not included, going round midnight. */
const hours = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be hours such as "22:00-06:00"')
  .transform((raw) => {
    const minute = (at: number): number => Number(raw.slice(at, at + 2)) * 60 + Number(raw.slice(at + 3, at + 5));
    return { fromMinute: minute(0), toMinute: minute(6) };
  })
  .refine(({ fromMinute, toMinute }) => fromMinute !== toMinute, 'begins and ends at the same time of day');

const condition = {
  from: z.enum(LEVELS),
  hazards: z.array(z.enum(ALERT_HAZARDS)).min(1).optional(),
  hours: hours.optional(),
  grids: z.array(z.string()).min(1).optional(),
};
type Condition = {
  readonly hazards?: readonly AlertHazard[] | undefined;
  readonly hours?: { readonly fromMinute: number; readonly toMinute: number } | undefined;
  readonly grids?: readonly string[] | undefined;
};

/** The parts of a line that say when it counts; nothing at all when it always does. */
export function whenOf({ hazards, hours: at, grids }: Condition): { readonly when?: When } {
  if (hazards === undefined && at === undefined && grids === undefined) return {};
  return {
    when: {
      ...(hazards === undefined ? {} : { hazards }),
      ...(at === undefined ? {} : { hours: at }),
      ...(grids === undefined ? {} : { grids }),
    },
  };
}

const group = z
  .union(
    [
      z.enum(['households', 'teams']),
      z.strictObject({
        posts: z.union([z.literal('any'), z.array(z.enum(POSTS)).min(1)]),
        of: z.array(tier).min(1),
      }),
      z.strictObject({ duty: tier }),
    ],
    {
      error:
        'must be { posts: any or [head, …], of: [group, village, township, county] }, { duty: township }, households or teams',
    },
  )
  .transform((raw) => {
    if (raw === 'households' || raw === 'teams') return { kind: raw } as const;
    if ('duty' in raw) return { kind: 'duty', tier: raw.duty } as const;
    return { kind: 'posts', tiers: raw.of, posts: raw.posts === 'any' ? null : raw.posts } as const;
  });

export const tellSchema = z.strictObject({ ...condition, tell: group, why: text });
export const orderSchema = z.strictObject({ ...condition, order: z.array(z.string()).min(1) });
export const callSchema = z.strictObject({
  ...condition,
  ask: z.boolean().default(true),
  tries: z.number().int().min(1).max(20).optional(),
  within: duration.optional(),
  next: z
    .array(z.enum(['deputy', 'above']))
    .max(2)
    .optional(),
  everybody: z.boolean().optional(),
});
export const reportSchema = z.strictObject({
  ...condition,
  id: token,
  name: text,
  by: tier,
  to: z.union([z.literal('above'), z.strictObject({ department: text })], {
    error: 'must be "above", or { department: { zh: …, en: … } }',
  }),
  kind: z.enum(['telephone', 'written', 'followUp', 'final', 'copy']),
  within: duration,
  every: duration.optional(),
});
export const fromSchema = z.strictObject(condition);
export const digestSchema = z.strictObject({
  messages: z.number().int().min(1).max(1_000),
  within: duration,
  every: duration,
});

/** Lists are read line by line; these are the keys, and what stands alone. */
export const policySchema = z.strictObject({
  point: z.array(z.unknown()).optional(),
  gateway: z.array(z.unknown()).optional(),
  area: z.array(z.unknown()).optional(),
  channels: z.array(z.unknown()).optional(),
  calls: z.array(z.unknown()).optional(),
  reports: z.array(z.unknown()).optional(),
  evacuation: z.array(z.unknown()).optional(),
  broadcast: z.array(z.unknown()).optional(),
  latch: z.array(z.unknown()).optional(),
  askAgain: duration.nullable().optional(),
  takeOver: duration.nullable().optional(),
  shelveAtMost: duration.optional(),
  digest: digestSchema.optional(),
});
