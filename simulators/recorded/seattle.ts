/** USGS landslide thresholds, hourly gauges (usgs-seattle): fixed width `SS YYYY MM DD HH rrr`, rain in 1/100 inch. */
import { toSteps } from '#model/quantity.ts';
import { ok } from '#model/result.ts';
import { HOUR_MS } from '#model/time.ts';
import { plainRows, readRows } from '#simulators/recorded/rows.ts';
import { clockNotes, idFromFile, instantOf, linesOf, type RecordedFormat } from '#simulators/recorded/series.ts';

/** The files name no zone and show no change for summer; Pacific Standard Time is assumed. */
const UTC_OFFSET_H = -8;
/** The aerodromes' own positions, from their ICAO names. */
const PLACES: { readonly [file: string]: { readonly lon: number; readonly lat: number } } = {
  KPAE_t: { lon: -122.28, lat: 47.91 },
  KBFI_t: { lon: -122.3, lat: 47.53 },
  KSEA_t: { lon: -122.31, lat: 47.45 },
  KTIW_t: { lon: -122.58, lat: 47.27 },
};
const MM_PER_COUNT = 0.254;
const LINE = /^\d{2}(\d{4})(\d\d)(\d\d)(\d\d)(\d{3})\s*$/;

function readLine(line: string) {
  const match = LINE.exec(line);
  if (match === null) return { wrong: 'a line is 15 digits: station 2, year 4, month 2, day 2, hour 2, rain 3' };
  const [, year, month, day, hour, count] = match.map(Number);
  const atMs = instantOf(
    { year: year ?? 0, month: month ?? 0, day: day ?? 0, hour: hour ?? 0, minute: 0 },
    UTC_OFFSET_H,
  );
  return atMs === undefined
    ? { wrong: `there is no time ${line.slice(2, 12)}` }
    : { atMs, value: toSteps('rain', (count ?? 0) * MM_PER_COUNT) };
}

export const seattleFormat: RecordedFormat = {
  name: 'usgs-hourly',
  matches: (_file, head) => LINE.test(head.split('\n')[0] ?? ''),
  parse: (file, text, options) => {
    const rows = readRows(file, linesOf(text), readLine);
    if (!rows.ok) return rows;
    const id = idFromFile(file);
    const place = Object.hasOwn(PLACES, id) ? PLACES[id] : undefined;
    return ok([
      {
        sensorId: options.sensorId ?? id,
        quantity: 'rain',
        unit: 'mm',
        zone: 'Etc/GMT+8',
        localStamps: true,
        rows: plainRows(rows.value),
        stepMs: HOUR_MS,
        omitted: 'missing',
        ...(place === undefined ? {} : { place }),
        notes: clockNotes(file, rows.value),
      },
    ]);
  },
};
