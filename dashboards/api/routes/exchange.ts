/** Exchange with other platforms over HTTP: CAP messages in, state answers of a broadcast in, the feed of ours out. */
import { z } from 'zod';
import { DECIDERS, type Route } from '../access.ts';

/** The whole county's: a platform comes with the token, a person must answer for the county. */
const incoming = {
  method: 'post',
  who: 'posts',
  posts: DECIDERS,
  scope: 'county',
  effect: 'command',
  media: 'xml',
} as const;
const feed = { method: 'get', who: 'signedIn', scope: 'county', effect: 'none' } as const;

export const exchangeRoutes = {
  takeCap: { ...incoming, path: '/api/v1/exchange/cap', summary: 'A CAP 1.2 message from another platform' },
  takeEbd: {
    ...incoming,
    path: '/api/v1/exchange/ebd',
    summary: 'An answer of the emergency broadcast platform (EBMStateResponse)',
  },
  capFeed: { ...feed, path: '/feeds/cap.atom', summary: 'Atom feed of this county’s CAP messages' },
  capDocument: { ...feed, path: '/feeds/cap/:id.xml', summary: 'One CAP message of the feed' },
} as const satisfies { readonly [id: string]: Route };

export const exchangeQueries = {
  takeCap: z.strictObject({
    source: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .default('api'),
  }),
  takeEbd: z.strictObject({
    source: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .default('api'),
  }),
};
