/** What a person's command does to an alert, and what he is told: taken, or refused with what to do instead. */
import type { Alert, AlertCommand } from '#model/alert.ts';
import { ancestry, type Post, type Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { Directory } from './directory.ts';
import { type Episode, type EventDraft, isEnded, type World } from './episode.ts';
import { stated } from './ledger/state.ts';
import { released } from './life/latch.ts';
import { isShelved, needsDecider, shelve, unshelved, untilText, whyUnshelved } from './life/shelving.ts';
import { unsuppressed } from './life/suppression.ts';
import { onDuty } from './roster.ts';
import { withNote } from './wording.ts';

export type CommandOutcome = {
  readonly ok: boolean;
  readonly message: Text;
  /** The alert as it is now; null when the command changed nothing. */
  readonly episode: Episode | null;
  readonly events: readonly EventDraft[];
};

type Taken = { readonly kind: EventDraft['kind']; readonly alert: Alert; readonly done: Text };
type Verdict = { readonly refused: Text } | { readonly taken: Taken };

const both = (zh: string, en: string): Text => ({ zh, en });
const refuse = (zh: string, en: string): Verdict => ({ refused: both(zh, en) });
const take = (kind: Taken['kind'], alert: Alert, zh: string, en: string): Verdict => ({
  taken: { kind, alert, done: both(zh, en) },
});

/** Those who answer for a grid, and whoever sits at its desk. */
const DECIDERS: readonly Post[] = ['head', 'deputy', 'manager', 'dispatcher'];

type Standing = 'none' | 'responder' | 'decider';

/** The door has asked already; a person who lost his post since then is turned away here. */
function standingOf(command: AlertCommand, alert: Alert, directory: Directory): Standing {
  const person = directory.registry.people.get(command.by);
  if (person === undefined) return command.from === 'api' ? 'decider' : 'none';
  const chain = ancestry(directory.registry, alert.gridCode).map((grid) => grid.code);
  const posts = person.posts.filter((post) => chain.includes(post.gridCode));
  const atDesk = chain.some((code) =>
    onDuty(directory.shifts.get(code) ?? [], command.atMs).some((entry) => entry.personId === command.by),
  );
  if (atDesk || posts.some(({ post }) => DECIDERS.includes(post))) return 'decider';
  const isTold = alert.recipients.some((recipient) => recipient.personId === command.by);
  return isTold || posts.length > 0 ? 'responder' : 'none';
}

function acknowledge(command: AlertCommand, episode: Episode): Verdict {
  const { alert } = episode;
  if (command.atMs < episode.askedAtMs)
    return refuse(
      '预警在确认之后又有变化，请查看后重新确认',
      'the alert changed after you confirmed; look at it and confirm again',
    );
  if (alert.lifecycle !== 'raised')
    return take('acknowledged', alert, '已确认（此前已有人确认）', 'acknowledged (as somebody had before)');
  const acknowledged = { by: command.by, atMs: command.atMs };
  return take('acknowledged', { ...alert, lifecycle: 'acknowledged', acknowledged }, '已确认', 'acknowledged');
}

function handle(command: AlertCommand, episode: Episode): Verdict {
  const { alert } = episode;
  if (command.atMs < episode.askedAtMs)
    return refuse(
      '预警在操作之后又有变化，请查看后重试',
      'the alert changed after you acted; look at it and try again',
    );
  const acknowledged = alert.acknowledged ?? { by: command.by, atMs: command.atMs };
  return take('handling', { ...alert, lifecycle: 'handling', acknowledged }, '处置中', 'in hand');
}

const ended = ({ atMs }: AlertCommand, alert: Alert, lifecycle: 'closed' | 'falseAlarm'): Alert => ({
  ...unshelved(unsuppressed(alert)),
  lifecycle,
  closedAtMs: atMs,
});

function close(command: AlertCommand, { alert }: Episode): Verdict {
  if (alert.condition === 'active')
    return refuse(
      '险情条件仍然成立，不能办结：请等待解除；确属误报的，选“误报”并写明原因',
      'its condition is still active, so it cannot be closed: wait until it has cleared, or, if it is wrong, declare a false alarm and say why',
    );
  if (alert.condition === 'dataLost' && command.note === '')
    return refuse(
      '监测数据中断，情况不明：办结须写明现场核查情况',
      'its data are lost and nobody knows how it stands: to close it, note what was found on the spot',
    );
  if (alert.latched === true)
    return refuse(
      '预警已解除但仍保持，须先复位再办结',
      'it has cleared and stays latched: reset it first, then close it',
    );
  return take('closed', ended(command, alert, 'closed'), '已办结', 'closed');
}

function declareFalse(command: AlertCommand, { alert }: Episode): Verdict {
  if (command.note === '') return refuse('判定误报须写明原因', 'a false alarm needs a note that says why');
  return take('falseAlarm', ended(command, alert, 'falseAlarm'), '已判定为误报', 'declared a false alarm');
}

function putAside(command: AlertCommand, { alert, askedAtMs }: Episode, asking: Asking): Verdict {
  if (needsDecider(alert) && asking.standing !== 'decider')
    return refuse(
      '橙色、红色预警只能由网格长、副网格长、管理员或值班调度搁置',
      'orange and red are put aside only by a head, a deputy, a manager or the desk',
    );
  if (command.atMs < askedAtMs)
    return refuse(
      '预警在操作之后又有变化，请查看后重试',
      'the alert changed after you acted; look at it and try again',
    );
  const outcome = shelve(command, alert, asking.world);
  if ('refused' in outcome) return outcome;
  const done = untilText(
    outcome.shelved.untilMs,
    command.untilMs === undefined,
    asking.world.directory.registry.county.zone,
  );
  return { taken: { kind: 'shelved', alert: outcome.shelved.alert, done } };
}

function takeBack({ alert }: Episode): Verdict {
  if (!isShelved(alert)) return refuse('预警没有被搁置', 'the alert is not put aside');
  return { taken: { kind: 'unshelved', alert: unshelved(alert), done: whyUnshelved('byHand') } };
}

function reset({ alert }: Episode, { standing }: Asking): Verdict {
  if (standing !== 'decider')
    return refuse(
      '只有网格长、副网格长、管理员或值班调度可以复位',
      'only a head, a deputy, a manager or the desk may reset it',
    );
  if (alert.latched !== true) return refuse('预警没有保持，无须复位', 'the alert is not latched');
  if (alert.condition !== 'cleared')
    return refuse('险情条件仍然成立，不能复位', 'its condition is active again, so it cannot be reset');
  return take('reset', released(alert), '已复位', 'reset');
}

type Asking = { readonly standing: Standing; readonly world: World };

function judge(command: AlertCommand, episode: Episode, asking: Asking): Verdict {
  const { alert } = episode;
  if (command.action === 'note')
    return command.note === '' ? refuse('备注内容为空', 'the note is empty') : take('note', alert, '备注', 'note');
  if (isEnded(alert))
    return refuse(
      '预警已办结，不再变更；险情再起时会有新的预警',
      'the alert has ended and stays so; if the hazard returns there will be a new one',
    );
  switch (command.action) {
    case 'acknowledge':
      return acknowledge(command, episode);
    case 'handle':
      return handle(command, episode);
    case 'close':
      return close(command, episode);
    case 'falseAlarm':
      return declareFalse(command, episode);
    case 'shelve':
      return putAside(command, episode, asking);
    case 'unshelve':
      return takeBack(episode);
    case 'reset':
      return reset(episode, asking);
    default:
      return command.action satisfies never;
  }
}

/** What the record says of the alert as it stands after the command. */
const sidesOf = (kind: Taken['kind'], alert: Alert): EventDraft['facts'] => ({
  lifecycle: alert.lifecycle,
  ...(kind === 'shelved' ? { untilMs: alert.shelvedUntilMs, untilCleared: alert.shelving?.untilCleared } : {}),
});

const nameOf = (command: AlertCommand, registry: Registry): string =>
  registry.people.get(command.by)?.name ?? command.by;

export function applyCommand(raw: AlertCommand, episode: Episode | undefined, world: World): CommandOutcome {
  const command: AlertCommand = { ...raw, note: raw.note.trim() };
  if (episode === undefined)
    return { ok: false, message: both('没有这条预警', 'there is no such alert'), episode: null, events: [] };
  const { directory } = world;
  const standing = standingOf(command, episode.alert, directory);
  const verdict =
    standing === 'none'
      ? refuse('不在您的网格范围内', 'it lies outside your grids')
      : judge(command, episode, { standing, world });
  const name = nameOf(command, directory.registry);
  const base = { alertId: episode.alert.id, atMs: command.atMs, by: command.by } as const;
  const facts = { command: command.id, action: command.action, from: command.from, note: command.note };
  if ('refused' in verdict) {
    const text = both(`${name}：${verdict.refused.zh}`, `${name}: ${verdict.refused.en}`);
    return { ok: false, message: verdict.refused, episode: null, events: [{ ...base, kind: 'refused', text, facts }] };
  }
  const { kind, alert, done } = verdict.taken;
  const text = withNote(both(`${name}：${done.zh}`, `${name}: ${done.en}`), command.note);
  return {
    ok: true,
    message: done,
    episode: { ...episode, alert },
    events: stated([{ ...base, kind, text, facts: { ...facts, ...sidesOf(kind, alert) } }], alert),
  };
}
