/** The shape of the county's files, item by item. What refers to something else is checked where it is bound. */

import { z } from 'zod';
import { duration } from '#cli/load/duration.ts';
import { historySchema } from '#cli/load/history-schema.ts';
import { HAZARD_POINT_KINDS, RISK_GRADES } from '#cli/load/words.ts';
import type { Level } from '#model/level.ts';
import { isQuantityCode, QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { ORIGINS } from '#model/reading.ts';
import { type GridKind, POSTS } from '#model/registry.ts';
import { isTopicToken } from '#model/topics.ts';

export { duration };

/** Ids travel as tokens of topics. */
export const token = z
  .string()
  .refine(isTopicToken, 'may hold only 1 to 64 of A-Z a-z 0-9 _ - (it becomes part of an MQTT topic)');

export const text = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });
export const phone = z.string().regex(/^\+?\d{5,20}$/, 'must be a telephone number of 5 to 20 digits');
export const date = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/, 'must be a date such as 2026-01-05')
  .refine((day) => isCalendarDay(day), 'there is no such day');

/** Whether a `YYYY-MM-DD` is a day that exists: JavaScript reads 2026-02-30 as 2 March. */
export function isCalendarDay(day: string): boolean {
  const atMs = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(atMs) && new Date(atMs).toISOString().startsWith(day);
}
const zone = z.string().refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}, 'must be a time zone such as Asia/Shanghai');

export const countySchema = z.strictObject({ code: token, name: text, zone, history: historySchema.optional() });

const GRID_KINDS = [
  'county',
  'township',
  'park',
  'village',
  'community',
  'enterprise',
  'group',
] as const satisfies readonly GridKind[];

export const gridSchema = z.strictObject({
  code: token,
  kind: z.enum(GRID_KINDS),
  name: text,
  parent: token.nullable().default(null),
  /** Days on which the code begins and ceases to be in force (撤并); `successor` took its place. */
  validFrom: date.optional(),
  validTo: date.optional(),
  successor: token.optional(),
});

export const personSchema = z.strictObject({
  id: token,
  name: z.string().min(1),
  phone,
  otherPhones: z.array(phone).optional(),
  email: z.email({ error: 'must be an e-mail address' }).optional(),
  /** His name on a channel that has names of its own, by the channel's id. */
  accounts: z.record(z.string(), z.string().min(1)).optional(),
  posts: z.array(z.strictObject({ grid: z.string(), post: z.enum(POSTS) })).default([]),
});

export const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "08:00"');
export const pair = z.array(z.string()).min(1).max(2);

export const deskSchema = z.strictObject({
  grid: z.string(),
  /** First day of a turn of the first team; any such day, past or to come. */
  anchor: date,
  daysPerTurn: z.number().int().min(1).max(366),
  shifts: z.array(z.strictObject({ from: timeOfDay, to: timeOfDay, teams: z.array(pair).min(1) })).min(1),
  changes: z.array(z.strictObject({ date, from: timeOfDay, team: pair })).default([]),
});
export type Desk = z.infer<typeof deskSchema>;

const quantity = z.string().refine((code): code is QuantityCode => isQuantityCode(code), {
  error: `must be one of ${Object.keys(QUANTITIES).join(', ')}`,
});

export const householdSchema = z.strictObject({
  id: token,
  head: z.string().min(1),
  people: z.number().int().min(1),
  phone,
  caller: z.string().optional(),
  /** The group or village that it belongs to, when that is not the point's own grid. */
  grid: z.string().optional(),
  address: z.string().min(1).optional(),
  /** Who cannot go by himself, and what he needs. */
  needsHelp: z.array(z.string().min(1)).min(1).optional(),
  route: z.string().optional(),
  shelter: z.string().optional(),
});
/** The same on a list of its own (`households/*.json`), which names the point. */
export const listedHouseholdSchema = householdSchema.extend({ point: z.string() });

const unitId = z.number().int().min(1).max(247);
const polledSchema = z.strictObject({ edge: z.string(), bus: z.string(), unit: unitId, register: z.string() });
/** A station that reports by itself. */
const reportedSchema = z.strictObject({ edge: z.string(), link: z.string(), station: z.string(), element: z.string() });
/** A device that brings its own messages: its id in native.yaml, and what of it. */
const nativeSchema = z.strictObject({ native: z.string(), field: z.string().min(1) });
export type NativeField = z.infer<typeof nativeSchema>;
export type PolledDevice = z.infer<typeof polledSchema>;
export type ReportedDevice = z.infer<typeof reportedSchema>;
export const deviceSchema = z.union([polledSchema, reportedSchema, nativeSchema]);

export const sensorSchema = z.strictObject({
  id: token,
  name: text,
  quantity,
  device: deviceSchema.optional(),
  staleAfter: duration.optional(),
  zone: token.optional(),
});

export const pointSchema = z.strictObject({
  id: token,
  name: text,
  kind: z.enum(HAZARD_POINT_KINDS),
  risk: z.enum(RISK_GRADES),
  lon: z.number().min(-180).max(180),
  lat: z.number().min(-90).max(90),
  households: z.array(householdSchema).default([]),
  // Read in water.ts: what it may hold depends on the kind.
  water: z.unknown().optional(),
  // Read in rain-frequency.ts.
  rainFrequency: z.unknown().optional(),
  // Read in site.ts, so that a bad zone does not hide the point.
  site: z.unknown().optional(),
  // Parsed one by one, so that one bad sensor does not hide the point.
  sensors: z.array(z.unknown()).default([]),
});

const unit = z.strictObject({ unit: unitId, profile: z.string() });
const busBase = { id: token, poll: duration.default(1_000), units: z.array(unit) };
const port = z.number().int().min(0).max(65_535);
const listenPort = z.number().int().min(1).max(65_535);
const serial = {
  path: z.string().min(1),
  baudRate: z.number().int().min(300).max(1_000_000).default(9_600),
  parity: z.enum(['none', 'even', 'odd']).default('none'),
};
/** Bytes as text (`{ text: "DTU01" }`) or in hexadecimal (`{ hex: "FE01" }`). */
const bytes = z
  .union([z.strictObject({ text: z.string().min(1).max(128) }), z.strictObject({ hex: z.string() })], {
    error: 'must be { text: "DTU01" }, or { hex: "44 54 55" } for other bytes',
  })
  .transform((raw) =>
    'hex' in raw ? raw.hex.replace(/\s+/g, '').toLowerCase() : Buffer.from(raw.text, 'utf8').toString('hex'),
  )
  .refine((hex) => /^([0-9a-f]{2}){1,128}$/.test(hex), 'must be 1 to 128 bytes, each two hexadecimal digits');
export const busSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...busBase, kind: z.literal('modbus-rtu'), ...serial }),
  z.strictObject({ ...busBase, kind: z.literal('modbus-rtu-tcp'), host: z.string().min(1), port }),
  z.strictObject({ ...busBase, kind: z.literal('modbus-tcp'), host: z.string().min(1), port }),
  z.strictObject({
    ...busBase,
    kind: z.literal('modbus-dtu'),
    host: z.string().min(1).default('127.0.0.1'),
    port: listenPort,
    registration: bytes,
    heartbeat: bytes.nullable().default(null),
  }),
]);

const stationSchema = z.strictObject({
  station: z.string().regex(/^[0-9A-F]{10}$/, 'must be the ten digits (0-9 A-F) of the station address, in quotes'),
  centre: z.number().int().min(0).max(255).default(1),
  password: z
    .string()
    .regex(/^[0-9A-Fa-f]{4}$/, 'must be four hexadecimal digits, in quotes')
    .default('0000'),
  report: duration.default(3_600_000),
});
const linkBase = { id: token, protocol: z.enum(['sl651', 'sl427']), stations: z.array(stationSchema).min(1) };
export const linkSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...linkBase,
    kind: z.literal('tcp-listen'),
    host: z.string().min(1).default('127.0.0.1'),
    port: listenPort,
  }),
  z.strictObject({ ...linkBase, kind: z.literal('serial'), ...serial }),
]);

export const LEVELS = ['blue', 'yellow', 'orange', 'red'] as const satisfies readonly Level[];
const outputBase = {
  id: token,
  name: text,
  points: z.array(z.string()).min(1),
  level: z.enum(LEVELS).default('red'),
  maxOn: duration.default(1_800_000),
};
export const outputSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...outputBase, kind: z.literal('relay'), bus: z.string(), unit: unitId, register: z.string() }),
  z.strictObject({
    ...outputBase,
    kind: z.literal('speaker'),
    line: z.union(
      [
        z.strictObject({ path: z.string().min(1), baudRate: z.number().int().min(300).max(1_000_000).default(9_600) }),
        z.strictObject({ host: z.string().min(1), port: listenPort }),
      ],
      { error: 'must be { path: /dev/…, baudRate: 9600 }, or { host: …, port: … } of a serial server' },
    ),
    repeat: duration.default(20_000),
  }),
]);
export const muteSchema = z.strictObject({
  id: token,
  bus: z.string(),
  unit: unitId,
  register: z.string(),
  outputs: z.array(z.string()).min(1),
  for: duration.default(600_000),
});

export const edgeSchema = z.strictObject({
  id: token,
  township: z.string(),
  name: text,
  origin: z.enum(ORIGINS),
  buses: z.array(z.unknown()).default([]),
  links: z.array(z.unknown()).default([]),
  outputs: z.array(z.unknown()).default([]),
  mutes: z.array(z.unknown()).default([]),
});
