/** The channels by which alerts leave, over HTTP. They are the county's: whoever answers for all of it sees and tries them. */
import { z } from 'zod';
import { DECIDERS, type Route } from '../access.ts';

const ofCounty = { who: 'posts', posts: DECIDERS, scope: 'county' } as const;

export const channelRoutes = {
  channels: {
    ...ofCounty,
    method: 'get',
    path: '/api/v1/channels',
    effect: 'none',
    summary: 'The channels by which alerts leave, and how each does',
  },
  testChannel: {
    ...ofCounty,
    method: 'post',
    path: '/api/v1/channels/:id/test',
    effect: 'command',
    summary: 'Try a channel now without reaching anybody; its state shows the result',
  },
} as const satisfies { readonly [id: string]: Route };

const page = {
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer'),
  cursor: z.string().min(1).max(200).optional().describe('`next` of the answer before'),
};
export const channelQueries = { channels: z.strictObject(page) };
export const channelBodies = { testChannel: z.strictObject({ note: z.string().max(2_000).default('') }) };
