/** What the person who is signed in is being asked, and the buttons by which he answers. */

import { HAZARD } from '../../texts.ts';
import { field, instant, itemsOf, type PageSpec, pick, type Row, word } from '../spec.ts';
import { CALL_STATE, LEVEL_WORD, ORIGIN_WORD } from '../words.ts';

const t = (zh: string, en: string) => ({ zh, en });
const answerPath = (row: Row) => `/api/v1/alerts/${encodeURIComponent(String(row['alertId']))}/answer`;
const note = { name: 'note', label: t('说明', 'Note'), kind: 'text' } as const;
const body = (action: string) => (values: { readonly [name: string]: string }) => ({
  action,
  note: values['note'] ?? '',
});

export const minePage: PageSpec = {
  id: 'mine',
  title: t('叫应我的', 'Asked of me'),
  hint: t('系统正在叫您的预警，请应答。', 'Alerts about which you are being asked: please answer.'),
  path: '/api/v1/calls/mine',
  rows: itemsOf,
  keyOf: (row) => String(row['key']),
  columns: [
    {
      ...word(t('级别', 'Level'), 'alert.level', LEVEL_WORD),
      mark: (row) => String(pick(row, 'alert.level')),
    },
    word(t('来源', 'Origin'), 'alert.origin', ORIGIN_WORD),
    field(t('对象', 'About'), 'alert.subjectName'),
    word(t('灾种', 'Hazard'), 'alert.hazard', HAZARD),
    field(t('网格', 'Grid'), 'gridName'),
    field(t('原因', 'Reason'), 'reasonText'),
    word(t('状态', 'State'), 'state', CALL_STATE),
    instant(t('开始', 'Asked at'), 'askedAtMs'),
  ],
  actions: [
    { id: 'answer', label: t('已收到，我去处置', 'Answer'), path: answerPath, fields: [note], body: body('answer') },
    { id: 'cannot', label: t('无法前往', 'I cannot'), path: answerPath, fields: [note], body: body('cannot') },
  ],
};
