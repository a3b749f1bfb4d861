/** The sides of an alert over HTTP: put aside, taken back, reset. */
import { z } from 'zod';
import { command, DECIDERS, RESPONDERS, type Route } from '../access.ts';
import { instant } from './instant.ts';

/** Orange and red are put aside only by DECIDERS: the alert knows its level, so alerts refuses it, not this door. */
export const lifeRoutes = {
  shelve: {
    ...command,
    posts: RESPONDERS,
    path: '/api/v1/alerts/:id/shelve',
    summary: 'Put the alert aside until an instant, or until it clears; needs a note',
  },
  unshelve: {
    ...command,
    posts: RESPONDERS,
    path: '/api/v1/alerts/:id/unshelve',
    summary: 'Take the alert back; people are asked again if it still stands',
  },
  reset: {
    ...command,
    posts: DECIDERS,
    path: '/api/v1/alerts/:id/reset',
    summary: 'Reset a latched alert whose condition has cleared',
  },
} as const satisfies { readonly [id: string]: Route };

const note = z.string().max(2_000).default('');
export const lifeBodies = {
  shelve: z.strictObject({
    until: instant.optional().describe('When it comes back by itself; without it: when it has cleared'),
    note,
  }),
  unshelve: z.strictObject({ note }),
  reset: z.strictObject({ note }),
};
