/** Decides what of a message may be pushed to Fengsui: numbers with a device, a field and a time; everything else is refused. */
import { err, ok, type Result } from '../../../model/result.ts';
import { isFields } from './link.ts';
import type { Message } from './red.ts';

export type PushSettings = {
  readonly device: string;
  readonly field: string;
  /** What becomes of a reading without a time: refused, or stamped with now and marked. */
  readonly missingTime: 'refuse' | 'now';
  readonly gatewayOrigin: string;
};
export type PushRecord = { readonly body: string; readonly readings: number; readonly stamped: boolean };
type Now = { readonly nowMs: number; readonly nextId: () => string };
type Values = { readonly [field: string]: number | null };

const MAX_BYTES = 131_072;
const MAX_AHEAD_MS = 10 * 60_000;
/** No gauge of a county reported before. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
const NAME = /^[^\s"\\]{1,64}$/u;

function readTime(raw: unknown, nowMs: number): Result<number, string> {
  let atMs = Number.NaN;
  if (raw instanceof Date) atMs = raw.getTime();
  else if (typeof raw === 'number') atMs = raw;
  // Without an offset eight hours would be anybody's guess.
  else if (typeof raw === 'string' && WITH_OFFSET.test(raw)) atMs = Date.parse(raw);
  if (!Number.isFinite(atMs)) return err('time: ISO 8601 with an offset, or epoch milliseconds');
  if (atMs < EARLIEST_MS) return err('time: before the year 2000 (seconds instead of milliseconds?)');
  if (atMs > nowMs + MAX_AHEAD_MS) return err('time: lies in the future');
  return ok(Math.round(atMs));
}

function readValues(raw: unknown): Result<Values, string> {
  if (!isFields(raw) || Object.keys(raw).length === 0) return err('values: none');
  for (const [field, value] of Object.entries(raw)) {
    if (!NAME.test(field)) return err(`values: “${field.slice(0, 40)}” is no name of a field`);
    if (value !== null && (typeof value !== 'number' || !Number.isFinite(value)))
      return err(
        `values: ${field} is ${typeof value === 'number' ? String(value) : `a ${typeof value}`}, not a number`,
      );
  }
  return ok(raw as Values);
}

type Raw = { readonly device: unknown; readonly time: unknown; readonly values: unknown; readonly id: unknown };

/** A list of records, one record, or one value of the device and field that are set. */
function rawRecords(message: Message, set: PushSettings): Result<readonly Raw[], string> {
  const { payload } = message;
  const device = message['device'] ?? (set.device === '' ? undefined : set.device);
  const { time, id } = message;
  if (typeof payload === 'number' || payload === null) {
    const field = message['field'] ?? set.field;
    if (typeof field !== 'string' || field === '') return err('field: which of the device’s is it?');
    return ok([{ device, time, id, values: { [field]: payload } }]);
  }
  const items: readonly unknown[] = Array.isArray(payload) ? payload : [payload];
  if (items.length === 0) return err('payload: an empty list');
  const raws = items.map((item) =>
    isFields(item) && 'values' in item
      ? { device: item['device'] ?? device, time: item['time'] ?? time, id: item['id'], values: item['values'] }
      : undefined,
  );
  return raws.every((raw) => raw !== undefined)
    ? ok(raws)
    : err(`payload: a number, {device, time, values} or a list of such; not ${describe(payload)}`);
}

const describe = (payload: unknown): string =>
  payload === undefined
    ? 'nothing'
    : typeof payload === 'string'
      ? 'a text'
      : Array.isArray(payload)
        ? 'this list'
        : `a ${typeof payload}`;

function readRecord(raw: Raw, set: PushSettings, now: Now) {
  const { device } = raw;
  if (typeof device !== 'string' || !NAME.test(device)) return err('device: its key at the gateway');
  const values = readValues(raw.values);
  if (!values.ok) return values;
  const isStamped = raw.time === undefined || raw.time === null;
  if (isStamped && set.missingTime === 'refuse') return err('time: missing');
  const atMs = isStamped ? ok(now.nowMs) : readTime(raw.time, now.nowMs);
  if (!atMs.ok) return atMs;
  const { id } = raw;
  const given = typeof id === 'string' || typeof id === 'number' ? { id } : {};
  // Two values of one millisecond are two readings, and a repetition is one: the number tells them apart.
  const marks = isStamped && !('id' in given) ? { id: now.nextId() } : given;
  const record = { device, time: new Date(atMs.value).toISOString(), ...marks, values: values.value };
  return ok({ record, isStamped, count: Object.keys(values.value).length });
}

/** Where a reading came from, as this package marks it; undefined for what a protocol node brought. */
const originOf = ({ origin, reading }: Message & { origin?: unknown; reading?: unknown }): unknown =>
  origin ?? (isFields(reading) ? reading['origin'] : undefined);

export function readPush(message: Message, set: PushSettings, now: Now): Result<PushRecord, string> {
  const origin = originOf(message);
  if (origin !== undefined && origin !== set.gatewayOrigin)
    return err(`origin: a reading that is ${String(origin)} never enters a gateway that is ${set.gatewayOrigin}`);
  const raws = rawRecords(message, set);
  if (!raws.ok) return raws;
  const records: unknown[] = [];
  let readings = 0;
  let stamped = false;
  for (const raw of raws.value) {
    const read = readRecord(raw, set, now);
    if (!read.ok) return read;
    records.push(read.value.record);
    readings += read.value.count;
    stamped ||= read.value.isStamped;
  }
  const body = JSON.stringify(records.length === 1 ? records[0] : records);
  // Not all letters are one byte.
  return body.length * 3 > MAX_BYTES && new TextEncoder().encode(body).length > MAX_BYTES
    ? err(`payload: more than ${MAX_BYTES} bytes`)
    : ok({ body, readings, stamped });
}
