/** Enters in the durable log of commands that somebody reads personal data in full, before he gets them. */
import { randomUUID } from 'node:crypto';
import type { AccessCommand, DeskCommand } from '#model/command.ts';
import type { LogWriter } from '#model/journal.ts';
import type { StageContext } from '#model/ports.ts';
import { MINUTE_MS } from '#model/time.ts';
import type { Viewer } from '../viewer.ts';

const ONCE_IN_MS = 10 * MINUTE_MS;
const REMEMBERED = 10_000;
const LONGEST = 200;

export type AccessLog = (viewer: Viewer, what: string, object: string) => void;

/**
 * One entry for a viewer, an object and ten minutes (the alerts stage sees to it again, across restarts). When nothing can
 * be written down any more, he reads all the same: in an emergency a telephone number outweighs its log entry. The
 * process's own log then has the reading.
 */
export function openAccessLog(commands: LogWriter<DeskCommand>, ctx: StageContext): AccessLog {
  const seen = new Map<string, number>();
  return (viewer, what, object) => {
    const atMs = ctx.clock.nowMs();
    const named = object.slice(0, LONGEST);
    const key = JSON.stringify([viewer.id, what, named]);
    const lastMs = seen.get(key);
    if (lastMs !== undefined && Math.abs(atMs - lastMs) < ONCE_IN_MS) return;
    const from = viewer.kind === 'token' ? 'api' : 'console';
    const said = { id: randomUUID(), by: viewer.id, atMs, from, note: '' };
    const entry: AccessCommand = { ...said, kind: 'access', what, object: named };
    try {
      commands.append([{ key: entry.id, entry }]);
    } catch (cause) {
      ctx.metrics.count('fengsui_access_unlogged_total');
      ctx.log.error('personal data were read and could not be entered in the ledger', {
        ...{ viewer: viewer.id, what, object: named },
        cause: String(cause),
      });
      return;
    }
    seen.delete(key);
    seen.set(key, atMs);
    // Forgetting early costs an entry more at the most.
    for (const old of seen.keys()) {
      if (seen.size <= REMEMBERED) break;
      seen.delete(old);
    }
  };
}
