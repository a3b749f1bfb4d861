/** 区域预警: warnings from above or typed here, grid by grid, with receipts by tier. */
import {
  type Field,
  field,
  instant,
  itemsOf,
  type PageSpec,
  pick,
  plain,
  type Row,
  type Saying,
  type Values,
  word,
} from '../spec.ts';
import { choicesOf, LEVEL_WORD } from '../words.ts';

const t = (zh: string, en: string) => ({ zh, en });
const at = (local: string | undefined): string => new Date(local ?? '').toISOString();
const HAZARD_WORD = {
  rainstorm: t('暴雨', 'rainstorm'),
  flood: t('洪水', 'flood'),
  landslide: t('滑坡', 'landslide'),
  fire: t('火灾', 'fire'),
  other: t('其他', 'other'),
};
const STATE_WORD = {
  inForce: t('生效中', 'in force'),
  cancelled: t('已解除', 'cancelled'),
  expired: t('已到期', 'expired'),
};
const note: Field = { name: 'note', label: t('备注', 'Note'), kind: 'text' };
const grids: Field = {
  name: 'grids',
  label: t('网格编码（空格或逗号分隔）', 'Grid codes, apart by spaces or commas'),
  kind: 'long',
  required: true,
};
const areasOf = (values: Values) =>
  (values['grids'] ?? '')
    .split(/[\s,，、;；]+/)
    .filter((grid) => grid !== '')
    .map((grid) => ({ grid, level: values['level'] }));
const warningPath = (row: Row, what: string) => `/api/v1/warnings/${encodeURIComponent(String(row['id']))}/${what}`;
const inForce = (row: Row): boolean => row['state'] === 'inForce';

const areas = (row: Row, { s }: Saying): string =>
  ((row['areas'] ?? []) as readonly Row[])
    .map((area) => {
      const level = plain(area['level']);
      const text = (LEVEL_WORD as { readonly [key: string]: { zh: string; en: string } })[level];
      const name = area['gridName'] as { zh: string; en: string };
      return `${s(name)} ${text === undefined ? s(t('已解除', 'lifted')) : s(text)}`;
    })
    .join('；');

export const warningsPage: PageSpec = {
  id: 'warnings',
  title: t('区域预警', 'Area warnings'),
  hint: t('上级发来或本县发布的预警，可局部降级或解除。', 'From above or typed here; may be lowered in part.'),
  path: '/api/v1/warnings?state=all',
  rows: itemsOf,
  keyOf: (row) => String(row['id']),
  columns: [
    field(t('标题', 'Headline'), 'headline'),
    word(t('状态', 'State'), 'state', STATE_WORD),
    { label: t('范围与级别', 'Areas and levels'), show: areas },
    field(t('发布', 'Issued by'), 'issuedBy'),
    instant(t('发布时间', 'Issued at'), 'issuedAt'),
    instant(t('有效至', 'Until'), 'expires'),
  ],
  open: (row) => `#/work/warning/${encodeURIComponent(String(row['id']))}`,
  actions: [
    {
      id: 'update',
      label: t('调整部分网格', 'Change some grids'),
      when: inForce,
      path: (row) => warningPath(row, 'update'),
      fields: [
        grids,
        {
          name: 'level',
          label: t('新级别', 'New level'),
          kind: 'choice',
          choices: [...choicesOf(LEVEL_WORD), { value: 'none', label: t('解除', 'lift') }],
        },
        note,
      ],
      body: (values) => ({ areas: areasOf(values), note: values['note'] ?? '' }),
    },
    {
      id: 'cancel',
      label: t('全部解除', 'Lift all of it'),
      grave: true,
      when: inForce,
      path: (row) => warningPath(row, 'cancel'),
      fields: [note],
      body: (values) => ({ note: values['note'] ?? '' }),
    },
  ],
  create: [
    {
      id: 'issue',
      label: t('发布预警', 'Issue a warning'),
      grave: true,
      path: () => '/api/v1/warnings',
      fields: [
        { name: 'hazard', label: t('类别', 'Hazard'), kind: 'choice', choices: choicesOf(HAZARD_WORD) },
        { name: 'level', label: t('级别', 'Level'), kind: 'choice', choices: choicesOf(LEVEL_WORD) },
        grids,
        { name: 'headline', label: t('标题', 'Headline'), kind: 'text', required: true },
        { name: 'description', label: t('内容', 'Description'), kind: 'long' },
        { name: 'instruction', label: t('应采取的措施', 'What to do'), kind: 'long' },
        { name: 'expires', label: t('有效至（本机时间）', 'Until (local time)'), kind: 'instant', required: true },
      ],
      body: (values) => ({
        hazard: values['hazard'],
        headline: values['headline'],
        description: values['description'] ?? '',
        instruction: values['instruction'] ?? '',
        expires: at(values['expires']),
        areas: areasOf(values),
        note: '',
      }),
    },
  ],
};

/** One warning: receipts of the people asked, tier by tier. */
export const warningPage: PageSpec = {
  id: 'warning',
  under: 'warnings',
  hidden: true,
  title: t('预警签收', 'Receipts of a warning'),
  hint: t('逐级统计应答情况。', 'How many of each tier have answered.'),
  path: '/api/v1/warnings/:id',
  rows: (body) => (pick(body, 'receipts') ?? []) as readonly Row[],
  summary: (body, { s }) => s(pick(body, 'headline') as { zh: string; en: string }),
  keyOf: (row) => String(row['tier'] ?? row['id']),
  columns: [
    field(t('层级', 'Tier'), 'tier'),
    field(t('网格数', 'Grids'), 'grids'),
    field(t('已应网格', 'Grids that answered'), 'gridsAnswered'),
    field(t('叫应人数', 'Asked'), 'asked'),
    field(t('已应', 'Answered'), 'answered'),
    { ...field(t('未应', 'Silent'), 'silent'), mark: (row) => (Number(row['silent']) > 0 ? 'trouble' : '') },
  ],
  actions: [],
};
