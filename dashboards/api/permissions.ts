/**
 * Decides who may do what over HTTP. The router is built from this table and from nothing else, so a route that is not
 * listed here cannot exist; docs/decisions/console-permissions.md says why each rule is as it is.
 */
import type { GridCode, Registry } from '#model/registry.ts';
import { command, DECIDERS, list, ofAlert, open, RESPONDERS, type Route } from './access.ts';
import { auditRoutes } from './routes/audit.ts';
import { callRoutes } from './routes/calls.ts';
import { channelRoutes } from './routes/channels.ts';
import { drillRoutes } from './routes/drills.ts';
import { evacuationRoutes } from './routes/evacuations.ts';
import { exchangeRoutes } from './routes/exchange.ts';
import { historyRoutes } from './routes/history.ts';
import { lifeRoutes } from './routes/life.ts';
import { printRoutes } from './routes/print.ts';
import { registryRoutes } from './routes/registry.ts';
import { reportRoutes } from './routes/reports.ts';
import { rosterRoutes } from './routes/roster.ts';
import { trendRoutes } from './routes/trend.ts';
import { warningRoutes } from './routes/warnings.ts';
import { holdsOver, type Viewer } from './viewer.ts';

export const ROUTES = {
  healthz: { ...open, path: '/healthz', summary: 'Whether the process lives' },
  readyz: { ...open, path: '/readyz', summary: 'Whether every part is ready; 503 when one is not' },
  metrics: { ...open, path: '/metrics', summary: 'Prometheus text' },
  openapi: { ...open, path: '/openapi.json', summary: 'This description' },
  signIn: {
    method: 'post',
    path: '/api/v1/session',
    who: 'public',
    scope: 'none',
    effect: 'session',
    summary: 'Sign in with a person id or telephone number and a password',
  },
  signOut: {
    method: 'delete',
    path: '/api/v1/session',
    who: 'signedIn',
    scope: 'none',
    effect: 'session',
    summary: 'Sign out; closes the streams of the session',
  },
  me: {
    method: 'get',
    path: '/api/v1/session',
    who: 'signedIn',
    scope: 'none',
    effect: 'none',
    summary: 'Who is signed in, his posts, and the county',
  },
  grids: { ...list, path: '/api/v1/grids', summary: 'Grids of the caller’s subtrees with their boundaries' },
  people: { ...list, path: '/api/v1/people', summary: 'People who hold a post in the caller’s subtrees' },
  points: { ...list, path: '/api/v1/points', summary: 'Hazard points with sensors and newest readings' },
  point: { ...ofAlert, scope: 'point', path: '/api/v1/points/:id', summary: 'One hazard point with its households' },
  readings: {
    ...list,
    scope: 'sensor',
    path: '/api/v1/readings',
    summary: 'Readings of one sensor, or the newest reading of each sensor',
  },
  alerts: { ...list, path: '/api/v1/alerts', summary: 'Alerts, open ones unless asked otherwise' },
  alert: { ...ofAlert, path: '/api/v1/alerts/:id', summary: 'One alert' },
  alertEvents: { ...ofAlert, path: '/api/v1/alerts/:id/events', summary: 'The ledger entries of one alert' },
  alertDeliveries: { ...ofAlert, path: '/api/v1/alerts/:id/deliveries', summary: 'What was sent to whom' },
  acknowledge: {
    ...command,
    posts: RESPONDERS,
    path: '/api/v1/alerts/:id/acknowledge',
    summary: 'Say that the alert has been received',
  },
  handle: {
    ...command,
    posts: RESPONDERS,
    path: '/api/v1/alerts/:id/handle',
    summary: 'Say that the alert is being handled',
  },
  close: { ...command, posts: DECIDERS, path: '/api/v1/alerts/:id/close', summary: 'Close the alert' },
  falseAlarm: {
    ...command,
    posts: DECIDERS,
    path: '/api/v1/alerts/:id/false-alarm',
    summary: 'Close the alert as a false alarm',
  },
  note: { ...command, posts: RESPONDERS, path: '/api/v1/alerts/:id/note', summary: 'Write a note on the alert' },
  quarantine: {
    method: 'get',
    path: '/api/v1/quarantine',
    who: 'posts',
    posts: DECIDERS,
    scope: 'county',
    effect: 'none',
    summary: 'Batches that were put aside; they have no grid, so the whole county’s scope is needed',
  },
  // Routes of a subject of their own: `...callRoutes` of `routes/calls.ts`, and so on.
  ...channelRoutes,
  ...evacuationRoutes,
  ...drillRoutes,
  ...printRoutes,
  ...callRoutes,
  ...rosterRoutes,
  ...warningRoutes,
  ...exchangeRoutes,
  ...lifeRoutes,
  ...reportRoutes,
  ...auditRoutes,
  ...registryRoutes,
  ...trendRoutes,
  ...historyRoutes,
  stream: { ...list, path: '/api/v1/stream', summary: 'Server-sent events: hello, alert, state, lag' },
  page: { ...open, path: '/{*file}', summary: 'The console’s own files' },
} as const satisfies { readonly [id: string]: Route };

export type RouteId = keyof typeof ROUTES;
/** In the order in which they are mounted; the page, which matches everything, is last. */
export const ROUTE_IDS = Object.keys(ROUTES) as readonly RouteId[];

export type Decision = 'allow' | 'signIn' | 'outsideGrid' | 'wrongPost';

/**
 * Decides one request. `place` is the grid of the object (or of the `grid` filter) that it is about, null when it is
 * about none; the caller has already answered 404 for objects that do not exist.
 */
export function decide(route: Route, viewer: Viewer | null, registry: Registry, place: GridCode | null): Decision {
  if (route.who === 'public') return 'allow';
  if (viewer === null) return 'signIn';
  const target = route.scope === 'county' ? registry.county.code : place;
  if (target === null) return 'allow';
  const posts = holdsOver(registry, viewer, target);
  if (posts.length === 0) return 'outsideGrid';
  if (route.who === 'posts' && !posts.some((post) => route.posts.includes(post))) return 'wrongPost';
  return 'allow';
}
