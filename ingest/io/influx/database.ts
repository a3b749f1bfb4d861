/** The database itself: made when it is not there, and marked, so that one that was dropped and made anew is noticed. */
import type { InfluxTarget } from '#model/history.ts';
import { MARKER_MEASUREMENT } from '#model/influx.ts';
import { err, ok, type Result } from '#model/result.ts';
import { messageOf } from '../../influx/answer.ts';
import type { InfluxClient } from './client.ts';

/** Makes the database or bucket; the error says what a person can do. */
export async function createDatabase(client: InfluxClient, target: InfluxTarget): Promise<Result<void, string>> {
  switch (target.version) {
    case 1: {
      const made = await client.query(`CREATE DATABASE ${quoted(target.database ?? '')}`, 'POST');
      return made.ok ? ok(undefined) : err(`CREATE DATABASE: ${made.error.message}`);
    }
    case 2:
      return await createBucket(client, target);
    case 3:
      return await calledFor(client, '/api/v3/configure/database', { db: target.database ?? '' });
    default:
      return target.version satisfies never;
  }
}

const quoted = (name: string): string => `"${name.replace(/["\\]/g, '\\$&')}"`;

async function calledFor(client: InfluxClient, path: string, body: object): Promise<Result<void, string>> {
  const reply = await client.call({ method: 'POST', path, body: JSON.stringify(body) });
  if (reply.kind === 'none') return err(reply.message);
  // Somebody else made it in the meantime.
  const isThere = reply.status < 300 || reply.status === 409 || /already exists/i.test(reply.body);
  return isThere ? ok(undefined) : err(`${path}: ${reply.status} ${messageOf(reply.body)}`);
}

async function createBucket(client: InfluxClient, target: InfluxTarget): Promise<Result<void, string>> {
  const name = target.bucket ?? '';
  const orgID = await idOf(client, `/api/v2/orgs?org=${encodeURIComponent(target.org ?? '')}`, 'orgs');
  if (!orgID.ok) return orgID;
  const made = await calledFor(client, '/api/v2/buckets', { orgID: orgID.value, name, retentionRules: [] });
  if (!made.ok || target.database === undefined || target.database === name) return made;
  const bucketID = await idOf(client, `/api/v2/buckets?name=${encodeURIComponent(name)}`, 'buckets');
  if (!bucketID.ok) return bucketID;
  const mapping = { orgID: orgID.value, bucketID: bucketID.value, database: target.database };
  return await calledFor(client, '/api/v2/dbrps', { ...mapping, retention_policy: 'autogen', default: true });
}

async function idOf(client: InfluxClient, path: string, list: string): Promise<Result<string, string>> {
  const reply = await client.call({ method: 'GET', path });
  if (reply.kind === 'none') return err(reply.message);
  try {
    const parsed = JSON.parse(reply.body) as { readonly [list: string]: readonly { readonly id?: string }[] };
    const id = parsed[list]?.[0]?.id;
    if (reply.status < 300 && id !== undefined) return ok(id);
  } catch {
    // Told below.
  }
  return err(`${path}: ${reply.status} ${messageOf(reply.body)}`);
}

export type Marked =
  | { readonly kind: 'there' | 'gone' | 'noDatabase' | 'away' | 'unauthorised' }
  /** The server has no InfluxQL. */
  | { readonly kind: 'unreadable'; readonly message: string };

export async function lookForMarker(client: InfluxClient, store: string): Promise<Marked> {
  const answer = await client.query(`SELECT last("seen") FROM "${MARKER_MEASUREMENT}" WHERE "store" = '${store}'`);
  if (answer.ok) return { kind: answer.value.some((series) => series.length > 0) ? 'there' : 'gone' };
  switch (answer.error.kind) {
    case 'noDatabase':
      return { kind: 'noDatabase' };
    case 'away':
      return { kind: 'away' };
    case 'unauthorised':
      return { kind: 'unauthorised' };
    case 'refused':
      // 3.x knows no measurement before its first point.
      return /measurement.*not found|table.*not found/i.test(answer.error.message)
        ? { kind: 'gone' }
        : { kind: 'unreadable', message: answer.error.message };
    default:
      return answer.error.kind satisfies never;
  }
}

/** Written anew each day, so that no retention of the database removes it. */
export const markerLine = (store: string, nowMs: number): string =>
  `${MARKER_MEASUREMENT},store=${store} seen=1i ${nowMs}000000`;
