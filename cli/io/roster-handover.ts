/** `fengsui roster handover`: the note of a desk from the running console, as text; and hand over or take over through it. */
import { callApi } from '#cli/io/api-client.ts';
import type { HandoverOptions } from '#cli/io/roster-command.ts';
import { originMark } from '#cli/origin-mark.ts';
import type { Origin } from '#model/reading.ts';

type Marked = { readonly origin?: Origin };
type Text = { readonly zh: string; readonly en: string };
type Person = { readonly id: string; readonly name: string };
/** As the console answers it. */
type Note = {
  readonly gridCode: string;
  readonly gridName: Text;
  readonly at: string;
  readonly people: readonly (Person & { readonly place: 'a' | 'b' })[];
  readonly next: { readonly from: string; readonly a: Person; readonly b: Person | null } | null;
  readonly open: {
    readonly alerts: readonly (Marked & {
      readonly id: string;
      readonly level: string;
      readonly subjectName: Text;
      readonly lifecycle: string;
      readonly raisedAt: string;
    })[];
    readonly notReached: readonly (Marked & {
      readonly name: string;
      readonly alertId: string;
      readonly askedAt: string;
    })[];
    readonly reports: readonly (Marked & {
      readonly name: Text;
      readonly to: Text;
      readonly dueAt: string;
      readonly state: string;
    })[];
    readonly evacuations: readonly (Marked & {
      readonly pointName: Text;
      readonly households: number;
      readonly waiting: number;
    })[];
    readonly channelsDown: readonly {
      readonly channel: string;
      readonly state: string;
      readonly since: string;
      readonly detail: string;
    }[];
  };
  readonly records: readonly {
    readonly shiftFrom: string;
    readonly handedOver: { readonly name: string; readonly at: string; readonly note: string } | null;
    readonly takenOver: { readonly name: string; readonly at: string; readonly note: string } | null;
    readonly overdueSince: string | null;
  }[];
};

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0
    ? `${title}: 无 none`
    : `${title} (${lines.length})\n${lines.map((line) => `  ${line}`).join('\n')}`;
const said = (one: Note['records'][number]['takenOver']): string =>
  one === null ? '-' : `${one.name} ${one.at}${one.note === '' ? '' : ` “${one.note}”`}`;

function textOf({ gridName, gridCode, at, people, next, open, records }: Note): string {
  const on = people.map(({ name, place }) => `${name} (${place.toUpperCase()}岗)`).join('、') || '无人值班 nobody';
  const after = next === null ? '-' : `${next.from} ${next.a.name}${next.b === null ? '' : `、${next.b.name}`}`;
  return [
    `${gridName.zh} ${gridName.en} (${gridCode})  ${at}`,
    `当班 on duty: ${on}    下一班 next: ${after}`,
    section(
      '未结预警 open alerts',
      open.alerts.map(
        (one) =>
          `${originMark(one.origin)}${one.level} ${one.subjectName.zh} ${one.lifecycle} ${one.raisedAt} ${one.id}`,
      ),
    ),
    section(
      '未叫醒 not reached',
      open.notReached.map((one) => `${originMark(one.origin)}${one.name} ${one.askedAt} ${one.alertId}`),
    ),
    section(
      '应报未报 reports due',
      open.reports.map((one) => `${originMark(one.origin)}${one.name.zh} → ${one.to.zh} ${one.dueAt} ${one.state}`),
    ),
    section(
      '转移清单 evacuations',
      open.evacuations.map(
        (one) => `${originMark(one.origin)}${one.pointName.zh} ${one.households}户，未落实${one.waiting}户`,
      ),
    ),
    section(
      '渠道故障 channels down',
      open.channelsDown.map((one) => `${one.channel} ${one.state} ${one.since} ${one.detail}`),
    ),
    section(
      '交接班记录 hand-overs',
      records.map(
        (one) =>
          `${one.shiftFrom} 交 ${said(one.handedOver)} · 接 ${said(one.takenOver)}${one.overdueSince === null ? '' : ` · 逾时 overdue ${one.overdueSince}`}`,
      ),
    ),
  ].join('\n');
}

export async function rosterHandover(options: HandoverOptions): Promise<number> {
  if (options.give && options.take) {
    console.error('--give or --take: whoever goes writes one, whoever comes the other.');
    return 2;
  }
  const path = `/api/v1/grids/${encodeURIComponent(options.grid)}/handover`;
  const writes = options.give || options.take;
  const body = {
    action: options.give ? 'handOver' : 'takeOver',
    note: options.note,
    ...(options.shift === undefined ? {} : { shift: options.shift }),
  };
  const answer = writes ? await callApi('POST', path, body) : await callApi('GET', path);
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  if (answer.value.status === 202) {
    console.error('Written down; it is taken when the alerts stage is back.');
    return 0;
  }
  const note = answer.value.body as Note;
  console.log(options.json ? JSON.stringify(note) : textOf(note));
  return 0;
}
