/**
 * What truly happened: a truth file, as YAML, JSON or CSV. Each event has `from` and `to`, or `at` (`start` and `end`, `time` or
 * `date` by other names); a day without a time is that whole day at the place. Besides: `name`, `subject` (point or sensor;
 * `place` is only told), `hazard`. A YAML or JSON file may name once, for all its events, `zone` (of stamps without an
 * offset), `hazard` and `source`.
 */
import { HAZARDS, type Hazard } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import type { TrueEvent, Truth } from '#rules/backtest/truth.ts';
import { type ListRecord, readRecords } from '#simulators/recorded/record-list.ts';
import { lintAt, MAX_LINTS } from '#simulators/recorded/series.ts';
import { readDay, readStamp } from '#simulators/recorded/stamp.ts';
import { openZone, type ZoneClock } from '#simulators/recorded/zone-clock.ts';

/** Other names that tables of events have for the three times. */
const ALSO = { time: 'at', date: 'at', start: 'from', begin: 'from', end: 'to' } as const;
const FIELDS = ['from', 'to', 'at', 'name', 'subject', 'place', 'hazard', 'source', ...Object.keys(ALSO)];

type Find = (message: string) => undefined;
type Span = { readonly fromMs: EpochMs; readonly toMs: EpochMs };

/** `zone` is whose time a stamp without an offset is where the file itself names none. */
export function parseTruth(file: string, text: string, zone: string | undefined): Result<Truth, readonly Lint[]> {
  const read = readRecords(file, text, { list: 'events', plain: 'at' });
  if (!read.ok) return read;
  const { records, head, byHand } = read.value;
  const lints: Lint[] = [];
  const findAt = (line: number) => (message: string) => {
    lints.push(lintAt(file, line, message));
    return undefined;
  };
  const zoneName = head['zone'] === undefined ? zone : String(head['zone']);
  const clock = zoneName === undefined ? undefined : openZone(zoneName);
  if (zoneName !== undefined && clock === undefined) findAt(0)(`there is no zone ${zoneName}`);
  const common = hazardOf(head['hazard'], findAt(0));
  const events: TrueEvent[] = [];
  for (const record of records) {
    if (lints.length >= MAX_LINTS) break;
    const event = eventOf({ ...record, byHand }, clock, common, findAt(record.line));
    if (event !== undefined) events.push(event);
  }
  if (lints.length > 0) return err(lints);
  events.sort((a, b) => a.fromMs - b.fromMs);
  return ok({ events, ...(head['source'] === undefined ? {} : { source: String(head['source']) }) });
}

function eventOf(
  { fields, byHand }: ListRecord & { readonly byHand: boolean },
  clock: ZoneClock | undefined,
  common: Hazard | undefined,
  find: Find,
): TrueEvent | undefined {
  const stranger = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (byHand && stranger !== undefined) return find(`"${stranger}" is not known here; known: ${FIELDS.join(', ')}`);
  const times: { readonly [name: string]: string | number } = {
    ...Object.fromEntries(Object.entries(ALSO).flatMap(([also, name]) => named(name, fields[also]))),
    ...fields,
  };
  const { at, from = at, to = at ?? from } = times;
  if (from === undefined || to === undefined) return find('an event needs from and to, or at');
  const first = spanOf(String(from), clock, find);
  const last = spanOf(String(to), clock, find);
  if (first === undefined || last === undefined) return undefined;
  if (last.toMs < first.fromMs) return find(`the event ends (${to}) before it begins (${from})`);
  const hazard = hazardOf(fields['hazard'], find) ?? common;
  const name = fields['name'] ?? fields['place'];
  const subject = fields['subject'];
  return {
    ...{ fromMs: first.fromMs, toMs: last.toMs },
    ...(name === undefined ? {} : { name: String(name) }),
    ...(subject === undefined ? {} : { subject: String(subject) }),
    ...(hazard === undefined ? {} : { hazard }),
  };
}

const named = (name: string, value: string | number | undefined) =>
  value === undefined ? [] : [[name, value] as const];

function spanOf(text: string, clock: ZoneClock | undefined, find: Find): Span | undefined {
  const day = readDay(text);
  const stamp = day === undefined ? readStamp(text) : undefined;
  if (day === undefined && stamp === undefined) return find(`there is no time ${text}`);
  if (stamp !== undefined && stamp.offsetMs !== null) {
    const atMs = stamp.localMs - stamp.offsetMs;
    return { fromMs: atMs, toMs: atMs };
  }
  if (clock === undefined) return find(`${text} names no offset from UTC: name the file's zone, or give --zone`);
  const local = day ?? { fromMs: stamp?.localMs ?? 0, toMs: stamp?.localMs ?? 0 };
  const anyTime = Number.NEGATIVE_INFINITY;
  return { fromMs: clock.toInstant(local.fromMs, anyTime).atMs, toMs: clock.toInstant(local.toMs, anyTime).atMs };
}

function hazardOf(raw: string | number | undefined, find: Find): Hazard | undefined {
  if (raw === undefined) return undefined;
  return HAZARDS.find((one) => one === raw) ?? find(`hazard ${raw} is not one of ${HAZARDS.join(', ')}`);
}
