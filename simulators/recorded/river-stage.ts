/** USGS instantaneous values (usgs-river-stage): tab separated, stage in feet or discharge in cubic feet a second, UTC. */
import { QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import { err, ok } from '#model/result.ts';
import { MINUTE_MS } from '#model/time.ts';
import { plainRows, readRows } from '#simulators/recorded/rows.ts';
import { clockNotes, instantOfIso, linesOf, lintAt, type RecordedFormat } from '#simulators/recorded/series.ts';

const COLUMNS: {
  readonly [column: string]: { readonly quantity: QuantityCode; readonly perUnit: number; readonly stepMs: number };
} = {
  GH_Inst: { quantity: 'level', perUnit: 0.3048, stepMs: 15 * MINUTE_MS },
  Flow_Inst: { quantity: 'flow', perUnit: 0.028316846592, stepMs: 30 * MINUTE_MS },
};

const fieldsOf = (line: string): readonly string[] => line.split('\t').map((field) => field.replace(/^"|"$/g, ''));

export const riverStageFormat: RecordedFormat = {
  name: 'usgs-instantaneous',
  matches: (_file, head) => /^"?agency_cd"?\t/.test(head),
  parse: (file, text, options) => {
    const [header, ...lines] = linesOf(text);
    const name = fieldsOf(header?.text ?? '')[3] ?? '';
    const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
    if (column === undefined)
      return err([lintAt(file, 1, `column 4 is ${name}, not one of ${Object.keys(COLUMNS).join(', ')}`)]);
    const rows = readRows(file, lines, (line) => {
      const [, , time = '', value = '', , zone = ''] = fieldsOf(line);
      if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(time) || zone !== 'UTC')
        return { wrong: 'a line needs a time like 2017-06-21 05:00:00 in column 3 and UTC in column 6' };
      const atMs = instantOfIso(`${time.replace(' ', 'T')}Z`);
      if (Number.isNaN(atMs)) return { wrong: `there is no time ${time}` };
      if (value === '' || value === 'NA') return { atMs, value: null };
      const amount = Number(value);
      if (!Number.isFinite(amount)) return { wrong: `${value} is no number` };
      return { atMs, value: toSteps(column.quantity, amount * column.perUnit) };
    });
    if (!rows.ok) return rows;
    const station = fieldsOf(lines[0]?.text ?? '')[1] ?? 'usgs';
    return ok([
      {
        sensorId: options.sensorId ?? `usgs-${station}`,
        quantity: column.quantity,
        unit: QUANTITIES[column.quantity].unit,
        zone: 'UTC',
        rows: plainRows(rows.value),
        stepMs: column.stepMs,
        omitted: 'missing',
        notes: clockNotes(file, rows.value),
      },
    ]);
  },
};
