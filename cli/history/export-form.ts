/**
 * What a line of an export says, and its heading in Chinese and English. The last word of a heading is the column's
 * name, by which an import finds it again.
 */
import type { Bucket, HistoryPoint, Resolution } from '#model/history.ts';
import { formatSteps, QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import { textCell } from './csv-text.ts';
import type { LocalTime } from './local-time.ts';

export type ExportSeries = {
  readonly sensorId: SensorId;
  readonly origin: Origin;
  readonly quantity: QuantityCode;
  readonly pointId: string;
  readonly pointName: string;
  readonly gridCode: string;
};

const PLACE = ['传感器 sensor', '来源 origin', '隐患点 point', '名称 name', '网格 grid', '量 quantity', '单位 unit'];

const timeHeading = (zone: string): readonly string[] => [`时间（${zone}） local_time`, '时差 offset', '世界时 time'];

export const pointHeading = (zone: string): string =>
  [...timeHeading(zone), ...PLACE, ...['值 value', '质量 quality', '无值原因 reason', '标记 flags', '原始值 raw']]
    .map(textCell)
    .join(',');

export const bucketHeading = (zone: string, resolution: Resolution): string =>
  [
    ...timeHeading(zone),
    `至（每 ${resolution}） to`,
    ...PLACE,
    ...['有效数 n', '最小 min', '最大 max', '平均 mean', '累计 sum', '最后 last', '存疑数 suspect', '无值数 bad'],
  ]
    .map(textCell)
    .join(',');

/** The part of a line that is the same for a whole series. */
export const placeCells = (series: ExportSeries): string =>
  [
    series.sensorId,
    series.origin,
    series.pointId,
    series.pointName,
    series.gridCode,
    series.quantity,
    QUANTITIES[series.quantity].unit,
  ]
    .map(textCell)
    .join(',');

const timeCells = (atMs: number, local: LocalTime): string =>
  `${local.text(atMs)},${local.offset(atMs)},${new Date(atMs).toISOString()}`;

export function pointLine(point: HistoryPoint, series: ExportSeries, place: string, local: LocalTime): string {
  const value = point.value === undefined ? '' : formatSteps(series.quantity, point.value);
  const { quality, reason = '', flags, raw = '' } = point;
  return `${timeCells(point.atMs, local)},${place},${value},${quality},${reason},${flags.join(' ')},${raw}`;
}

export function bucketLine(bucket: Bucket, series: ExportSeries, place: string, local: LocalTime): string {
  const { quantity } = series;
  const steps = (value: number | undefined): string => (value === undefined ? '' : formatSteps(quantity, value));
  const isSum = QUANTITIES[quantity].kind === 'increment';
  const mean = isSum || bucket.n === 0 ? '' : String(meanOf(bucket, quantity));
  const sum = isSum && bucket.n > 0 ? steps(bucket.sum) : '';
  const { n, suspect, bad } = bucket;
  const figures = [n, steps(bucket.min), steps(bucket.max), mean, sum, steps(bucket.last), suspect, bad].join(',');
  return `${timeCells(bucket.fromMs, local)},${new Date(bucket.toMs).toISOString()},${place},${figures}`;
}

/** Two digits more than a reading has. */
const meanOf = ({ sum, n }: Bucket, quantity: QuantityCode): number => {
  const { decimals } = QUANTITIES[quantity];
  return Number((sum / n / 10 ** decimals).toFixed(decimals + 2));
};
