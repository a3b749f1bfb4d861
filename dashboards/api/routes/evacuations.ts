/** Evacuation lists over HTTP: what each route takes, who may use it. */
import { z } from 'zod';
import { HOUSEHOLD_STATES } from '#model/evacuation.ts';
import { ORIGINS } from '#model/reading.ts';
import { DECIDERS, list, type Route } from '../access.ts';
import { instant } from './instant.ts';

/**
 * A list is measured household by household: a caller may hold no post over the point, and sees and marks those whom he
 * calls. The handlers decide that; opening, the order home and closing are for those who answer for the point's grid.
 */
export const evacuationRoutes = {
  evacuations: {
    ...list,
    path: '/api/v1/evacuations',
    summary: 'Evacuation lists, those in force unless asked otherwise',
  },
  evacuationCounts: {
    ...list,
    path: '/api/v1/evacuations/counts',
    summary: 'Households and people by state and grid over all lists in force, and how full the shelters are',
  },
  evacuation: { ...list, path: '/api/v1/evacuations/:id', summary: 'One list with its households' },
  openEvacuation: {
    method: 'post',
    path: '/api/v1/points/:id/evacuation',
    who: 'posts',
    posts: DECIDERS,
    scope: 'point',
    effect: 'command',
    summary: 'Open the evacuation list of a hazard point by hand',
  },
  markHousehold: {
    method: 'post',
    path: '/api/v1/evacuations/:id/mark',
    who: 'signedIn',
    scope: 'list',
    effect: 'command',
    summary: 'Say what became of a household: by its caller, or a post over its grid or the point’s',
  },
  orderReturn: {
    method: 'post',
    path: '/api/v1/evacuations/:id/return',
    who: 'posts',
    posts: DECIDERS,
    scope: 'evacuation',
    effect: 'command',
    summary: 'Give the order to go home, household by household',
  },
  closeEvacuation: {
    method: 'post',
    path: '/api/v1/evacuations/:id/close',
    who: 'posts',
    posts: DECIDERS,
    scope: 'evacuation',
    effect: 'command',
    summary: 'Close the list',
  },
} as const satisfies { readonly [id: string]: Route };

const id = z.string().min(1).max(200);
const grid = z.string().min(1).max(64).optional().describe('Only this grid and what lies below it');
const note = z.string().max(2_000).default('');

export const evacuationQueries = {
  evacuations: z.strictObject({
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer'),
    cursor: z.string().min(1).max(200).optional().describe('`next` of the answer before'),
    grid,
    state: z.enum(['open', 'closed', 'all']).default('open'),
    origin: z.enum(ORIGINS).optional(),
  }),
  evacuationCounts: z.strictObject({ grid, origin: z.enum(ORIGINS).optional() }),
};

export const evacuationBodies = {
  openEvacuation: z.strictObject({
    alert: id.optional().describe('Default: the gravest live alert of the point, if there is one'),
    note,
  }),
  markHousehold: z.strictObject({
    household: id,
    state: z.enum(HOUSEHOLD_STATES),
    arrived: z.number().int().min(0).max(1_000).optional().describe('People counted at the shelter; with `moved` only'),
    at: instant.optional().describe('When it was so; default now. The newest instant stands'),
    note,
  }),
  orderReturn: z.strictObject({
    order: z
      .array(id)
      .max(10_000)
      .default([])
      .describe('Households, first to last; those that are not named follow, who needs help last'),
    note,
  }),
  closeEvacuation: z.strictObject({ note }),
};
