/** What each route takes, as one table of schemas: they parse the request, and `/openapi.json` is made from them. */
import { z } from 'zod';
import { ORIGINS } from '#model/reading.ts';
import type { RouteId } from './permissions.ts';
import { auditQueries } from './routes/audit.ts';
import { callBodies, callQueries } from './routes/calls.ts';
import { channelBodies, channelQueries } from './routes/channels.ts';
import { drillBodies, drillQueries } from './routes/drills.ts';
import { evacuationBodies, evacuationQueries } from './routes/evacuations.ts';
import { exchangeQueries } from './routes/exchange.ts';
import { historyQueries } from './routes/history.ts';
import { instant } from './routes/instant.ts';
import { lifeBodies } from './routes/life.ts';
import { printQueries } from './routes/print.ts';
import { registryQueries } from './routes/registry.ts';
import { reportBodies, reportQueries } from './routes/reports.ts';
import { rosterBodies, rosterQueries } from './routes/roster.ts';
import { trendQueries } from './routes/trend.ts';
import { warningBodies, warningQueries } from './routes/warnings.ts';

const limit = z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer');
const cursor = z.string().min(1).max(200).optional().describe('`next` of the answer before');
const page = { limit, cursor };
const grid = z.string().min(1).max(64).optional().describe('Only this grid and what lies below it');

const none = z.object({});

/** A misspelt parameter is refused: without its `sensor` a question would get another answer, not none. */
export const QUERIES = {
  grids: z.strictObject({ ...page, grid }),
  people: z.strictObject({ ...page, grid }),
  points: z.strictObject({ ...page, grid }),
  readings: z.strictObject({
    ...page,
    grid,
    sensor: z.string().min(1).max(64).optional().describe('Without it: the newest reading of each sensor'),
    from: instant.optional().describe('First instant; default a day before `to`'),
    to: instant.optional().describe('End, exclusive; default now'),
    newest: z.enum(['true', 'false']).default('false').describe('The newest `limit` readings instead of the oldest'),
  }),
  alerts: z.strictObject({
    ...page,
    grid,
    state: z.enum(['open', 'closed', 'all']).default('open'),
    origin: z.enum(ORIGINS).optional(),
  }),
  alertEvents: z.strictObject({ limit, cursor }),
  alertDeliveries: z.strictObject({ limit, cursor }),
  quarantine: z.strictObject(page),
  ...callQueries,
  ...channelQueries,
  ...evacuationQueries,
  ...drillQueries,
  ...warningQueries,
  ...exchangeQueries,
  ...rosterQueries,
  ...printQueries,
  ...auditQueries,
  ...reportQueries,
  ...registryQueries,
  ...trendQueries,
  ...historyQueries,
  stream: z.strictObject({ after: z.coerce.number().int().min(0).optional().describe('As the header Last-Event-ID') }),
} as const satisfies { readonly [Id in RouteId]?: z.ZodType };

export const CREDENTIALS = z.strictObject({
  user: z.string().min(1).max(64).describe('Person id or telephone number'),
  password: z.string().min(1).max(200),
});
export const NOTE = z.strictObject({ note: z.string().max(2_000).default('') });

export const BODIES = {
  signIn: CREDENTIALS,
  acknowledge: NOTE,
  handle: NOTE,
  close: NOTE,
  falseAlarm: NOTE,
  note: z.strictObject({ note: z.string().min(1).max(2_000) }),
  ...callBodies,
  ...channelBodies,
  ...evacuationBodies,
  ...drillBodies,
  ...warningBodies,
  ...rosterBodies,
  ...lifeBodies,
  ...reportBodies,
} as const satisfies { readonly [Id in RouteId]?: z.ZodType };

export const querySchema = (id: RouteId): z.ZodType => (QUERIES as { readonly [key: string]: z.ZodType })[id] ?? none;
export const bodySchema = (id: RouteId): z.ZodType | undefined => (BODIES as { readonly [key: string]: z.ZodType })[id];
