/** Makes the OpenAPI document from the permission table and the schemas, so that neither can be forgotten in it. */

import type { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Access, Route } from './access.ts';
import { ROUTE_IDS, ROUTES, type RouteId } from './permissions.ts';
import { bodySchema, QUERIES } from './schemas.ts';

const WHO = { public: 'everybody', signedIn: 'a session or the token' } as const;

function whoText(route: Access): string {
  return route.who === 'posts' ? `one of the posts ${route.posts.join(', ')}` : WHO[route.who];
}

const openPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function operation(id: RouteId) {
  const route: Route = ROUTES[id];
  const query = (QUERIES as { readonly [key: string]: z.ZodObject })[id];
  const body = bodySchema(id);
  const refusals: { readonly [status: string]: { readonly description: string } } = {
    ...(query === undefined && body === undefined ? {} : { '400': { description: 'Bad input, with its path' } }),
    ...(route.who === 'public' ? {} : { '401': { description: 'Not signed in' } }),
    ...(route.scope === 'none' ? {} : { '403': { description: 'Outside the caller’s grids, or the wrong post' } }),
    ...(route.path.includes(':id') ? { '404': { description: 'No such object' } } : {}),
    ...(route.effect === 'command'
      ? {
          '202': { description: 'Written down; alerts is away and takes it when it is back' },
          '409': { description: 'Refused by the alert’s state' },
        }
      : {}),
    '429': { description: 'Too many requests' },
  };
  return {
    operationId: id,
    summary: route.summary,
    description: `For ${whoText(route)}; scope: ${route.scope}; effect: ${route.effect}.`,
    ...(route.who === 'public' ? { security: [] } : {}),
    requestParams: {
      ...(query === undefined ? {} : { query }),
    },
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { '200': { description: id === 'stream' ? 'text/event-stream' : 'Done' }, ...refusals },
    ...(route.path.includes(':id')
      ? { parameters: [{ name: 'id', in: 'path' as const, required: true, schema: { type: 'string' as const } }] }
      : {}),
  };
}

export function describeApi(version: string): object {
  const paths: { [path: string]: { [method: string]: object } } = {};
  for (const id of ROUTE_IDS) {
    if (id === 'page') continue;
    const route = ROUTES[id];
    const path = openPath(route.path);
    paths[path] = { ...paths[path], [route.method]: operation(id) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Fengsui 烽燧',
      version,
      description: 'Lists: {"items":[…],"next":cursor|null}. Errors: {"error":{…}}.',
    },
    security: [{ session: [] }, { token: [] }],
    paths: paths as ZodOpenApiPathsObject,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'fengsui_session' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  });
}
