/** Takes entries of a log in one commit with the log's cursor; one that we cannot take is set aside and stops nothing. */
import type { DatabaseSync } from 'node:sqlite';

export type LogName = 'transitions' | 'commands';
export type Entry<T> = { readonly pos: number; readonly entry: T };

/** What a commit of entries did, for metrics and for whoever publishes. */
export type Taken = {
  readonly entries: number;
  readonly repeated: number;
  readonly rejected: readonly { readonly pos: number; readonly reason: string }[];
  /** Alerts that changed. */
  readonly changed: readonly string[];
};

/** What one entry did: the alert that it changed, none, or nothing because it was taken before. */
export type Effect = { readonly kind: 'changed'; readonly alertId: string } | { readonly kind: 'none' | 'repeated' };

const SQLITE_CONSTRAINT = 19;

/** A fault of the disk stops the step, which is tried again; a fault of ours would stop it for ever. */
export function isDiskFault(cause: unknown): boolean {
  const { code, errcode } = (cause ?? {}) as { readonly code?: unknown; readonly errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && (Number(errcode) & 0xff) !== SQLITE_CONSTRAINT;
}

export type LogTaker = {
  readonly cursor: (log: LogName) => number;
  readonly setCursor: (log: LogName, pos: number) => void;
  /** Inside the caller's transaction. */
  readonly take: <T>(log: LogName, entries: readonly Entry<T>[], apply: (entry: T) => Effect) => Taken;
};

export function openLogTaker(db: DatabaseSync): LogTaker {
  const get = db.prepare('SELECT pos FROM cursors WHERE log = ?');
  const set = db.prepare(
    'INSERT INTO cursors (log, pos) VALUES (?, ?) ON CONFLICT (log) DO UPDATE SET pos = excluded.pos',
  );
  const reject = db.prepare('INSERT OR REPLACE INTO rejected (log, pos, reason, body) VALUES (?, ?, ?, ?)');
  const setCursor = (log: LogName, pos: number): void => {
    set.run(log, pos);
  };
  return {
    cursor: (log) => (get.get(log) as { pos: number } | undefined)?.pos ?? 0,
    setCursor,
    take: (log, entries, apply) => {
      const rejected: { pos: number; reason: string }[] = [];
      const changed = new Set<string>();
      let repeated = 0;
      for (const { pos, entry } of entries) {
        db.exec('SAVEPOINT entry');
        try {
          const effect = apply(entry);
          if (effect.kind === 'changed') changed.add(effect.alertId);
          if (effect.kind === 'repeated') repeated++;
        } catch (cause) {
          if (isDiskFault(cause)) throw cause;
          db.exec('ROLLBACK TO entry');
          const reason = String(cause);
          reject.run(log, pos, reason, JSON.stringify(entry) ?? '');
          rejected.push({ pos, reason });
        }
        db.exec('RELEASE entry');
      }
      const last = entries.at(-1);
      if (last !== undefined) setCursor(log, last.pos);
      return { entries: entries.length, repeated, rejected, changed: [...changed] };
    },
  };
}
