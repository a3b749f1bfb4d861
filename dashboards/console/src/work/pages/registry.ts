/** 登记表: what the check of the county's files finds, tables to take away, and a table to take over. */
import { field, itemsOf, type PageSpec, pick, plain, type Row, word } from '../spec.ts';

const t = (zh: string, en: string) => ({ zh, en });

const KIND = {
  grids: t('网格', 'Grids'),
  boundaries: t('网格边界', 'Boundaries'),
  people: t('人员', 'People'),
  households: t('受威胁户', 'Households'),
  points: t('隐患点', 'Points'),
  shelters: t('避难场所', 'Shelters'),
  routes: t('转移路线', 'Routes'),
} as const;
const choices = Object.entries(KIND).map(([value, label]) => ({ value, label }));

const rowsOf = (answer: unknown, name: string) => (pick(answer, name) ?? []) as readonly Row[];
const placeOf = (row: Row): string => {
  const line = Number(row['line'] ?? 0);
  return line > 0 ? `${plain(row['file'])}:${line}:${plain(row['column'])}` : plain(row['file']);
};
const LINES_AT_MOST = 200;

/** What a table would change, row by row where a row is refused. */
function reportLines(answer: unknown): readonly string[] {
  const count = (name: string) => plain(pick(answer, `counts.${name}`));
  const refused = rowsOf(answer, 'refused');
  return [
    `${plain(pick(answer, 'target'))}: 新增 new ${count('new')} · 变更 changed ${count('changed')} · 相同 same ${count('same')} · 移除 gone ${count('gone')} · 拒收 refused ${count('refused')}`,
    ...rowsOf(answer, 'errors').map((row) => `✗ ${placeOf(row)} ${plain(row['message'])} — ${plain(row['mend'])}`),
    ...refused
      .slice(0, LINES_AT_MOST)
      .map(
        (row) => `第 ${plain(row['row'])} 行 ${plain(row['column'])}: ${plain(row['message'])} — ${plain(row['mend'])}`,
      ),
    ...(refused.length > LINES_AT_MOST ? [`… +${refused.length - LINES_AT_MOST}`] : []),
  ];
}

export const registryPage: PageSpec = {
  id: 'registry',
  title: t('登记表', 'Registry'),
  hint: t(
    '县登记表的检查结果：网格有无重叠、缺口，岗位有无空缺。导出人员与户表会记入台账；导入先试算，看过结果再确认。',
    'What the check of the county’s files finds. Exports of people and households go into the ledger; an import is tried first, and taken over when you have read what it does.',
  ),
  path: '/api/v1/registry/check?limit=1000',
  rows: (body) => itemsOf(body).map((row, index) => ({ ...row, n: index + 1 })),
  summary: (body, { s, time }) =>
    `${s(t('发现', 'Findings'))}: ${plain(pick(body, 'total'))} · ${s(t('检查时间', 'Checked'))}: ${time(pick(body, 'checkedAt'))}`,
  keyOf: (row) => String(row['n']),
  columns: [
    word(t('严重程度', 'Severity'), 'severity', { error: t('错误', 'error'), warning: t('提醒', 'warning') }),
    field(t('类别', 'Kind'), 'kind'),
    field(t('说明', 'Message'), 'message'),
    field(t('处理办法', 'What mends it'), 'mend'),
    { label: t('位置', 'Place'), show: placeOf },
    {
      label: t('经纬度', 'Longitude, latitude'),
      show: (row) =>
        row['ground'] == null ? '—' : `${plain(pick(row, 'ground.lon'))}, ${plain(pick(row, 'ground.lat'))}`,
    },
  ],
  links: Object.entries(KIND).map(([kind, label]) => ({
    label: t(`导出${label.zh}`, `Export ${label.en.toLowerCase()}`),
    href: `/api/v1/registry/export?kind=${kind}&format=${kind === 'boundaries' ? 'geojson' : 'xlsx'}`,
  })),
  create: [
    {
      id: 'import',
      label: t('导入表格', 'Import a table'),
      path: () => '/api/v1/registry/import',
      fields: [
        { name: 'kind', label: t('表格内容', 'What it holds'), kind: 'choice', choices, required: true },
        {
          name: 'file',
          label: t('文件（xlsx、csv、geojson）', 'File (xlsx, csv, geojson)'),
          kind: 'file',
          required: true,
        },
      ],
      body: () => ({}),
      upload: {
        path: ({ kind = '' }, fileName, isTrial) =>
          `/api/v1/registry/import?${new URLSearchParams({ kind, file: fileName, dryRun: String(isTrial) })}`,
        report: reportLines,
      },
    },
  ],
  actions: [],
};
