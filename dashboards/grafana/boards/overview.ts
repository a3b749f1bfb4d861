/** The county at a glance: what is open, where, and whether the sensors are heard. */

import { PLACE_MEASUREMENT } from '#model/influx.ts';
import { LEVEL_TEXT, type Level, rankOf } from '#model/level.ts';
import { QUANTITIES } from '#model/quantity.ts';
import { LEVEL_COLOUR } from '../colours.ts';
import { type Context, said, textIn } from '../context.ts';
import { measurement, type Question, TO, variable } from '../influx-query.ts';
import type { Board, PlacedPanel } from '../layout.ts';
import { mapPanel } from '../map-panel.ts';
import { hazardMappings, levelMappings } from '../mappings.ts';
import { pointWords, quantitiesOf, townshipNames, unitOf, withQuantity } from '../names.ts';
import { figures, lines, table } from '../panels.ts';
import { lastHours, openAlerts, openAlertsOfLevel, worstAlertOfPoint } from '../questions.ts';
import { originVariable } from '../variables.ts';

const WORST_FIRST = ['red', 'orange', 'yellow', 'blue'] as const satisfies readonly Level[];

export const alertText = ({ lang }: Context): 'textZh' | 'textEn' => (lang === 'zh' ? 'textZh' : 'textEn');

const countsPanel = (context: Context): PlacedPanel =>
  figures({
    key: 'open-by-level',
    title: said(context, '未结预警（按级别）', 'open alerts by level'),
    description: said(
      context,
      '“—”：库中没有该级别的未结预警。',
      '"—": the database holds no open alert of this level.',
    ),
    width: 8,
    height: 5,
    isCounted: true,
    questions: WORST_FIRST.map((level, index) =>
      openAlertsOfLevel('ABCD'.charAt(index), rankOf(level), textIn(context, LEVEL_TEXT[level])),
    ),
    names: WORST_FIRST.map((level) => {
      const text = textIn(context, LEVEL_TEXT[level]);
      return { series: text, text, colour: LEVEL_COLOUR[level] };
    }),
  });

/** How many sensors brought a good value in the last quarter of an hour, and of how many. */
function heardPanel(context: Context): PlacedPanel {
  const inner = `SELECT count("value") AS "n" FROM /^${variable('origin', 'raw')}_/ WHERE time > ${TO} - 15m AND time <= ${TO} GROUP BY "sensor"`;
  const names = ['live', 'simulated', 'replay', 'drill'].flatMap((origin) =>
    quantitiesOf(context).map((quantity) => ({
      series: `${origin}_${quantity}`,
      text: `${textIn(context, QUANTITIES[quantity].name)} / ${withQuantity(context, quantity).length}`,
    })),
  );
  return figures({
    key: 'heard',
    title: said(context, '15 分钟内有好数据的传感器 / 总数', 'sensors with a good value in 15 min / of'),
    width: 16,
    height: 5,
    questions: [{ refId: 'A', query: `SELECT count("n") FROM (${inner})`, alias: '$m' }],
    names,
  });
}

/** Every point, with its worst open level and the newest of what is measured there. */
export function pointsMap(context: Context): PlacedPanel {
  const measured = quantitiesOf(context).filter((quantity) => ['displacement', 'level'].includes(quantity));
  const columns = [
    { name: 'rain', text: said(context, '1 小时雨量', 'rain in 1 h'), unit: unitOf('rain') },
    ...measured.map((quantity) => ({
      name: quantity,
      text: textIn(context, QUANTITIES[quantity].name),
      unit: unitOf(quantity),
    })),
  ];
  const newest = (refId: string, quantity: string): Question =>
    lastHours(refId, `last("value") AS "${quantity}"`, 1, { from: measurement(quantity), where: '', by: 'point' });
  const questions: readonly Question[] = [
    {
      refId: 'A',
      query: `SELECT last("lon") AS "lon", last("lat") AS "lat" FROM "${PLACE_MEASUREMENT}" GROUP BY "point"`,
      format: 'table',
    },
    worstAlertOfPoint('B'),
    // Of several gauges the wettest, as rules would raise.
    {
      refId: 'C',
      query: `SELECT max("sum") AS "rain" FROM (SELECT sum("value") AS "sum" FROM ${measurement('rain')} WHERE time > ${TO} - 1h AND time <= ${TO} GROUP BY "sensor", "point") GROUP BY "point"`,
      format: 'table',
    },
    ...measured.map((quantity, index) => newest('DE'.charAt(index), quantity)),
  ];
  return mapPanel(context, {
    key: 'map',
    title: said(context, '隐患点', 'hazard points'),
    description: said(
      context,
      '颜色为最高未结级别；数值取所选时段末 1 小时。',
      'Coloured by the worst open level; figures are of the last hour of the chosen range.',
    ),
    ...{ width: 14, height: 16, questions, columns, levelText: said(context, '级别', 'level') },
  });
}

export const alertsTable = (context: Context, where = '', width = 10, height = 16): PlacedPanel => {
  const level = said(context, '级别', 'level');
  const point = said(context, '隐患点', 'point');
  const hazard = said(context, '灾种', 'hazard');
  return table({
    key: 'open-alerts',
    title: said(context, '未结预警', 'open alerts'),
    ...{ width, height, hasTime: true },
    questions: [openAlerts('A', alertText(context), where)],
    columns: [
      { name: 'Time', text: said(context, '时间', 'time') },
      { name: 'level', text: level },
      { name: 'point', text: point },
      { name: 'hazard', text: hazard },
      { name: 'text', text: said(context, '内容', 'text') },
    ],
    mappings: [
      { column: level, mappings: levelMappings(context.lang), isColoured: true },
      { column: point, mappings: pointWords(context) },
      { column: hazard, mappings: hazardMappings(context.lang) },
    ],
  });
};

/** Of each township the gauge with most rain in each hour. */
const townshipRain = (context: Context): PlacedPanel =>
  lines({
    key: 'township-rain',
    title: said(context, '各乡镇最大小时雨量', 'largest hourly rain of each township'),
    ...{ width: 24, height: 8, unit: unitOf('rain'), draw: 'bars' },
    questions: [
      {
        refId: 'A',
        query: `SELECT max("sum") FROM (SELECT sum("value") AS "sum" FROM ${measurement('rain')} WHERE $timeFilter GROUP BY time(1h), "sensor", "township") WHERE $timeFilter GROUP BY time(1h), "township" fill(null)`,
        alias: '$tag_township',
      },
    ],
    names: townshipNames(context),
  });

export const overviewBoard = (context: Context): Board => ({
  key: 'overview',
  title: `${textIn(context, context.registry.county.name)} · ${said(context, '总览', 'overview')}`,
  description: said(context, '全县预警、隐患点与传感器。', "The county's alerts, points and sensors."),
  from: 'now-24h',
  variables: [originVariable(context)],
  panels: [
    countsPanel(context),
    heardPanel(context),
    pointsMap(context),
    alertsTable(context),
    ...(withQuantity(context, 'rain').length > 0 ? [townshipRain(context)] : []),
  ],
});
