import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AlertJson } from '#dashboards/console/src/api.ts';
import { getState, loadAll, signOut, takeAlert } from '#dashboards/console/src/store.ts';

const alert = (id: string, version: number, lifecycle: AlertJson['lifecycle'] = 'raised') =>
  ({ id, version, lifecycle }) as AlertJson;

/** What the server's list of open alerts holds, and what happens while it is on its way. */
let listed: readonly AlertJson[] = [];
let meanwhile: () => void = () => undefined;
beforeEach(() => {
  vi.stubGlobal('fetch', async (path: string) => {
    const items = path.includes('/alerts') ? listed : [];
    meanwhile();
    return Response.json({ items, next: null });
  });
});
afterEach(async () => {
  meanwhile = () => undefined;
  await signOut();
  vi.unstubAllGlobals();
});
const shown = () => [...getState().alerts.keys()].sort();

test('an alert that ended while the page was away is gone when the lists are loaded anew', async () => {
  listed = [alert('a', 1), alert('b', 2)];
  await loadAll();
  takeAlert(alert('c', 3));
  listed = [alert('b', 2)];
  await loadAll();
  expect(shown()).toEqual(['b']);
});

test('an alert that comes by the stream while the lists are on their way stays', async () => {
  listed = [alert('a', 1)];
  meanwhile = () => takeAlert(alert('new', 9));
  await loadAll();
  expect(shown()).toEqual(['a', 'new']);
});
