/**
 * A year of minute data from a hundred rain gauges through the live engine with the national rainstorm table (four
 * limits over three windows a gauge), ticks of the centre's clock included, on one core. `csv`: from the text of a file,
 * parsed and played; `store`: from columns as a reader holds them. Storms cross real limits, reasons are written.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS } from '#model/time.ts';
import type { Recording, RecordingSeries } from '#rules/backtest/recording.ts';
import { runBacktest } from '#rules/backtest/run.ts';
import { loadRecording } from '#simulators/recorded/io/load.ts';
import type { BenchRow } from '#test/bench/row.ts';

const START_MS = Date.UTC(2025, 0, 1);
const SENSORS = 100;
const YEAR_MINUTES = 365 * 24 * 60;
/** Parsing costs the same in every month; one is enough to tell the rate. */
const CSV_MINUTES = 31 * 24 * 60;

/** Small and fast: the same numbers at every run. */
function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (Math.imul(a, 1_664_525) + 1_013_904_223) | 0;
    return (a >>> 0) / 4_294_967_296;
  };
}

/** Dry with drizzle, and every fortnight or so five hours of rain that reach the table's colours. */
function gauge(index: number, minutes: number): RecordingSeries {
  const random = randomOf(index + 1);
  const atMs = new Float64Array(minutes);
  const values = new Int32Array(minutes);
  let stormLeft = 0;
  for (let minute = 0; minute < minutes; minute++) {
    atMs[minute] = START_MS + minute * MINUTE_MS;
    if (stormLeft === 0 && random() < 1 / 20_000) stormLeft = 300;
    if (stormLeft > 0) stormLeft--;
    values[minute] = stormLeft > 0 ? (random() < 0.5 ? 200 : 400) : random() < 0.02 ? 100 : 0;
  }
  return { sensor: { sensorId: `gauge-${index}`, quantity: 'rain' }, columns: { count: minutes, atMs, values } };
}

const gauges = (minutes: number): Recording => ({
  zone: 'Asia/Shanghai',
  series: Array.from({ length: SENSORS }, (_, index) => gauge(index, minutes)),
  notes: [],
});

const rules = () => {
  const file = new URL('../../county/rules/rainstorm-national.yaml', import.meta.url);
  return [{ file: 'rainstorm-national.yaml', text: readFileSync(file, 'utf8') }];
};

function play(recording: Recording): number {
  const run = runBacktest({ recording, rules: rules() });
  if (!run.ok) throw new Error(run.error.map(({ message }) => message).join());
  if (run.value.changes.length === 0) throw new Error('no storm reached a level: nothing was measured');
  return run.value.readings;
}

/** The best of three: the machine does other things as well. */
function bestOf(rounds: number, run: () => number): number {
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const readings = run();
    best = Math.max(best, readings / ((performance.now() - began) / 1_000));
  }
  return best;
}

function measureStore(): number {
  const recording = gauges(YEAR_MINUTES);
  return bestOf(2, () => play(recording));
}

/** Rows in order of time, as a logger's export has them. */
function writeCsv(path: string, { series }: Recording): void {
  const fd = openSync(path, 'w');
  writeSync(fd, 'time,sensor,value\n');
  for (let minute = 0; minute < CSV_MINUTES; minute++) {
    const stamp = `${new Date(START_MS + minute * MINUTE_MS).toISOString().slice(0, 19)}Z`;
    let lines = '';
    for (const { sensor, columns } of series)
      lines += `${stamp},${sensor.sensorId},${(columns.values[minute] ?? 0) / 1_000}\n`;
    writeSync(fd, lines);
  }
  closeSync(fd);
}

function measureCsv(): number {
  const dir = mkdtempSync(join(tmpdir(), 'fengsui-bench-'));
  try {
    const path = join(dir, 'gauges.csv');
    writeCsv(path, gauges(CSV_MINUTES));
    return bestOf(3, () => {
      const recording = loadRecording(path, { defaultQuantity: 'rain' });
      if (!recording.ok) throw new Error(recording.error.map(({ message }) => message).join());
      return play(recording.value);
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export const rows: readonly BenchRow[] = [
  {
    name: 'backtest.csv.readings_per_s',
    unit: 'readings/s',
    budget: 3_000_000,
    better: 'higher',
    run: async () => measureCsv(),
  },
  {
    name: 'backtest.store.readings_per_s',
    unit: 'readings/s',
    budget: 6_000_000,
    better: 'higher',
    run: async () => measureStore(),
  },
];
