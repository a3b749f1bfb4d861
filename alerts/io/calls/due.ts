/** What falls due in call-and-confirm: the next try, silence, and asking everybody anew. */
import type { DatabaseSync } from 'node:sqlite';
import { CALL_TEXT } from '../../calls/texts.ts';
import { isEnded, type Outcome, type World } from '../../episode.ts';
import { targetedEvent } from '../../lifecycle.ts';
import { policyOf } from '../../policy.ts';
import { targetPeople } from '../../targeting.ts';
import type { OpenPart, PartTools } from '../part.ts';
import { isDiskFault } from '../take-log.ts';
import type { Asking } from './asking.ts';
import type { StoredCall } from './call-table.ts';
import type { Ending } from './ending.ts';
import type { PostTables } from './post.ts';
import type { openShifts } from './shifts.ts';

type Tools = {
  readonly tables: PostTables;
  readonly apply: PartTools['apply'];
  readonly asking: Asking;
  readonly ending: Ending;
  readonly shifts: ReturnType<typeof openShifts>;
};

/** A drill's call waits so long behind a real one, and a fault of ours is tried again after as long. */
const LATER_MS = 60_000;

export function openDue(
  db: DatabaseSync,
  { tables, apply, asking, ending, shifts }: Tools,
): Pick<OpenPart, 'nextDueMs' | 'runDue'> {
  const { calls, rounds, episodes } = tables;

  function step(call: StoredCall, world: World): void {
    const alert = episodes.byId(call.alertId)?.alert;
    const round = rounds.get(call.alertId, call.round);
    if (alert === undefined || round === undefined || isEnded(alert)) {
      calls.setDue(call.n, call.tries, null);
      return;
    }
    const { nowMs } = world;
    const laterMs = pausedUntil(call, alert, nowMs);
    if (laterMs !== null) calls.setDue(call.n, call.tries, laterMs);
    else if (call.tries < call.triesAtMost) asking.tryCall(call, alert, round, world);
    else ending.silent(call, alert, world);
  }

  /** Shelved and explained alerts call nobody; a drill gives way to what is real. */
  function pausedUntil(
    call: StoredCall,
    alert: { readonly shelvedUntilMs: number | null; readonly suppressedBy?: string; readonly origin: string },
    nowMs: number,
  ): number | null {
    if (alert.shelvedUntilMs !== null && alert.shelvedUntilMs > nowMs) return alert.shelvedUntilMs;
    if (alert.suppressedBy !== undefined) return nowMs + LATER_MS;
    return alert.origin === 'drill' && calls.isAskedLive(call.personId) ? nowMs + LATER_MS : null;
  }

  /** Nobody closed it: everybody is asked anew. An alert in hand keeps its handler, and is asked about all the same. */
  function again({ alertId, round }: { readonly alertId: string; readonly round: number }, world: World): void {
    const episode = episodes.byId(alertId);
    const everyMs = policyOf(world.directory.registry).askAgainMs;
    if (episode === undefined || everyMs === undefined || isEnded(episode.alert) || episode.alert.round !== round) {
      rounds.setAgain(alertId, round, null);
      return;
    }
    const { alert } = episode;
    const paused = (alert.shelvedUntilMs ?? 0) > world.nowMs || alert.suppressedBy !== undefined;
    if (paused || alert.condition === 'cleared') {
      rounds.setAgain(alertId, round, world.nowMs + everyMs);
      return;
    }
    const recipients =
      alert.hazard === 'unanswered' ? alert.recipients : targetPeople(alert, world.directory, world.nowMs);
    const inHand = alert.lifecycle === 'handling';
    const anew = {
      ...alert,
      round: alert.round + 1,
      recipients,
      lifecycle: inHand ? alert.lifecycle : ('raised' as const),
      acknowledged: inHand ? alert.acknowledged : null,
    };
    const step = episode.step + 1;
    const notice = {
      alertId,
      round: anew.round,
      step,
      change: 'recurred',
      from: alert.level,
      to: alert.level,
      reason: CALL_TEXT.again,
    } as const;
    const outcome: Outcome = {
      episode: { alert: anew, step, askedAtMs: world.nowMs },
      events: [{ ...targetedEvent(anew, world), text: CALL_TEXT.again }],
      notices: [notice],
    };
    apply(outcome, world);
  }

  /** One entry; a fault of ours in it must not stop those behind it. */
  function guarded(work: () => void, postpone: () => void): void {
    db.exec('SAVEPOINT due');
    try {
      work();
    } catch (cause) {
      if (isDiskFault(cause)) throw cause;
      db.exec('ROLLBACK TO due');
      postpone();
    }
    db.exec('RELEASE due');
  }

  return {
    nextDueMs: () => {
      const both = [calls.earliestDue(), rounds.earliestDue(), shifts.nextDueMs()].filter((one) => one !== null);
      return both.length === 0 ? null : Math.min(...both);
    },
    runDue: (world, limit) => {
      for (const call of calls.due(world.nowMs, limit)) {
        // What came before it in this step may have ended it, or asked for it to be later.
        const now = calls.byN(call.n);
        if (now === undefined || now.nextDueMs === null || now.nextDueMs > world.nowMs) continue;
        guarded(
          () => step(now, world),
          () => calls.setDue(now.n, now.tries, world.nowMs + LATER_MS),
        );
      }
      shifts.runDue(world);
      for (const round of rounds.due(world.nowMs, limit))
        guarded(
          () => again(round, world),
          () => rounds.setAgain(round.alertId, round.round, world.nowMs + LATER_MS),
        );
    },
  };
}
