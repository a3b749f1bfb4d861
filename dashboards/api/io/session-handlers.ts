/** Signing in and out, and who one is. */
import type { Person, Registry } from '#model/registry.ts';
import { createThrottle } from '../throttle.ts';
import { rootsOf, type Viewer, viewerOfPerson } from '../viewer.ts';
import { SESSION_MAX_MS } from './auth-store.ts';
import { type Desk, type Exchange, type Handler, json, type Reply, refuse, withInput } from './exchange.ts';
import { checkPassword } from './password.ts';

export const COOKIE = 'fengsui_session';
const TRIES_A_MINUTE = 5;
const TRIES_A_MINUTE_AN_ADDRESS = 60;

const cookieText = (value: string, maxAgeS: number): string =>
  `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}`;

function findPerson(registry: Registry, user: string): Person | undefined {
  const byId = registry.people.get(user);
  if (byId !== undefined) return byId;
  for (const person of registry.people.values()) if (person.phone === user) return person;
  return undefined;
}

function describeViewer(desk: Desk, viewer: Viewer) {
  const { registry } = desk.catalogue();
  return {
    id: viewer.id,
    kind: viewer.kind,
    name: viewer.name,
    posts: viewer.holds.map((hold) => ({ ...hold, gridName: registry.grids.get(hold.gridCode)?.name ?? null })),
    roots: rootsOf(registry, viewer),
    county: registry.county,
    /** Of the gateways: whatever is not `live` is told in a banner. */
    origins: [...new Set([...registry.edges.values()].map((edge) => edge.origin))].sort(),
    registryVersion: registry.version,
    now: new Date(desk.ctx.clock.nowMs()).toISOString(),
  };
}

type Credentials = { readonly user: string; readonly password: string };

export function sessionHandlers(desk: Desk) {
  const { auth, wallMs } = desk;
  const perUser = createThrottle(TRIES_A_MINUTE, 60_000);
  const perAddress = createThrottle(TRIES_A_MINUTE_AN_ADDRESS, 60_000);

  async function signIn(exchange: Exchange): Promise<Reply> {
    const { user, password } = exchange.body as Credentials;
    const address = exchange.request.socket.remoteAddress ?? '';
    const waitMs = perAddress.take(address, wallMs()) || perUser.take(`${address} ${user}`, wallMs());
    if (waitMs > 0) {
      desk.ctx.metrics.count('fengsui_sign_ins_total', { outcome: 'throttled' });
      const retryAfterS = Math.ceil(waitMs / 1_000);
      return refuse({ status: 429, kind: 'tooManyTries', message: 'Too many tries; wait a minute.', retryAfterS });
    }
    const { registry } = desk.catalogue();
    const person = findPerson(registry, user);
    const stored = person === undefined ? null : auth.passwordHash(person.id);
    const outcome = await checkPassword(password, stored, desk.config.scryptCost);
    desk.ctx.metrics.count('fengsui_sign_ins_total', { outcome });
    if (outcome === 'busy')
      return refuse({ status: 503, kind: 'busy', message: 'Too many sign-ins at once; try again.', retryAfterS: 2 });
    const viewer = person === undefined ? null : viewerOfPerson(registry, person.id, desk.ctx.clock.nowMs());
    if (outcome === 'wrong' || viewer === null) {
      desk.ctx.log.warn('sign-in refused', { address });
      return refuse({ status: 401, kind: 'wrongCredentials', message: 'User or password is wrong.' });
    }
    desk.ctx.log.info('signed in', { person: viewer.id });
    const cookie = cookieText(auth.open(viewer.id, wallMs()), SESSION_MAX_MS / 1_000);
    return { kind: 'json', status: 200, body: describeViewer(desk, viewer), cookie };
  }

  return {
    signIn,
    signOut: withInput(({ session }) => {
      if (session !== null) {
        auth.end(session.hash);
        desk.streams.closeSession(session.hash);
      }
      return { kind: 'json', status: 200, body: { signedOut: true }, cookie: cookieText('', 0) };
    }),
    me: withInput((_, viewer) => json(describeViewer(desk, viewer))),
  } satisfies { readonly [id: string]: Handler };
}
