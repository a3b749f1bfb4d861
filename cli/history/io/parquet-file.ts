/** Readings as Parquet: a row group every so many rows, so that memory does not grow with the file. */
import { rmSync } from 'node:fs';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { Bucket, HistoryPoint } from '#model/history.ts';
import { fromSteps, QUANTITIES } from '#model/quantity.ts';
import type { ExportSeries } from '../export-form.ts';
import { partOfFile, showFile } from './out-file.ts';

const ROWS_A_GROUP = 100_000;

type Kind = 'STRING' | 'TIMESTAMP' | 'DOUBLE' | 'INT64';
type Cell = string | number | bigint | Date | null;
type Column = { readonly name: string; readonly kind: Kind; readonly isOptional?: true };

const PLACE: readonly Column[] = ['sensor', 'origin', 'point', 'name', 'grid', 'quantity', 'unit'].map((name) => ({
  name,
  kind: 'STRING',
}));
const optional = (name: string, kind: Kind): Column => ({ name, kind, isOptional: true });
export const POINT_COLUMNS: readonly Column[] = [
  { name: 'time', kind: 'TIMESTAMP' },
  ...PLACE,
  optional('value', 'DOUBLE'),
  optional('steps', 'INT64'),
  { name: 'quality', kind: 'STRING' },
  optional('reason', 'STRING'),
  { name: 'flags', kind: 'STRING' },
  optional('raw', 'INT64'),
];
export const BUCKET_COLUMNS: readonly Column[] = [
  { name: 'time', kind: 'TIMESTAMP' },
  { name: 'to', kind: 'TIMESTAMP' },
  ...PLACE,
  { name: 'n', kind: 'INT64' },
  ...['min', 'max', 'mean', 'sum', 'last'].map((name) => optional(name, 'DOUBLE')),
  { name: 'suspect', kind: 'INT64' },
  { name: 'bad', kind: 'INT64' },
];

const placeOf = (series: ExportSeries): readonly Cell[] => [
  ...[series.sensorId, series.origin, series.pointId, series.pointName, series.gridCode, series.quantity],
  QUANTITIES[series.quantity].unit,
];

export function pointRow({ atMs, value, raw, quality, flags, reason }: HistoryPoint, series: ExportSeries): Cell[] {
  return [
    ...[new Date(atMs), ...placeOf(series)],
    ...(value === undefined ? [null, null] : [fromSteps(series.quantity, value), BigInt(value)]),
    ...[quality, reason ?? null, flags.join(' '), raw === undefined ? null : BigInt(raw)],
  ];
}

export function bucketRow(bucket: Bucket, series: ExportSeries): Cell[] {
  const { quantity } = series;
  const isSum = QUANTITIES[quantity].kind === 'increment';
  const unit = (value: number | undefined): Cell => (value === undefined ? null : fromSteps(quantity, value));
  const mean = isSum || bucket.n === 0 ? null : bucket.sum / bucket.n / 10 ** QUANTITIES[quantity].decimals;
  return [
    ...[new Date(bucket.fromMs), new Date(bucket.toMs), ...placeOf(series), BigInt(bucket.n)],
    ...[unit(bucket.min), unit(bucket.max), mean, isSum && bucket.n > 0 ? unit(bucket.sum) : null, unit(bucket.last)],
    ...[BigInt(bucket.suspect), BigInt(bucket.bad)],
  ];
}

const TYPES = {
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  TIMESTAMP: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
  DOUBLE: { type: 'DOUBLE' },
  INT64: { type: 'INT64' },
} as const;

export type ParquetFile = {
  readonly row: (cells: readonly Cell[]) => Promise<void>;
  readonly done: () => Promise<void>;
  readonly drop: () => void;
};

export function openParquetFile(path: string, columns: readonly Column[]): ParquetFile {
  const writer = new ParquetWriter({
    writer: fileWriter(partOfFile(path)),
    createdBy: 'fengsui',
    schema: [
      { name: 'reading', num_children: columns.length },
      ...columns.map(({ name, kind, isOptional }) => ({
        ...{ name, ...TYPES[kind] },
        repetition_type: isOptional === true ? ('OPTIONAL' as const) : ('REQUIRED' as const),
      })),
    ],
  });
  let rows: Cell[][] = columns.map(() => []);
  const flush = async (): Promise<void> => {
    const columnData = columns.map(({ name }, at) => ({ name, data: rows[at] ?? [] }));
    if ((rows[0]?.length ?? 0) > 0) await writer.write({ columnData, rowGroupSize: ROWS_A_GROUP });
    rows = columns.map(() => []);
  };
  return {
    row: async (cells) => {
      for (const [at, cell] of cells.entries()) rows[at]?.push(cell);
      if ((rows[0]?.length ?? 0) >= ROWS_A_GROUP) await flush();
    },
    done: async () => {
      await flush();
      await writer.finish();
      await showFile(path);
    },
    drop: () => rmSync(partOfFile(path), { force: true }),
  };
}
