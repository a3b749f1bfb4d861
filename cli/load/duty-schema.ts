/** The shape of `duty.yaml` beside its desks: holidays with teams of their own, and who stands in for whom. */
import { z } from 'zod';
import { date, isCalendarDay, pair, text, timeOfDay } from '#cli/load/schemas.ts';

/** Days with other teams; `to` is the last of them. The teams follow one another day by day. */
export const holidaySchema = z.strictObject({
  name: text,
  from: date,
  to: date.optional(),
  desks: z
    .array(z.strictObject({ grid: z.string(), from: timeOfDay, teams: z.array(pair).min(1) }))
    .min(1, 'a holiday needs at least one desk with teams of its own'),
});
export type Holiday = z.infer<typeof holidaySchema>;

/** A minute of the county's day: `2026-11-20 08:00`; a day alone is its first minute. */
const minute = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d)?$/, 'must be a day and a time such as "2026-11-20 08:00"')
  .refine((raw) => isCalendarDay(raw.slice(0, 10)), 'there is no such day')
  .transform((raw) => ({ date: raw.slice(0, 10), time: raw.slice(11) === '' ? '00:00' : raw.slice(11) }));

/** 替班: `by` takes every duty of `person` from then until then, at all desks or at one. */
export const substitutionSchema = z.strictObject({
  person: z.string(),
  by: z.string(),
  from: minute,
  to: minute,
  grid: z.string().optional(),
});
export type Substitution = z.infer<typeof substitutionSchema>;
