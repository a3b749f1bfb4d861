/** The form of a file of rule tests, as docs/rules.md shows it: one table from which parsing and its findings come. */
import { z } from 'zod';
import { isQuantityCode, QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { HAZARDS } from '#model/registry.ts';
import { WATER_DATUMS } from '#model/water.ts';
import { durationMs } from '../models/params.ts';
import { POINT_KINDS } from '../words.ts';

/** `90m`, `2h35m`. */
function durationOf(raw: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(raw)) return undefined;
  return (raw.match(/[\d.]+(ms|s|m|h|d)/g) ?? []).reduce((sum, part) => sum + (durationMs(part) ?? 0), 0);
}
const duration = z.string().transform((raw, context) => {
  const ms = durationOf(raw);
  if (ms === undefined)
    context.addIssue({ code: 'custom', message: 'a duration is numbers with ms, s, m, h or d, e.g. 5m or 2h30m' });
  return ms ?? 0;
});
/** Distances: nothing happens twice at one instant. */
const distance = duration.refine((ms) => ms >= 1, 'must be longer than 0');
/** A time since the beginning of the test; `0` stands for the beginning itself. */
const time = z.union([z.literal(0).transform(() => 0), duration], {
  error: 'a time is a duration since the start, e.g. 3h or 90m',
});
/** `+2h`: so much after each measurement; `5h`: all of it then, as a backlog comes. */
const arrival = z
  .string()
  .regex(/^\+?(\d+(\.\d+)?(ms|s|m|h|d))+$/, 'write +2h for so much later than measured, or 5h for all of it then')
  .transform((raw) => ({ delay: raw.startsWith('+'), ms: durationOf(raw.replace('+', '')) ?? 0 }));
const local = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d)?$/, 'write a local time such as "2026-06-01T08:00", in quotes');
const token = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'an id is 1 to 64 of A-Z a-z 0-9 _ -');
const quantity = z.string().refine((code): code is QuantityCode => isQuantityCode(code), {
  error: `a quantity is one of ${Object.keys(QUANTITIES).join(', ')}`,
});
const level = z.enum(['none', 'blue', 'yellow', 'orange', 'red']);
const monthDay = /^(\d\d)-(\d\d)\.\.(\d\d)-(\d\d)$/;
const season = z
  .string()
  .regex(monthDay, 'a season is written "04-15..10-15"')
  .transform((raw) => {
    const [fromMonth = 0, fromDay = 0, toMonth = 0, toDay = 0] = (monthDay.exec(raw) ?? []).slice(1).map(Number);
    return { fromDate: fromMonth * 100 + fromDay, toDate: toMonth * 100 + toDay };
  });

const place = {
  kind: z.enum(POINT_KINDS).optional(),
  grid: z
    .string()
    .regex(/^\d{6}(\d{3}){0,2}$/, 'a grid here is a code of 6, 9 or 12 digits')
    .optional(),
  lon: z.number().optional(),
  lat: z.number().optional(),
  /** Metres above the datum; `zero` is the height of the gauge's own zero. */
  water: z
    .strictObject({
      datum: z.enum(WATER_DATUMS).default('assumed'),
      zero: z.number().default(0),
      floodSeason: season.optional(),
      limits: z.record(z.string(), z.number()),
    })
    .optional(),
};
const point = z.strictObject({ id: token, ...place });
const sensor = z.strictObject({
  id: token,
  quantity,
  point: token.default('point'),
  zone: token.optional(),
  edge: token.optional(),
  staleAfter: duration.optional(),
  ...place,
});

const series = z.strictObject({
  sensor: z.string(),
  values: z.string({ error: 'samples are text: put them in quotes (0x35 without quotes is a number, 53)' }),
  interval: distance.optional(),
  from: time.default(0),
  arrives: arrival.optional(),
});
const gateway = z.strictObject({ at: time, edge: z.string(), state: z.enum(['online', 'lost']) });

const reason = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: 'a reason is text or a list of texts: put a number in quotes',
  })
  .transform((raw): readonly string[] => (typeof raw === 'string' ? [raw] : raw));
const about = {
  rule: z.string().optional(),
  sensor: z.string().optional(),
  point: z.string().optional(),
  hazard: z.enum(HAZARDS).optional(),
};
const state = z.strictObject({
  at: time,
  ...about,
  level,
  condition: z.enum(['active', 'cleared', 'dataLost', 'closed']).optional(),
  reason: reason.optional(),
});
const change = z.strictObject({
  at: time,
  ...about,
  level,
  from: level.optional(),
  condition: z.enum(['active', 'cleared', 'dataLost', 'closed']).optional(),
  late: z.boolean().default(false),
  reason: reason.optional(),
});
const bound = z.strictObject({ level: z.enum(['blue', 'yellow', 'orange', 'red']), ...about });
const never = z.union(
  [bound.shape.level.transform((raw): readonly z.infer<typeof bound>[] => [{ level: raw }]), z.array(bound).min(1)],
  { error: 'write a level such as "never: red", or a list of { level, rule, sensor, point, hazard }' },
);
const doubt = z.strictObject({
  at: time,
  sensor: z.string(),
  rule: z.string().optional(),
  doubted: z.boolean().default(true),
  reason: reason.optional(),
});

const test = z.strictObject({
  name: z.string().min(1),
  start: local.optional(),
  interval: distance.optional(),
  /** Time goes on until here at least. */
  until: time.optional(),
  inputSeries: z.array(series).min(1),
  gateways: z.array(gateway).default([]),
  expect: z.array(state).default([]),
  changes: z.array(change).optional(),
  never: never.optional(),
  doubted: z.array(doubt).default([]),
});

export const testFile = z.strictObject({
  /** Rule files, relative to this file. */
  rules: z.array(z.string()).min(1),
  /** The folder of a county, relative to this file, whose points and sensors stand beside those declared here. */
  county: z.string().optional(),
  zone: z
    .string()
    .refine((name) => {
      try {
        return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
      } catch {
        return false;
      }
    }, 'a zone is a name such as Asia/Shanghai')
    .optional(),
  start: local.default('2026-06-01T00:00'),
  /** Distance of the samples of a series. */
  interval: distance.default(60_000),
  /** How often the centre's clock goes by. */
  evaluationInterval: distance.default(60_000),
  points: z.array(point).default([]),
  sensors: z.array(sensor).default([]),
  tests: z.array(test).min(1),
});

export type TestFile = z.infer<typeof testFile>;
export type TestCase = TestFile['tests'][number];
export type TestSensor = TestFile['sensors'][number];
export type TestPoint = TestFile['points'][number];
export type About = { readonly [name in keyof typeof about]?: string | undefined };
export type StateWish = TestCase['expect'][number];
export type ChangeWish = NonNullable<TestCase['changes']>[number];
export type NeverWish = NonNullable<TestCase['never']>[number];
export type DoubtWish = TestCase['doubted'][number];
