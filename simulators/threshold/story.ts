/** What a scenario says beside the course of its sensors: where and when it plays, and which levels must come of it. */
import { z } from 'zod';
import type { Level } from '#model/level.ts';
import { HAZARDS } from '#model/registry.ts';
import { MINUTE_MS } from '#model/time.ts';
import { testFile } from '#rules/test/schema.ts';
import { isHazard, time } from './schema.ts';

const level = z.enum(['blue', 'yellow', 'orange', 'red']);
const about = { point: z.string().optional(), hazard: z.enum(HAZARDS).optional(), rule: z.string().optional() };
const wish = z.strictObject({
  /** The level stands by then, not earlier than `from`; a level that is worse is as good. */
  by: time,
  from: time.default(0),
  level,
  ...about,
});
const bound = z.strictObject({ level, ...about });
const never = z.union([level.transform((one): readonly z.infer<typeof bound>[] => [{ level: one }]), z.array(bound)], {
  error: 'write a level such as "never: red", or a list of { level, rule, point, hazard }',
});

const MIN_POLL_MS = 1_000;

export const storyFields = {
  title: z.strictObject({ zh: z.string(), en: z.string() }).optional(),
  /** Local time of the county at the begin, for seasons and hours of rules. */
  start: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d)?$/, 'write a local time such as "2026-07-01T08:00", in quotes')
    .default('2026-07-01T08:00'),
  runs: time
    .refine((ms) => ms > 0, 'must be longer than 0')
    .nullable()
    .default(null),
  poll: time.refine((ms) => ms >= MIN_POLL_MS, 'is at least 1s').default(MINUTE_MS),
  /** Rule files or folders of them, relative to the scenario; what a command names goes before. */
  rules: z.array(z.string()).default([]),
  /** A place of its own, with the quantity and point of each sensor; left out: the county's points and sensors. */
  points: testFile.shape.points,
  expect: z.array(wish).default([]),
  never: never.default([]),
  /** When what must be warned of happens; left out: the first failureAt of a sensor. */
  failureAt: time.optional(),
  leadAtLeast: time.optional(),
  /** What counts as the warning. */
  warning: bound.default({ level: 'orange' }),
};
const storySchema = z.object(storyFields);
export type RawStory = z.infer<typeof storySchema>;

export type Wish = {
  readonly byMs: number;
  readonly fromMs: number;
  readonly level: Level;
  readonly point?: string | undefined;
  readonly hazard?: string | undefined;
  readonly rule?: string | undefined;
};
export type Bound = Omit<Wish, 'byMs' | 'fromMs'>;

export type DeclaredSensor = {
  readonly sensorId: string;
  readonly quantity: string | undefined;
  readonly point: string | undefined;
  readonly zone: string | undefined;
};

export type Story = {
  readonly title: { readonly zh: string; readonly en: string } | null;
  readonly start: string;
  readonly runsMs: number | null;
  readonly pollMs: number;
  readonly rules: readonly string[];
  readonly points: RawStory['points'];
  /** In the file's order. */
  readonly sensors: readonly DeclaredSensor[];
  readonly expect: readonly Wish[];
  readonly never: readonly Bound[];
  readonly failureMs: number | null;
  readonly leadAtLeastMs: number | null;
  readonly warning: Bound;
};

type SensorEntry = {
  readonly sensor?: string | undefined;
  readonly kind: string;
  readonly quantity?: string | undefined;
  readonly point?: string | undefined;
  readonly zone?: string | undefined;
};

/** When the first of its slopes fails. */
function firstFailure(sensors: readonly SensorEntry[]): number | null {
  const times = sensors.flatMap((entry) => (isHazard(entry) && entry.kind === 'stagedCreep' ? [entry.failureAt] : []));
  return times.length === 0 ? null : Math.min(...times);
}

export function storyOf(raw: RawStory, sensors: readonly SensorEntry[]): Story {
  return {
    title: raw.title ?? null,
    start: raw.start,
    runsMs: raw.runs,
    pollMs: raw.poll,
    rules: raw.rules,
    points: raw.points,
    sensors: sensors.flatMap(({ sensor, quantity, point, zone }) =>
      sensor === undefined ? [] : [{ sensorId: sensor, quantity, point, zone }],
    ),
    expect: raw.expect.map(({ by, from, ...wished }) => ({ ...wished, byMs: by, fromMs: from })),
    never: raw.never,
    failureMs: raw.failureAt ?? firstFailure(sensors),
    leadAtLeastMs: raw.leadAtLeast ?? null,
    warning: raw.warning,
  };
}

type Objection = { readonly path: readonly (string | number)[]; readonly message: string };

/** A place of its own needs all of it declared; the county's place needs nothing. */
export function storyObjections(raw: RawStory, sensors: readonly SensorEntry[]): readonly Objection[] {
  const isOwn = raw.points.length > 0;
  const points = new Set(raw.points.map(({ id }) => id));
  const found = sensors.flatMap(({ sensor, quantity, point, zone }, index): readonly Objection[] => {
    const path = ['sensors', index];
    if (!isOwn)
      return (quantity ?? point ?? zone) === undefined
        ? []
        : [{ path, message: 'quantity, point and zone are for a scenario with points of its own' }];
    if (sensor === undefined) return [{ path, message: 'a scenario with points of its own has sensors only' }];
    if (quantity === undefined || point === undefined)
      return [{ path, message: 'in a scenario with points of its own a sensor needs its quantity and point' }];
    return points.has(point) ? [] : [{ path: [...path, 'point'], message: `no point ${point} is declared` }];
  });
  const { runs } = raw;
  const late = raw.expect.flatMap(({ by, from }, index): readonly Objection[] => {
    if (from > by) return [{ path: ['expect', index, 'from'], message: 'from lies after by' }];
    return runs !== null && by > runs ? [{ path: ['expect', index, 'by'], message: 'lies after the end (runs)' }] : [];
  });
  const lead: readonly Objection[] =
    raw.leadAtLeast !== undefined && raw.failureAt === undefined && firstFailure(sensors) === null
      ? [{ path: ['leadAtLeast'], message: 'needs failureAt: when what is warned of happens' }]
      : [];
  return [...found, ...late, ...lead];
}
