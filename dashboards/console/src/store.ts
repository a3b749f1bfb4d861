/** What the page knows, and how it stays current: lists at sign-in, then the stream; React reads snapshots of it. */
import type { Text } from '#model/text.ts';
import { type AlertJson, call, callAll, type GridJson, type Me, type PointJson, type ReadingJson } from './api.ts';

export type ServerClock = { readonly nowMs: number; readonly rate: number; readonly takenAtMs: number };

export type State = {
  readonly phase: 'starting' | 'signedOut' | 'signedIn';
  readonly me: Me | null;
  readonly grids: ReadonlyMap<string, GridJson>;
  readonly points: ReadonlyMap<string, PointJson>;
  readonly alerts: ReadonlyMap<string, AlertJson>;
  readonly clock: ServerClock;
  /** Real time since when the stream is down; null while it is up. */
  readonly downSinceMs: number | null;
  readonly loaded: boolean;
};

const now = (): number => Date.now();
const initial = (): State => ({
  phase: 'starting',
  me: null,
  grids: new Map(),
  points: new Map(),
  alerts: new Map(),
  clock: { nowMs: now(), rate: 1, takenAtMs: now() },
  downSinceMs: null,
  loaded: false,
});

let state = initial();
const listeners = new Set<() => void>();

export const getState = (): State => state;
export function subscribe(run: () => void): () => void {
  listeners.add(run);
  return () => listeners.delete(run);
}
function set(patch: Partial<State>): void {
  state = { ...state, ...patch };
  for (const run of listeners) run();
}

export const isOpen = (alert: AlertJson): boolean => alert.lifecycle !== 'closed' && alert.lifecycle !== 'falseAlarm';

/** The chain's time now, by the server's clock and its rate. */
export const chainNowMs = (clock: ServerClock): number => clock.nowMs + (now() - clock.takenAtMs) * clock.rate;

const byKey = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [keyOf(item), item]));

/** Readings come in small messages; they are put into the points together, a few times a second. */
const READINGS_EVERY_MS = 200;
let pendingReadings = new Map<string, ReadingJson>();
let readingsTimer: ReturnType<typeof setTimeout> | undefined;

function flushReadings(): void {
  readingsTimer = undefined;
  const readings = pendingReadings;
  pendingReadings = new Map();
  const points = new Map(state.points);
  for (const pointId of new Set([...readings.values()].map((reading) => reading.pointId))) {
    const point = points.get(pointId);
    if (point === undefined) continue;
    const sensors = point.sensors.map((sensor) => ({ ...sensor, latest: readings.get(sensor.id) ?? sensor.latest }));
    points.set(pointId, { ...point, sensors });
  }
  set({ points });
}

export function takeReadings(readings: readonly ReadingJson[]): void {
  for (const reading of readings) pendingReadings.set(reading.sensorId, reading);
  if (readingsTimer === undefined) readingsTimer = setTimeout(flushReadings, READINGS_EVERY_MS);
}

export function takeAlert(alert: AlertJson): void {
  const known = state.alerts.get(alert.id);
  if (known !== undefined && known.version > alert.version) return;
  set({ alerts: new Map(state.alerts).set(alert.id, alert) });
}

export function takeClock(nowMs: number, rate: number): void {
  set({ clock: { nowMs, rate, takenAtMs: now() }, downSinceMs: null });
}

export function markDown(): void {
  if (state.downSinceMs === null && state.phase === 'signedIn') set({ downSinceMs: now() });
}

/** Loads every list, or says that it could not; called at each new start of the stream, which may have missed what it cannot resume. */
export async function loadAll(): Promise<boolean> {
  const before = state.alerts;
  const [grids, points, alerts] = await Promise.all([
    callAll<GridJson>('/api/v1/grids'),
    callAll<PointJson>('/api/v1/points'),
    callAll<AlertJson>('/api/v1/alerts'),
  ]);
  if (!grids.ok || !points.ok || !alerts.ok) return false;
  const merged = new Map(alerts.body.map((alert) => [alert.id, alert]));
  // The lists are the truth, but for what came by the stream while they were on their way. An alert that was open
  // before and is in no list has ended, or lies outside the viewer's grids now.
  for (const [id, known] of state.alerts)
    if (before.get(id) !== known && (merged.get(id)?.version ?? 0) < known.version && isOpen(known))
      merged.set(id, known);
  set({
    grids: byKey(grids.body, (grid) => grid.code),
    points: byKey(points.body, (point) => point.id),
    alerts: merged,
    loaded: true,
  });
  return true;
}

export async function checkSession(): Promise<boolean> {
  const answer = await call<Me>('GET', '/api/v1/session');
  if (answer.ok) set({ phase: 'signedIn', me: answer.body });
  else if (answer.status === 401) state = { ...initial(), phase: 'signedOut' };
  for (const run of listeners) run();
  return answer.ok || answer.status !== 401;
}

export async function signIn(
  user: string,
  password: string,
): Promise<'ok' | 'signInFailed' | 'tooMany' | 'unreachable'> {
  const answer = await call<Me>('POST', '/api/v1/session', { user, password });
  if (answer.ok) {
    set({ ...initial(), phase: 'signedIn', me: answer.body });
    return 'ok';
  }
  if (answer.status === 429 || answer.status === 503) return 'tooMany';
  return answer.status === 0 ? 'unreachable' : 'signInFailed';
}

export async function signOut(): Promise<void> {
  await call('DELETE', '/api/v1/session');
  set({ ...initial(), phase: 'signedOut' });
}

export const nameOfGrid = (code: string): Text => state.grids.get(code)?.name ?? { zh: code, en: code };
