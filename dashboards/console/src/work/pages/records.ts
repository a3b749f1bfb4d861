/** 台账与打印: the ledger entry by entry, and the pages to print of grids. */
import { field, instant, itemsOf, type PageSpec, type Row } from '../spec.ts';

const t = (zh: string, en: string) => ({ zh, en });

export const ledgerPage: PageSpec = {
  id: 'ledger',
  title: t('台账', 'Ledger'),
  hint: t(
    '全部操作的哈希链台账（县级），用 fengsui audit verify 核验；这里是最早的一千条。',
    'Everything that was done, in one chain; `fengsui audit verify` checks it. Here: the first thousand.',
  ),
  path: '/api/v1/ledger?limit=1000',
  rows: itemsOf,
  keyOf: (row) => String(row['seq']),
  columns: [
    field(t('序号', 'No.'), 'seq'),
    instant(t('时间', 'Time'), 'atMs'),
    field(t('操作人', 'By'), 'by'),
    field(t('事项', 'Kind'), 'kind'),
    field(t('内容', 'Text'), 'text'),
    { label: t('哈希', 'Hash'), show: (row: Row) => String(row['hash'] ?? '').slice(0, 12) },
  ],
  actions: [],
};

export const gridsPage: PageSpec = {
  id: 'grids',
  title: t('网格与打印', 'Grids, to print'),
  hint: t('网格表与挂图可直接打印。', 'The table and the wall map of each grid, to print.'),
  path: '/api/v1/grids',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['code']),
  columns: [
    field(t('编码', 'Code'), 'code'),
    field(t('名称', 'Name'), 'name'),
    field(t('层级', 'Tier'), 'tier'),
    { label: t('网格表', 'Table'), show: () => '', link: (row) => `/print/grid/${String(row['code'])}` },
    { label: t('挂图', 'Map'), show: () => '', link: (row) => `/print/map/${String(row['code'])}` },
  ],
  actions: [],
};

export const pointsPage: PageSpec = {
  id: 'points',
  title: t('隐患点与明白卡', 'Points and cards'),
  hint: t('明白卡可直接打印。', 'The card of each point, to print.'),
  path: '/api/v1/points',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['id']),
  columns: [
    field(t('隐患点', 'Point'), 'name'),
    field(t('网格', 'Grid'), 'gridCode'),
    field(t('风险', 'Risk'), 'riskGrade'),
    { label: t('明白卡', 'Card'), show: () => '', link: (row) => `/print/card/${String(row['id'])}` },
  ],
  actions: [
    {
      id: 'evacuate',
      label: t('启动转移', 'Open the evacuation list'),
      grave: true,
      path: (row) => `/api/v1/points/${encodeURIComponent(String(row['id']))}/evacuation`,
      fields: [{ name: 'note', label: t('原因', 'Why'), kind: 'text' }],
      body: (values) => ({ note: values['note'] ?? '' }),
    },
  ],
};
