/** Begins rounds and makes tries: whoever is to be asked gets a call, and each call its messages, when they are due. */
import type { Alert, Recipient } from '#model/alert.ts';
import type { CallRule } from '#model/policy.ts';
import type { PersonId } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { MINUTE_MS } from '#model/time.ts';
import { callEvent } from '../../calls/events.ts';
import { nextDueMs, type Tries } from '../../calls/schedule.ts';
import { CALL_TEXT } from '../../calls/texts.ts';
import { channelsOfTry, waysOf } from '../../calls/ways.ts';
import type { Notice, World } from '../../episode.ts';
import { firstLine, policyOf } from '../../policy.ts';
import { caseOf } from '../../targeting/channels.ts';
import { headline } from '../../wording.ts';
import type { StoredCall } from './call-table.ts';
import type { Post, PostTables } from './post.ts';
import type { Round } from './rounds.ts';

/** What holds where the policy has no line: told once, so that nobody is asked by accident. */
const TELL_ONCE: CallRule = { from: 'blue', ask: false, tries: 1, withinMs: 0, next: [] };

export type Adding = {
  readonly alert: Alert;
  readonly round: Round;
  readonly recipients: readonly Recipient[];
  readonly step: number;
  readonly standsInFor: PersonId | null;
};

/** Somebody without any channel may answer at the desk all the time; when only he has none, nobody waits for him. */
const firstDueMs = (tries: Tries, withinMs: number, missed: boolean): EpochMs =>
  missed ? tries.askedAtMs : nextDueMs(tries, withinMs, tries.askedAtMs);

const ruleAt = (alert: Alert, gridCode: string, { directory, nowMs }: World): CallRule =>
  firstLine(policyOf(directory.registry).calls, caseOf(alert, gridCode, directory, nowMs)) ?? TELL_ONCE;

const recipientOf = (call: StoredCall): Recipient => ({
  personId: call.personId,
  name: call.name,
  tier: call.tier,
  gridCode: call.gridCode,
  post: call.post,
  reason: call.reason,
  channels: call.channels,
});

export function openAsking(tables: PostTables, post: Post) {
  const { calls, rounds, ledger } = tables;

  /** The messages of one try into the queue. */
  function send(call: StoredCall, attempt: number, alert: Alert, round: Round, world: World): void {
    post.tell({
      notice: round.notice,
      alert,
      to: recipientOf(call),
      ask: call.state === 'asking',
      registry: world.directory.registry,
      nowMs: world.nowMs,
      attempt,
      channels: channelsOfTry(call.channels, attempt, alert.level),
      urgency: { firstRed: alert.level === 'red' && attempt === 1, repeat: attempt > 1 },
      text: null,
    });
  }

  /** The next try, and when the one after it is due. */
  function tryCall(call: StoredCall, alert: Alert, round: Round, world: World): void {
    const { askedAtMs, triesAtMost } = call;
    const tries = call.tries + 1;
    send(call, tries, alert, round, world);
    calls.setDue(call.n, tries, nextDueMs({ askedAtMs, tries, triesAtMost }, round.rule.withinMs, world.nowMs));
  }

  function add({ alert, round, step, standsInFor }: Adding, to: Recipient, world: World): StoredCall | null {
    const { registry } = world.directory;
    const rule = alert.subject.kind === 'area' ? ruleAt(alert, to.gridCode, world) : round.rule;
    const ways = waysOf(to, alert, registry);
    const triesAtMost = ways.channels.length === 0 ? 0 : Math.max(1, rule.ask ? rule.tries : 1);
    const tries = Math.min(triesAtMost, 1);
    const { withinMs } = round.rule;
    const call = calls.add({
      alertId: alert.id,
      round: round.notice.round,
      recipient: to,
      state: rule.ask ? 'asking' : 'told',
      step,
      standsInFor,
      triesAtMost,
      channels: ways.channels,
      atMs: world.nowMs,
      origin: alert.origin,
      tries,
      nextDueMs: rule.ask ? firstDueMs({ askedAtMs: world.nowMs, tries, triesAtMost }, withinMs, ways.missed) : null,
    });
    if (call === null) return null;
    if (ways.missed) {
      const [first] = ways.skipped;
      const text = CALL_TEXT.noWay(to.name, first?.reason.zh ?? '', first?.reason.en ?? '');
      const skipped = ways.skipped.map(({ channel, reason }) => ({ channel, reason: reason.en }));
      ledger.append(callEvent(alert, 'noWay', text, { atMs: world.nowMs, personId: to.personId, skipped }));
    }
    if (tries > 0) send(call, tries, alert, round, world);
    return call;
  }

  /** Those who have no call of this round yet; returns them. */
  function addAll(adding: Adding, world: World): readonly StoredCall[] {
    return adding.recipients.flatMap((to) => add(adding, to, world) ?? []);
  }

  function sayAsked(alert: Alert, round: Round, asked: readonly StoredCall[], world: World): void {
    const { rule, notice } = round;
    const say = (own: readonly StoredCall[], action: 'asked' | 'told'): void => {
      if (own.length === 0) return;
      const names = own.map(({ name }) => name);
      const text =
        action === 'asked'
          ? CALL_TEXT.asked(names, rule.tries, Math.round(rule.withinMs / MINUTE_MS))
          : CALL_TEXT.told(names);
      const people = own.map(({ personId, channels }) => ({ personId, channels }));
      ledger.append(callEvent(alert, action, text, { atMs: world.nowMs, round: notice.round, people }));
    };
    say(
      asked.filter(({ state }) => state === 'asking'),
      'asked',
    );
    say(
      asked.filter(({ state }) => state === 'told'),
      'told',
    );
  }

  /** A notice that asks: a new round. Returns those who are told of it. */
  function begin(notice: Notice, alert: Alert, world: World): readonly StoredCall[] {
    const policy = policyOf(world.directory.registry);
    const rule = ruleAt(alert, alert.gridCode, world);
    const againAtMs: EpochMs | null = policy.askAgainMs === undefined ? null : world.nowMs + policy.askAgainMs;
    rounds.put(notice, rule, world.nowMs, againAtMs);
    const round: Round = { notice, rule, askedAtMs: world.nowMs, said: false };
    const recipients = notice.only ?? alert.recipients;
    const asked = addAll({ alert, round, recipients, step: 0, standsInFor: null }, world);
    calls.supersede(alert.id, notice.round, world.nowMs, notice.only !== undefined);
    sayAsked(alert, round, asked, world);
    return asked;
  }

  /** What is said to one person without asking him. */
  function informOne(notice: Notice, alert: Alert, to: Recipient, world: World): void {
    const { registry } = world.directory;
    const channel = waysOf(to, { ...alert, level: 'red' }, registry).channels[0];
    if (channel === undefined) return;
    post.tell({
      notice,
      alert,
      to,
      ask: false,
      registry,
      nowMs: world.nowMs,
      attempt: 0,
      channels: [channel],
      urgency: { firstRed: false, repeat: false },
      text: headline(alert, notice.change, notice.reason, registry),
    });
  }

  /** A notice that asks nothing goes to those whom it names, else to whoever was told of this alert in this round. */
  function inform(notice: Notice, alert: Alert, world: World): void {
    if (notice.only !== undefined) {
      for (const to of notice.only) informOne(notice, alert, to, world);
      return;
    }
    const told = calls.ofRound(alert.id, notice.round).filter(({ tries }) => tries > 0);
    for (const call of told) informOne(notice, alert, recipientOf(call), world);
    if (notice.change !== 'moved') return;
    // Whoever is there now hears of it for the first time, and is asked like everybody else.
    const round = rounds.get(alert.id, notice.round);
    if (round === undefined) return;
    const asked = addAll({ alert, round, recipients: alert.recipients, step: 0, standsInFor: null }, world);
    sayAsked(alert, round, asked, world);
  }

  return { begin, inform, tryCall, addAll };
}
export type Asking = ReturnType<typeof openAsking>;
