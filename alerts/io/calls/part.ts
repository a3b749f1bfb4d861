/**
 * Call-and-confirm (叫应) as a part of the alerts stage: every notice that asks begins a round, every person in it is tried
 * until he answers or is silent, then those who stand in for him; all of it by due times that are stored.
 */
import type { Alert } from '#model/alert.ts';
import { asks, isEnded, type World } from '../../episode.ts';
import type { OpenPart, Part } from '../part.ts';
import { openAnswering } from './answering.ts';
import { openAsking } from './asking.ts';
import { openCallTable } from './call-table.ts';
import { openCovers } from './covers.ts';
import { openDue } from './due.ts';
import { openEnding } from './ending.ts';
import { openPost, partsOfKey } from './post.ts';
import { openRounds } from './rounds.ts';
import { CALLS_SCHEMA } from './schema.ts';
import { openShifts } from './shifts.ts';
import { openUnanswered } from './unanswered.ts';
import { openWanted } from './wanted.ts';

/** A warning that ran out or was lifted asks nobody any more, though its alert closes a little later. */
const isLifted = ({ subject, condition }: Alert): boolean => subject.kind === 'area' && condition === 'cleared';

export const callsPart: Part = {
  name: 'calls',
  schema: CALLS_SCHEMA,
  open: ({ db, tables: shared, apply }): OpenPart => {
    const tables = { ...shared, calls: openCallTable(db), rounds: openRounds(db), covers: openCovers(db) };
    const { calls, rounds } = tables;
    const post = openPost(tables);
    const asking = openAsking(tables, post);
    const unanswered = openUnanswered(db, { tables: shared, apply });
    const ending = openEnding(tables, apply, asking, unanswered);
    const answering = openAnswering(tables, ending);
    const shifts = openShifts(db, tables, post);
    const due = openDue(db, { tables, apply, asking, ending, shifts });

    const onOutcome: NonNullable<OpenPart['onOutcome']> = ({ episode, events, notices }, world: World) => {
      if (episode === null) return;
      const { alert } = episode;
      for (const notice of notices) {
        if (!asks(notice.change)) asking.inform(notice, alert, world);
        else if (asking.begin(notice, alert, world).length === 0) ending.checkNobody(alert, notice.round, world);
      }
      for (const { kind, by, atMs, alertId, facts } of events) {
        if (alertId !== alert.id) continue;
        if (kind === 'acknowledged' || kind === 'handling')
          answering.acted(alert.id, by, { how: String(facts['from'] ?? 'console'), note: '', atMs }, world);
        if (kind === 'shelved' && alert.shelvedUntilMs !== null) calls.postpone(alert.id, alert.shelvedUntilMs);
        if (kind === 'unshelved') calls.resume(alert.id, world.nowMs);
      }
      if (!isEnded(alert) && !isLifted(alert)) return;
      calls.finish(alert.id, world.nowMs);
      rounds.stop(alert.id);
      unanswered.ended(alert.id, world);
    };

    return {
      onOutcome,
      command: (command, world) => (command.kind === 'call' ? answering.command(command, world) : undefined),
      onReceipt: answering.receipt,
      unwanted: openWanted(tables),
      onClaim: post.onClaim,
      onRecorded: (claim, state, world) => {
        if (claim.personId === '*' || (state !== 'failed' && state !== 'refused')) return;
        const round = partsOfKey(claim.key)?.round;
        if (round !== undefined) answering.tryAtOnce({ ...claim, round }, world);
      },
      onRegistry: shifts.onRegistry,
      ...due,
    };
  },
};
