/** 演练: drills with their plans, and the report of each. */
import { field, instant, isText, itemsOf, type PageSpec, pick, type Row, type Values, word } from '../spec.ts';
import { choicesOf, LEVEL_WORD } from '../words.ts';

const t = (zh: string, en: string) => ({ zh, en });
const STATE = { running: t('进行中', 'running'), ended: t('已结束', 'ended') };
const HAZARD = {
  landslide: t('滑坡', 'landslide'),
  flood: t('洪水', 'flood'),
  rainstorm: t('暴雨', 'rainstorm'),
  fire: t('火灾', 'fire'),
};
const both = (text: string | undefined) => ({ zh: text ?? '', en: text ?? '' });
const minutes = (values: Values, name: string): number => Math.round(Number(values[name] ?? '0') * 60_000);
const duration = (label: { zh: string; en: string }, path: string) => ({
  label,
  show: (row: Row): string => {
    const ms = pick(row, path);
    return typeof ms === 'number'
      ? `${Math.floor(ms / 60_000)}:${String(Math.round(ms / 1_000) % 60).padStart(2, '0')}`
      : '—';
  },
});

export const drillsPage: PageSpec = {
  id: 'drills',
  title: t('演练', 'Drills'),
  hint: t(
    '同一条链、同一批人，全程标明演练；真实预警不受影响。',
    'The same chain and people, marked everywhere; real alerts break through.',
  ),
  path: '/api/v1/drills',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['id']),
  columns: [
    field(t('名称', 'Name'), 'name'),
    field(t('网格', 'Grid'), 'gridName'),
    { ...word(t('状态', 'State'), 'state', STATE), mark: (row) => (row['state'] === 'running' ? 'trouble' : '') },
    field(t('已完成步骤', 'Steps done'), 'stepsDone'),
    instant(t('开始', 'Started'), 'startedAt'),
    instant(t('至迟结束', 'Ends at the latest'), 'endsAt'),
    {
      label: t('真实警报器', 'Real sirens'),
      show: (row, { s }) => s(row['broadcast'] === true ? t('响', 'yes') : t('不响', 'no')),
    },
  ],
  open: (row) => (row['state'] === 'ended' ? `#/work/drill/${encodeURIComponent(String(row['id']))}` : null),
  actions: [
    {
      id: 'end',
      label: t('结束演练', 'End it'),
      grave: true,
      when: (row) => row['state'] === 'running',
      path: (row) => `/api/v1/drills/${encodeURIComponent(String(row['id']))}/end`,
      fields: [{ name: 'note', label: t('备注', 'Note'), kind: 'text' }],
      body: (values) => ({ note: values['note'] ?? '' }),
    },
  ],
  create: [
    {
      id: 'start',
      label: t('开始单点演练', 'Start a drill at one point'),
      grave: true,
      path: () => '/api/v1/drills',
      fields: [
        { name: 'name', label: t('名称', 'Name'), kind: 'text', required: true },
        { name: 'grid', label: t('网格编码', 'Grid code'), kind: 'text', required: true },
        { name: 'point', label: t('隐患点编号', 'Point id'), kind: 'text', required: true },
        { name: 'hazard', label: t('灾种', 'Hazard'), kind: 'choice', choices: choicesOf(HAZARD) },
        { name: 'level', label: t('级别', 'Level'), kind: 'choice', choices: choicesOf(LEVEL_WORD) },
        { name: 'minutes', label: t('时长（分钟）', 'Minutes'), kind: 'number', initial: '30', required: true },
      ],
      body: (values) => ({
        name: both(values['name']),
        grid: values['grid'],
        broadcast: false,
        endsAfterMs: minutes(values, 'minutes'),
        steps: [
          {
            afterMs: 0,
            point: values['point'],
            hazard: values['hazard'],
            level: values['level'],
            reason: { zh: '演练', en: 'drill' },
          },
        ],
        note: '',
      }),
    },
  ],
};

/** The report: times of every person, asked → sent → answered. */
export const drillPage: PageSpec = {
  id: 'drill',
  under: 'drills',
  hidden: true,
  title: t('演练报告', 'Report of a drill'),
  hint: t('每人的叫应用时。', 'How long it took to reach each person.'),
  path: '/api/v1/drills/:id/report',
  rows: (body) => (pick(body, 'times') ?? []) as readonly Row[],
  summary: (body, { s }) => {
    const text = pick(body, 'text');
    return isText(text) ? s(text) : '';
  },
  keyOf: (row) => `${row['alertId']} ${row['personId']}`,
  columns: [
    field(t('姓名', 'Name'), 'name'),
    field(t('层级', 'Tier'), 'tier'),
    field(t('网格', 'Grid'), 'gridCode'),
    instant(t('叫应', 'Asked at'), 'askedAtMs'),
    duration(t('送出用时', 'Until sent'), 'sentMs'),
    duration(t('应答用时', 'Until answered'), 'answeredMs'),
    field(t('结果', 'Outcome'), 'outcome'),
  ],
  actions: [],
};
