/**
 * The alerts' store, the only writer of its file. Every step commits effects and cursor in one transaction: ledger
 * events, projection, deliveries and command results together, so that after a crash none of them is ahead.
 */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Receipt } from '#model/call.ts';
import type { DeskCommand } from '#model/command.ts';
import { inTransaction, openWritable } from '#model/io/sqlite.ts';
import { openWakeWriter } from '#model/io/wake.ts';
import type { EpochMs } from '#model/time.ts';
import type { Finding, Transition } from '#model/transition.ts';
import { abandonedEvent, resultEvent, unknownEvent } from '../delivery-events.ts';
import type { Directory } from '../directory.ts';
import type { Episode, EventDraft, World } from '../episode.ts';
import { moveAlert } from '../lifecycle.ts';
import { type ChannelBook, openChannelBook } from './channel-health/book.ts';
import { openClaims } from './claims.ts';
import { type Claim, type DeliveryTable, type Named, openDeliveries, type Recorded } from './delivery-table.ts';
import { type EpisodeTable, openEpisodes } from './episodes.ts';
import { openLedger } from './ledger.ts';
import type { OpenPart, Part } from './part.ts';
import { PARTS } from './parts.ts';
import { openRestored } from './restored.ts';
import { alertsPath, alertsWakePath, SCHEMA } from './schema.ts';
import { type Entry, type LogName, openLogTaker, type Taken } from './take-log.ts';
import { openApply, openTakers } from './takers.ts';
import type { Tables } from './write-outcome.ts';

/** A result that leaves the queue or goes back into it. */
export type AttemptRecord = Recorded & { readonly state: 'sent' | 'failed' | 'queued' | 'unknown' | 'refused' };

type Open = { readonly rank: number; readonly n: number };

export type Store = {
  readonly cursor: (log: LogName) => number;
  /** A log that was written anew starts at its beginning; what was taken before is recognised. */
  readonly resetCursor: (log: LogName) => void;
  readonly takeTransitions: (entries: readonly Entry<Finding>[], directory: Directory, nowMs: EpochMs) => Taken;
  readonly takeCommands: (entries: readonly Entry<DeskCommand>[], directory: Directory, nowMs: EpochMs) => Taken;
  /** Follows a new registry: open alerts whose place changed are told to the people there. Returns their ids. */
  readonly moveAlerts: (directory: Directory, nowMs: EpochMs) => readonly string[];
  /** Several of these steps as one commit. */
  readonly together: <T>(work: () => T) => T;
  /** The earliest stored due time of all parts. */
  readonly nextDueMs: () => EpochMs | null;
  /** One commit of what is due. Returns the alerts that changed. */
  readonly runDue: (directory: Directory, nowMs: EpochMs) => readonly string[];
  readonly takeReceipts: (receipts: readonly Receipt[], directory: Directory, nowMs: EpochMs) => readonly string[];
  /** Lets the parts follow a new registry. */
  readonly settle: (directory: Directory, nowMs: EpochMs) => void;
  readonly claim: (channel: string, limit: number, nowMs: EpochMs) => readonly Claim[];
  readonly record: (claim: Claim, recorded: AttemptRecord, nowMs: EpochMs) => void;
  /** After a start: what was in hand becomes unknown and due. Returns how many. */
  readonly recover: (nowMs: EpochMs) => number;
  readonly abandon: (channels: readonly string[], nowMs: EpochMs) => number;
  readonly episode: (id: string) => Episode | undefined;
  readonly openAfter: EpisodeTable['openAfter'];
  readonly openAt: EpisodeTable['openAt'];
  /** Open alerts by level; those of drills have figures of their own. */
  readonly openByLevel: () => { readonly real: readonly Open[]; readonly drill: readonly Open[] };
  readonly deliveries: Pick<DeliveryTable, 'earliestDue' | 'pending'>;
  /** How the channels do, and what is handed from one to another; inside `together`. */
  readonly channels: ChannelBook;
  /** Retained topics that the broker holds for us. */
  readonly topics: () => readonly string[];
  readonly setTopic: (topic: string, held: boolean) => void;
  readonly close: () => void;
};

/** A storm writes all over its indexes: pages that fall out of a small cache are written and read again and again. */
const CACHE_KB = 65_536;
const CHECKPOINT_PAGES = 4_000;

/** Bounds one commit of due work, and with it how long commands and deliveries wait behind it. */
const DUE_AT_ONCE = 50;

const alertIdOf = (transition: Transition): string =>
  `a${createHash('sha256').update(transition.id).digest('hex').slice(0, 20)}`;

const worldOf = (directory: Directory, nowMs: EpochMs): World => ({ directory, nowMs, newId: alertIdOf });

function openTopics(db: DatabaseSync): Pick<Store, 'topics' | 'setTopic'> {
  const list = db.prepare('SELECT topic FROM topics');
  const add = db.prepare('INSERT INTO topics (topic) VALUES (?) ON CONFLICT DO NOTHING');
  const drop = db.prepare('DELETE FROM topics WHERE topic = ?');
  return {
    topics: () => (list.all() as { topic: string }[]).map(({ topic }) => topic),
    setTopic: (topic, held) => {
      (held ? add : drop).run(topic);
    },
  };
}

/** Drills are few and looked up by an index of their own: the count of all stays one pass over an index. */
function openCounts(db: DatabaseSync): Store['openByLevel'] {
  const all = db.prepare('SELECT rank, count(*) AS n FROM alerts WHERE open = 1 GROUP BY rank');
  const drill = db.prepare(
    "SELECT rank, count(*) AS n FROM alerts INDEXED BY alerts_open_drill WHERE open = 1 AND origin = 'drill' GROUP BY rank",
  );
  return () => {
    const drills = drill.all() as Open[];
    const ofDrill = new Map(drills.map(({ rank, n }) => [rank, n]));
    const real = (all.all() as Open[]).map(({ rank, n }) => ({ rank, n: n - (ofDrill.get(rank) ?? 0) }));
    return { real, drill: drills };
  };
}

export function openStore(dataDir: string, of: readonly Part[] = PARTS): Store {
  const path = alertsPath(dataDir);
  const db = openWritable(path, [SCHEMA, ...of.map((part) => part.schema)].join('\n'), CHECKPOINT_PAGES);
  db.exec(`PRAGMA cache_size=-${CACHE_KB}`);
  const wake = openWakeWriter(alertsWakePath(dataDir));
  const restored = openRestored(db);
  const rows = openDeliveries(db, restored.mayRepeat);
  const tables: Tables = { ledger: openLedger(db), episodes: openEpisodes(db), rows };
  const { ledger, episodes } = tables;
  const logs = openLogTaker(db);
  const touched = new Set<string>();
  let newest: Directory | undefined;
  const inForce = (): Directory => {
    if (newest === undefined) throw new Error('the store is asked for deliveries before it has seen a registry');
    return newest;
  };
  const parts: OpenPart[] = [];
  const apply = openApply(tables, parts, touched);
  for (const part of of) parts.push(part.open({ db, tables, apply }));
  const takers = openTakers(db, tables, parts, apply);
  const claims = openClaims(tables, parts);
  const openByLevel = openCounts(db);
  const commit = <T>(work: () => T): T => {
    if (db.isTransaction) return work(); // Part of a larger step.
    const value = inTransaction(db, work);
    wake.wake();
    return value;
  };
  /** One commit, and the alerts that it changed. */
  const changing = <T>(work: () => T): { readonly value: T; readonly changed: readonly string[] } => {
    touched.clear();
    const value = commit(work);
    return { value, changed: [...touched] };
  };
  const note = (draft: EventDraft | null): void => {
    if (draft !== null) ledger.append(draft);
  };
  const noteAll = (named: readonly Named[], event: (one: Named) => EventDraft): number => {
    for (const one of named) ledger.append(event(one));
    return named.length;
  };
  return {
    cursor: logs.cursor,
    resetCursor: (log) => commit(() => logs.setCursor(log, 0)),
    takeTransitions: (entries, directory, nowMs) => {
      const world = worldOf(directory, nowMs);
      const { value, changed } = changing(() =>
        logs.take('transitions', entries, (entry) => takers.finding(entry, world)),
      );
      return { ...value, changed };
    },
    takeCommands: (entries, directory, nowMs) => {
      const world = worldOf(directory, nowMs);
      const { value, changed } = changing(() =>
        logs.take('commands', entries, (entry) => takers.command(entry, world)),
      );
      return { ...value, changed };
    },
    moveAlerts: (directory, nowMs) => {
      const world = worldOf(directory, nowMs);
      const moved = episodes.allOpen().map((open) => moveAlert(open, world));
      const changed = moved.flatMap((outcome) => outcome.episode?.alert.id ?? []);
      if (changed.length > 0)
        commit(() => {
          for (const outcome of moved) apply(outcome, world);
        });
      return changed;
    },
    together: commit,
    nextDueMs: () => {
      const due = parts.flatMap((part) => part.nextDueMs?.() ?? []);
      return due.length === 0 ? null : Math.min(...due);
    },
    runDue: (directory, nowMs) => {
      const world = worldOf(directory, nowMs);
      return changing(() => {
        for (const part of parts) part.runDue?.(world, DUE_AT_ONCE);
      }).changed;
    },
    takeReceipts: (receipts, directory, nowMs) => {
      const world = worldOf(directory, nowMs);
      return changing(() => {
        for (const receipt of receipts) takers.receipt(receipt, world);
      }).changed;
    },
    settle: (directory, nowMs) => {
      newest = directory;
      const world = worldOf(directory, nowMs);
      commit(() => {
        for (const part of parts) part.onRegistry?.(world);
      });
    },
    claim: (channel, limit, nowMs) => commit(() => claims.claim(channel, limit, worldOf(inForce(), nowMs))),
    record: (claim, recorded, nowMs) =>
      commit(() => {
        rows.record(claim.key, recorded, nowMs);
        note(resultEvent(claim, recorded.state, recorded.detail, nowMs));
        const world = worldOf(inForce(), nowMs);
        for (const part of parts) part.onRecorded?.(claim, recorded.state, world);
      }),
    recover: (nowMs) =>
      commit(() => {
        for (const event of restored.begin(nowMs)) ledger.append(event);
        return noteAll(rows.orphan(nowMs), (one) => unknownEvent(one, nowMs));
      }),
    abandon: (channels, nowMs) =>
      commit(() => noteAll(rows.abandon(channels, nowMs), (one) => abandonedEvent(one, nowMs))),
    episode: episodes.byId,
    openAfter: episodes.openAfter,
    openAt: episodes.openAt,
    openByLevel,
    deliveries: rows,
    channels: openChannelBook(db, ledger.append),
    ...openTopics(db),
    close: () => {
      wake.close();
      db.close();
    },
  };
}
