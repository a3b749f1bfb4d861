/** The projection's table: the open and the newest ended alert of a (subject, hazard, origin), written as one row each. */
import type { DatabaseSync } from 'node:sqlite';
import type { Alert } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import { type Subject, subjectKey } from '#model/transition.ts';
import { type Episode, isEnded } from '../episode.ts';
import { alertKey } from '../lifecycle.ts';

type Row = { step: number; asked_at: number; body: string };
const KEPT_AT_MOST = 1_000;

/** In a storm the same alerts are asked for again and again: an alert whose text is the one read before is not parsed anew. */
function openParser(): (row: Row | undefined) => Episode | undefined {
  const kept = new Map<string, Alert>();
  const parse = (body: string): Alert => {
    const known = kept.get(body);
    if (known !== undefined) return known;
    const alert = JSON.parse(body) as Alert;
    if (kept.size >= KEPT_AT_MOST) kept.clear();
    kept.set(body, alert);
    return alert;
  };
  return (row) => (row === undefined ? undefined : { alert: parse(row.body), step: row.step, askedAtMs: row.asked_at });
}

export type EpisodeTable = {
  readonly byId: (id: string) => Episode | undefined;
  readonly openOf: (key: string) => Episode | undefined;
  readonly endedOf: (key: string) => Episode | undefined;
  readonly allOpen: () => readonly Episode[];
  /** Open alerts in the order of their ids, a page at a time. */
  readonly openAfter: (id: string, limit: number) => readonly Episode[];
  /** Open alerts of one subject, whatever their hazard and origin. */
  readonly openAt: (subject: Subject) => readonly Episode[];
  /** `version` is the newest event's seq. */
  readonly put: (episode: Episode, version: number, gridPath: string) => Episode;
};

const PUT = `INSERT INTO alerts (id, key, open, origin, rank, raised_at, grid_path, step, asked_at, version, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET open = excluded.open, rank = excluded.rank, grid_path = excluded.grid_path,
step = excluded.step, asked_at = excluded.asked_at, version = excluded.version, body = excluded.body`;

export function openEpisodes(db: DatabaseSync): EpisodeTable {
  const episodeOf = openParser();
  const byId = db.prepare('SELECT step, asked_at, body FROM alerts WHERE id = ?');
  const openOf = db.prepare('SELECT step, asked_at, body FROM alerts WHERE key = ? AND open = 1');
  const endedOf = db.prepare(
    'SELECT step, asked_at, body FROM alerts WHERE key = ? AND open = 0 ORDER BY version DESC LIMIT 1',
  );
  const allOpen = db.prepare('SELECT step, asked_at, body FROM alerts WHERE open = 1');
  const openAfter = db.prepare('SELECT step, asked_at, body FROM alerts WHERE open = 1 AND id > ? ORDER BY id LIMIT ?');
  const openAt = db.prepare('SELECT step, asked_at, body FROM alerts WHERE open = 1 AND key >= ? AND key < ?');
  const put = db.prepare(PUT);
  return {
    byId: (id) => episodeOf(byId.get(id) as Row | undefined),
    openOf: (key) => episodeOf(openOf.get(key) as Row | undefined),
    endedOf: (key) => episodeOf(endedOf.get(key) as Row | undefined),
    allOpen: () => (allOpen.all() as Row[]).flatMap((row) => episodeOf(row) ?? []),
    openAfter: (id, limit) => (openAfter.all(id, limit) as Row[]).flatMap((row) => episodeOf(row) ?? []),
    openAt: (subject) => {
      const key = subjectKey(subject);
      // `}` follows `|`, which ends the subject in the key.
      return (openAt.all(`${key}|`, `${key}}`) as Row[]).flatMap((row) => episodeOf(row) ?? []);
    },
    put: (episode, version, gridPath) => {
      const alert: Alert = { ...episode.alert, version };
      put.run(
        alert.id,
        alertKey(alert),
        isEnded(alert) ? 0 : 1,
        alert.origin,
        rankOf(alert.level),
        alert.raisedAtMs,
        gridPath,
        episode.step,
        episode.askedAtMs,
        version,
        JSON.stringify(alert),
      );
      return { ...episode, alert };
    },
  };
}
