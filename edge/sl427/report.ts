/** What a frame of SL/T 427-2021 says: rain, levels, flows and voltage of self-reports; what is missing stays missing. */
import { ok, type Result } from '../../model/result.ts';
import type { EpochMs } from '../../model/time.ts';
import { beijingIso, parseBeijing } from '../sl651/time.ts';
import { hexText, readSl427Frame, type Sl427Fault, type Sl427Frame } from './frame.ts';

export type Sl427Item = { readonly id: string; readonly observedAtMs: EpochMs | null } & (
  | { readonly kind: 'number'; readonly digits: number; readonly decimals: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'text' | 'unreadable'; readonly text: string }
);

export type Sl427Report = {
  readonly observedAtMs: EpochMs | null;
  /** The time label as sent; a resend repeats it. */
  readonly timeDigits: string;
  /** Alarm and state words as they stand in the frame: their bit order is not established. */
  readonly alarm: string | null;
  readonly state: string | null;
  readonly link: 'login' | 'logout' | 'keep' | null;
  readonly items: readonly Sl427Item[];
};

type Kind = { readonly name: string; readonly bytes: number; readonly decimals: number; readonly many: boolean };

/** By the low nibble of C. Others are passed on as bytes. */
const KINDS: { readonly [func: number]: Kind } = {
  1: { name: 'rain-total', bytes: 3, decimals: 1, many: false },
  2: { name: 'level', bytes: 4, decimals: 3, many: true },
  3: { name: 'flow', bytes: 5, decimals: 3, many: true },
  4: { name: 'velocity', bytes: 3, decimals: 3, many: true },
};
const VOLTAGE: Kind = { name: 'voltage', bytes: 2, decimals: 2, many: false };

const LINK = { 240: 'login', 241: 'logout', 242: 'keep' } as const;
const SELF_REPORT = 'C0';
const ALARM_REPORT = '81';
const VOLTAGE_REPORT = '84';
const ANSWER = 'B0';
const LABEL = 7;
const WORDS = 4;

/** BCD with the lowest byte first; F in the highest nibble is a minus sign, F throughout is "missing". */
function readLittleBcd(bytes: Uint8Array): { kind: 'number'; digits: number } | { kind: 'missing' | 'unreadable' } {
  if (bytes.every((byte) => byte === 0xff)) return { kind: 'missing' };
  const highest = Array.from(bytes).reverse();
  const negative = (highest[0] ?? 0) >> 4 === 0xf;
  let digits = 0;
  for (const [index, byte] of highest.entries()) {
    const high = index === 0 && negative ? 0 : byte >> 4;
    if (high > 9 || (byte & 0xf) > 9) return { kind: 'unreadable' };
    digits = digits * 100 + high * 10 + (byte & 0xf);
  }
  return { kind: 'number', digits: negative ? -digits : digits };
}

function itemOf(kind: Kind, id: string, bytes: Uint8Array, observedAtMs: EpochMs | null): Sl427Item {
  const read = readLittleBcd(bytes);
  if (read.kind === 'number') return { id, observedAtMs, ...read, decimals: kind.decimals };
  return read.kind === 'missing'
    ? { id, observedAtMs, kind: 'missing' }
    : { id, observedAtMs, kind: 'unreadable', text: hexText(bytes) };
}

function itemsOf(kind: Kind, data: Uint8Array, observedAtMs: EpochMs | null): Sl427Item[] {
  const items: Sl427Item[] = [];
  const most = kind.many ? Math.floor(data.length / kind.bytes) : 1;
  for (let index = 0; index < most && (index + 1) * kind.bytes <= data.length; index++) {
    const bytes = data.subarray(index * kind.bytes, (index + 1) * kind.bytes);
    items.push(itemOf(kind, kind.many ? `${kind.name}-${index + 1}` : kind.name, bytes, observedAtMs));
  }
  return items;
}

/** Second, minute, hour, day, month, year in BCD, then the delay that is allowed. The month may bear a weekday above it. */
function timeDigitsOf(label: Uint8Array): string {
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = label;
  return hexText(Uint8Array.of(year, month & 0x1f, day, hour, minute, second));
}

const NOTHING: Sl427Report = {
  ...{ observedAtMs: null, timeDigits: '', alarm: null, state: null, link: null, items: [] },
};

/** Data, alarm word, state word, time label. */
function readSelfReport(frame: Sl427Frame, kind: Kind | undefined): Result<Sl427Report, Sl427Fault> {
  const { data } = frame;
  const at = data.length - LABEL - WORDS;
  if (at < 0)
    return {
      ok: false,
      error: { kind: 'body', offset: frame.dataAt, message: 'a self-report ends with alarm, state and time, 11 bytes' },
    };
  const timeDigits = timeDigitsOf(data.subarray(-LABEL));
  const observedAtMs = parseBeijing(timeDigits) ?? null;
  const values = data.subarray(0, at);
  const items: Sl427Item[] =
    kind === undefined
      ? [{ id: `data-${frame.func}`, observedAtMs, kind: 'text', text: hexText(values) }]
      : itemsOf(kind, values, observedAtMs);
  const alarm = hexText(data.subarray(at, at + 2));
  const state = hexText(data.subarray(at + 2, at + WORDS));
  return ok({ observedAtMs, timeDigits, alarm, state, link: null, items });
}

export function readSl427Report(frame: Sl427Frame): Result<Sl427Report, Sl427Fault> {
  const raw = (): Result<Sl427Report, Sl427Fault> => {
    const text = hexText(frame.data);
    return ok(text === '' ? NOTHING : { ...NOTHING, items: [{ id: 'data', observedAtMs: null, kind: 'text', text }] });
  };
  if (frame.direction === 'down' || frame.divided !== null) return raw();
  switch (frame.afn) {
    case '02': {
      const link = LINK[frame.data[0] as keyof typeof LINK] ?? null;
      return link === null ? raw() : ok({ ...NOTHING, link });
    }
    case SELF_REPORT:
    case ALARM_REPORT:
      return readSelfReport(frame, KINDS[frame.func]);
    case VOLTAGE_REPORT:
      return frame.data.length >= VOLTAGE.bytes + WORDS + LABEL
        ? readSelfReport(frame, VOLTAGE)
        : ok({ ...NOTHING, items: itemsOf(VOLTAGE, frame.data, null) });
    case ANSWER: {
      const kind = KINDS[frame.func];
      return kind === undefined ? raw() : ok({ ...NOTHING, items: itemsOf(kind, frame.data, null) });
    }
    default:
      return raw();
  }
}

/** A frame and what it says, or why not. */
export function decodeSl427(
  bytes: Uint8Array,
): Result<{ readonly frame: Sl427Frame; readonly report: Sl427Report }, Sl427Fault> {
  const frame = readSl427Frame(bytes);
  if (!frame.ok) return frame;
  const report = readSl427Report(frame.value);
  return report.ok ? ok({ frame: frame.value, report: report.value }) : report;
}

/** What `fengsui decode sl427` prints; there are no serials in this protocol. */
export function sl427Json(frame: Sl427Frame, report: Sl427Report) {
  const time = (atMs: EpochMs | null) => (atMs === null ? null : beijingIso(atMs));
  return {
    func: frame.afn,
    station: frame.station,
    serial: null,
    sendTime: time(report.observedAtMs),
    items: report.items.map((item) => ({
      id: item.id,
      value:
        item.kind === 'number'
          ? Number(`${item.digits}e-${item.decimals}`)
          : item.kind === 'missing'
            ? null
            : item.text,
      observedAt: time(item.observedAtMs),
    })),
    ...(report.link === null ? {} : { link: report.link }),
    ...(report.alarm === null ? {} : { alarm: report.alarm, state: report.state }),
  };
}
