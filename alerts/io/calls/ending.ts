/** How calls end: answered, cannot, silent, reached by other means; who is asked then, and when nobody at all is reached. */
import type { Alert } from '#model/alert.ts';
import type { Call } from '#model/call.ts';
import type { CallRule } from '#model/policy.ts';
import { inSubtree, type PersonId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { callEvent } from '../../calls/events.ts';
import { nextStep } from '../../calls/next-step.ts';
import { CALL_TEXT } from '../../calls/texts.ts';
import { type Episode, type EventDraft, isEnded, type World } from '../../episode.ts';
import type { PartTools } from '../part.ts';
import type { Asking } from './asking.ts';
import type { StoredCall } from './call-table.ts';
import type { PostTables } from './post.ts';
import type { Unanswered } from './unanswered.ts';

export type Answer = {
  readonly personId: PersonId;
  readonly state: 'answered' | 'cannot' | 'reached';
  /** Who says so, and how. */
  readonly by: NonNullable<Call['by']>;
  readonly atMs: EpochMs;
  readonly text: Text;
};

const isOpen = ({ state }: Pick<Call, 'state'>): boolean =>
  state === 'asking' || state === 'silent' || state === 'told';
const isReached = ({ state }: Pick<Call, 'state'>): boolean => state === 'answered' || state === 'reached';
const isMissing = ({ state }: Pick<Call, 'state'>): boolean => state === 'silent' || state === 'cannot';

/** Red: everybody who is asked must answer; below, one answer is enough, unless the policy says otherwise. */
const everybodyMust = (rule: CallRule, level: Alert['level']): boolean => rule.everybody ?? level === 'red';

export function openEnding(tables: PostTables, apply: PartTools['apply'], asking: Asking, unanswered: Unanswered) {
  const { calls, rounds, ledger, episodes } = tables;

  const stop = (call: StoredCall, answer: Pick<Answer, 'personId' | 'by' | 'atMs'>): void =>
    calls.end(call.n, { state: 'stopped', atMs: answer.atMs, by: { ...answer.by, id: answer.personId } });

  /**
   * Whoever stood in for him is not needed any more, unless somebody else of his grid is still missing, or somebody of
   * another grid below the stand-in who waits for him.
   */
  function stopStandIns(person: StoredCall, answer: Answer, { directory }: World): void {
    const round = calls.ofRound(person.alertId, person.round);
    const missing = round.filter((one) => isMissing(one) && one.personId !== person.personId);
    if (missing.some((one) => one.gridCode === person.gridCode)) return;
    const reached = round.filter(isReached);
    const below = (code: string, root: string): boolean => inSubtree(directory.registry, code, root);
    const isNeeded = (standIn: StoredCall): boolean =>
      missing.some(
        (one) =>
          one.personId !== standIn.personId &&
          below(one.gridCode, standIn.gridCode) &&
          !reached.some(({ gridCode }) => below(one.gridCode, gridCode) && below(gridCode, standIn.gridCode)),
      );
    // Also those who stood in for somebody reached before, and went on for another.
    const ends = [...new Set([person, ...reached].map(({ personId }) => personId))];
    for (let id = ends.shift(); id !== undefined; id = ends.shift())
      for (const standIn of round) {
        if (standIn.standsInFor !== id || isReached(standIn)) continue;
        if (standIn.state === 'asking' && isNeeded(standIn)) continue;
        ends.push(standIn.personId);
        if (standIn.state === 'asking') stop(standIn, answer);
      }
  }

  /** One answer ends the others' calls where one is enough. */
  function stopOthers(alert: Alert, call: StoredCall, answer: Answer): void {
    const rule = rounds.get(call.alertId, call.round)?.rule;
    if (rule === undefined || everybodyMust(rule, alert.level)) return;
    // A warning for an area is answered grid by grid: one village's word says nothing of the next one.
    const here = (other: StoredCall): boolean => alert.subject.kind !== 'area' || other.gridCode === call.gridCode;
    const asking = calls.ofRound(call.alertId, call.round).filter(({ state }) => state === 'asking');
    const others = asking.filter(here);
    for (const other of others) stop(other, answer);
    if (others.length === 0) return;
    const people = others.map(({ personId }) => personId);
    const facts = { atMs: answer.atMs, round: call.round, people };
    ledger.append(callEvent(alert, 'enough', CALL_TEXT.enough(call.name, others.length), facts));
  }

  /** The first answer acknowledges the alert: somebody has it. */
  function acknowledge(episode: Episode, answer: Answer, said: EventDraft, world: World): void {
    const { alert } = episode;
    if (answer.state !== 'answered' || alert.lifecycle !== 'raised' || isEnded(alert)) {
      ledger.append(said);
      return;
    }
    const acknowledged = { by: answer.personId, atMs: answer.atMs };
    const event: EventDraft = {
      alertId: alert.id,
      atMs: answer.atMs,
      by: answer.personId,
      kind: 'acknowledged',
      text: answer.text,
      facts: { action: 'acknowledge', from: answer.by.how, note: answer.by.note, lifecycle: 'acknowledged' },
    };
    const changed: Episode = { ...episode, alert: { ...alert, lifecycle: 'acknowledged', acknowledged } };
    apply({ episode: changed, events: [said, event], notices: [] }, world);
  }

  function follow(alert: Alert, call: StoredCall, world: World): void {
    const round = rounds.get(call.alertId, call.round);
    if (round === undefined) return;
    const inRound = calls.ofRound(call.alertId, call.round);
    const next = nextStep(call, alert, inRound, round.rule.next, world);
    if (next.kind === 'ask') {
      const { step, recipients } = next;
      const asked = asking.addAll({ alert, round, recipients, step, standsInFor: call.personId }, world);
      const text = CALL_TEXT.standIn(
        call.name,
        asked.map(({ name }) => name),
        step,
      );
      const people = asked.map(({ personId, channels }) => ({ personId, channels }));
      ledger.append(
        callEvent(alert, 'standIn', text, { atMs: world.nowMs, round: call.round, for: call.personId, step, people }),
      );
    }
    checkNobody(alert, call.round, world);
  }

  /** All of a round are silent: that is on record once, and an alarm of its own. */
  function checkNobody(alert: Alert, roundNo: number, world: World): void {
    const round = rounds.get(alert.id, roundNo);
    if (round === undefined || round.said || !round.rule.ask || isEnded(alert)) return;
    const inRound = calls.ofRound(alert.id, roundNo);
    if (inRound.some((one) => one.state === 'asking' || isReached(one))) return;
    rounds.markSaid(alert.id, roundNo);
    ledger.append({
      alertId: alert.id,
      atMs: world.nowMs,
      by: 'alerts',
      kind: 'nobodyReached',
      text: CALL_TEXT.nobody(inRound.length),
      facts: { round: roundNo, people: inRound.map(({ personId }) => personId) },
    });
    unanswered.begin(alert, inRound, world);
  }

  return {
    checkNobody,
    /** Of all his calls that still count; whether there was any to end. */
    answer: (alertId: string, answer: Answer, world: World): boolean => {
      const own = calls.currentOf(alertId, answer.personId);
      // His last word counts: whoever could not may come after all, and whoever has answered may be held up on the way.
      const open = own.filter(
        (call) => isOpen(call) || (answer.state === 'cannot' ? isReached(call) : call.state === 'cannot'),
      );
      const last = open.at(-1);
      const episode = episodes.byId(alertId);
      if (last === undefined || episode === undefined) return false;
      const { state, atMs, by, text } = answer;
      for (const call of open) calls.end(call.n, { state, atMs, by });
      const facts = { atMs, by: by.id, personId: answer.personId, how: by.how, note: by.note, round: last.round };
      acknowledge(episode, answer, callEvent(episode.alert, state, text, facts), world);
      if (state === 'cannot') {
        // Whoever was silent before has been followed up already.
        if (last.state !== 'silent') follow(episode.alert, { ...last, state }, world);
        return true;
      }
      for (const call of open) stopStandIns(call, answer, world);
      if (state === 'answered') stopOthers(episode.alert, last, answer);
      unanswered.over(alertId, last.name, world);
      return true;
    },
    /** All tries are over. */
    silent: (call: StoredCall, alert: Alert, world: World): void => {
      calls.end(call.n, { state: 'silent', atMs: world.nowMs, by: null });
      const text = CALL_TEXT.silent(call.name, call.tries);
      const { personId, tries, round } = call;
      ledger.append(callEvent(alert, 'silent', text, { atMs: world.nowMs, round, personId, tries }));
      follow(alert, { ...call, state: 'silent' }, world);
    },
  };
}
export type Ending = ReturnType<typeof openEnding>;
