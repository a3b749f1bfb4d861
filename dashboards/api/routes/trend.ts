/** Trends of a point over HTTP: what each route takes. All are read by whoever sees the point. */
import { z } from 'zod';
import { ORIGINS } from '#model/reading.ts';
import { ofAlert, type Route } from '../access.ts';
import { instant } from './instant.ts';

const ofPoint = { ...ofAlert, scope: 'point' } as const;

export const trendRoutes = {
  pointTrend: {
    ...ofPoint,
    path: '/api/v1/points/:id/trend',
    summary: 'Everything below of all sensors of the point, each figure with what it rests on',
  },
  pointSeason: {
    ...ofPoint,
    path: '/api/v1/points/:id/season',
    summary: 'Where the present stands among the same days of earlier years and the last 30 and 365 days',
  },
  pointReturnPeriod: {
    ...ofPoint,
    path: '/api/v1/points/:id/return-period',
    summary: 'How rare the rain of the last 72 hours is, by the county’s table and by the station’s own years',
  },
  pointSameDay: {
    ...ofPoint,
    path: '/api/v1/points/:id/same-day',
    summary: 'Today beside yesterday, the same day last year and the mean of that day of all years',
  },
  pointAccelerations: {
    ...ofPoint,
    path: '/api/v1/points/:id/accelerations',
    summary: 'The last three times the slope sped up, with the rain before and the alert that stood',
  },
  pointOutlook: {
    ...ofPoint,
    path: '/api/v1/points/:id/outlook',
    summary: 'Slopes of 6 hours, 24 hours and 7 days with their intervals, and the time to each limit as a range',
  },
} as const satisfies { readonly [id: string]: Route };

const query = z.strictObject({
  sensor: z.string().min(1).max(64).optional().describe('Only this sensor of the point'),
  origin: z.enum(ORIGINS).optional().describe('Default: what the sensor’s gateway is'),
  at: instant.optional().describe('As it stood then; default now'),
});
export const trendQueries = {
  pointTrend: query,
  pointSeason: query,
  pointReturnPeriod: query,
  pointSameDay: query,
  pointAccelerations: query,
  pointOutlook: query,
};
