/** The registry over HTTP: its check, tables out, tables in. It is the county's: whoever answers for all of it. */
import { z } from 'zod';
import { DECIDERS, type Route } from '../access.ts';
import { REGISTRY_FORMATS, REGISTRY_KINDS } from '../registry-desk.ts';

const ofCounty = { who: 'posts', posts: DECIDERS, scope: 'county' } as const;

export const registryRoutes = {
  registryCheck: {
    ...ofCounty,
    method: 'get',
    path: '/api/v1/registry/check',
    effect: 'none',
    summary: 'Whether everybody has his place: grids without overlap or gap, posts, callers, shifts; as `grid check`',
  },
  registryExport: {
    ...ofCounty,
    method: 'get',
    path: '/api/v1/registry/export',
    effect: 'none',
    summary: 'One kind of the registry as a file that an import reads back; people and households go into the ledger',
  },
  registryImport: {
    ...ofCounty,
    method: 'post',
    path: '/api/v1/registry/import',
    effect: 'command',
    media: 'bytes',
    summary: 'Take a table or a map over, or see what it would change; every refused row with its place and its mend',
  },
} as const satisfies { readonly [id: string]: Route };

const kind = z.enum(REGISTRY_KINDS);

export const registryQueries = {
  registryCheck: z.strictObject({
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer'),
    cursor: z
      .string()
      .regex(/^\d{1,9}$/)
      .optional()
      .describe('`next` of the answer before'),
  }),
  registryExport: z.strictObject({ kind, format: z.enum(REGISTRY_FORMATS) }),
  registryImport: z.strictObject({
    kind,
    file: z.string().min(1).max(200).describe('The name of the file; its ending says what it is'),
    dryRun: z.enum(['true', 'false']).default('true').describe('`false`: write it into the county'),
    sheet: z.string().min(1).max(100).optional().describe('Of a workbook; default: the first'),
    from: z.enum(['wgs84', 'gcj02']).default('wgs84').describe('The datum of a map'),
  }),
};
