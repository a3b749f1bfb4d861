/** 历史与趋势: the points, and of each point its figures against history, with what each rests on and two pictures. */
import type { BandDay, SameHour } from '#model/trend.ts';
import { type Chart, field, isText, itemsOf, type PageSpec, pick, type Row } from '../spec.ts';

const t = (zh: string, en: string) => ({ zh, en });

export const trendsPage: PageSpec = {
  id: 'trends',
  title: t('历史与趋势', 'History and trends'),
  hint: t(
    '每个隐患点：同期百分位、降雨重现期、同期对比、最近三次加速、趋势。',
    'Of each point: percentile of the season, return period of the rain, same day, last accelerations, trend.',
  ),
  path: '/api/v1/points',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['id']),
  columns: [
    field(t('隐患点', 'Point'), 'name'),
    field(t('网格', 'Grid'), 'gridCode'),
    {
      label: t('传感器', 'Sensors'),
      show: (row, { s }) =>
        ((row['sensors'] ?? []) as readonly Row[])
          .map(({ name }) => (isText(name) ? s(name) : ''))
          .filter((name) => name !== '')
          .join('、'),
    },
  ],
  open: (row) => `#/work/trend/${encodeURIComponent(String(row['id']))}`,
  actions: [],
};

const linesOf = (body: unknown): readonly Row[] =>
  itemsOf(body).flatMap((item) =>
    ((item['lines'] ?? []) as readonly Row[]).map((line, index) => ({
      ...line,
      key: `${item['sensorId']} ${item['part']} ${index}`,
      sensorName: index === 0 ? item['sensorName'] : '',
      title: index === 0 ? item['title'] : '',
    })),
  );

const unitOf = (item: Row): string => String(pick(item, 'data.unit') ?? '').replace('/d', '');

/** The band of earlier years with this year's line; nothing where no day has anything. */
function bandChart(item: Row): readonly Chart[] {
  const band = (pick(item, 'data.band') ?? []) as readonly BandDay[];
  if (!band.some(({ value, p50 }) => value !== null || p50 !== null)) return [];
  const of = (key: 'p10' | 'p50' | 'p90' | 'value') => band.map((day) => day[key]);
  const daily = pick(item, 'data.figure') === 'ratePerDay' ? t('日位移', 'movement a day') : t('日值', 'of each day');
  return [
    {
      id: `season-${item['sensorId']}`,
      title: {
        zh: `${textOf(item, 'zh')}：${daily.zh}与历年同期`,
        en: `${textOf(item, 'en')}: ${daily.en}, and earlier years`,
      },
      unit: unitOf(item),
      isTime: true,
      xs: band.map(({ atMs }) => atMs / 1_000),
      lines: [
        { label: t('p90', 'p90'), values: of('p90'), colour: '#9db4c9' },
        { label: t('p10', 'p10'), values: of('p10'), colour: '#9db4c9' },
        { label: t('中位', 'median'), values: of('p50'), colour: '#7a8fa3', isDashed: true },
        { label: t('今年', 'this year'), values: of('value'), colour: '#a8161d' },
      ],
      hasBand: true,
    },
  ];
}

function textOf(item: Row, lang: 'zh' | 'en'): string {
  const name = item['sensorName'];
  return isText(name) ? name[lang] : String(item['sensorId']);
}

/** Today's hours over yesterday's, last year's and the mean of all years. */
function sameDayChart(item: Row): readonly Chart[] {
  const hours = (pick(item, 'data.hours') ?? []) as readonly SameHour[];
  if (!hours.some(({ today, yesterday, lastYear }) => (today ?? yesterday ?? lastYear) !== null)) return [];
  const of = (key: 'today' | 'yesterday' | 'lastYear' | 'mean') => hours.map((hour) => hour[key]);
  return [
    {
      id: `same-day-${item['sensorId']}`,
      title: { zh: `${textOf(item, 'zh')}：同期对比（按小时）`, en: `${textOf(item, 'en')}: same day, by the hour` },
      unit: unitOf(item),
      isTime: false,
      xs: hours.map(({ hour }) => hour),
      lines: [
        { label: t('今日', 'today'), values: of('today'), colour: '#a8161d' },
        { label: t('昨日', 'yesterday'), values: of('yesterday'), colour: '#17558f' },
        { label: t('去年同日', 'last year'), values: of('lastYear'), colour: '#7a6000', isDashed: true },
        { label: t('历年均值', 'mean of years'), values: of('mean'), colour: '#7a8fa3', isDashed: true },
      ],
    },
  ];
}

export const trendPage: PageSpec = {
  id: 'trend',
  under: 'trends',
  hidden: true,
  title: t('历史与趋势', 'History and trends'),
  hint: t(
    '每个数都写明依据的年数、日数；年数或日数不够的不说。雨量有缺测时是下限。',
    'Each figure says on how many years and days it rests; too few are not said. Rain with gaps is a lower bound.',
  ),
  path: '/api/v1/points/:id/trend',
  everyMs: 60_000,
  rows: linesOf,
  summary: (body, { s, time }) => {
    const name = pick(body, 'pointName');
    return `${isText(name) ? s(name) : ''} · ${time(pick(body, 'atMs'))}`;
  },
  keyOf: (row) => String(row['key']),
  columns: [
    field(t('传感器', 'Sensor'), 'sensorName'),
    field(t('问题', 'Question'), 'title'),
    field(t('项目', 'What'), 'label'),
    field(t('数值', 'Figure'), 'figure'),
    field(t('依据', 'What it rests on'), 'basis'),
  ],
  charts: (body) =>
    itemsOf(body).flatMap((item) =>
      item['part'] === 'season' ? bandChart(item) : item['part'] === 'sameDay' ? sameDayChart(item) : [],
    ),
  actions: [],
};
