/**
 * Turns one accepted report into outcomes for the recorder and notes for the outbox. No increment is taken twice, however
 * often, in whatever order and by whatever kind of report a station sends it.
 */
import type { RegisterSpec } from '../../model/device-profile.ts';
import type { LinkConfig, StationConfig } from '../../model/edge-config.ts';
import type { BadReason, SensorId } from '../../model/reading.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../model/time.ts';
import type { Outcome } from '../acquire/judge.ts';
import { type LinkElement, linkElement } from './elements.ts';
import { judgeStamps, MAX_AHEAD_MS, type StampContext } from './stamps.ts';

/** One value of one element, of either protocol. */
export type LinkItem = { readonly id: string; readonly observedAtMs: EpochMs | null } & (
  | { readonly kind: 'number'; readonly digits: number; readonly decimals: number }
  | { readonly kind: 'missing' | 'picture' }
  | { readonly kind: 'text' | 'unreadable'; readonly text: string }
);

export type LinkNote = { readonly key: string; readonly value: string };

export type TakeContext = StampContext & {
  /** What an earlier report noted, from the disk. */
  readonly note: (key: string) => string | undefined;
};

/** Values that were left out, by reason: they were counted already, or come too late to be told apart. */
export type LeftOut = { readonly late: number; readonly overlap: number; readonly repeated: number };

export type Taken = {
  readonly outcomes: readonly Outcome[];
  readonly notes: readonly LinkNote[];
  readonly leftOut: LeftOut;
  /** Stamps were re-dated because the station's clock cannot be right. */
  readonly clockUnsure: boolean;
};

const MAX_INT = 2 ** 31 - 1;
/** Reports come a little early or late. */
const WINDOW_SLACK_MS = 30 * SECOND_MS;
const SLOT_MS = 5 * MINUTE_MS;
/** Slots of five minutes in a note; the outbox keeps the newest 512 notes. */
const SLOTS_A_NOTE = 12;
/** A fall is a wrap only when the counter was in the last tenth of its width and is in the first now. */
const WRAP_PART = 0.1;

type Item = LinkItem & { readonly atMs: EpochMs };
type Sensor = { readonly sensorId: SensorId; readonly element: string; readonly kind: LinkElement };
type Run = {
  readonly context: TakeContext;
  readonly place: string;
  readonly asSent: boolean;
  readonly outcomes: Outcome[];
  readonly notes: Map<string, string>;
  readonly leftOut: { late: number; overlap: number; repeated: number };
};

function specOf(sensor: Sensor, decimals: number, counter: RegisterSpec['counter']): RegisterSpec {
  const { element, kind } = sensor;
  return {
    name: element,
    key: element,
    quantity: kind.quantity,
    functionCode: 3,
    address: 0,
    type: 'int32',
    order: 'ABCD',
    scale: 10 ** -decimals,
    offset: 0,
    sentinels: [],
    counter,
    plausible: kind.plausible,
  };
}

/** A value that is recorded, or why it is left out. */
type Take = Outcome | keyof LeftOut;

function fail(run: Run, sensor: Sensor, item: Item, reason: BadReason): Outcome {
  const spec = specOf(sensor, sensor.kind.decimals, null);
  return { kind: 'failure', sensorId: sensor.sensorId, spec, measuredAtMs: item.atMs, reason, ...doubtsOf(run) };
}

function value(run: Run, sensor: Sensor, item: Item, digits: number, spec: RegisterSpec): Outcome {
  if (Math.abs(digits) > MAX_INT) return fail(run, sensor, item, 'decode');
  const words = [(digits >> 16) & 0xffff, digits & 0xffff];
  const place = `${run.place}/${sensor.element}`;
  return { kind: 'words', sensorId: sensor.sensorId, spec, place, measuredAtMs: item.atMs, words, ...doubtsOf(run) };
}

const doubtsOf = (run: Run): Pick<Outcome, 'doubts'> =>
  // While our own clock is unsure the whole batch says so, and is re-dated later.
  !run.asSent && run.context.ownClockSure ? { doubts: ['clock-unsure'] } : {};

const readNote = (run: Run, key: string): string | undefined => run.notes.get(key) ?? run.context.note(key);

/** What was last taken of an element: `instant raw`. One of the future was noted by a clock that has been mended. */
function lastOf(run: Run, key: string): { readonly atMs: EpochMs; readonly raw: number } | undefined {
  const [atMs, raw] = (readNote(run, key) ?? '').split(' ').map(Number);
  if (atMs === undefined || raw === undefined || !Number.isFinite(atMs) || !Number.isFinite(raw)) return undefined;
  return atMs > run.context.receivedAtMs + MAX_AHEAD_MS ? { atMs: Number.NEGATIVE_INFINITY, raw } : { atMs, raw };
}

/** The digits with the element's own number of decimals; undefined when they say more than that. */
function inSteps(item: Item & { readonly kind: 'number' }, decimals: number): number | undefined {
  const steps = item.digits * 10 ** (decimals - item.decimals);
  return Math.abs(steps - Math.round(steps)) < 1e-6 ? Math.round(steps) : undefined;
}

type Numbered = Item & { readonly kind: 'number' };

function takeCounter(run: Run, sensor: Sensor, item: Numbered, modulus: number | null): Take {
  const raw = inSteps(item, sensor.kind.decimals);
  if (raw === undefined || raw < 0) return fail(run, sensor, item, 'decode');
  const key = `${run.place}/last/${sensor.element}`;
  const last = lastOf(run, key);
  // Increments only in the order of acquisition: what it counted is in the total that came before it.
  if (last !== undefined && (item.atMs < last.atMs || (item.atMs === last.atMs && raw < last.raw))) return 'late';
  const isAtEnd = modulus !== null && last !== undefined && last.raw >= modulus * (1 - WRAP_PART);
  const width = isAtEnd && raw < modulus * WRAP_PART ? modulus : MAX_INT;
  run.notes.set(key, `${item.atMs} ${raw}`);
  return value(run, sensor, item, raw, specOf(sensor, sensor.kind.decimals, { modulus: width }));
}

function takeWindow(run: Run, sensor: Sensor, item: Numbered, windowMs: number): Take {
  const key = `${run.place}/last/${sensor.element}`;
  const last = lastOf(run, key);
  if (last !== undefined && item.atMs < last.atMs + windowMs - WINDOW_SLACK_MS) return 'overlap';
  run.notes.set(key, `${item.atMs} 0`);
  return value(run, sensor, item, item.digits, specOf(sensor, item.decimals, null));
}

function takeSlot(run: Run, sensor: Sensor, item: Numbered): Take {
  // Slots of a clock that is wrong are not those of the day; a resend of such a report is known by its identity.
  if (run.asSent) {
    const slot = Math.round(item.atMs / SLOT_MS) - 1;
    const key = `${run.place}/slots-${sensor.element}/${Math.floor(slot / SLOTS_A_NOTE)}`;
    const bit = 1 << (slot % SLOTS_A_NOTE);
    const mask = Number(readNote(run, key) ?? 0);
    if ((mask & bit) !== 0) return 'repeated';
    run.notes.set(key, String(mask | bit));
  }
  return value(run, sensor, item, item.digits, specOf(sensor, item.decimals, null));
}

function takeBit(run: Run, sensor: Sensor, item: Item, bit: number, rest: 0 | 1): Take {
  if (item.kind === 'missing') return fail(run, sensor, item, 'sentinel');
  if (item.kind !== 'text' || !/^[0-9A-F]{8}$/.test(item.text)) return fail(run, sensor, item, 'decode');
  // All F is "missing" as everywhere else.
  if (item.text === 'FFFFFFFF') return fail(run, sensor, item, 'sentinel');
  const state = (Number.parseInt(item.text, 16) >>> bit) & 1;
  return value(run, sensor, item, state === rest ? 0 : 1, specOf(sensor, 0, null));
}

function takeItem(run: Run, sensor: Sensor, item: Item): Take {
  const { kind } = sensor;
  if (kind.how === 'bit') return takeBit(run, sensor, item, kind.bit, kind.rest);
  if (item.kind === 'missing') return fail(run, sensor, item, 'sentinel');
  if (item.kind !== 'number') return fail(run, sensor, item, 'decode');
  switch (kind.how) {
    case 'gauge':
      return value(run, sensor, item, item.digits, specOf(sensor, item.decimals, null));
    case 'counter':
      return takeCounter(run, sensor, item, kind.modulus);
    case 'window':
      return takeWindow(run, sensor, item, kind.windowMs);
    case 'hour':
      return takeSlot(run, sensor, item);
    default:
      return kind satisfies never;
  }
}

const elementOf = (element: string): string => element.replace(/^45-\d+$/, '45');

/** Elements that no sensor asks for are left alone. `place` names link and station in the notes. */
export function takeReport(
  protocol: LinkConfig['protocol'],
  place: string,
  station: StationConfig,
  items: readonly LinkItem[],
  context: TakeContext,
): Taken {
  const stamps = judgeStamps(
    items.filter(({ kind }) => kind !== 'picture').map(({ observedAtMs }) => observedAtMs),
    context,
  );
  const run: Run = {
    ...{ context, place, asSent: stamps.asSent, outcomes: [], notes: new Map() },
    leftOut: { late: 0, overlap: 0, repeated: 0 },
  };
  for (const { sensorId, element } of station.sensors) {
    const kind = linkElement(protocol, element);
    if (kind === undefined) continue;
    const mine = items.filter(({ id }) => id === elementOf(element));
    const dated = mine.map((item): Item => ({ ...item, atMs: stamps.atMs(item.observedAtMs) }));
    for (const item of dated.sort((a, b) => a.atMs - b.atMs)) {
      const taken = takeItem(run, { sensorId, element, kind }, item);
      if (typeof taken === 'string') run.leftOut[taken]++;
      else run.outcomes.push(taken);
    }
  }
  return {
    outcomes: run.outcomes,
    notes: [...run.notes].map(([key, value]) => ({ key, value })),
    leftOut: run.leftOut,
    clockUnsure: !stamps.asSent && context.ownClockSure && items.length > 0,
  };
}
