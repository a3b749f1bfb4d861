/** Fengsui about itself: whether rows come in, how far each stage is behind, and what waits at the edges. */
import { SYSTEM_MEASUREMENT } from '#model/influx.ts';
import { type Context, said } from '../context.ts';
import { TIME } from '../influx-query.ts';
import type { Board, PlacedPanel } from '../layout.ts';
import { lines } from '../panels.ts';
import { originVariable } from '../variables.ts';

type Shown = {
  readonly metric: string;
  readonly zh: string;
  readonly en: string;
  readonly unit: string;
  /** A counter is shown by its growth a second. */
  readonly counter?: true;
};

export const SYSTEM_METRICS: readonly Shown[] = [
  { metric: 'fengsui_ingest_readings_total', zh: '入库读数', en: 'readings taken in', unit: 'ops', counter: true },
  {
    metric: 'fengsui_history_readings_total',
    zh: '内嵌历史写入',
    en: 'readings into embedded history',
    unit: 'ops',
    counter: true,
  },
  { metric: 'fengsui_influx_lag_seconds', zh: '写入 InfluxDB 滞后', en: 'InfluxDB is behind by', unit: 's' },
  {
    metric: 'fengsui_influx_aside_total',
    zh: 'InfluxDB 不收的点',
    en: 'points that InfluxDB refused',
    unit: 'ops',
    counter: true,
  },
  { metric: 'fengsui_rules_lag_seconds', zh: '规则滞后', en: 'rules are behind by', unit: 's' },
  { metric: 'fengsui_alerts_lag_entries', zh: '预警滞后（条）', en: 'alerts are behind by entries', unit: 'short' },
  { metric: 'fengsui_edge_online', zh: '网关在线', en: 'edge boxes online', unit: 'short' },
  {
    metric: 'fengsui_edge_reported_queue_batches',
    zh: '网关待发批次',
    en: 'batches waiting at edge boxes',
    unit: 'short',
  },
  {
    metric: 'fengsui_edge_reported_oldest_seconds',
    zh: '网关最早待发',
    en: 'oldest batch waiting at edge boxes',
    unit: 's',
  },
  { metric: 'fengsui_journal_failing', zh: '日志写入失败', en: 'journal cannot be written', unit: 'short' },
  { metric: 'fengsui_quarantined_total', zh: '隔离的数据', en: 'rows put in quarantine', unit: 'ops', counter: true },
  { metric: 'fengsui_deliveries_pending', zh: '待发通知', en: 'messages waiting', unit: 'short' },
  { metric: 'fengsui_loop_restarts_total', zh: '循环重启', en: 'loops started again', unit: 'ops', counter: true },
];

const metricPanel = (context: Context, { metric, zh, en, unit, counter }: Shown): PlacedPanel => {
  const select = counter ? 'non_negative_derivative(max("value"), 1s)' : 'max("value")';
  return lines({
    key: metric,
    title: said(context, zh, en),
    ...{ width: 8, height: 7, unit, interval: '1m', ...(counter ? { holeMs: 150_000 } : { gapMs: 120_000 }) },
    questions: [
      {
        refId: 'A',
        query: `SELECT ${select} FROM "${SYSTEM_MEASUREMENT}" WHERE "metric" = '${metric}' AND ${TIME} GROUP BY ${counter ? 'time(1m)' : 'time($__interval)'}, "process", "label" fill(null)`,
        alias: '$tag_process $tag_label',
      },
    ],
  });
};

/** Whoever writes nothing about himself any more is gone. */
const processesPanel = (context: Context): PlacedPanel =>
  lines({
    key: 'processes',
    title: said(context, '各进程的自报（条/分）', 'what each process says of itself, a minute'),
    ...{ width: 24, height: 6, unit: 'short', draw: 'bars', interval: '1m' },
    questions: [
      {
        refId: 'A',
        query: `SELECT count("value") FROM "${SYSTEM_MEASUREMENT}" WHERE ${TIME} GROUP BY time($__interval), "process" fill(0)`,
        alias: '$tag_process',
      },
    ],
  });

export const systemBoard = (context: Context): Board => ({
  key: 'system',
  title: said(context, '系统自身', 'the system itself'),
  description: said(context, '烽燧各进程的状态。', "The state of Fengsui's processes."),
  from: 'now-6h',
  variables: [originVariable(context)],
  panels: [processesPanel(context), ...SYSTEM_METRICS.map((shown) => metricPanel(context, shown))],
});
