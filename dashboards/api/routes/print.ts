/** Printable pages over HTTP: the card of a point, the wall map and the table of a grid, and their style sheet. */
import { z } from 'zod';
import { ofAlert, open, type Route } from '../access.ts';

export const printRoutes = {
  printStyle: { ...open, path: '/print.css', summary: 'The style sheet of the printed pages' },
  printCard: {
    ...ofAlert,
    scope: 'point',
    path: '/print/card/:id',
    summary: 'The card of a hazard point and of each of its households, as a page to print',
  },
  printMap: {
    ...ofAlert,
    scope: 'grid',
    path: '/print/map/:id',
    summary: 'The wall map of a grid, as a page to print',
  },
  printGrid: {
    ...ofAlert,
    scope: 'grid',
    path: '/print/grid/:id',
    summary: 'The table of a grid with posts, points and households, as a page to print',
  },
} as const satisfies { readonly [id: string]: Route };

const look = {
  lang: z.enum(['zh', 'en']).default('zh'),
  drill: z.enum(['true', 'false']).default('false').describe('Marked 演练 on every page'),
};

export const printQueries = {
  printCard: z.strictObject({
    ...look,
    household: z.string().min(1).max(200).optional().describe('Only the card of this household'),
  }),
  printMap: z.strictObject(look),
  printGrid: z.strictObject(look),
};
