/**
 * NOAA hourly precipitation (boulder-2013): inches at the END of the hour, local standard time; an hour that is left out
 * was dry, 999.99 is missing; `[` and `{` open a stretch of missing or deleted hours, which the next row closes.
 */
import { toSteps } from '#model/quantity.ts';
import { ok } from '#model/result.ts';
import { HOUR_MS } from '#model/time.ts';
import { plainRows, readRows } from '#simulators/recorded/rows.ts';
import { clockNotes, instantOf, linesOf, type RecordedFormat } from '#simulators/recorded/series.ts';

/** Mountain Standard Time all the year, as NOAA's cooperative stations keep it. */
const UTC_OFFSET_H = -7;
const MM_PER_INCH = 25.4;
const MISSING = 999.99;

function readLine(line: string) {
  const fields = line.split(',');
  const time = /^(\d{4})(\d\d)(\d\d) (\d\d):(\d\d)$/.exec(fields[5] ?? '');
  if (fields.length < 7 || time === null) return { wrong: 'column 6 must be a time like 20130912 00:00' };
  const [, year, month, day, hour, minute] = time.map(Number);
  const atMs = instantOf(
    { year: year ?? 0, month: month ?? 0, day: day ?? 0, hour: hour ?? 0, minute: minute ?? 0 },
    UTC_OFFSET_H,
  );
  if (atMs === undefined) return { wrong: `there is no time ${fields[5]}` };
  const inches = Number(fields[6]);
  if ((fields[6] ?? '').trim() === '' || !Number.isFinite(inches) || inches < 0)
    return { wrong: `${fields[6]} is no amount of rain in inches` };
  if (inches !== MISSING) return { atMs, value: toSteps('rain', inches * MM_PER_INCH) };
  return { atMs, value: null, ...(/[[{]/.test(fields[7] ?? '') ? { opensGap: true as const } : {}) };
}

/** Columns 4 and 5 of every row. */
function placeOf(line: string) {
  const [, , , lat, lon] = line.split(',').map(Number);
  if (lat === undefined || lon === undefined || !(Math.abs(lat) <= 90) || !(Math.abs(lon) <= 180)) return {};
  return { place: { lon, lat } };
}

export const boulderFormat: RecordedFormat = {
  name: 'noaa-hourly',
  matches: (_file, head) => /^STATION,STATION_NAME,.*DATE,HPCP/.test(head),
  parse: (file, text, options) => {
    const lines = linesOf(text).slice(1);
    const rows = readRows(file, lines, readLine);
    if (!rows.ok) return rows;
    const station = (lines[0]?.text.split(',')[0] ?? 'noaa').replace(/[^A-Za-z0-9_-]/g, '-');
    return ok([
      {
        sensorId: options.sensorId ?? station,
        quantity: 'rain',
        unit: 'mm',
        zone: 'Etc/GMT+7',
        localStamps: true,
        rows: plainRows(rows.value),
        stepMs: HOUR_MS,
        omitted: 'dry',
        ...placeOf(lines[0]?.text ?? ''),
        notes: clockNotes(file, rows.value),
      },
    ]);
  },
};
