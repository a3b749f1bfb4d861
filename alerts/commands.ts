/** What a person's command does to an alert, and what he is told: taken, or refused with what to do instead. */
import type { Alert, AlertCommand } from '#model/alert.ts';
import { ancestry, type Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { Directory } from './directory.ts';
import { type Episode, type EventDraft, isEnded, type World } from './episode.ts';
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

/** The door has asked already; a person who lost his post since then is turned away here. */
function mayAct(command: AlertCommand, alert: Alert, directory: Directory): boolean {
  const person = directory.registry.people.get(command.by);
  if (person === undefined) return command.from === 'api';
  if (alert.recipients.some((recipient) => recipient.personId === command.by)) return true;
  const chain = ancestry(directory.registry, alert.gridCode).map((grid) => grid.code);
  if (person.posts.some((post) => chain.includes(post.gridCode))) return true;
  return chain.some((code) =>
    onDuty(directory.shifts.get(code) ?? [], command.atMs).some((entry) => entry.personId === command.by),
  );
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
  return take('closed', { ...alert, lifecycle: 'closed', closedAtMs: command.atMs }, '已办结', 'closed');
}

function declareFalse(command: AlertCommand, { alert }: Episode): Verdict {
  if (command.note === '') return refuse('判定误报须写明原因', 'a false alarm needs a note that says why');
  return take(
    'falseAlarm',
    { ...alert, lifecycle: 'falseAlarm', closedAtMs: command.atMs },
    '已判定为误报',
    'declared a false alarm',
  );
}

function judge(command: AlertCommand, episode: Episode): Verdict {
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
    case 'unshelve':
    case 'reset':
      return refuse('尚不支持', 'this is not done yet');
    default:
      return command.action satisfies never;
  }
}

const nameOf = (command: AlertCommand, registry: Registry): string =>
  registry.people.get(command.by)?.name ?? command.by;

export function applyCommand(raw: AlertCommand, episode: Episode | undefined, world: World): CommandOutcome {
  const command: AlertCommand = { ...raw, note: raw.note.trim() };
  if (episode === undefined)
    return { ok: false, message: both('没有这条预警', 'there is no such alert'), episode: null, events: [] };
  const { directory } = world;
  const verdict = mayAct(command, episode.alert, directory)
    ? judge(command, episode)
    : refuse('不在您的网格范围内', 'it lies outside your grids');
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
    events: [{ ...base, kind, text, facts: { ...facts, lifecycle: alert.lifecycle } }],
  };
}
