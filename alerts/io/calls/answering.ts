/** Whatever comes back from people: commands of theirs, receipts of channels, the word of somebody who reached them. */
import type { Receipt } from '#model/call.ts';
import type { CallCommand } from '#model/command.ts';
import type { PersonId, Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { callEvent } from '../../calls/events.ts';
import { advanced, peopleByAddress } from '../../calls/receipts.ts';
import { CALL_TEXT } from '../../calls/texts.ts';
import { publicDetail } from '../../channels/detail.ts';
import { isEnded, type World } from '../../episode.ts';
import { withNote } from '../../wording.ts';
import type { Found } from '../delivery-table.ts';
import type { CommandResult } from '../part.ts';
import type { Ending } from './ending.ts';
import { type PostTables, partsOfKey } from './post.ts';

type Says = { readonly how: string; readonly note: string; readonly atMs: EpochMs };
/** One alert and round that an answer is about. */
type About = { readonly alertId: string; readonly round: number };

const both = (zh: string, en: string): Text => ({ zh, en });
const no = (zh: string, en: string): CommandResult => ({ ok: false, message: both(zh, en) });

export function openAnswering(tables: PostTables, ending: Ending) {
  const { calls, covers, rows, episodes, ledger } = tables;
  let addresses: { readonly registry: Registry; readonly find: ReturnType<typeof peopleByAddress> } | undefined;

  const addressedBy = (registry: Registry) => {
    if (addresses?.registry !== registry) addresses = { registry, find: peopleByAddress(registry) };
    return addresses.find;
  };
  const nameOf = (id: PersonId, world: World): string => world.directory.registry.people.get(id)?.name ?? id;

  function say(personId: PersonId, state: 'answered' | 'cannot', about: About, said: Says, world: World): boolean {
    const { how, note, atMs } = said;
    const words = state === 'answered' ? CALL_TEXT.answered : CALL_TEXT.cannot;
    const text = withNote(words(nameOf(personId, world), how), note);
    return ending.answer(about.alertId, { personId, state, by: { id: personId, how, note }, atMs, text }, world);
  }

  /** What the delivery asked about: one call, or all that its message covered. */
  function aboutOf(row: Found): readonly About[] {
    const covered = rows.message(row.key)?.covers;
    if (covered !== undefined) return covers.all(covered).filter(({ text }) => text === null);
    return partsOfKey(row.key)?.attempt === 0 ? [] : [{ alertId: row.alertId, round: row.round }];
  }

  /** An answer to an older round is no answer to the newer one: what he heard then was less. */
  const isNewest = ({ alertId, round }: About, personId: PersonId): boolean =>
    calls.currentOf(alertId, personId).at(-1)?.round === round;

  function byKey(receipt: Receipt, world: World): void {
    const row = rows.byKey(receipt.key ?? '');
    if (row === undefined || row.channel !== receipt.channel) return;
    const state = advanced(row.state, receipt.event);
    if (state === null) return;
    const detail = publicDetail(receipt.detail);
    rows.advance(row.key, state, detail, world.nowMs);
    const text = both(
      `${row.channel}：${EVENT_TEXT[receipt.event].zh}`,
      `${row.channel}: ${EVENT_TEXT[receipt.event].en}`,
    );
    const facts = { delivery: row.key, state, detail, personId: row.personId };
    ledger.append(
      callEvent({ id: row.alertId }, 'receipt', text, { atMs: world.nowMs, by: `channel:${row.channel}`, ...facts }),
    );
    if (state === 'failed') tryAtOnce(row, world);
    if (state !== 'answered' && state !== 'cannot') return;
    const said: Says = { how: row.channel, note: '', atMs: world.nowMs };
    for (const about of aboutOf(row)) if (isNewest(about, row.personId)) say(row.personId, state, about, said, world);
  }

  /** It rang nowhere: the next try need not wait. */
  function tryAtOnce(row: Pick<Found, 'key' | 'alertId' | 'round' | 'personId'>, world: World): void {
    for (const { alertId, round } of aboutOf(row as Found)) {
      const call = calls.get(alertId, round, row.personId);
      if (call?.state !== 'asking' || call.nextDueMs === null) continue;
      // After the first two at once one may still ring; and a try that failed earlier has been followed already.
      const attempt = partsOfKey(row.key)?.attempt ?? 0;
      if (attempt > 0 && attempt < call.tries) continue;
      if (othersUnderWay(call.alertId, round, row)) continue;
      calls.setDue(call.n, call.tries, Math.min(call.nextDueMs, world.nowMs));
    }
  }

  /** Another message of the same try that has not failed. */
  function othersUnderWay(alertId: string, round: number, row: Pick<Found, 'key' | 'personId'>): boolean {
    const prefix = row.key.slice(0, row.key.lastIndexOf('/') + 1);
    const call = calls.get(alertId, round, row.personId);
    return (call?.channels ?? []).some((channel) => {
      const key = `${prefix}${channel}`;
      const state = key === row.key ? undefined : rows.byKey(key)?.state;
      return state !== undefined && state !== 'failed' && state !== 'refused' && state !== 'stopped';
    });
  }

  /** Somebody answers from his telephone without saying to what: to all that he was sent before, and to nothing later. */
  function bySender(receipt: Receipt, world: World): void {
    const { event, from, channel } = receipt;
    if (from === null || (event !== 'answered' && event !== 'cannot')) return;
    for (const personId of addressedBy(world.directory.registry)(channel, from))
      for (const call of calls.openOf(personId)) {
        if (call.sentAtMs === null || call.sentAtMs > receipt.atMs || !isNewest(call, personId)) continue;
        say(personId, event, call, { how: channel, note: receipt.detail, atMs: world.nowMs }, world);
      }
  }

  function reached(command: CallCommand & { readonly action: 'reached' }, world: World): CommandResult {
    const { personId, alertId, by, atMs, note, means } = command;
    const text = withNote(CALL_TEXT.reached(nameOf(personId, world), nameOf(by, world), means), note);
    const answer = { personId, state: 'reached', by: { id: by, how: means, note }, atMs, text } as const;
    if (!ending.answer(alertId, answer, world))
      return no('此人没有待叫应的记录，或已应答', 'nothing is open for this person: he was not asked, or has answered');
    return { ok: true, message: both('已记录叫醒', 'recorded as reached') };
  }

  function ownWord(command: Exclude<CallCommand, { readonly action: 'reached' }>, world: World): CommandResult {
    const { personId, alertId, by, from, atMs, note, action } = command;
    if (by !== personId && from !== 'api')
      return no(
        '只能由本人应答；代为叫醒请用“已叫醒”登记',
        'only he himself can answer; to record that he was reached, use reached',
      );
    const own = calls.currentOf(alertId, personId);
    const newest = own.at(-1);
    if (newest === undefined) return no('此人未被叫应', 'this person was not asked about this alert');
    if (atMs < newest.askedAtMs)
      return no(
        '预警在应答之后又有变化，请查看后重新应答',
        'the alert changed after you answered; look at it and answer again',
      );
    if (action === 'read') {
      const alert = episodes.byId(alertId)?.alert;
      const text = withNote(CALL_TEXT.read(nameOf(personId, world), from), note);
      if (alert !== undefined)
        ledger.append(callEvent(alert, 'read', text, { atMs, by, personId, round: newest.round, how: from, note }));
      return { ok: true, message: both('已阅', 'read') };
    }
    if (action === 'answer' && own.every(({ state }) => state === 'answered'))
      return { ok: true, message: both('已应答（此前已应答）', 'answered (as before)') };
    if (!say(personId, action === 'answer' ? 'answered' : 'cannot', newest, { how: from, note, atMs }, world))
      return { ok: true, message: both('无需应答：此叫应已结束', 'nothing more is needed: this call is over') };
    return {
      ok: true,
      message: action === 'answer' ? both('已应答', 'answered') : both('已记录：不能处置', 'recorded: cannot'),
    };
  }

  return {
    command: (raw: CallCommand, world: World): CommandResult => {
      const command = { ...raw, note: raw.note.trim() };
      const episode = episodes.byId(command.alertId);
      if (episode === undefined) return no('没有这条预警', 'there is no such alert');
      if (isEnded(episode.alert)) return no('预警已结束', 'the alert has ended');
      return command.action === 'reached' ? reached(command, world) : ownWord(command, world);
    },
    receipt: (receipt: Receipt, world: World): void => {
      if (receipt.key === null) bySender(receipt, world);
      else byKey(receipt, world);
    },
    /** Somebody acknowledged the alert, or took it in hand: he has heard of it. */
    acted: (alertId: string, personId: PersonId, said: Says, world: World): void => {
      const newest = calls.currentOf(alertId, personId).at(-1);
      if (newest !== undefined) say(personId, 'answered', newest, said, world);
    },
    tryAtOnce,
  };
}
export type Answering = ReturnType<typeof openAnswering>;

const EVENT_TEXT: { readonly [E in Receipt['event']]: Text } = {
  delivered: both('已送达手机', 'delivered'),
  read: both('已读', 'read'),
  heard: both('已接听', 'heard'),
  answered: both('已应答', 'answered'),
  cannot: both('表示不能处置', 'says that he cannot'),
  failed: both('未接通', 'failed'),
};
