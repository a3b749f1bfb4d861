/** One line of a file that is brought in: a reading, or why it is none. Nothing is guessed, nothing is mended in silence. */
import { isQuantityCode, QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import { BAD_REASONS, FLAGS, type Flag, type Reading } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import { columnOf } from '#simulators/recorded/units.ts';
import { readCell, splitLine } from './csv-text.ts';

export const COLUMNS = ['time', 'sensor', 'value', 'quantity', 'unit', 'quality', 'reason', 'flags', 'raw'] as const;
export type ColumnName = (typeof COLUMNS)[number];
/** `width`: cells of the first line. */
export type Places = { readonly [column in ColumnName]?: number } & { readonly width: number };

/** `column` counts from 1. */
export type RowFault = { readonly column: number; readonly reason: FaultReason; readonly detail: string };
export type FaultReason =
  | 'quotes'
  | 'cells'
  | 'time'
  | 'future'
  | 'ancient'
  | 'sensor'
  | 'quantity'
  | 'unit'
  | 'number'
  | 'range'
  | 'quality'
  | 'flags'
  | 'raw';

const NEEDED = ['time', 'sensor', 'value'] as const;

/** Where each column stands: by its heading's text, or by the heading's last word. `mapping` says `column=heading`. */
export function readHeading(line: string, mapping: readonly string[]): Result<Places, string> {
  const cells = splitLine(line.replace(/^\uFEFF/, ''))?.map((cell) => cell.trim());
  if (cells === undefined) return err('the first line has a quote that is not closed');
  const told = new Map<string, string>();
  for (const one of mapping.flatMap((part) => part.split(','))) {
    const [column = '', heading = ''] = one.split(/=(.*)/s);
    if (!(COLUMNS as readonly string[]).includes(column) || heading === '')
      return err(`"${one}" is no mapping: write COLUMN=HEADING, with one of ${COLUMNS.join(', ')}`);
    told.set(column, heading);
  }
  const places: { [column in ColumnName]?: number } & { width: number } = { width: cells.length };
  for (const column of COLUMNS) {
    const heading = told.get(column);
    const at = cells.findIndex((cell) =>
      heading === undefined ? cell.split(/\s+/).at(-1)?.toLowerCase() === column : cell === heading,
    );
    if (at >= 0) places[column] = at;
    else if (heading !== undefined) return err(`there is no column "${heading}"; there are: ${cells.join(', ')}`);
  }
  const missing = NEEDED.filter((column) => places[column] === undefined);
  return missing.length === 0
    ? ok(places)
    : err(
        `the first line names no ${missing.join(', ')}: save the file as CSV UTF-8 with commas, or say which column it is with --mapping ${missing[0]}=HEADING`,
      );
}

export type RowRules = {
  readonly places: Places;
  readonly registry: Pick<Registry, 'sensors'>;
  readonly stampOf: (text: string) => EpochMs | undefined;
  readonly earliestMs: EpochMs;
  readonly latestMs: EpochMs;
};

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_INT32 = 2 ** 31 - 1;
const MAX_RAW = 2 ** 32;

export function readRow(line: string, rules: RowRules): Result<Reading, RowFault> {
  const cells = splitLine(line);
  if (cells === undefined) return err({ column: 1, reason: 'quotes', detail: 'a quote is not closed in this line' });
  const { places } = rules;
  // A decimal comma makes two cells of one number, and the first of them is a number too.
  const more = cells.findIndex((text, index) => index >= places.width && text.trim() !== '');
  if (more >= 0)
    return err({
      column: more + 1,
      reason: 'cells',
      detail: 'more cells than the first line has: is that a decimal comma?',
    });
  const cell = (column: ColumnName): string => readCell((cells[places[column] ?? -1] ?? '').trim());
  const fault = (column: ColumnName, reason: FaultReason, detail: string) =>
    err({ column: (places[column] ?? 0) + 1, reason, detail });

  const atMs = rules.stampOf(cell('time'));
  if (atMs === undefined) return fault('time', 'time', `"${cell('time')}" is no time`);
  if (atMs > rules.latestMs) return fault('time', 'future', `${cell('time')} has not come yet`);
  if (atMs < rules.earliestMs) return fault('time', 'ancient', `${cell('time')} is before the year 2000`);
  const sensor = rules.registry.sensors.get(cell('sensor'));
  if (sensor === undefined) return fault('sensor', 'sensor', `the county has no sensor "${cell('sensor')}"`);
  const { quantity } = sensor;
  const told = cell('quantity');
  if (told !== '' && told !== quantity)
    return fault(
      'quantity',
      'quantity',
      `${sensor.id} measures ${quantity}, not ${isQuantityCode(told) ? told : `"${told}"`}`,
    );
  const flags = flagsOf(cell('flags'));
  if (flags === undefined) return fault('flags', 'flags', `"${cell('flags')}": known are ${FLAGS.join(' ')}`);
  const raw = rawOf(cell('raw'));
  if (raw === undefined) return fault('raw', 'raw', `"${cell('raw')}" is no whole number of a register`);
  const stamp = { sensorId: sensor.id, measuredAtMs: atMs, timeQuality: 'synced' as const, flags, ...raw };

  const quality = cell('quality');
  if (quality === 'bad') {
    const reason = BAD_REASONS.find((one) => one === cell('reason'));
    if (cell('value') !== '') return fault('value', 'quality', 'a bad reading has no value');
    return reason === undefined
      ? fault('reason', 'quality', `a bad reading needs a reason: ${BAD_REASONS.join(', ')}`)
      : ok({ ...stamp, quality, reason });
  }
  if (quality !== '' && quality !== 'good' && quality !== 'suspect')
    return fault('quality', 'quality', `"${quality}" is none of good, suspect, bad`);
  const value = stepsOf(cell('value'), quantity, cell('unit'));
  if (!value.ok) return fault(value.error.reason === 'unit' ? 'unit' : 'value', value.error.reason, value.error.detail);
  return ok({ ...stamp, quality: quality === 'suspect' ? 'suspect' : 'good', value: value.value });
}

function stepsOf(
  text: string,
  quantity: QuantityCode,
  unit: string,
): Result<number, { readonly reason: FaultReason; readonly detail: string }> {
  if (text === '')
    return err({ reason: 'number', detail: 'there is no value; a missing one is quality bad with a reason' });
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(number)) return err({ reason: 'number', detail: `"${text}" is no finite number` });
  const column = columnOf(quantity, unit);
  if ('wrong' in column) return err({ reason: 'unit', detail: column.wrong });
  const steps = toSteps(quantity, number * column.perUnit);
  return Math.abs(steps) <= MAX_INT32
    ? ok(steps === 0 ? 0 : steps)
    : err({
        reason: 'range',
        detail: `${text} ${unit || QUANTITIES[quantity].unit} is beyond what a reading can hold`,
      });
}

function flagsOf(text: string): readonly Flag[] | undefined {
  if (text === '') return [];
  const words = text.split(/\s+/);
  const known = FLAGS.filter((flag) => words.includes(flag));
  return known.length === new Set(words).size ? known : undefined;
}

function rawOf(text: string): { readonly raw?: number } | undefined {
  if (text === '') return {};
  const number = /^-?\d{1,11}$/.test(text) ? Number(text) : Number.NaN;
  return Math.abs(number) <= MAX_RAW ? { raw: number } : undefined;
}
