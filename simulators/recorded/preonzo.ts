/**
 * The extensometer of Preonzo 2012, digitised: `index,hours before index 37068,displacement in mm`. The interval is
 * presumed to be one hour; index 37068, the collapse of 15 May 2012, is set to that day's 00:00 in Central European Time.
 */
import { toSteps } from '#model/quantity.ts';
import { ok } from '#model/result.ts';
import { HOUR_MS } from '#model/time.ts';
import { plainRows, readRows } from '#simulators/recorded/rows.ts';
import { clockNotes, linesOf, type RecordedFormat } from '#simulators/recorded/series.ts';

const COLLAPSE_INDEX = 37_068;
const COLLAPSE_MS = Date.UTC(2012, 4, 14, 23);

function readLine(line: string) {
  const [index = '', , value = ''] = line.split(',');
  if (!/^\d{1,7}$/.test(index)) return { wrong: `${index} is no index` };
  const mm = Number(value);
  if (value.trim() === '' || !Number.isFinite(mm)) return { wrong: `${value} is no displacement in mm` };
  return { atMs: COLLAPSE_MS + (Number(index) - COLLAPSE_INDEX) * HOUR_MS, value: toSteps('displacement', mm) };
}

export const preonzoFormat: RecordedFormat = {
  name: 'preonzo',
  matches: (_file, head) => /^index,hours_before_index/.test(head),
  parse: (file, text, options) => {
    const rows = readRows(file, linesOf(text).slice(1), readLine);
    if (!rows.ok) return rows;
    return ok([
      {
        sensorId: options.sensorId ?? 'preonzo-E1',
        quantity: 'displacement',
        unit: 'mm',
        zone: 'Etc/GMT-1',
        rows: plainRows(rows.value),
        stepMs: HOUR_MS,
        omitted: 'missing',
        notes: clockNotes(file, rows.value),
      },
    ]);
  },
};
