/** USGS landslide thresholds, 15-minute gauges (usgs-mukilteo `_rain.txt`): `YYYY MM DD HH mm value`, rain in inches. */
import { toSteps } from '#model/quantity.ts';
import { ok } from '#model/result.ts';
import { MINUTE_MS } from '#model/time.ts';
import { plainRows, readRows } from '#simulators/recorded/rows.ts';
import { clockNotes, idFromFile, instantOf, linesOf, type RecordedFormat } from '#simulators/recorded/series.ts';

/** Logger local time; the files do not move at the end of summer time, so Pacific Standard Time is assumed. */
const UTC_OFFSET_H = -8;
const MM_PER_INCH = 25.4;

function readLine(line: string) {
  const fields = line.trim().split(/\s+/);
  if (fields.length !== 6) return { wrong: `a line has 6 fields, not ${fields.length}` };
  const [year = Number.NaN, month = 0, day = 0, hour = 0, minute = 0, inches = Number.NaN] = fields.map(Number);
  if (!Number.isFinite(inches) || inches < 0) return { wrong: `${fields[5]} is no amount of rain in inches` };
  const atMs = instantOf({ year, month, day, hour, minute }, UTC_OFFSET_H);
  return atMs === undefined || Number.isNaN(atMs)
    ? { wrong: `there is no time ${fields.slice(0, 5).join(' ')}` }
    : { atMs, value: toSteps('rain', inches * MM_PER_INCH) };
}

export const mukilteoFormat: RecordedFormat = {
  name: 'usgs-15min',
  matches: (_file, head) => /^\d{4}\s+\d\d\s+\d\d\s+\d\d\s+\d\d\s+[\d.]+\s*$/.test(head.split('\n')[0] ?? ''),
  parse: (file, text, options) => {
    const rows = readRows(file, linesOf(text), readLine);
    if (!rows.ok) return rows;
    return ok([
      {
        // The file is named after its gauge.
        sensorId: options.sensorId ?? idFromFile(file).replace(/_rain$/, ''),
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
