/**
 * Whoever comes on duty while alerts are open is told of all of them in one message as his shift begins. He is not asked: the
 * next change of an alert finds him at the desk.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Alert, Recipient } from '#model/alert.ts';
import type { Origin } from '#model/reading.ts';
import type { GridCode } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { callEvent } from '../../calls/events.ts';
import { CALL_TEXT } from '../../calls/texts.ts';
import { waysOf } from '../../calls/ways.ts';
import type { Directory } from '../../directory.ts';
import type { World } from '../../episode.ts';
import { newlyOnDuty } from '../../roster/newly-on-duty.ts';
import { targetPeople } from '../../targeting.ts';
import type { Post, PostTables } from './post.ts';

/** The worst of what is open at a desk; the message says how many it covers, the desk's page shows the rest. */
const TOLD_AT_MOST = 500;
const MARK = 'shifts';

type Telling = { readonly to: Recipient; readonly origin: Origin; readonly alerts: Alert[] };

export function openShifts(db: DatabaseSync, tables: PostTables, post: Post) {
  const { calls, episodes, ledger, rounds } = tables;
  const getMark = db.prepare('SELECT at FROM calls_marks WHERE name = ?');
  const setMark = db.prepare(
    'INSERT INTO calls_marks (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at',
  );
  const openIn = db.prepare(`SELECT id FROM alerts WHERE open = 1 AND instr(grid_path, '/' || ? || '/') > 0
ORDER BY rank DESC, raised_at DESC, id LIMIT ?`);
  let directory: Directory | undefined;
  let nextMs: EpochMs | null = null;

  const markMs = (): EpochMs | null => (getMark.get(MARK) as { at: number } | undefined)?.at ?? null;
  function findNext(): void {
    const afterMs = markMs();
    let found: EpochMs | null = null;
    for (const { fromMs } of directory?.registry.duty ?? [])
      if (afterMs !== null && fromMs > afterMs && (found === null || fromMs < found)) found = fromMs;
    nextMs = found;
  }

  /** Who is new at this desk, and what he was not told of in another role. */
  function gather(gridCode: GridCode, world: World, tellings: Map<string, Telling>): void {
    for (const { id } of openIn.all(gridCode, TOLD_AT_MOST) as { id: string }[]) {
      const alert = episodes.byId(id)?.alert;
      if (alert === undefined || alert.suppressedBy !== undefined || rounds.get(id, alert.round) === undefined)
        continue;
      const now = targetPeople(alert, world.directory, world.nowMs);
      for (const to of newlyOnDuty(alert.recipients, now)) {
        if (to.gridCode !== gridCode) continue;
        const key = `${to.personId} ${alert.origin}`;
        const telling = tellings.get(key) ?? { to, origin: alert.origin, alerts: [] };
        if (!telling.alerts.some((one) => one.id === id)) telling.alerts.push(alert);
        tellings.set(key, telling);
      }
    }
  }

  function tell({ to, origin, alerts }: Telling, shiftFromMs: EpochMs, world: World): void {
    const { registry } = world.directory;
    const told = alerts.filter((alert) => {
      const channels = waysOf(to, alert, registry).channels;
      const { id: alertId, round } = alert;
      const told = { alertId, round, recipient: to, state: 'told', step: 0, standsInFor: null, channels } as const;
      // Whom no channel may reach with this origin has been told at the desk only.
      const tries = Math.min(channels.length, 1);
      return calls.add({ ...told, triesAtMost: tries, tries, nextDueMs: null, atMs: world.nowMs, origin }) !== null;
    });
    const [worst] = told;
    if (worst === undefined) return;
    const [channel] = waysOf(to, worst, registry).channels;
    const round = rounds.get(worst.id, worst.round);
    if (channel !== undefined && round !== undefined)
      post.tellTogether({ to, channel, alerts: told, notice: round.notice, name: `shift-${shiftFromMs}` }, world);
    const text = CALL_TEXT.shift(to.name, told.length);
    const facts = { atMs: world.nowMs, personId: to.personId, shiftFromMs, alerts: told.map(({ id }) => id) };
    for (const alert of told) ledger.append(callEvent(alert, 'shift', text, { ...facts, round: alert.round }));
  }

  return {
    onRegistry: (world: World): void => {
      directory = world.directory;
      // Whoever sits there as the centre is set up was told as alerts came.
      if (markMs() === null) setMark.run(MARK, world.nowMs);
      findNext();
    },
    nextDueMs: (): EpochMs | null => nextMs,
    runDue: (world: World): void => {
      const afterMs = markMs();
      if (afterMs === null || nextMs === null || nextMs > world.nowMs) return;
      const begun = world.directory.registry.duty.filter(({ fromMs }) => fromMs > afterMs && fromMs <= world.nowMs);
      const tellings = new Map<string, Telling>();
      // A shift that was over before the centre came back has nobody to tell.
      for (const { gridCode, toMs } of begun) if (toMs > world.nowMs) gather(gridCode, world, tellings);
      for (const telling of tellings.values()) tell(telling, nextMs, world);
      setMark.run(MARK, world.nowMs);
      directory = world.directory;
      findNext();
    },
  };
}
