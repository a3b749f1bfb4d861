/** 值班与渠道: who is on duty, hand-overs, and how the channels do. */
import { field, instant, itemsOf, type PageSpec, pick, type Row, word } from '../spec.ts';

const t = (zh: string, en: string) => ({ zh, en });
const names = (row: Row, place: string): string =>
  ((row['people'] ?? []) as readonly Row[])
    .filter((person) => person['place'] === place)
    .map((person) => `${person['name']} ${person['phone'] ?? ''}`.trim())
    .join('、');
const HANDOVER = { handOver: t('交班', 'hand over'), takeOver: t('接班', 'take over') };

export const rosterPage: PageSpec = {
  id: 'roster',
  title: t('值班', 'Duty'),
  hint: t('各值班台现在谁在岗；交接班在此登记。', 'Who is on duty at each desk; hand-overs are recorded here.'),
  path: '/api/v1/roster',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['gridCode']),
  columns: [
    field(t('值班台', 'Desk'), 'gridName'),
    { label: t('A 岗', 'A'), show: (row) => names(row, 'a'), mark: (row) => (row['empty'] === true ? 'trouble' : '') },
    { label: t('B 岗', 'B'), show: (row) => names(row, 'b') },
    instant(t('下一班', 'Next shift'), 'next.fromMs'),
    field(t('下一班 A 岗', 'Next A'), 'next.a.name'),
  ],
  open: (row) => `#/work/handover/${encodeURIComponent(String(row['gridCode']))}`,
  actions: [],
};

export const handoverPage: PageSpec = {
  id: 'handover',
  under: 'roster',
  hidden: true,
  title: t('交接班', 'Hand-over'),
  hint: t('接班前请看清未结事项。', 'Look at what is open before you take over.'),
  path: '/api/v1/grids/:id/handover',
  rows: (body) => (pick(body, 'records') ?? []) as readonly Row[],
  summary: (body, { s }) => {
    const count = (what: string): number => ((pick(body, `open.${what}`) ?? []) as readonly Row[]).length;
    return s(
      t(
        `未办结预警 ${count('alerts')}，未叫醒 ${count('notReached')}，待报 ${count('reports')}，转移 ${count('evacuations')}，故障渠道 ${count('channelsDown')}`,
        `open alerts ${count('alerts')}, not reached ${count('notReached')}, reports due ${count('reports')}, evacuations ${count('evacuations')}, channels down ${count('channelsDown')}`,
      ),
    );
  },
  keyOf: (row) => String(row['shiftFrom'] ?? row['id']),
  columns: [
    instant(t('班次', 'Shift'), 'shiftFrom'),
    field(t('交班人', 'Handed over by'), 'handedOver.name'),
    field(t('交班说明', 'Note'), 'handedOver.note'),
    field(t('接班人', 'Taken over by'), 'takenOver.name'),
    field(t('接班说明', 'Note of the new shift'), 'takenOver.note'),
    instant(t('逾期未接', 'Overdue since'), 'overdueSince'),
  ],
  actions: [],
  create: (['handOver', 'takeOver'] as const).map((action) => ({
    id: action,
    label: HANDOVER[action],
    path: (row: Row) => `/api/v1/grids/${encodeURIComponent(String(row['id']))}/handover`,
    fields: [{ name: 'note', label: t('说明', 'Note'), kind: 'long' as const }],
    body: (values: { readonly [name: string]: string }) => ({ action, note: values['note'] ?? '' }),
  })),
};

const CHANNEL_STATE = {
  up: t('正常', 'up'),
  untested: t('未试', 'untested'),
  failing: t('不稳', 'failing'),
  down: t('中断', 'down'),
};
export const channelsPage: PageSpec = {
  id: 'channels',
  title: t('渠道', 'Channels'),
  hint: t('各渠道的状态；“试通”不打扰任何人。', 'How the channels do; a try reaches nobody.'),
  path: '/api/v1/channels',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['id']),
  columns: [
    field(t('渠道', 'Channel'), 'id'),
    field(t('种类', 'Kind'), 'kind'),
    {
      ...word(t('状态', 'State'), 'state', CHANNEL_STATE),
      mark: (row) => (row['state'] === 'down' || row['state'] === 'failing' ? 'trouble' : ''),
    },
    instant(t('自', 'Since'), 'since'),
    instant(t('上次成功', 'Last success'), 'lastOkAt'),
    field(t('替补', 'Fallback'), 'fallback'),
    field(t('说明', 'Detail'), 'detail'),
  ],
  actions: [
    {
      id: 'test',
      label: t('试通', 'Try it'),
      when: (row) => row['kind'] !== 'console',
      path: (row) => `/api/v1/channels/${encodeURIComponent(String(row['id']))}/test`,
      fields: [],
      body: () => ({ note: '' }),
    },
  ],
};
