/**
 * CSV with the columns `time`, `sensor`, `value` (and `quantity`, `unit`, `quality`), read from bytes straight into columns.
 * csv-scan.ts takes the lines that look like the one before; here is what is known of the sensors, and the careful reading
 * of any other line: quoted fields, other orders, other forms of time and number.
 */
import { QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { HOUR_MS } from '#model/time.ts';
import { ROW_GOOD, ROW_MISSING, ROW_SUSPECT } from '#rules/backtest/recording.ts';
import { createByteNames } from '#simulators/recorded/byte-names.ts';
import { addRow, lastAtMs, newTrack } from '#simulators/recorded/column-store.ts';
import { type ColumnRole, type CsvHeader, splitFields } from '#simulators/recorded/csv-header.ts';
import { type ScanSensor, type ScanState, scanLines } from '#simulators/recorded/csv-scan.ts';
import { lintAt, MAX_LINTS } from '#simulators/recorded/series.ts';
import { readStamp } from '#simulators/recorded/stamp.ts';
import { columnOf } from '#simulators/recorded/units.ts';
import { type ZoneClock, zoneOfOffset } from '#simulators/recorded/zone-clock.ts';

export type CsvSensor = ScanSensor & { readonly sensorId: string; readonly quantity: QuantityCode };

export type CsvContent = {
  readonly sensors: readonly CsvSensor[];
  readonly rows: number;
  /** Of the first stamp's own offset, or the one that its stamps were read by. */
  readonly zone: string | null;
  readonly notes: readonly Lint[];
};

export type CsvOptions = {
  readonly file: string;
  /** Reads stamps that name no offset. */
  readonly zone?: ZoneClock;
  /** What the inventory says of a sensor, where the file itself does not. */
  readonly known: (sensorId: string) => { readonly quantity?: QuantityCode; readonly unit?: string } | undefined;
  /** Of a sensor of which neither the file nor the inventory says it. */
  readonly defaultQuantity: QuantityCode;
};

export type CsvReader = {
  /** Whole lines, `from` to `end`, the last one with its line feed. False when there is no sense in going on. */
  readonly push: (bytes: Uint8Array, from: number, end: number) => boolean;
  readonly finish: () => Result<CsvContent, readonly Lint[]>;
};

type Sensor = CsvSensor & { readonly written: string; readonly perUnit: number };
type Amount = { readonly value: number; readonly mark: number };

const MOST_STEPS = 2 ** 31 - 1;
const MISSING = /^(?:|na|n\/a|nan|null|none|-+)$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** A stamp whose hour the scan can know again. */
const USUAL_STAMP = /^(\d{4}[-/]\d\d[-/]\d\d[T ](?:[01]\d|2[0-3])):\d\d(?::\d\d)?( ?(?:Z|[+-][\d:]+)?)$/i;
const MAX_SENSOR_CHARS = 128;
const MAX_NOTES = 20;
const MISSING_AMOUNT: Amount = { value: 0, mark: ROW_MISSING };

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function createCsvReader(header: CsvHeader, options: CsvOptions): CsvReader {
  const { file } = options;
  const { place, separator } = header;
  const separatorText = String.fromCharCode(separator);
  const isUsual = place.time === 0 && place.sensor === 1 && place.value === 2;
  const sensors: Sensor[] = [];
  const names = createByteNames();
  const lints: Lint[] = [];
  const notes: Lint[] = [];
  const guessed: string[] = [];
  const decoder = new TextDecoder();
  const state: ScanState = {
    ...{ line: 1, hour0: 0, hour1: 0, hour2: 0, hour3: -1, hourMs: 0 },
    ...{ suffix: new Uint8Array(0), last: undefined },
  };
  let zone: string | null | undefined;

  const wrong = (message: string): undefined => {
    lints.push(lintAt(file, state.line, message));
  };

  const meet = (sensorId: string, quantity: string, unit: string): Sensor | undefined => {
    if (sensorId === '' || sensorId.length > MAX_SENSOR_CHARS || /\p{Cc}/u.test(sensorId))
      return wrong(`a sensor's name has 1 to ${MAX_SENSOR_CHARS} characters`);
    const known = options.known(sensorId);
    const code = quantity || known?.quantity;
    if (code === undefined) guessed.push(sensorId);
    const column = columnOf(code ?? options.defaultQuantity, unit || (known?.unit ?? ''));
    if ('wrong' in column) return wrong(column.wrong);
    const { perUnit } = column;
    const decimals = perUnit === 1 ? QUANTITIES[column.quantity].decimals : -1;
    const sensor: Sensor = {
      ...{ name: bytesOf(sensorId), track: newTrack(), decimals, tailMark: ROW_GOOD, next: undefined },
      tail: header.columns > 3 ? new Uint8Array(0) : null,
      ...{ sensorId, quantity: column.quantity, written: `${quantity}|${unit}`, perUnit },
    };
    names.add(sensorId, sensors.length);
    sensors.push(sensor);
    return sensor;
  };

  const sensorOf = (name: string, quantity: string, unit: string): Sensor | undefined => {
    const before = sensors[names.indexOf(name) ?? -1];
    if (before === undefined) return meet(name, quantity, unit);
    if (before.written === `${quantity}|${unit}`) return before;
    return wrong(`${name} is ${quantity} (${unit}) here and was ${before.written.replace('|', ' (')}) before`);
  };

  const readTime = (text: string, notBeforeMs: number): number | undefined => {
    const stamp = readStamp(text);
    if (stamp === undefined) return wrong(`there is no time ${text}; write one like 2022-06-03T08:00:00+08:00`);
    const { localMs, offsetMs } = stamp;
    const localHour = Math.floor(localMs / HOUR_MS) * HOUR_MS;
    const atMs = offsetMs === null ? ofZone(text, localMs, notBeforeMs) : localMs - offsetMs;
    if (atMs === undefined) return undefined;
    if (zone === undefined) zone = offsetMs === null ? (options.zone?.zone ?? null) : zoneOfOffset(offsetMs);
    const isPlain = offsetMs !== null || options.zone?.isPlainHour(localHour) === true;
    const [, head, tail = ''] = USUAL_STAMP.exec(text) ?? [];
    if (head === undefined || !isPlain) state.hour3 = -1;
    else rememberHour(head, tail, atMs - (localMs - localHour));
    return atMs;
  };

  const ofZone = (text: string, localMs: number, notBeforeMs: number): number | undefined => {
    if (options.zone === undefined)
      return wrong(`${text} is no time with an offset from UTC: say with --zone whose it is, such as Asia/Shanghai`);
    const { atMs, how } = options.zone.toInstant(localMs, notBeforeMs);
    if (how === 'skipped' && notes.length === 0)
      notes.push(lintAt(file, state.line, `${text} does not exist in ${options.zone.zone}: read as later`, 'warning'));
    return atMs;
  };

  const rememberHour = (head: string, tail: string, hourMs: number) => {
    const code = bytesOf(head);
    const words = new DataView(code.buffer);
    state.hour0 = words.getUint32(0);
    state.hour1 = words.getUint32(4);
    state.hour2 = words.getUint32(8);
    state.hour3 = code[12] as number;
    state.hourMs = hourMs;
    state.suffix = bytesOf(tail);
  };

  const readAmount = (text: string, { quantity, perUnit }: Sensor): Amount | undefined => {
    if (MISSING.test(text)) return MISSING_AMOUNT;
    if (!NUMBER.test(text)) return wrong(`${text} is no number`);
    const value = toSteps(quantity, perUnit === 1 ? Number(text) : Number(text) * perUnit);
    return Math.abs(value) <= MOST_STEPS ? { value, mark: ROW_GOOD } : wrong(`${text} is out of all bounds`);
  };

  const readQuality = (text: string): number | undefined => {
    const word = text.toLowerCase();
    if (word === '' || word === 'good') return ROW_GOOD;
    if (word === 'suspect') return ROW_SUSPECT;
    return word === 'bad' ? ROW_MISSING : wrong(`the quality is ${text}, not one of good, suspect, bad`);
  };

  const careful = (text: string) => {
    if (text.trim() === '') return;
    const fields = splitFields(text, separatorText);
    const field = (role: ColumnRole): string => fields[place[role]] ?? '';
    if (Math.max(place.time, place.sensor, place.value) >= fields.length)
      return wrong(`the line has ${fields.length} fields; the header has ${header.columns}`);
    const sensor = sensorOf(field('sensor'), field('quantity'), field('unit'));
    if (sensor === undefined) return;
    const atMs = readTime(field('time'), lastAtMs(sensor.track));
    const amount = readAmount(field('value'), sensor);
    const quality = readQuality(field('quality'));
    if (atMs === undefined || amount === undefined || quality === undefined) return;
    const mark = amount.mark === ROW_GOOD ? quality : amount.mark;
    addRow(sensor.track, atMs, mark === ROW_MISSING ? 0 : amount.value, mark, state.line);
    if (state.last !== undefined) state.last.next = sensor;
    state.last = sensor;
    if (sensor.tail !== null && !text.includes('"')) {
      sensor.tail = bytesOf(text.slice(text.split(separatorText, 3).join(separatorText).length));
      sensor.tailMark = quality;
    }
  };

  const calls = {
    find: (bytes: Uint8Array, from: number, end: number) => sensors[names.find(bytes, from, end)],
    careful: (bytes: Uint8Array, from: number, end: number) => {
      careful(decoder.decode(bytes.subarray(from, end)));
      return lints.length < MAX_LINTS;
    },
  };

  return {
    push: (bytes, from, end) => scanLines(state, calls, separator, { bytes, from, end, isUsual }),
    finish: () => {
      const rows = sensors.reduce((sum, { track }) => sum + track.count, 0);
      if (lints.length > 0) return err(lints);
      if (rows === 0) return err([lintAt(file, 0, 'no rows')]);
      const all = [...notes, ...guessNotes(file, guessed, options.defaultQuantity), ...clockNotes(file, sensors)];
      return ok({ sensors, rows, zone: zone ?? null, notes: all });
    },
  };
}

function guessNotes(file: string, names: readonly string[], quantity: QuantityCode): readonly Lint[] {
  if (names.length === 0) return [];
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
  const mend = 'a column quantity or --inventory says it';
  return [{ ...lintAt(file, 1, `${some}: no quantity is named, read as ${quantity}`, 'warning'), mend }];
}

/** Where clocks were set back, and stamps that came twice. */
function clockNotes(file: string, sensors: readonly Sensor[]): readonly Lint[] {
  return sensors
    .flatMap(({ sensorId, track: { backLine, flags, repeated } }) => {
      const back = `${sensorId}: the clock goes back here (${flags.length} times in all)`;
      const twice = `${sensorId}: ${repeated} rows bear the time of the row before`;
      return [
        ...(backLine > 0 ? [lintAt(file, backLine, back, 'warning')] : []),
        ...(repeated > 0 ? [lintAt(file, 0, twice, 'warning')] : []),
      ];
    })
    .slice(0, MAX_NOTES);
}
