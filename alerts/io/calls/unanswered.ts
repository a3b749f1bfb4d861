/** The alarm that nobody answers: one for a subject, standing for every alert there that reached nobody, until each did. */
import type { DatabaseSync } from 'node:sqlite';
import type { Alert } from '#model/alert.ts';
import type { Call } from '#model/call.ts';
import type { Text } from '#model/text.ts';
import { CALL_TEXT } from '../../calls/texts.ts';
import { raiseUnanswered } from '../../calls/unanswered.ts';
import { isEnded, type World } from '../../episode.ts';
import { alertKey } from '../../lifecycle.ts';
import type { PartTools } from '../part.ts';

export type Unanswered = {
  readonly begin: (of: Alert, asked: readonly Call[], world: World) => void;
  /** Somebody of the first alert is reached. */
  readonly over: (alertId: string, name: string, world: World) => void;
  /** The first alert, or the alarm itself, has ended. */
  readonly ended: (alertId: string, world: World) => void;
};

export function openUnanswered(db: DatabaseSync, { tables, apply }: Pick<PartTools, 'tables' | 'apply'>): Unanswered {
  const { episodes } = tables;
  const link = db.prepare('INSERT INTO calls_unanswered (alert_id, alarm_id) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const alarmOf = db.prepare('SELECT alarm_id AS id FROM calls_unanswered WHERE alert_id = ?');
  const unlink = db.prepare('DELETE FROM calls_unanswered WHERE alert_id = ?');
  const unlinkAlarm = db.prepare('DELETE FROM calls_unanswered WHERE alarm_id = ?');
  const others = db.prepare('SELECT 1 FROM calls_unanswered WHERE alarm_id = ? LIMIT 1');

  function close(alarmId: string, why: Text, world: World): void {
    const episode = episodes.byId(alarmId);
    if (episode === undefined || isEnded(episode.alert)) return;
    const alert: Alert = { ...episode.alert, lifecycle: 'closed', condition: 'cleared', closedAtMs: world.nowMs };
    const facts = { action: 'close', from: 'alerts', note: '', lifecycle: 'closed' };
    const event = { alertId: alarmId, atMs: world.nowMs, by: 'alerts', kind: 'closed', text: why, facts } as const;
    apply({ episode: { ...episode, alert }, events: [event], notices: [] }, world);
  }

  function release(alertId: string, why: Text, world: World): void {
    const alarm = alarmOf.get(alertId) as { id: string } | undefined;
    if (alarm === undefined) return;
    unlink.run(alertId);
    if (others.get(alarm.id) === undefined) close(alarm.id, why, world);
  }

  return {
    begin: (of, asked, world) => {
      // The county's own alarm has nobody above it: it stays on the board.
      if (of.hazard === 'unanswered') return;
      // An origin that may ring nobody up reaches nobody by design.
      if (of.origin !== 'live' && asked.every(({ tries }) => tries === 0)) return;
      const standing = episodes.openOf(alertKey({ ...of, hazard: 'unanswered' }));
      if (standing !== undefined) {
        link.run(of.id, standing.alert.id);
        return;
      }
      const outcome = raiseUnanswered(of, asked, world);
      const alarmId = outcome.episode?.alert.id;
      if (alarmId === undefined || episodes.byId(alarmId) !== undefined) return;
      unlink.run(of.id);
      link.run(of.id, alarmId);
      apply(outcome, world);
    },
    over: (alertId, name, world) => release(alertId, CALL_TEXT.unansweredOver(name), world),
    ended: (alertId, world) => {
      unlinkAlarm.run(alertId);
      release(alertId, CALL_TEXT.unansweredEnded, world);
    },
  };
}
