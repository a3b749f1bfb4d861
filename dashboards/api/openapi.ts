/** Makes the OpenAPI document from the permission table and the schemas, so that neither can be forgotten in it. */

import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Access, Route } from './access.ts';
import { answerSchema, MEDIA_ANSWERS, PROBLEM, QUEUED } from './answers.ts';
import { ROUTE_IDS, ROUTES, type RouteId } from './permissions.ts';
import { historyRoutes } from './routes/history.ts';
import { trendRoutes } from './routes/trend.ts';
import { bodySchema, QUERIES } from './schemas.ts';

const WHO = { public: 'everybody', signedIn: 'a session or the token' } as const;

function whoText(route: Access): string {
  return route.who === 'posts' ? `one of the posts ${route.posts.join(', ')}` : WHO[route.who];
}

const openPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

const asJson = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });
const asBytes = { schema: { type: 'string' as const, format: 'binary' } };

/** What went well; 201 where something was made. */
function success(id: RouteId) {
  const schema = answerSchema(id);
  const media = MEDIA_ANSWERS[id];
  if (schema !== undefined)
    return { [id === 'startDrill' ? '201' : '200']: { description: 'Done', ...asJson(schema) } };
  if (media === undefined) return { '200': { description: 'Done' } };
  const content = Object.fromEntries(media.map((type) => [type, asBytes]));
  return { '200': { description: media.join(', '), content } };
}

function refusals(id: RouteId, route: Route) {
  const takesInput = id in QUERIES || bodySchema(id) !== undefined || route.media !== undefined;
  const problem = (description: string) => ({ description, ...asJson(PROBLEM) });
  const isCommand = route.effect === 'command';
  return {
    ...(takesInput ? { '400': problem('Bad input, with its path') } : {}),
    ...(route.who === 'public' ? {} : { '401': problem('Not signed in') }),
    ...(route.scope === 'none' ? {} : { '403': problem('Outside the caller’s grids, or the wrong post') }),
    ...(route.path.includes(':id') ? { '404': problem('No such object') } : {}),
    ...(isCommand
      ? {
          '202': { description: 'Written down; alerts is away and takes it when it is back', ...asJson(QUEUED) },
          '409': problem('Refused by the state of things'),
          '503': problem('Not on disk; try again'),
        }
      : {}),
    ...(route.method === 'post'
      ? { '413': problem('The body is too large'), '415': problem('Not what this route takes') }
      : {}),
    '429': problem('Too many requests'),
    ...(id in trendRoutes || id in historyRoutes ? { '503': problem('History is away or busy; try again') } : {}),
  };
}

/** What a POST takes, by its media. */
function requestBody(id: RouteId, route: Route) {
  if (route.media === 'xml')
    return { required: true, content: { 'application/xml': { schema: { type: 'string' as const } } } };
  if (route.media === 'bytes') return { required: true, content: { 'application/octet-stream': asBytes } };
  const schema = bodySchema(id);
  return schema === undefined ? undefined : { required: true, ...asJson(schema) };
}

const ID = z.object({ id: z.string() });

function operation(id: RouteId) {
  const route: Route = ROUTES[id];
  const query = (QUERIES as { readonly [key: string]: z.ZodObject })[id];
  const body = requestBody(id, route);
  return {
    operationId: id,
    summary: route.summary,
    description: `For ${whoText(route)}; scope: ${route.scope}; effect: ${route.effect}.`,
    ...(route.who === 'public' ? { security: [] } : {}),
    requestParams: {
      ...(query === undefined ? {} : { query }),
      ...(route.path.includes(':id') ? { path: ID } : {}),
    },
    ...(body === undefined ? {} : { requestBody: body }),
    responses: { ...success(id), ...refusals(id, route) },
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
