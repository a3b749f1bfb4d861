/** Every entry of an alert's history as a mark on the time axis of every board. */
import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { ALERT_MEASUREMENT } from '#model/influx.ts';
import { LEVEL_COLOUR } from './colours.ts';
import { type Context, DATASOURCE, said } from './context.ts';
import { influxEvents, TIME, variable } from './influx-query.ts';

export const alertMarks = (context: Context): AnnotationQueryBuilder => {
  const text = context.lang === 'zh' ? 'textZh' : 'textEn';
  const query = `SELECT "${text}" AS "text", "kind", "point" FROM "${ALERT_MEASUREMENT}" WHERE "origin" = '${variable('origin', 'raw')}' AND ${TIME}`;
  return new AnnotationQueryBuilder()
    .name(said(context, '预警', 'alerts'))
    .datasource({ ...DATASOURCE })
    .enable(true)
    .iconColor(LEVEL_COLOUR.red)
    .target(influxEvents(query, { text: 'text', title: 'kind', tags: 'point' }));
};
