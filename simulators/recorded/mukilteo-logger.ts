/**
 * USGS landslide thresholds, the loggers' own tables (usgs-mukilteo `_14d.txt`): tab separated, no header, rain as a COUNT
 * of tips of 0.01 in; the same gauges as in `_rain.txt`, in another unit. The other columns (battery, moisture, pressure)
 * are not read.
 */
import { toSteps } from '#model/quantity.ts';
import { ok } from '#model/result.ts';
import { MINUTE_MS } from '#model/time.ts';
import { plainRows, readRows } from '#simulators/recorded/rows.ts';
import { clockNotes, idFromFile, instantOf, linesOf, type RecordedFormat } from '#simulators/recorded/series.ts';

/** As assumed for `_rain.txt`, whose times these are. */
const UTC_OFFSET_H = -8;
const MM_PER_TIP = 0.254;
/** Index of the tip column by the number of columns: each logger has its own table, and none names its columns. */
const TIP_COLUMN: ReadonlyMap<number, number> = new Map([
  [5, 3],
  [21, 5],
  [22, 6],
]);
const TIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):00$/;

function readLine(line: string) {
  const fields = line.replace(/\t+\s*$/, '').split('\t');
  const column = TIP_COLUMN.get(fields.length);
  if (column === undefined)
    return { wrong: `a line has ${[...TIP_COLUMN.keys()].join(', ')} columns, not ${fields.length}` };
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0] = TIME.exec(fields[0] ?? '')?.map(Number) ?? [];
  const atMs = instantOf({ year, month, day, hour, minute }, UTC_OFFSET_H);
  if (atMs === undefined) return { wrong: `there is no time ${fields[0]}` };
  const tips = (fields[column] ?? '').trim();
  if (!/^\d{1,6}$/.test(tips)) return { wrong: `column ${column + 1} is ${tips}, no count of tips` };
  return { atMs, value: toSteps('rain', Number(tips) * MM_PER_TIP) };
}

export const mukilteoLoggerFormat: RecordedFormat = {
  name: 'usgs-logger',
  matches: (_file, head) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\t\d+\t/.test(head),
  parse: (file, text, options) => {
    const rows = readRows(file, linesOf(text), readLine);
    if (!rows.ok) return rows;
    return ok([
      {
        sensorId: options.sensorId ?? idFromFile(file),
        quantity: 'rain',
        unit: 'mm',
        zone: 'Etc/GMT+8',
        localStamps: true,
        rows: plainRows(rows.value),
        stepMs: 15 * MINUTE_MS,
        omitted: 'missing',
        notes: clockNotes(file, rows.value),
      },
    ]);
  },
};
