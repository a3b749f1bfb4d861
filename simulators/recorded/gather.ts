/** Puts the series of several files together to one recording: which names they bear, and what is left out as the same gauge. */
import { QUANTITIES } from '#model/quantity.ts';
import type { Lint } from '#model/result.ts';
import { type Recording, type RecordingSeries, ROW_MISSING, type SeriesColumns } from '#rules/backtest/recording.ts';
import type { Inventory } from '#simulators/recorded/inventory.ts';
import { idFromFile, lintAt } from '#simulators/recorded/series.ts';

export type FileSeries = {
  readonly file: string;
  readonly series: readonly RecordingSeries[];
  readonly zone: string | null;
  readonly notes: readonly Lint[];
  /** CSV names its sensors; another format's names may come again in the next file and mean another station. */
  readonly namesSensors: boolean;
};

/** A logger's own table, and the file of inches made of it: one gauge in two units. */
const LOGGER = /_14d$/;
const MAX_NOTES = 50;

export function gatherFiles(
  files: readonly FileSeries[],
  inventory: Inventory | undefined,
  zone: string | undefined,
): Recording {
  const notes = files.flatMap((file) => file.notes);
  const ids = files.flatMap(({ series }) => series.map(({ sensor }) => sensor.sensorId));
  const twice = new Set(ids.filter((id, at) => ids.indexOf(id) !== at));
  const bySensor = new Map<string, RecordingSeries>();
  for (const { file, series, namesSensors } of files)
    for (const one of series) {
      const { sensorId } = one.sensor;
      const inches = sensorId.replace(LOGGER, '');
      if (inches !== sensorId && ids.includes(inches)) {
        notes.push(lintAt(file, 0, `left out: ${inches} is the same gauge`, 'warning'));
        continue;
      }
      const id = twice.has(sensorId) && !namesSensors ? `${idFromFile(file)}-${sensorId}` : sensorId;
      const before = bySensor.get(id);
      const named = { ...one, sensor: { ...one.sensor, sensorId: id } };
      bySensor.set(id, before === undefined ? named : appended(before, named, file, notes));
    }
  const series = [...bySensor.values()].map((one) => withInventory(one, inventory));
  const strangers = [...(inventory?.keys() ?? [])].filter((id) => !bySensor.has(id));
  for (const id of strangers.slice(0, MAX_NOTES))
    notes.push(lintAt('', 0, `the inventory has ${id}, the recording has not`, 'warning'));
  return { zone: files.find((file) => file.zone !== null)?.zone ?? zone ?? 'UTC', series, notes };
}

const withInventory = (series: RecordingSeries, inventory: Inventory | undefined): RecordingSeries => {
  const entry = inventory?.get(series.sensor.sensorId);
  if (entry === undefined) return series;
  const { unit: _unit, quantity: _quantity, zero, ...rest } = entry;
  const { columns } = series;
  const isGauge = QUANTITIES[series.sensor.quantity].kind === 'gauge';
  return {
    ...series,
    sensor: { ...series.sensor, ...rest },
    columns: zero === true && isGauge ? zeroed(columns) : columns,
  };
};

/** As a meter shows that was set to zero at the first value. */
function zeroed({ values, ...columns }: SeriesColumns): SeriesColumns {
  const first = values.findIndex((_value, at) => at < columns.count && columns.marks?.[at] !== ROW_MISSING);
  const base = values[first] ?? 0;
  return { ...columns, values: values.map((value) => value - base) };
}

/** A station's months in files of their own. */
function appended(before: RecordingSeries, more: RecordingSeries, file: string, notes: Lint[]): RecordingSeries {
  if (before.sensor.quantity !== more.sensor.quantity) {
    const { sensorId, quantity } = more.sensor;
    notes.push(
      lintAt(file, 0, `left out: ${sensorId} is ${quantity} here and was ${before.sensor.quantity}`, 'warning'),
    );
    return before;
  }
  const flags = [...(before.flags ?? []), ...(more.flags ?? [])];
  return {
    sensor: before.sensor,
    columns: isEarlier(more.columns, before.columns)
      ? joined(more.columns, before.columns)
      : joined(before.columns, more.columns),
    ...(flags.length === 0 ? {} : { flags }),
  };
}

/** The names of files are in no order of time: july.csv comes before june.csv. */
const isEarlier = (a: SeriesColumns, b: SeriesColumns): boolean =>
  a.count > 0 && b.count > 0 && (a.atMs[a.count - 1] as number) <= (b.atMs[0] as number);

function joined(a: SeriesColumns, b: SeriesColumns): SeriesColumns {
  const count = a.count + b.count;
  const atMs = new Float64Array(count);
  atMs.set(a.atMs.subarray(0, a.count));
  atMs.set(b.atMs.subarray(0, b.count), a.count);
  const values = new Int32Array(count);
  values.set(a.values.subarray(0, a.count));
  values.set(b.values.subarray(0, b.count), a.count);
  if (a.marks === undefined && b.marks === undefined) return { count, atMs, values };
  const marks = new Uint8Array(count);
  if (a.marks !== undefined) marks.set(a.marks.subarray(0, a.count));
  if (b.marks !== undefined) marks.set(b.marks.subarray(0, b.count), a.count);
  return { count, atMs, values, marks };
}
