/** Rain: sums of the last hours, bars by the hour and by the day of rain, and moving sums against the limits of the rules. */
import { QUANTITIES } from '#model/quantity.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { type Context, said, textIn } from '../context.ts';
import { all, chosen, measurement, membership, TIME } from '../influx-query.ts';
import type { Board, PlacedPanel } from '../layout.ts';
import { type Figure, limitGroups, sumWindows } from '../limits.ts';
import { gapOf, sensorNames, sensorWords, unitOf, withQuantity } from '../names.ts';
import { limitsText, lines, table } from '../panels.ts';
import { lastHours, movingSum, overTime, valuesAndDoubts } from '../questions.ts';
import { placeVariables } from '../variables.ts';

const FROM_RAIN = measurement('rain');
const WHERE = chosen(['township', 'village', 'point', 'sensor']);
const OVER = { from: FROM_RAIN, where: WHERE };
const LAST_HOURS = [1, 3, 6, 12, 24, 72] as const;
/** Panels of moving sums with lines of their own, each window. */
const MOST_GROUPS = 8;

const hoursText = (context: Context, windowMs: number): string =>
  windowMs < HOUR_MS
    ? said(context, `${windowMs / MINUTE_MS} 分钟`, `${windowMs / MINUTE_MS} min`)
    : said(context, `${windowMs / HOUR_MS} 小时`, `${windowMs / HOUR_MS} h`);

export const rainSums = (context: Context, where = WHERE, width = 12): PlacedPanel =>
  table({
    key: 'sums',
    title: said(context, '时段末累计雨量', 'rain before the end of the range'),
    description: said(
      context,
      '缺测的部分不计，合计为下限；“缺测”为 24 小时内没有取到值的次数。',
      'What was missed is not counted, so a sum is a lower bound; "missed" counts readings without a value in 24 h.',
    ),
    ...{ width, height: 9, joinBy: 'sensor' },
    questions: [
      ...LAST_HOURS.map((hours, index) =>
        lastHours('ABCDEF'.charAt(index), `sum("value") AS "h${hours}"`, hours, { from: FROM_RAIN, where }),
      ),
      lastHours('G', 'count("bad") AS "missed"', 24, { from: FROM_RAIN, where }),
    ],
    columns: [
      { name: 'sensor', text: said(context, '传感器', 'sensor') },
      ...LAST_HOURS.map((hours) => ({ name: `h${hours}`, text: `${hours} h`, unit: unitOf('rain') })),
      { name: 'missed', text: said(context, '缺测', 'missed') },
    ],
    mappings: [
      { column: said(context, '传感器', 'sensor'), mappings: sensorWords(context, withQuantity(context, 'rain')) },
    ],
  });

export const hourlyRain = (context: Context, where = WHERE, width = 12): PlacedPanel =>
  lines({
    key: 'hourly',
    title: said(context, '小时雨量', 'rain by the hour'),
    ...{ width, unit: unitOf('rain'), draw: 'bars' },
    questions: valuesAndDoubts('sum', { from: FROM_RAIN, where, every: 'time(1h)' }),
    names: sensorNames(context, withQuantity(context, 'rain')),
  });

function dailyRain(context: Context): PlacedPanel {
  const { zone } = context.registry.county;
  const query = `SELECT sum("value") FROM ${FROM_RAIN} WHERE ${all(WHERE, TIME)} GROUP BY time(1d, 8h), "sensor" fill(null) tz('${zone}')`;
  return lines({
    key: 'daily',
    title: said(context, '日雨量（8 时至 8 时）', 'rain by the day from 08:00'),
    ...{ unit: unitOf('rain'), draw: 'bars' },
    questions: [{ refId: 'A', query, alias: '$tag_sensor' }],
    names: sensorNames(context, withQuantity(context, 'rain')),
  });
}

const cumulative = (context: Context): PlacedPanel =>
  lines({
    key: 'cumulative',
    title: said(context, '累计雨量（自时段始）', 'rain since the beginning of the range'),
    ...{ unit: unitOf('rain'), holeMs: Math.max(HOUR_MS, gapOf(withQuantity(context, 'rain'))) },
    questions: [overTime('A', 'cumulative_sum(sum("value"))', { ...OVER, every: 'time(10m)' })],
    names: sensorNames(context, withQuantity(context, 'rain')),
  });

/** Finer where the window is short; a window is a whole number of buckets. */
const bucketOf = (windowMs: number): number => {
  const wanted = windowMs <= HOUR_MS ? 5 : windowMs <= 24 * HOUR_MS ? 10 : 60;
  return windowMs % (wanted * MINUTE_MS) === 0 ? wanted * MINUTE_MS : MINUTE_MS;
};

function movingSums(context: Context): readonly PlacedPanel[] {
  const gauges = withQuantity(context, 'rain');
  return sumWindows(context.rules).flatMap((windowMs) => {
    const figure: Figure = { kind: 'sum', windowMs };
    return limitGroups(context, gauges, figure, MOST_GROUPS).map(({ sensors, lines: limits }, index) => {
      const where = all(
        WHERE,
        membership(
          sensors.map(({ id }) => id),
          gauges.map(({ id }) => id),
        ),
      );
      return lines({
        key: `sum-${windowMs / MINUTE_MS}m-${index + 1}`,
        title: said(
          context,
          `${hoursText(context, windowMs)}滑动雨量`,
          `rain in ${hoursText(context, windowMs)}, moving`,
        ),
        description: limitsText(context, limits, 'mm'),
        ...{ unit: unitOf('rain'), limits, holeMs: bucketOf(windowMs) * 1.5 },
        questions: [movingSum('A', windowMs, bucketOf(windowMs), { from: FROM_RAIN, where })],
        names: sensorNames(context, sensors),
      });
    });
  });
}

export const rainBoard = (context: Context): Board => ({
  key: 'rain',
  title: textIn(context, QUANTITIES.rain.name),
  description: said(context, '雨量与雨量规则的限值线。', 'Rain, with the limit lines of its rules.'),
  from: 'now-3d',
  variables: placeVariables(context, ['rain']),
  panels: [rainSums(context), hourlyRain(context), cumulative(context), dailyRain(context), ...movingSums(context)],
});
