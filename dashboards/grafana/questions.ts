/** The questions that several boards ask: values and doubts over time, sums, states, alerts that are open. */
import { ALERT_MEASUREMENT } from '#model/influx.ts';
import { all, FROM, type Question, TIME, TO, variable } from './influx-query.ts';
import { DOUBT_MARK } from './panels.ts';

const PER_INTERVAL = 'time($__interval)';

type Over = {
  readonly from: string;
  readonly where: string;
  readonly by?: string;
  readonly every?: string;
};

/** An aggregate of a field a sensor and interval; an interval without any stays without. */
export const overTime = (
  refId: string,
  aggregate: string,
  { from, where, by = 'sensor', every = PER_INTERVAL }: Over,
  alias = `$tag_${by}`,
): Question => ({
  refId,
  query: `SELECT ${aggregate} FROM ${from} WHERE ${all(where, TIME)} GROUP BY ${every}, "${by}" fill(null)`,
  alias,
});

/** Good values as a line, doubtful ones beside it. */
export const valuesAndDoubts = (aggregate: 'mean' | 'max' | 'sum', over: Over): readonly Question[] => [
  overTime('A', `${aggregate}("value")`, over),
  overTime('B', `${aggregate}("suspect")`, over, `$tag_sensor${DOUBT_MARK}`),
];

/** Of one bucket to the next that has values; over a gap it is the mean change of the gap. */
export const change = (refId: string, per: string, { from, where, every = PER_INTERVAL }: Over): Question => ({
  refId,
  query: `SELECT derivative(mean("value"), ${per}) FROM ${from} WHERE ${all(where, TIME)} GROUP BY ${every}, "sensor"`,
  alias: '$tag_sensor',
});

export const changeOfChange = (refId: string, per: string, { from, where, every = PER_INTERVAL }: Over): Question => ({
  refId,
  query: `SELECT derivative("rate", ${per}) FROM (SELECT derivative(mean("value"), ${per}) AS "rate" FROM ${from} WHERE ${all(where, TIME)} GROUP BY ${every}, "sensor") WHERE ${TIME} GROUP BY "sensor"`,
  alias: '$tag_sensor',
});

/**
 * The sum over a window that moves on by buckets. A hole makes it a lower bound, as in the rules; where nothing was heard
 * in the whole window there is no sum.
 */
export function movingSum(refId: string, windowMs: number, bucketMs: number, { from, where }: Over): Question {
  const buckets = Math.max(1, Math.round(windowMs / bucketMs));
  const bucket = `${bucketMs / 60_000}m`;
  const range = `time > ${FROM} - ${windowMs / 60_000}m AND time <= ${TO}`;
  const inner = `SELECT moving_average(sum("value"), ${buckets}) * ${buckets} AS "sum", moving_average(count("value"), ${buckets}) AS "heard" FROM ${from} WHERE ${all(where, range)} GROUP BY time(${bucket}), "sensor" fill(0)`;
  return { refId, query: `SELECT "sum" FROM (${inner}) WHERE "heard" > 0 GROUP BY "sensor"`, alias: '$tag_sensor' };
}

/** Over the last hours before the end of the chosen range. */
export const lastHours = (
  refId: string,
  aggregate: string,
  hours: number,
  { from, where, by = 'sensor' }: Over,
): Question => ({
  refId,
  query: `SELECT ${aggregate} FROM ${from} WHERE ${all(where, `time > ${TO} - ${hours}h AND time <= ${TO}`)} GROUP BY "${by}"`,
  format: 'table',
});

/** The newest entry of each point and hazard is what stands; by it an alert is open or not. */
const newestAlerts = (where: string, ...fields: readonly string[]): string =>
  `SELECT last("open") AS "open", ${fields.join(', ')} FROM "${ALERT_MEASUREMENT}" WHERE ${all(`"origin" = '${variable('origin', 'raw')}'`, where, `time <= ${TO}`)} GROUP BY "point", "hazard", "township", "village"`;

export const openAlerts = (refId: string, text: 'textZh' | 'textEn', where = ''): Question => ({
  refId,
  query: `SELECT "level", "text" FROM (${newestAlerts(where, '"level"', `"${text}" AS "text"`)}) WHERE "open" = 1 GROUP BY "point", "hazard"`,
  format: 'table',
});

export const openAlertsOfLevel = (refId: string, rank: number, alias: string, where = ''): Question => ({
  refId,
  query: `SELECT count("level") FROM (${newestAlerts(where, '"level"')}) WHERE "open" = 1 AND "level" = ${rank}`,
  alias,
});

export const worstAlertOfPoint = (refId: string, where = ''): Question => ({
  refId,
  query: `SELECT max("level") AS "level" FROM (${newestAlerts(where, '"level"')}) WHERE "open" = 1 GROUP BY "point"`,
  format: 'table',
});
