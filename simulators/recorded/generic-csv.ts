/**
 * Our own form: `time,sensor,value[,quantity,unit]` with a header line. Times in ISO 8601 with an offset or Z; an empty
 * value is missing; an increment is what fell since the row before.
 */
import { QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { isCountable, plainRows, type ReadRow, readRows } from '#simulators/recorded/rows.ts';
import {
  clockNotes,
  instantOfIso,
  linesOf,
  lintAt,
  type RecordedFormat,
  type RecordedSeries,
} from '#simulators/recorded/series.ts';
import { type Column, columnOf } from '#simulators/recorded/units.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const DEFAULT_QUANTITY: QuantityCode = 'rain';

/** The commonest distance between neighbours. */
function usualStepMs(rows: readonly ReadRow[]): number {
  const counts = new Map<number, number>();
  rows.forEach((row, index) => {
    const step = row.atMs - (rows[index - 1]?.atMs ?? row.atMs);
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  });
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return best?.[0] ?? 60_000;
}

function parseCsv(
  file: string,
  text: string,
  only: string | undefined,
): Result<readonly RecordedSeries[], readonly Lint[]> {
  const groups = new Map<string, { readonly column: Column; readonly rows: ReadRow[] }>();
  const read = readRows(file, linesOf(text).slice(1), (line) => {
    const [time = '', sensorId = '', value = '', quantity = '', unit = ''] = line
      .split(',')
      .map((field) => field.trim());
    if (!TIME.test(time)) return { wrong: `${time} is no time with an offset, like 2022-06-03T08:00:00+08:00` };
    const atMs = instantOfIso(time);
    if (Number.isNaN(atMs)) return { wrong: `there is no time ${time}` };
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(sensorId)) return { wrong: 'a sensor id is 1 to 64 of A-Z a-z 0-9 _ -' };
    const column = columnOf(quantity === '' ? DEFAULT_QUANTITY : quantity, unit);
    if ('wrong' in column) return column;
    const amount = Number(value);
    if (!Number.isFinite(amount)) return { wrong: `${value} is no number` };
    const group = groups.get(sensorId) ?? { column, rows: [] };
    if (group.column.quantity !== column.quantity) return { wrong: `${sensorId} was ${group.column.quantity} before` };
    groups.set(sensorId, group);
    const row = { atMs, value: value === '' ? null : toSteps(column.quantity, amount * column.perUnit) };
    if (!isCountable(row.value)) return { wrong: `${value} is out of all bounds` };
    group.rows.push({ ...row, line: 0 });
    return row;
  });
  if (!read.ok) return read;
  if (only !== undefined && !groups.has(only)) return err([lintAt(file, 0, `no sensor ${only} in this file`)]);
  return ok(
    [...groups]
      .filter(([sensorId]) => only === undefined || sensorId === only)
      .map(([sensorId, { column, rows }]) => ({
        sensorId,
        quantity: column.quantity,
        unit: QUANTITIES[column.quantity].unit,
        zone: 'UTC',
        rows: plainRows(rows),
        stepMs: usualStepMs(rows),
        omitted: 'missing' as const,
        notes: groups.size === 1 ? clockNotes(file, read.value) : [],
      })),
  );
}

export const genericCsvFormat: RecordedFormat = {
  name: 'csv',
  matches: (_file, head) => /^\uFEFF?time,sensor,value(,quantity(,unit)?)?\s*(\n|$)/.test(head),
  parse: (file, text, options) => parseCsv(file, text, options.sensorId),
};
