/** 叫应: who is being asked, who answered, and the not-reached list, which stays until somebody reaches them. */
import { field, instant, itemsOf, type PageSpec, pick, type Row, word } from '../spec.ts';
import { CALL_STATE, choicesOf, MEANS_WORD, ORIGIN_WORD } from '../words.ts';

const t = (zh: string, en: string) => ({ zh, en });
const state = (row: Row) => String(pick(row, 'state'));
const alertPath = (row: Row, what: string) => `/api/v1/alerts/${encodeURIComponent(String(row['alertId']))}/${what}`;

const columns: PageSpec['columns'] = [
  word(t('来源', 'Origin'), 'origin', ORIGIN_WORD),
  field(t('姓名', 'Name'), 'name'),
  field(t('网格', 'Grid'), 'gridName'),
  { ...word(t('状态', 'State'), 'state', CALL_STATE), mark: (row) => (state(row) === 'silent' ? 'trouble' : '') },
  field(t('次数', 'Tries'), 'tries'),
  instant(t('开始', 'Asked at'), 'askedAtMs'),
  instant(t('下次', 'Next'), 'nextDueMs'),
  instant(t('结束', 'Ended'), 'endedAtMs'),
  field(t('原因', 'Reason'), 'reasonText'),
];
const actions: PageSpec['actions'] = [
  {
    id: 'reached',
    label: t('已用其他方式通知', 'Reached by other means'),
    when: (row) => ['asking', 'silent', 'cannot'].includes(state(row)),
    path: (row) => alertPath(row, 'reached'),
    fields: [
      { name: 'means', label: t('方式', 'Means'), kind: 'choice', choices: choicesOf(MEANS_WORD) },
      { name: 'note', label: t('情况', 'Note'), kind: 'text' },
    ],
    body: (values, row) => ({ person: row['personId'], means: values['means'], note: values['note'] ?? '' }),
  },
];

export const callsPage: PageSpec = {
  id: 'calls',
  title: t('叫应', 'Call and confirm'),
  hint: t('未办结预警的叫应情况，每人一行。', 'Open alerts: one line a person who is asked.'),
  path: '/api/v1/calls',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['key']),
  columns,
  actions,
};

export const notReachedPage: PageSpec = {
  ...callsPage,
  id: 'not-reached',
  title: t('未叫醒名单', 'Not reached'),
  hint: t('尚未有人应答的人员，须派人上门或打电话。', 'Nobody has reached them yet: send somebody, or ring them up.'),
  path: '/api/v1/calls?notReached=true',
};
