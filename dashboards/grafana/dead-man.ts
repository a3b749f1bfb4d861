/**
 * The dead man's alert, which watches us: Grafana asks InfluxDB every half minute whether readings and the centre's own
 * word still come. It stands outside of Fengsui, so that Fengsui's silence is heard.
 */
import { SYSTEM_MEASUREMENT } from '#model/influx.ts';
import type { Origin } from '#model/reading.ts';
import { type Context, DATASOURCE, said } from './context.ts';

export type DeadMan = {
  readonly uid: string;
  readonly title: string;
  readonly query: string;
  readonly summary: string;
};

const SILENT_FOR_S = 300;

/** Origins of the county's boxes: of a county that is all simulated nothing live is expected. */
function originsOf({ registry }: Context): readonly Origin[] {
  const used = [...new Set([...registry.edges.values()].map(({ origin }) => origin))].sort();
  return used.includes('live') ? ['live'] : used;
}

export const deadMen = (context: Context): readonly DeadMan[] => [
  {
    uid: 'fengsui-no-readings',
    title: said(context, '烽燧：5 分钟没有读数', 'Fengsui: no reading for 5 minutes'),
    query: `SELECT count("value") FROM /^(${originsOf(context).join('|')})_/ WHERE time > now() - 5m`,
    summary: said(
      context,
      '5 分钟内没有任何传感器的好数据写入。查网关、broker、ingest 与写入 InfluxDB 的线程；值班室改用电话和人工巡查。',
      'No good value of any sensor was stored for 5 minutes. Look at edge boxes, broker, ingest and the writer into InfluxDB; the desk goes over to telephone and patrols.',
    ),
  },
  {
    uid: 'fengsui-no-heartbeat',
    title: said(context, '烽燧：5 分钟没有自报', 'Fengsui: no word of itself for 5 minutes'),
    query: `SELECT count("value") FROM "${SYSTEM_MEASUREMENT}" WHERE time > now() - 5m`,
    summary: said(
      context,
      '中心 5 分钟没有写入自身状态：进程停了，或 InfluxDB 写不进。',
      'The centre has not told of itself for 5 minutes: its process is gone, or InfluxDB takes no writes.',
    ),
  },
];

/**
 * A classic condition: fewer than one in five minutes; and to have no answer at all is an alarm as well. The time stands in
 * the question itself: provisioning would take `$timeFilter` for a variable of the environment.
 */
const ruleOf = ({ uid, title, query, summary }: DeadMan): object => ({
  uid,
  title,
  condition: 'B',
  data: [
    {
      refId: 'A',
      relativeTimeRange: { from: SILENT_FOR_S, to: 0 },
      datasourceUid: DATASOURCE.uid,
      model: {
        refId: 'A',
        datasource: { ...DATASOURCE },
        query,
        rawQuery: true,
        resultFormat: 'time_series',
      },
    },
    {
      refId: 'B',
      relativeTimeRange: { from: SILENT_FOR_S, to: 0 },
      datasourceUid: '__expr__',
      model: {
        ...{ refId: 'B', type: 'classic_conditions', datasource: { type: '__expr__', uid: '__expr__' } },
        conditions: [
          {
            type: 'query',
            evaluator: { type: 'lt', params: [1] },
            operator: { type: 'and' },
            query: { params: ['A'] },
            reducer: { type: 'sum', params: [] },
          },
        ],
      },
    },
  ],
  noDataState: 'Alerting',
  execErrState: 'Alerting',
  for: '0s',
  annotations: { summary },
  labels: { system: 'fengsui' },
  isPaused: false,
});

export const alertRules = (context: Context, folder: string): object => ({
  apiVersion: 1,
  groups: [{ orgId: 1, name: 'fengsui', folder, interval: '30s', rules: deadMen(context).map(ruleOf) }],
});

export const CONTACT = 'fengsui-duty';

/** A placeholder on this machine: the county puts its own message gateway there. */
export const contactPoints = (): object => ({
  apiVersion: 1,
  contactPoints: [
    {
      orgId: 1,
      name: CONTACT,
      receivers: [
        {
          uid: 'fengsui-duty-webhook',
          type: 'webhook',
          settings: { url: 'http://127.0.0.1:9099/grafana', httpMethod: 'POST' },
          disableResolveMessage: false,
        },
      ],
    },
  ],
});

export const notificationPolicy = (): object => ({
  apiVersion: 1,
  policies: [
    {
      ...{ orgId: 1, receiver: CONTACT, group_by: ['alertname'] },
      ...{ group_wait: '0s', group_interval: '1m', repeat_interval: '30m' },
    },
  ],
});
