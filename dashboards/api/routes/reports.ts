/** Reports to the tier above and copies to departments (上报、抄告) over HTTP. */
import { z } from 'zod';
import { list, RESPONDERS, type Route } from '../access.ts';

const ofReport = { who: 'posts', posts: RESPONDERS, scope: 'report', effect: 'command', method: 'post' } as const;

export const reportRoutes = {
  reports: {
    ...list,
    path: '/api/v1/reports',
    summary: 'Reports upwards, open ones unless asked otherwise, next due first',
  },
  report: {
    ...list,
    scope: 'report',
    path: '/api/v1/reports/:id',
    summary: 'One report with what it says; its id is encoded, for it holds slashes',
  },
  doneReport: { ...ofReport, path: '/api/v1/reports/:id/done', summary: 'Say that the report has been made' },
  waiveReport: { ...ofReport, path: '/api/v1/reports/:id/waive', summary: 'Say why the report need not be made' },
} as const satisfies { readonly [id: string]: Route };

export const reportQueries = {
  reports: z.strictObject({
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer'),
    cursor: z.string().min(1).max(200).optional().describe('`next` of the answer before'),
    grid: z.string().min(1).max(64).optional().describe('Only this grid and what lies below it'),
    alert: z.string().min(1).max(200).optional(),
    open: z.enum(['true', 'false', 'all']).default('true'),
  }),
};

export const reportBodies = {
  doneReport: z.strictObject({ note: z.string().max(2_000).default('') }),
  waiveReport: z.strictObject({ note: z.string().min(1).max(2_000) }),
};
