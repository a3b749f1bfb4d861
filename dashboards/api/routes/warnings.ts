/** Warnings for areas over HTTP: what each route takes, who may use it. */
import { z } from 'zod';
import { HAZARDS } from '#model/registry.ts';
import { DECIDERS, list, type Route } from '../access.ts';
import { instant } from './instant.ts';

/** Read by whoever it touches (the handlers decide that); issued, changed and lifted by the county. */
export const warningRoutes = {
  warnings: { ...list, path: '/api/v1/warnings', summary: 'Warnings that touch the caller’s grids' },
  warning: { ...list, path: '/api/v1/warnings/:id', summary: 'One warning with its receipts tier by tier' },
  issueWarning: {
    method: 'post',
    path: '/api/v1/warnings',
    who: 'posts',
    posts: DECIDERS,
    scope: 'county',
    effect: 'command',
    summary: 'Issue a warning for grids',
  },
  updateWarning: {
    method: 'post',
    path: '/api/v1/warnings/:id/update',
    who: 'posts',
    posts: DECIDERS,
    scope: 'county',
    effect: 'command',
    summary: 'Raise, lower or lift a warning in some of its grids, or extend it',
  },
  cancelWarning: {
    method: 'post',
    path: '/api/v1/warnings/:id/cancel',
    who: 'posts',
    posts: DECIDERS,
    scope: 'county',
    effect: 'command',
    summary: 'Lift a warning',
  },
} as const satisfies { readonly [id: string]: Route };

const grid = z.string().min(1).max(64);
const note = z.string().max(2_000).default('');
const LEVELS = ['blue', 'yellow', 'orange', 'red'] as const;
/** Chinese first; English may be left out and is then the same. */
const text = z.union([
  z
    .string()
    .max(4_000)
    .transform((zh) => ({ zh, en: zh })),
  z.strictObject({ zh: z.string().max(4_000), en: z.string().max(4_000) }),
]);

export const warningQueries = {
  warnings: z.strictObject({
    grid: grid.optional().describe('Only those that touch this grid'),
    state: z.enum(['open', 'ended', 'all']).default('open'),
  }),
};

export const warningBodies = {
  issueWarning: z.strictObject({
    hazard: z.enum([...HAZARDS, 'other']),
    headline: text,
    description: text.default({ zh: '', en: '' }),
    instruction: text.default({ zh: '', en: '' }),
    onset: instant.optional(),
    expires: instant,
    areas: z
      .array(z.strictObject({ grid, level: z.enum(LEVELS) }))
      .min(1)
      .max(5_000),
    note,
  }),
  updateWarning: z.strictObject({
    areas: z
      .array(z.strictObject({ grid, level: z.enum(['none', ...LEVELS]) }))
      .max(5_000)
      .default([])
      .describe('Grids that get another level, with all below them; `none`: lifted there'),
    expires: instant.optional().describe('Another end'),
    note,
  }),
  cancelWarning: z.strictObject({ note }),
};
