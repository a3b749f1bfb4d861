/** The ledger over HTTP, and everything that is known of one alert in one piece. */
import { z } from 'zod';
import { CONFIDANTS, DECIDERS, type Route } from '../access.ts';

export const auditRoutes = {
  ledger: {
    method: 'get',
    path: '/api/v1/ledger',
    who: 'posts',
    posts: DECIDERS,
    scope: 'county',
    effect: 'none',
    summary: 'The ledger entry by entry with its hashes, and the newest signed head; it has no grid of its own',
  },
  verifyLedger: {
    method: 'get',
    path: '/api/v1/ledger/verify',
    who: 'posts',
    posts: DECIDERS,
    scope: 'county',
    effect: 'none',
    summary: 'The ledger checked from its first entry on, against its signed heads; may take seconds',
  },
  evidence: {
    method: 'get',
    path: '/api/v1/alerts/:id/evidence',
    who: 'posts',
    posts: CONFIDANTS,
    scope: 'alert',
    effect: 'none',
    summary:
      'Who was told what, when and how, under which rules, from which readings; the reading is entered in the ledger',
  },
} as const satisfies { readonly [id: string]: Route };

export const auditQueries = {
  ledger: z.strictObject({
    after: z.coerce.number().int().min(0).default(0).describe('Entries after this one'),
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer'),
  }),
};
