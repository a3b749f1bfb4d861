/** A flood hydrograph whose author scaled it (`lisle_event.csv`): tab separated `utc, local, flow`, cubic feet a second. */
import { toSteps } from '#model/quantity.ts';
import { ok } from '#model/result.ts';
import { MINUTE_MS } from '#model/time.ts';
import { plainRows, readRows } from '#simulators/recorded/rows.ts';
import {
  clockNotes,
  idFromFile,
  instantOfIso,
  linesOf,
  lintAt,
  type RecordedFormat,
} from '#simulators/recorded/series.ts';

const M3_PER_FT3 = 0.028316846592;

function readLine(line: string) {
  const [time = '', , flow = ''] = line.split('\t').map((field) => field.trim());
  const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time) ? instantOfIso(time) : Number.NaN;
  if (Number.isNaN(atMs)) return { wrong: `there is no time ${time}; column 1 is like 2005-04-02T05:01:00Z` };
  const amount = Number(flow);
  if (flow === '' || !Number.isFinite(amount)) return { wrong: `${flow} is no discharge` };
  return { atMs, value: toSteps('flow', amount * M3_PER_FT3) };
}

export const lisleFormat: RecordedFormat = {
  name: 'lisle-event',
  matches: (_file, head) => /^utc\tlocal\tflow\s/.test(head),
  parse: (file, text, options) => {
    const rows = readRows(file, linesOf(text).slice(1), readLine);
    if (!rows.ok) return rows;
    const synthetic = 'the author of this hydrograph scaled it, and it names no unit (ft³/s assumed): synthetic';
    return ok([
      {
        sensorId: options.sensorId ?? idFromFile(file),
        quantity: 'flow',
        unit: 'm3/s',
        zone: 'UTC',
        rows: plainRows(rows.value),
        stepMs: 30 * MINUTE_MS,
        omitted: 'missing',
        notes: [lintAt(file, 1, synthetic, 'warning'), ...clockNotes(file, rows.value)],
      },
    ]);
  },
};
