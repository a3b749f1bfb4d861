/** The long view: percentiles of the range and of each day, and the same days of last year below this year's. */
import { QUANTITIES } from '#model/quantity.ts';
import { DAY_MS } from '#model/time.ts';
import { type Context, said, textIn } from '../context.ts';
import { all, chosen, measurement, type Question, TIME, variable } from '../influx-query.ts';
import type { Board, PlacedPanel } from '../layout.ts';
import { quantitiesOf, sensorNames, sensorWords, unitOf, withQuantity } from '../names.ts';
import { DOUBT_MARK, lines, table } from '../panels.ts';
import { choiceVariable, placeVariables } from '../variables.ts';

const WHERE = chosen(['township', 'village', 'point', 'sensor']);
const FROM_CHOSEN = measurement(variable('quantity', 'raw'));
const PERCENTILES = [10, 50, 90] as const;
/** Days without a reading break the line. */
const GAP_MS = 1.5 * DAY_MS;

function percentilesTable(context: Context): PlacedPanel {
  const parts = [
    'count("value") AS "n"',
    'min("value") AS "min"',
    ...PERCENTILES.map((p) => `percentile("value", ${p}) AS "p${p}"`),
    'max("value") AS "max"',
  ];
  const question: Question = {
    refId: 'A',
    query: `SELECT ${parts.join(', ')} FROM ${FROM_CHOSEN} WHERE ${all(WHERE, TIME)} GROUP BY "sensor"`,
    format: 'table',
  };
  return table({
    key: 'percentiles',
    title: said(context, '所选时段的分位数', 'percentiles of the range'),
    ...{ width: 24, height: 7, questions: [question] },
    columns: [
      { name: 'sensor', text: said(context, '传感器', 'sensor') },
      { name: 'n', text: said(context, '个数', 'readings') },
      { name: 'min', text: said(context, '最小', 'least') },
      ...PERCENTILES.map((p) => ({ name: `p${p}`, text: `P${p}` })),
      { name: 'max', text: said(context, '最大', 'most') },
    ],
    mappings: [{ column: said(context, '传感器', 'sensor'), mappings: sensorWords(context, context.sensors) }],
  });
}

function dailyPercentiles(context: Context): PlacedPanel {
  const { zone } = context.registry.county;
  return lines({
    key: 'daily-percentiles',
    title: said(context, '逐日分位数 P10 / P50 / P90', 'percentiles of each day, P10 / P50 / P90'),
    ...{ width: 24, unit: 'short', gapMs: GAP_MS },
    questions: PERCENTILES.map((p, index) => ({
      refId: 'ABC'.charAt(index),
      query: `SELECT percentile("value", ${p}) FROM ${FROM_CHOSEN} WHERE ${all(WHERE, TIME)} GROUP BY time(1d), "sensor" fill(null) tz('${zone}')`,
      alias: `$tag_sensor P${p}`,
    })),
    names: PERCENTILES.flatMap((p) =>
      sensorNames(context, context.sensors)
        .filter(({ series }) => !series.endsWith(DOUBT_MARK))
        .map(({ series, text }) => ({ series: `${series} P${p}`, text: `${text} P${p}` })),
    ),
  });
}

function yearPair(context: Context, lastYear: boolean): readonly PlacedPanel[] {
  const { zone } = context.registry.county;
  const when = lastYear ? said(context, '去年同期', 'the same days of last year') : said(context, '今年', 'this year');
  const shift = lastYear ? { timeShift: '1y' } : {};
  const suffix = lastYear ? 'last-year' : 'this-year';
  const daily = (select: string, from: string): string =>
    `SELECT ${select} FROM ${from} WHERE ${all(WHERE, TIME)} GROUP BY time(1d), "sensor" fill(null) tz('${zone}')`;
  const rain = withQuantity(context, 'rain');
  return [
    lines({
      key: `means-${suffix}`,
      title: said(context, `日均值 · ${when}`, `daily means · ${when}`),
      ...{ unit: 'short', gapMs: GAP_MS, ...shift },
      questions: [{ refId: 'A', query: daily('mean("value")', FROM_CHOSEN), alias: '$tag_sensor' }],
      names: sensorNames(context, context.sensors),
    }),
    ...(rain.length === 0
      ? []
      : [
          lines({
            key: `rain-${suffix}`,
            title: said(context, `累计雨量 · ${when}`, `rain so far · ${when}`),
            ...{ unit: unitOf('rain'), holeMs: GAP_MS, ...shift },
            questions: [
              { refId: 'A', query: daily('cumulative_sum(sum("value"))', measurement('rain')), alias: '$tag_sensor' },
            ],
            names: sensorNames(context, rain),
          }),
        ]),
  ];
}

export function trendBoard(context: Context): Board {
  const gauges = quantitiesOf(context).filter((quantity) => QUANTITIES[quantity].kind === 'gauge');
  return {
    key: 'trend',
    title: said(context, '趋势与同期对比', 'trend and comparison'),
    description: said(
      context,
      '分位数与去年同期；数值单位同所选物理量。',
      "Percentiles and last year's same days, in the unit of the chosen quantity.",
    ),
    from: 'now-30d',
    variables: [
      ...placeVariables(context, quantitiesOf(context)),
      choiceVariable(
        'quantity',
        said(context, '物理量', 'quantity'),
        gauges.map((quantity) => ({ text: textIn(context, QUANTITIES[quantity].name), value: quantity })),
        'level',
      ),
    ],
    panels: [
      percentilesTable(context),
      dailyPercentiles(context),
      ...yearPair(context, false),
      ...yearPair(context, true),
    ],
  };
}
