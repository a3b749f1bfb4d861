/** The duty roster, hand-overs and the explanation of a point over HTTP: what each route takes, who may use it. */
import { z } from 'zod';
import { HAZARDS } from '#model/registry.ts';
import { list, ofAlert, RESPONDERS, type Route } from '../access.ts';
import { instant } from './instant.ts';

export const rosterRoutes = {
  roster: { ...list, path: '/api/v1/roster', summary: 'Who is on duty at each desk of the caller’s subtrees' },
  handover: {
    ...ofAlert,
    scope: 'grid',
    path: '/api/v1/grids/:id/handover',
    summary: 'The hand-over note of a desk: its shift, what is open in its grids, and what was noted before',
  },
  giveHandover: {
    method: 'post',
    path: '/api/v1/grids/:id/handover',
    who: 'posts',
    posts: RESPONDERS,
    scope: 'grid',
    effect: 'command',
    summary: 'Hand a shift over, or take it over; those of the shift, or whoever answers for the grid',
  },
  explainPoint: {
    ...ofAlert,
    scope: 'point',
    path: '/api/v1/points/:id/explain',
    summary:
      'Who would be told of an alert at this point, why and by which channels, and what else the policy sets going',
  },
} as const satisfies { readonly [id: string]: Route };

export const rosterQueries = {
  roster: z.strictObject({
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer'),
    cursor: z.string().min(1).max(200).optional().describe('`next` of the answer before'),
    grid: z.string().min(1).max(64).optional().describe('Only this grid and what lies below it'),
    at: instant.optional().describe('Default now; the roster is known for 40 days around the present'),
  }),
  explainPoint: z.strictObject({
    level: z.enum(['blue', 'yellow', 'orange', 'red']).default('red'),
    hazard: z
      .enum([...HAZARDS, 'other', 'unanswered'])
      .optional()
      .describe('Default: what the kind of point suggests'),
    at: instant.optional().describe('Default now'),
  }),
};

export const rosterBodies = {
  giveHandover: z.strictObject({
    action: z.enum(['handOver', 'takeOver']).default('takeOver').describe('Of whoever goes, or of whoever comes'),
    shift: instant
      .optional()
      .describe(
        'Beginning of the shift that takes over; default: the next one to hand over, the running one to take over',
      ),
    note: z.string().max(2_000).default(''),
  }),
};
