/**
 * UL FSRI compartment fires: one row a second, seconds since ignition in column 1, many channels of which the temperatures
 * (°C) are read, one series each. The wall clock names no zone and skips seconds, so an instant is that of the row of
 * ignition plus the seconds; `*_Events.csv` beside it says what happened.
 */
import { toSteps } from '#model/quantity.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { type EpochMs, SECOND_MS } from '#model/time.ts';
import { isCountable, type ReadRow, readLines } from '#simulators/recorded/rows.ts';
import {
  clockNotes,
  idFromFile,
  instantOfIso,
  linesOf,
  lintAt,
  type RecordedFormat,
  type RecordedOptions,
  type RecordedSeries,
} from '#simulators/recorded/series.ts';

const FIRST_CHANNEL = 3;
const CHANNEL = /\bTemperature\b/;
const MAX_CHANNELS = 1_000;

type Row = {
  readonly line: number;
  readonly afterS: number;
  readonly wallMs: EpochMs;
  readonly values: (number | null)[];
};
type Channel = { readonly index: number; readonly id: string };

/** A channel's name as a sensor id: `Quadrant A Temperature 0.3 m Below Ceiling` → `Quadrant-A-Temperature-0-3-m-Below-Ceiling`. */
const idOf = (channel: string): string =>
  channel
    .trim()
    .replace(/[^A-Za-z0-9]+/g, '-')
    .slice(0, 64);

/** The channels name the quadrant of the room. */
const zoneOf = (id: string) => {
  const quadrant = /^Quadrant-([A-Z])\b/.exec(id)?.[1];
  return quadrant === undefined ? {} : { zone: quadrant };
};

const wallClock = (date: string, time: string): EpochMs =>
  /^\d{4}-\d\d-\d\d$/.test(date) && /^\d\d:\d\d:\d\d$/.test(time) ? instantOfIso(`${date}T${time}Z`) : Number.NaN;

function readLine(line: string, number: number, width: number, channels: readonly Channel[]) {
  const fields = line.split(',');
  if (fields.length !== width) return { wrong: `a line has ${width} columns like the header, not ${fields.length}` };
  const [after = '', stamp = ''] = fields;
  if (!/^-?\d{1,9}$/.test(after)) return { wrong: `column 1 is ${after}, no seconds since ignition` };
  const wallMs = wallClock(stamp.slice(0, 10), stamp.slice(11));
  if (Number.isNaN(wallMs)) return { wrong: `there is no time ${stamp}` };
  const values: (number | null)[] = [];
  for (const { index } of channels) {
    const field = (fields[index] ?? '').trim();
    const steps = toSteps('temperature', Number(field));
    if (!isCountable(steps)) return { wrong: `column ${index + 1} is ${field}, no temperature` };
    values.push(field === '' ? null : steps);
  }
  return { line: number, afterS: Number(after), wallMs, values };
}

function seriesOf(file: string, channels: readonly Channel[], rows: readonly Row[]): readonly RecordedSeries[] {
  const zero = rows.find((row) => row.afterS === 0) ?? rows[0];
  const ignitionMs = zero === undefined ? 0 : zero.wallMs - zero.afterS * SECOND_MS;
  const all: readonly ReadRow[] = rows.map(({ line, afterS }) => ({
    atMs: ignitionMs + afterS * SECOND_MS,
    value: null,
    line,
  }));
  const notes = clockNotes(file, all);
  return channels.map(({ id }, at) => ({
    sensorId: id,
    quantity: 'temperature',
    unit: 'Cel',
    zone: 'UTC',
    rows: rows.map((row, index) => ({ atMs: all[index]?.atMs ?? 0, value: row.values[at] ?? null })),
    stepMs: SECOND_MS,
    omitted: 'missing',
    place: { pointId: idFromFile(file), ...zoneOf(id) },
    notes,
  }));
}

function parse(
  file: string,
  text: string,
  options: RecordedOptions,
): Result<readonly RecordedSeries[], readonly Lint[]> {
  const [header, ...lines] = linesOf(text);
  const names = (header?.text ?? '').split(',');
  const channels = names
    .map((name, index) => ({ index, id: idOf(name), name }))
    .filter(({ index, name }) => index >= FIRST_CHANNEL && CHANNEL.test(name));
  if (channels.length === 0 || channels.length > MAX_CHANNELS)
    return err([lintAt(file, 1, `${channels.length} temperature channels in the header`)]);
  const twice = channels.find(({ id }, at) => channels.findIndex((other) => other.id === id) !== at);
  if (twice !== undefined) return err([lintAt(file, 1, `the channel ${twice.name} is there twice`)]);
  const rows = readLines<Row>(file, lines, (line, number) => readLine(line, number, names.length, channels));
  if (!rows.ok) return rows;
  const [only, ...more] = seriesOf(file, channels, rows.value);
  if (only === undefined) return ok([]);
  return ok(more.length > 0 ? [only, ...more] : [{ ...only, sensorId: options.sensorId ?? only.sensorId }]);
}

export const fsriFormat: RecordedFormat = {
  name: 'fsri-fire',
  matches: (_file, head) => /^Time,Timestamp,Elapsed Time,/.test(head),
  parse,
};
