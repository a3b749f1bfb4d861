/** Talks to the API; every answer is a value, also a refusal or a server that is away. */
import type { AlertJson, DeliveryJson, EventJson, GridJson, PointJson, ReadingJson } from '#dashboards/api/wire.ts';
import type { Origin } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';

export type { AlertJson, DeliveryJson, EventJson, GridJson, PointJson, ReadingJson };

export type Me = {
  readonly id: string;
  readonly name: string;
  readonly posts: readonly { readonly gridCode: string; readonly post: string; readonly gridName: Text | null }[];
  readonly roots: readonly string[];
  readonly county: Registry['county'];
  readonly origins: readonly Origin[];
};

export type Answer<T> =
  | { readonly ok: true; readonly status: number; readonly body: T }
  | {
      readonly ok: false;
      readonly status: number;
      readonly kind: string;
      readonly message: string;
      readonly text?: Text;
    };

const WAIT_MS = 15_000;
const FILE_WAIT_MS = 180_000;

async function ask<T>(path: string, init: RequestInit, waitMs: number): Promise<Answer<T>> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), waitMs);
  try {
    const response = await fetch(path, { ...init, credentials: 'same-origin', signal: abort.signal });
    const answer = (await response.json()) as T & {
      readonly error?: { readonly kind: string; readonly message: string; readonly text?: Text };
    };
    if (response.ok) return { ok: true, status: response.status, body: answer };
    const { kind = 'unknown', message = '', text } = answer.error ?? {};
    return { ok: false, status: response.status, kind, message, ...(text === undefined ? {} : { text }) };
  } catch {
    return { ok: false, status: 0, kind: 'unreachable', message: '' };
  } finally {
    clearTimeout(timer);
  }
}

export function call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer<T>> {
  const headers = { 'content-type': 'application/json' };
  return ask(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }, WAIT_MS);
}

/** A file as it is; a county's table takes its time. */
export const sendFile = (path: string, file: Blob): Promise<Answer<unknown>> =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: file }, FILE_WAIT_MS);

type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** All pages of a list, at most `maxPages` of a thousand items. */
export async function callAll<T>(path: string, maxPages = 60): Promise<Answer<readonly T[]>> {
  const items: T[] = [];
  const joint = path.includes('?') ? '&' : '?';
  let cursor = '';
  for (let pages = 0; pages < maxPages; pages++) {
    const answer = await call<Page<T>>('GET', `${path}${joint}limit=1000${cursor}`);
    if (!answer.ok) return answer;
    items.push(...answer.body.items);
    if (answer.body.next === null) break;
    cursor = `&cursor=${encodeURIComponent(answer.body.next)}`;
  }
  return { ok: true, status: 200, body: items };
}

/** The newest readings of a sensor in a time, ascending, at most `maxPages` thousands of them. */
export async function callReadings(
  sensorId: string,
  fromMs: number,
  toMs: number,
  maxPages = 6,
): Promise<readonly ReadingJson[]> {
  let before: readonly ReadingJson[] = [];
  let endMs = toMs;
  for (let pages = 0; pages < maxPages; pages++) {
    const query = `sensor=${encodeURIComponent(sensorId)}&from=${fromMs}&to=${endMs}&newest=true&limit=1000`;
    const answer = await call<Page<ReadingJson>>('GET', `/api/v1/readings?${query}`);
    if (!answer.ok) break;
    before = [...answer.body.items, ...before];
    const first = answer.body.items[0];
    if (answer.body.items.length < 1_000 || first === undefined) break;
    endMs = first.measuredAtMs;
  }
  return before;
}
