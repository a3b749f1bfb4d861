/** What a message to one person covers when it takes in several alerts: kept until it leaves, and afterwards for its answer. */
import type { DatabaseSync } from 'node:sqlite';
import type { Origin } from '#model/reading.ts';
import type { PersonId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Recent } from '../../calls/schedule.ts';

export type Cover = {
  readonly alertId: string;
  readonly round: number;
  readonly personId: PersonId;
  readonly text: Text | null;
};
export type OpenDigest = { readonly id: string; readonly dueAtMs: EpochMs; readonly rank: number };
type At = { readonly personId: PersonId; readonly channel: string; readonly origin: Origin };

export type CoverTable = {
  readonly recent: (personId: PersonId, origin: Origin) => readonly Recent[];
  readonly setRecent: (personId: PersonId, origin: Origin, messages: readonly Recent[]) => void;
  /** The message that still takes more in. */
  readonly open: (at: At) => OpenDigest | undefined;
  readonly setOpen: (at: At, digest: OpenDigest) => void;
  readonly close: (id: string) => void;
  readonly add: (id: string, cover: Cover) => void;
  /** Takes out what is not wanted any more. */
  readonly prune: (id: string) => void;
  readonly hasWanted: (id: string) => boolean;
  readonly ranks: (id: string) => ReadonlyMap<number, number>;
  /** The worst of them. */
  readonly worst: (id: string, limit: number) => readonly (Cover & { readonly asks: boolean })[];
  readonly all: (id: string) => readonly Cover[];
  readonly asks: (id: string) => boolean;
  /** Its calls have left for the first time. */
  readonly markSent: (id: string, atMs: EpochMs) => void;
};

/** What only informs is wanted always; a try as long as its call waits for an answer or is only told. */
const WANTED = `(c.text IS NOT NULL OR EXISTS (SELECT 1 FROM calls k WHERE k.alert_id = c.alert_id AND k.round = c.round
AND k.person = c.person AND k.current = 1 AND k.state IN ('asking', 'silent', 'told')))`;
const COVER = 'c.alert_id AS alertId, c.round, c.person AS personId, c.text';
type Row = {
  readonly alertId: string;
  readonly round: number;
  readonly personId: string;
  readonly text: string | null;
};
const coverOf = ({ alertId, round, personId, text }: Row): Cover => ({
  alertId,
  round,
  personId,
  text: text === null ? null : (JSON.parse(text) as Text),
});

/** A bare instant was written before it was kept what was red. */
const recentOf = (kept: number | Recent): Recent => (typeof kept === 'number' ? { atMs: kept, red: false } : kept);

export function openCovers(db: DatabaseSync): CoverTable {
  const recent = db.prepare('SELECT instants FROM calls_recent WHERE person = ? AND origin = ?');
  const setRecent = db.prepare(`INSERT INTO calls_recent (person, origin, instants) VALUES (?, ?, ?)
ON CONFLICT (person, origin) DO UPDATE SET instants = excluded.instants`);
  // One that was stopped, given up or handed to another channel takes nothing in any more: nobody would ever hear of it.
  const open =
    db.prepare(`SELECT g.id, g.due_at AS dueAtMs, g.rank FROM calls_digests g JOIN deliveries d ON d.key = g.id
WHERE g.person = ? AND g.channel = ? AND g.origin = ? AND d.state = 'queued' AND d.attempts = 0`);
  const setOpen =
    db.prepare(`INSERT INTO calls_digests (person, channel, origin, id, due_at, rank) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (person, channel, origin) DO UPDATE SET id = excluded.id, due_at = excluded.due_at, rank = excluded.rank`);
  const close = db.prepare('DELETE FROM calls_digests WHERE id = ?');
  const add = db.prepare(`INSERT INTO calls_covers (id, alert_id, round, person, text) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id, alert_id, round) DO UPDATE SET text = CASE WHEN text IS NULL THEN NULL ELSE excluded.text END`);
  const prune = db.prepare(`DELETE FROM calls_covers AS c WHERE c.id = ? AND NOT ${WANTED}`);
  const hasWanted = db.prepare(`SELECT 1 FROM calls_covers c WHERE c.id = ? AND ${WANTED} LIMIT 1`);
  const ranks = db.prepare(
    'SELECT a.rank, count(*) AS n FROM calls_covers c JOIN alerts a ON a.id = c.alert_id WHERE c.id = ? GROUP BY a.rank',
  );
  const worst = db.prepare(`SELECT ${COVER}, k.state AS state FROM calls_covers c JOIN alerts a ON a.id = c.alert_id
LEFT JOIN calls k ON k.alert_id = c.alert_id AND k.round = c.round AND k.person = c.person
WHERE c.id = ? ORDER BY a.rank DESC, a.raised_at DESC, a.id LIMIT ?`);
  const all = db.prepare(`SELECT ${COVER} FROM calls_covers c WHERE c.id = ? ORDER BY c.alert_id, c.round`);
  const asks = db.prepare(`SELECT 1 FROM calls_covers c JOIN calls k ON k.alert_id = c.alert_id AND k.round = c.round
AND k.person = c.person WHERE c.id = ? AND c.text IS NULL AND k.state IN ('asking', 'silent') LIMIT 1`);
  const markSent =
    db.prepare(`UPDATE calls SET sent_at = ?1 WHERE sent_at IS NULL AND n IN (SELECT k.n FROM calls_covers c
JOIN calls k ON k.alert_id = c.alert_id AND k.round = c.round AND k.person = c.person WHERE c.id = ?2)`);
  return {
    recent: (personId, origin) => {
      const row = recent.get(personId, origin) as { instants: string } | undefined;
      return row === undefined ? [] : (JSON.parse(row.instants) as (number | Recent)[]).map(recentOf);
    },
    setRecent: (personId, origin, messages) => {
      setRecent.run(personId, origin, JSON.stringify(messages));
    },
    open: ({ personId, channel, origin }) => open.get(personId, channel, origin) as OpenDigest | undefined,
    setOpen: ({ personId, channel, origin }, { id, dueAtMs, rank }) => {
      setOpen.run(personId, channel, origin, id, dueAtMs, rank);
    },
    close: (id) => {
      close.run(id);
    },
    add: (id, { alertId, round, personId, text }) => {
      add.run(id, alertId, round, personId, text === null ? null : JSON.stringify(text));
    },
    prune: (id) => {
      prune.run(id);
    },
    hasWanted: (id) => hasWanted.get(id) !== undefined,
    ranks: (id) => new Map((ranks.all(id) as { rank: number; n: number }[]).map(({ rank, n }) => [rank, n])),
    worst: (id, limit) =>
      (worst.all(id, limit) as (Row & { readonly state: string | null })[]).map((row) => ({
        ...coverOf(row),
        asks: row.text === null && (row.state === 'asking' || row.state === 'silent'),
      })),
    all: (id) => (all.all(id) as Row[]).map(coverOf),
    asks: (id) => asks.get(id) !== undefined,
    markSent: (id, atMs) => {
      markSent.run(atMs, id);
    },
  };
}
