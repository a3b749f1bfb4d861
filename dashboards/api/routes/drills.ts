/** Drills over HTTP: what each route takes, who may use it. */
import { z } from 'zod';
import { HAZARDS } from '#model/registry.ts';
import { DECIDERS, list, type Route } from '../access.ts';

/** A plan names its grid in the body: who may start it there is decided by the handler, which knows it. */
export const drillRoutes = {
  drills: { ...list, path: '/api/v1/drills', summary: 'Drills of the caller’s subtrees, running ones first' },
  drill: { ...list, scope: 'drill', path: '/api/v1/drills/:id', summary: 'One drill with its plan and its alerts' },
  drillReport: {
    ...list,
    scope: 'drill',
    path: '/api/v1/drills/:id/report',
    summary:
      'The report of a drill that has ended: times per tier and person, who was not reached, evacuation, channels',
  },
  startDrill: {
    method: 'post',
    path: '/api/v1/drills',
    who: 'signedIn',
    scope: 'list',
    effect: 'command',
    summary: 'Start a drill in a grid: by those who answer for it',
  },
  endDrill: {
    method: 'post',
    path: '/api/v1/drills/:id/end',
    who: 'posts',
    posts: DECIDERS,
    scope: 'drill',
    effect: 'command',
    summary: 'End a drill now: its alerts are closed, its messages stopped, its report made',
  },
} as const satisfies { readonly [id: string]: Route };

const note = z.string().max(2_000).default('');
const text = z.strictObject({ zh: z.string().min(1).max(500), en: z.string().min(1).max(500) });
const ms = z.number().int().min(0).max(86_400_000);

export const drillQueries = {
  drills: z.strictObject({
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer'),
    cursor: z.string().min(1).max(200).optional().describe('`next` of the answer before'),
    grid: z.string().min(1).max(64).optional().describe('Only this grid and what lies below it'),
  }),
};

export const drillBodies = {
  startDrill: z.strictObject({
    name: text,
    grid: z.string().min(1).max(64),
    broadcast: z.boolean().default(false).describe('Real sirens, speakers and the broadcast platform sound as well'),
    endsAfterMs: ms.describe('It ends by itself after this time'),
    steps: z
      .array(
        z.strictObject({
          afterMs: ms.describe('From the start of the drill'),
          point: z.string().min(1).max(64),
          hazard: z.enum(HAZARDS),
          level: z.enum(['none', 'blue', 'yellow', 'orange', 'red']).describe('`none`: it is over'),
          reason: text,
        }),
      )
      .min(1)
      .max(500),
    note,
  }),
  endDrill: z.strictObject({ note }),
};
