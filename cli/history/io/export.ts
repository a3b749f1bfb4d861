/** Writes readings or their summaries into one file, series by series, in an amount of memory that does not depend on how many there are. */
import { existsSync } from 'node:fs';
import { RESOLUTION_MS } from '#model/bucket.ts';
import type { Bucket, HistoryQuery, Resolution } from '#model/history.ts';
import { err, ok, type Result } from '#model/result.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import { BOM, LINE_END } from '../csv-text.ts';
import { bucketHeading, bucketLine, type ExportSeries, placeCells, pointHeading, pointLine } from '../export-form.ts';
import { openLocalTime } from '../local-time.ts';
import { walkPoints } from '../stretches.ts';
import { openOutFile } from './out-file.ts';
import { BUCKET_COLUMNS, bucketRow, openParquetFile, POINT_COLUMNS, pointRow } from './parquet-file.ts';

export type ExportWish = {
  readonly query: HistoryQuery;
  readonly series: readonly ExportSeries[];
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly resolution: 'raw' | Resolution;
  readonly format: 'csv' | 'parquet';
  readonly zone: string;
  readonly out: string;
  readonly mayReplace: boolean;
};
export type ExportDone = { readonly rows: number; readonly series: number };

type Sink = {
  readonly begin: (series: ExportSeries) => void;
  readonly point: (point: Parameters<typeof pointLine>[0], series: ExportSeries) => Promise<void>;
  readonly bucket: (bucket: Parameters<typeof bucketLine>[0], series: ExportSeries) => Promise<void>;
  readonly done: () => Promise<void>;
  readonly drop: () => Promise<void> | void;
};

async function openCsv({ out, zone, resolution }: ExportWish): Promise<Sink> {
  const file = openOutFile(out);
  const local = openLocalTime(zone);
  let place = '';
  await file.line(`${BOM}${resolution === 'raw' ? pointHeading(zone) : bucketHeading(zone, resolution)}${LINE_END}`);
  return {
    begin: (series) => {
      place = placeCells(series);
    },
    point: (point, series) => file.line(`${pointLine(point, series, place, local)}${LINE_END}`),
    bucket: (bucket, series) => file.line(`${bucketLine(bucket, series, place, local)}${LINE_END}`),
    done: file.done,
    drop: file.drop,
  };
}

function openParquet({ out, resolution }: ExportWish): Sink {
  const file = openParquetFile(out, resolution === 'raw' ? POINT_COLUMNS : BUCKET_COLUMNS);
  return {
    begin: () => {},
    point: (point, series) => file.row(pointRow(point, series)),
    bucket: (bucket, series) => file.row(bucketRow(bucket, series)),
    done: file.done,
    drop: file.drop,
  };
}

/** Buckets of one question, so that its answer stays small. */
const BUCKETS_AT_ONCE = 20_000;

/** The days that hold anything, in runs: years without a bucket are not asked for bucket by bucket. */
async function* walkBuckets(
  wish: ExportWish,
  { sensorId, origin }: ExportSeries,
  resolution: Resolution,
): AsyncGenerator<readonly Bucket[]> {
  const { query, fromMs, toMs } = wish;
  const ask = async (stretch: { readonly fromMs: EpochMs; readonly toMs: EpochMs }, length: Resolution) =>
    (await query.buckets({ sensorIds: [sensorId], origin, ...stretch, resolution: length })).get(sensorId) ?? [];
  // Days before the beginning too: the first one may have begun earlier.
  const days = await ask({ fromMs: fromMs - 2 * DAY_MS, toMs }, '1d');
  if (resolution === '1d') {
    yield days.filter((day) => day.fromMs >= fromMs);
    return;
  }
  const longestMs = RESOLUTION_MS[resolution] * BUCKETS_AT_ONCE;
  for (let at = 0; at < days.length; ) {
    const beginMs = days[at]?.fromMs ?? toMs;
    let endMs = beginMs;
    while (at < days.length && (days[at]?.fromMs ?? toMs) <= endMs && endMs - beginMs < longestMs)
      endMs = days[at++]?.toMs ?? toMs;
    const stretch = { fromMs: Math.max(fromMs, beginMs), toMs: Math.min(toMs, endMs) };
    if (stretch.fromMs < stretch.toMs) yield await ask(stretch, resolution);
  }
}

async function writeSeries(wish: ExportWish, series: ExportSeries, sink: Sink): Promise<number> {
  const { query, fromMs, toMs, resolution } = wish;
  const { sensorId, origin } = series;
  let rows = 0;
  sink.begin(series);
  if (resolution === 'raw') {
    for await (const { points } of walkPoints(query, { sensorId, origin, fromMs, toMs })) {
      for (const point of points) await sink.point(point, series);
      rows += points.length;
    }
    return rows;
  }
  for await (const buckets of walkBuckets(wish, series, resolution)) {
    for (const bucket of buckets) await sink.bucket(bucket, series);
    rows += buckets.length;
  }
  return rows;
}

export async function exportHistory(
  wish: ExportWish,
  onProgress: (series: number, of: number, rows: number) => void,
): Promise<Result<ExportDone, string>> {
  if (existsSync(wish.out) && !wish.mayReplace)
    return err(`${wish.out} is there already: name another file, or add --force to replace it.`);
  const sink = wish.format === 'csv' ? await openCsv(wish) : openParquet(wish);
  try {
    let rows = 0;
    let filled = 0;
    for (const [at, series] of wish.series.entries()) {
      onProgress(at, wish.series.length, rows);
      const more = await writeSeries(wish, series, sink);
      rows += more;
      if (more > 0) filled++;
    }
    await sink.done();
    return ok({ rows, series: filled });
  } catch (cause) {
    await sink.drop();
    return err(`Nothing was exported: ${cause instanceof Error ? cause.message : String(cause)}.`);
  }
}
