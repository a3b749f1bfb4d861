/** A point's stored history over HTTP: readings and their summaries, from whichever store still has them. */
import { z } from 'zod';
import { RESOLUTIONS } from '#model/history.ts';
import { ORIGINS } from '#model/reading.ts';
import { ofAlert, type Route } from '../access.ts';
import { instant } from './instant.ts';

export const historyRoutes = {
  pointHistory: {
    ...ofAlert,
    scope: 'point',
    path: '/api/v1/points/:id/history',
    summary: 'Readings of the point’s sensors or their summaries; a stretch without readings has no item',
  },
} as const satisfies { readonly [id: string]: Route };

export const historyQueries = {
  pointHistory: z.strictObject({
    sensor: z.string().min(1).max(64).optional().describe('Only this sensor of the point'),
    origin: z.enum(ORIGINS).optional().describe('Default: what the sensor’s gateway is'),
    resolution: z
      .enum(['raw', ...RESOLUTIONS])
      .default('1h')
      .describe('Readings, or summaries of this length; days are the county’s'),
    from: instant.optional().describe('First instant; default a day before `to`'),
    to: instant.optional().describe('End, exclusive; default now'),
  }),
};
