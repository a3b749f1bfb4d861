/** 上报抄告: what has to be reported upwards, and how long is left. */
import { field, instant, itemsOf, type PageSpec, type Row, type Saying, word } from '../spec.ts';
import { ORIGIN_WORD } from '../words.ts';

const t = (zh: string, en: string) => ({ zh, en });
const STATE = {
  due: t('待报', 'due'),
  overdue: t('已超时', 'overdue'),
  done: t('已报', 'done'),
  waived: t('免报', 'waived'),
};
const KIND = {
  telephone: t('电话', 'telephone'),
  written: t('书面', 'written'),
  followUp: t('续报', 'follow-up'),
  final: t('终报', 'final'),
  copy: t('抄告', 'copy'),
};
const isOpen = (row: Row): boolean => row['state'] === 'due' || row['state'] === 'overdue';
const path = (row: Row, what: string) => `/api/v1/reports/${encodeURIComponent(String(row['id']))}/${what}`;

function remaining(row: Row, { s }: Saying): string {
  const ms = row['remainingMs'];
  if (typeof ms !== 'number') return '—';
  const minutes = Math.round(Math.abs(ms) / 60_000);
  return ms < 0 ? s(t(`超时 ${minutes} 分钟`, `${minutes} min late`)) : s(t(`${minutes} 分钟`, `${minutes} min`));
}

export const reportsPage: PageSpec = {
  id: 'reports',
  title: t('上报抄告', 'Reports upwards'),
  hint: t('每条都有时限，完成后登记。', 'Each has its time limit; record it when it is made.'),
  path: '/api/v1/reports?open=all',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['id']),
  columns: [
    word(t('来源', 'Origin'), 'origin', ORIGIN_WORD),
    field(t('报告', 'Report'), 'name'),
    word(t('方式', 'Kind'), 'kind', KIND),
    field(t('由', 'From'), 'gridName'),
    field(t('报至', 'To'), 'to'),
    { ...word(t('状态', 'State'), 'state', STATE), mark: (row) => (row['state'] === 'overdue' ? 'trouble' : '') },
    { label: t('剩余', 'Left'), show: remaining, mark: (row) => (row['state'] === 'overdue' ? 'trouble' : '') },
    instant(t('时限', 'Due'), 'dueAt'),
    field(t('内容', 'Says'), 'contentsText'),
    field(t('登记人', 'By'), 'byName'),
  ],
  actions: [
    {
      id: 'done',
      label: t('已上报', 'It is made'),
      when: isOpen,
      path: (row) => path(row, 'done'),
      fields: [{ name: 'note', label: t('接报人等', 'Who took it'), kind: 'text' }],
      body: (values) => ({ note: values['note'] ?? '' }),
    },
    {
      id: 'waive',
      label: t('免报', 'Need not be made'),
      grave: true,
      when: isOpen,
      path: (row) => path(row, 'waive'),
      fields: [{ name: 'note', label: t('原因', 'Why'), kind: 'text', required: true }],
      body: (values) => ({ note: values['note'] ?? '' }),
    },
  ],
};
