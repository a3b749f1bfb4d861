/** The table of calls: written in the store's transactions, found by alert, by person and by due time. */
import type { DatabaseSync } from 'node:sqlite';
import type { Recipient } from '#model/alert.ts';
import type { Call, CallState } from '#model/call.ts';
import type { Origin } from '#model/reading.ts';
import type { PersonId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

export type CallRow = {
  readonly n: number;
  readonly alert_id: string;
  readonly round: number;
  readonly person: string;
  readonly name: string;
  readonly grid: string;
  readonly tier: number;
  readonly post: string;
  readonly reason: string;
  readonly state: string;
  readonly step: number;
  readonly for_person: string | null;
  readonly tries: number;
  readonly at_most: number;
  readonly channels: string;
  readonly asked_at: number;
  readonly sent_at: number | null;
  readonly next_due: number | null;
  readonly ended_at: number | null;
  readonly by: string | null;
};

/** A call with what only the writer needs. */
export type StoredCall = Call & { readonly n: number; readonly sentAtMs: EpochMs | null };

export const callOfRow = (row: CallRow): Call => ({
  key: `${row.alert_id}/${row.round}/${row.person}`,
  alertId: row.alert_id,
  round: row.round,
  personId: row.person,
  name: row.name,
  gridCode: row.grid,
  tier: row.tier as Call['tier'],
  post: row.post as Call['post'],
  reason: JSON.parse(row.reason) as Text,
  state: row.state as CallState,
  step: row.step,
  standsInFor: row.for_person,
  tries: row.tries,
  triesAtMost: row.at_most,
  channels: JSON.parse(row.channels) as readonly string[],
  askedAtMs: row.asked_at,
  nextDueMs: row.next_due,
  endedAtMs: row.ended_at,
  by: row.by === null ? null : (JSON.parse(row.by) as Call['by']),
});
const storedOf = (row: CallRow): StoredCall => ({ ...callOfRow(row), n: row.n, sentAtMs: row.sent_at });

export type NewCall = {
  readonly alertId: string;
  readonly round: number;
  readonly recipient: Recipient;
  readonly state: 'told' | 'asking';
  readonly step: number;
  readonly standsInFor: PersonId | null;
  readonly triesAtMost: number;
  readonly channels: readonly string[];
  readonly atMs: EpochMs;
  readonly origin: Origin;
  /** Those that are made at once, and when the next one is due. */
  readonly tries: number;
  readonly nextDueMs: EpochMs | null;
};
export type Ending = {
  readonly state: CallState;
  readonly atMs: EpochMs;
  readonly by: Call['by'];
};

export type CallTable = {
  /** Null when he has a call of this round already. */
  readonly add: (call: NewCall) => StoredCall | null;
  readonly get: (alertId: string, round: number, personId: PersonId) => StoredCall | undefined;
  readonly byN: (n: number) => StoredCall | undefined;
  readonly state: (
    alertId: string,
    round: number,
    personId: PersonId,
  ) => { readonly state: CallState; readonly current: boolean } | undefined;
  readonly ofRound: (alertId: string, round: number) => readonly StoredCall[];
  /** Of all rounds that still count. */
  readonly current: (alertId: string) => readonly StoredCall[];
  readonly currentOf: (alertId: string, personId: PersonId) => readonly StoredCall[];
  /** What a person is being asked, or was silent about, oldest first. */
  readonly openOf: (personId: PersonId) => readonly StoredCall[];
  readonly isAskedLive: (personId: PersonId) => boolean;
  readonly due: (nowMs: EpochMs, limit: number) => readonly StoredCall[];
  readonly earliestDue: () => EpochMs | null;
  readonly setDue: (n: number, tries: number, nextDueMs: EpochMs | null) => void;
  readonly end: (n: number, ending: Ending) => void;
  readonly sent: (alertId: string, round: number, personId: PersonId, atMs: EpochMs) => void;
  /** A newer round: what asked goes, and who is asked anew leaves the older rounds. */
  readonly supersede: (alertId: string, round: number, atMs: EpochMs, onlyThese: boolean) => void;
  /** The alert has ended. */
  readonly finish: (alertId: string, atMs: EpochMs) => void;
  /** Tries of an alert wait until then, or go on now. */
  readonly postpone: (alertId: string, untilMs: EpochMs) => void;
  readonly resume: (alertId: string, atMs: EpochMs) => void;
};

const ADD = `INSERT INTO calls (alert_id, round, person, name, grid, tier, post, reason, state, step, for_person, tries, at_most,
channels, asked_at, current, origin, next_due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING`;
const ANEW = 'person IN (SELECT person FROM calls WHERE alert_id = ?1 AND round = ?2)';
// ?4 = 1: only these people are asked anew, the others' calls go on as they are.
const SUPERSEDE_ASKING = `UPDATE calls SET state = 'stopped', next_due = NULL, ended_at = ?3
WHERE alert_id = ?1 AND round < ?2 AND current = 1 AND state = 'asking' AND (?4 = 0 OR ${ANEW})`;
const SUPERSEDE = `UPDATE calls SET current = 0, next_due = NULL WHERE alert_id = ?1 AND round < ?2 AND current = 1
AND ((?3 = 0 AND state <> 'silent') OR ${ANEW})`;
const FINISH = `UPDATE calls SET current = 0, next_due = NULL,
ended_at = coalesce(ended_at, CASE state WHEN 'asking' THEN ?2 END),
state = CASE state WHEN 'asking' THEN 'stopped' ELSE state END WHERE alert_id = ?1 AND current = 1`;
const OPEN = `SELECT * FROM calls INDEXED BY calls_open WHERE person = ? AND current = 1 AND state IN ('asking', 'silent', 'told')
ORDER BY n`;
const ASKED_LIVE = `SELECT 1 FROM calls INDEXED BY calls_open WHERE person = ? AND current = 1
AND state IN ('asking', 'silent', 'told') AND state = 'asking' AND origin = 'live' LIMIT 1`;

export function openCallTable(db: DatabaseSync): CallTable {
  const prepare = (sql: string) => db.prepare(sql);
  const add = prepare(ADD);
  const byN = prepare('SELECT * FROM calls WHERE n = ?');
  const get = prepare('SELECT * FROM calls WHERE alert_id = ? AND round = ? AND person = ?');
  const state = prepare('SELECT state, current FROM calls WHERE alert_id = ? AND round = ? AND person = ?');
  const ofRound = prepare('SELECT * FROM calls WHERE alert_id = ? AND round = ? ORDER BY n');
  const current = prepare('SELECT * FROM calls WHERE alert_id = ? AND current = 1 ORDER BY n');
  const currentOf = prepare('SELECT * FROM calls WHERE alert_id = ? AND person = ? AND current = 1 ORDER BY n');
  const openOf = prepare(OPEN);
  const askedLive = prepare(ASKED_LIVE);
  const due = prepare('SELECT * FROM calls WHERE next_due IS NOT NULL AND next_due <= ? ORDER BY next_due, n LIMIT ?');
  const earliest = prepare('SELECT min(next_due) AS due FROM calls WHERE next_due IS NOT NULL');
  const setDue = prepare('UPDATE calls SET tries = ?, next_due = ? WHERE n = ?');
  const end = prepare('UPDATE calls SET state = ?, next_due = NULL, ended_at = ?, by = ? WHERE n = ?');
  const sent = prepare(
    'UPDATE calls SET sent_at = ? WHERE alert_id = ? AND round = ? AND person = ? AND sent_at IS NULL',
  );
  const supersedeAsking = prepare(SUPERSEDE_ASKING);
  const supersede = prepare(SUPERSEDE);
  const finish = prepare(FINISH);
  const postpone = prepare(
    "UPDATE calls SET next_due = max(next_due, ?) WHERE alert_id = ? AND current = 1 AND state = 'asking' AND next_due IS NOT NULL",
  );
  const resume = prepare(
    "UPDATE calls SET next_due = min(next_due, ?) WHERE alert_id = ? AND current = 1 AND state = 'asking' AND next_due IS NOT NULL",
  );
  const all = (rows: unknown): readonly StoredCall[] => (rows as CallRow[]).map(storedOf);
  const one = (row: unknown): StoredCall | undefined => (row === undefined ? undefined : storedOf(row as CallRow));
  return {
    add: (call) => {
      const { recipient: to, alertId, round } = call;
      const reason = JSON.stringify(to.reason);
      const channels = JSON.stringify(call.channels);
      const { changes, lastInsertRowid } = add.run(
        alertId,
        round,
        to.personId,
        to.name,
        to.gridCode,
        to.tier,
        to.post,
        reason,
        call.state,
        call.step,
        call.standsInFor,
        call.tries,
        call.triesAtMost,
        channels,
        call.atMs,
        call.origin,
        call.nextDueMs,
      );
      if (changes === 0) return null;
      return {
        n: Number(lastInsertRowid),
        key: `${alertId}/${round}/${to.personId}`,
        alertId,
        round,
        personId: to.personId,
        name: to.name,
        gridCode: to.gridCode,
        tier: to.tier,
        post: to.post,
        reason: to.reason,
        state: call.state,
        step: call.step,
        standsInFor: call.standsInFor,
        tries: call.tries,
        triesAtMost: call.triesAtMost,
        channels: call.channels,
        askedAtMs: call.atMs,
        sentAtMs: null,
        nextDueMs: call.nextDueMs,
        endedAtMs: null,
        by: null,
      };
    },
    get: (alertId, round, personId) => one(get.get(alertId, round, personId)),
    byN: (n) => one(byN.get(n)),
    state: (alertId, round, personId) => {
      const row = state.get(alertId, round, personId) as { state: CallState; current: number } | undefined;
      return row === undefined ? undefined : { state: row.state, current: row.current === 1 };
    },
    ofRound: (alertId, round) => all(ofRound.all(alertId, round)),
    current: (alertId) => all(current.all(alertId)),
    currentOf: (alertId, personId) => all(currentOf.all(alertId, personId)),
    openOf: (personId) => all(openOf.all(personId)),
    isAskedLive: (personId) => askedLive.get(personId) !== undefined,
    due: (nowMs, limit) => all(due.all(nowMs, limit)),
    earliestDue: () => (earliest.get() as { due: number | null }).due,
    setDue: (n, tries, nextDue) => {
      setDue.run(tries, nextDue, n);
    },
    end: (n, { state: ended, atMs, by }) => {
      end.run(ended, atMs, by === null ? null : JSON.stringify(by), n);
    },
    sent: (alertId, round, personId, atMs) => {
      sent.run(atMs, alertId, round, personId);
    },
    supersede: (alertId, round, atMs, onlyThese) => {
      supersedeAsking.run(alertId, round, atMs, onlyThese ? 1 : 0);
      supersede.run(alertId, round, onlyThese ? 1 : 0);
    },
    finish: (alertId, atMs) => {
      finish.run(alertId, atMs);
    },
    postpone: (alertId, untilMs) => {
      postpone.run(untilMs, alertId);
    },
    resume: (alertId, atMs) => {
      resume.run(atMs, alertId);
    },
  };
}
