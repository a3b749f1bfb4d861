/**
 * The embedded history, through its own writer: batches of the journal opened, gathered by series and written as chunks
 * with their summaries, durable at every flush, one in a hundred late; then merged until nothing is left to merge.
 */
import { statSync } from 'node:fs';
import { emptyColumns } from '#ingest/chunk.ts';
import { openHistoryQuery } from '#ingest/io/history-query.ts';
import { historyPath } from '#ingest/io/history-schema.ts';
import { openHistoryStore } from '#ingest/io/history-store.ts';
import { createSeriesBuffer, type SureSeries } from '#ingest/series-buffer.ts';
import { MINUTE_MS } from '#model/time.ts';
import { LOAD_START_MS, loadBatches, randomOf, rowOf, sensorName } from '#test/bench/history-load.ts';
import { withRig } from '#test/bench/rig.ts';
import type { BenchRow } from '#test/bench/row.ts';

const SENSORS = 5_000;
const MINUTES = 1_000;
/** As the product holds before it writes (DEFAULT_HISTORY). */
const BUFFERED = 400_000;
const SERIES_PER_STEP = 40;
const ZONE = 'Asia/Shanghai';

type Filled = { readonly readingsPerS: number; readonly bytesPerReading: number };

/** Fills a folder's history; the time counts from the first batch opened to the last merge, not what makes the load. */
export function fillEmbedded(dataDir: string, sensors: number, minutes: number): Filled {
  const store = openHistoryStore(historyPath(dataDir));
  const buffer = createSeriesBuffer(store.isTaken);
  let readings = 0;
  let spentMs = 0;
  let block: ReturnType<typeof rowOf>[] = [];
  let inBlock = 0;
  let pos = 0;
  const writeBlock = () => {
    const began = performance.now();
    for (const row of block) buffer.take(row);
    store.flush(buffer, new Map([[0, pos]]));
    buffer.clear();
    store.compact(SERIES_PER_STEP);
    spentMs += performance.now() - began;
    block = [];
    inBlock = 0;
  };
  for (const batch of loadBatches(sensors, minutes)) {
    block.push(rowOf(batch, ++pos));
    readings += batch.readings;
    inBlock += batch.readings;
    if (inBlock >= BUFFERED) writeBlock();
  }
  writeBlock();
  const began = performance.now();
  while (store.compact(SERIES_PER_STEP) > 0);
  store.close();
  spentMs += performance.now() - began;
  console.error(`  ${readings.toLocaleString('en')} readings of ${sensors} series in ${Math.round(spentMs)} ms`);
  return {
    readingsPerS: readings / (spentMs / 1_000),
    bytesPerReading: statSync(historyPath(dataDir)).size / readings,
  };
}

let filling: Promise<Filled> | undefined;
const filled = (): Promise<Filled> => {
  filling ??= withRig(async ({ dir }) => fillEmbedded(dir, SENSORS, MINUTES));
  return filling;
};

const MONTH_SERIES = 40;
const MONTH_MINUTES = 30 * 24 * 60;
const GOOD_WITH_RAW = 1;

function month(index: number): SureSeries {
  const random = randomOf(index + 1);
  const columns = emptyColumns();
  let level = 12_000;
  for (let minute = 0; minute < MONTH_MINUTES; minute++) {
    if (random() < 0.3) level += random() < 0.5 ? 1 : -1;
    columns.times.push(LOAD_START_MS + minute * MINUTE_MS);
    columns.values.push(level);
    columns.raws.push(level);
    columns.codes.push(GOOD_WITH_RAW);
  }
  return { sensorId: sensorName(index), origin: 'live', columns };
}

/** Thirty days of one series at 1/min through the port that the console asks; each series once, in the middle of them. */
async function measureMonth(): Promise<number> {
  return withRig(async ({ dir, endings }) => {
    const store = openHistoryStore(historyPath(dir));
    const noReadings = createSeriesBuffer();
    for (let index = 0; index < MONTH_SERIES; index++)
      store.flush({ ...noReadings, sure: () => [month(index)] }, new Map());
    store.close();
    const query = openHistoryQuery(dir, { zone: ZONE });
    endings.push(query.close);
    const times: number[] = [];
    for (let index = 0; index < MONTH_SERIES; index++) {
      const began = performance.now();
      const span = { fromMs: LOAD_START_MS, toMs: LOAD_START_MS + MONTH_MINUTES * MINUTE_MS };
      const points = await query.range({ sensorId: sensorName(index), origin: 'live', ...span, limit: 100_000 });
      times.push(performance.now() - began);
      if (points.length !== MONTH_MINUTES) throw new Error(`${points.length} readings came back`);
    }
    times.sort((a, b) => a - b);
    console.error(`  best ${times[0]?.toFixed(1)}, worst ${times.at(-1)?.toFixed(1)} ms`);
    return times[times.length >> 1] ?? 0;
  });
}

export const rows: readonly BenchRow[] = [
  {
    ...{ name: 'history.embedded.readings_per_s', unit: 'readings/s', budget: 500_000, better: 'higher' },
    run: async () => (await filled()).readingsPerS,
  },
  {
    ...{ name: 'history.embedded.bytes_per_reading', unit: 'bytes', budget: 4, better: 'lower' },
    run: async () => (await filled()).bytesPerReading,
  },
  { ...{ name: 'history.embedded.month_ms', unit: 'ms', budget: 20, better: 'lower' }, run: measureMonth },
];
