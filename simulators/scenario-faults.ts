/** How a fault is written in a scenario file, or told to a simulator that runs: its name, whom it strikes, when. */
import { z } from 'zod';
import { SECOND_MS } from '#model/time.ts';
import type { Fault, TimedFault } from '#simulators/fault.ts';
import { isLineFault, isValueFault } from '#simulators/fault.ts';

const MAX_S = 366 * 86_400;
export const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ -');
export const unitId = z.number().int().min(1).max(247);
export const seconds = z.number().min(0).max(MAX_S);
const milliseconds = z.number().int().min(0).max(60_000);
const hex = z
  .string()
  .regex(/^([0-9A-Fa-f]{2}){1,256}$/, 'must be bytes in hexadecimal, two digits each')
  .nullable()
  .default(null);
const count = z.number().int().min(1).max(256).default(8);

/** Whom it strikes (a sensor's register or unit, a unit, a line) and when, in seconds after the begin. */
const place = {
  sensor: id.optional(),
  bus: id.optional(),
  unit: unitId.optional(),
  register: z.string().min(1).max(64).optional(),
  atS: seconds.default(0),
  durationS: z.number().positive().max(MAX_S).optional(),
  everyS: z.number().positive().max(MAX_S).optional(),
};
/** Part of the answers that are struck. */
const reply = { ...place, share: z.number().gt(0).max(1).default(1) };
const lasting = { ...place, durationS: z.undefined().optional(), everyS: z.undefined().optional() };

export const faultSchema = z.discriminatedUnion('fault', [
  z.strictObject({ ...reply, fault: z.literal('silent') }),
  z.strictObject({ ...reply, fault: z.literal('deaf') }),
  z.strictObject({ ...reply, fault: z.literal('late'), delayMs: milliseconds.min(1) }),
  z.strictObject({ ...reply, fault: z.literal('slow'), minMs: milliseconds.default(0), maxMs: milliseconds }),
  z.strictObject({ ...reply, fault: z.literal('wrongUnit') }),
  z.strictObject({ ...reply, fault: z.literal('badCrc') }),
  z.strictObject({ ...reply, fault: z.literal('truncated') }),
  z.strictObject({ ...reply, fault: z.literal('exception'), code: z.number().int().min(1).max(11) }),
  z.strictObject({ ...reply, fault: z.literal('busy') }),
  z.strictObject({ ...reply, fault: z.literal('noise'), where: z.enum(['before', 'after', 'both']), count, hex }),
  z.strictObject({
    ...reply,
    fault: z.literal('split'),
    pieces: z.number().int().min(2).max(64),
    pauseMs: milliseconds,
  }),
  z.strictObject({ ...place, fault: z.literal('frozenBlock') }),
  z.strictObject({ ...place, fault: z.literal('stuck') }),
  z.strictObject({ ...place, fault: z.literal('spike'), by: z.number() }),
  z.strictObject({ ...place, fault: z.literal('drift'), perHour: z.number() }),
  z.strictObject({ ...place, fault: z.literal('noValue') }),
  z.strictObject({ ...place, fault: z.literal('force'), value: z.number() }),
  z.strictObject({ ...lasting, fault: z.literal('counterReset'), to: z.number().min(0).default(0) }),
  z.strictObject({ ...lasting, fault: z.literal('counterRollOver') }),
  z.strictObject({ ...place, fault: z.literal('unplug') }),
  z.strictObject({ ...place, fault: z.literal('echo') }),
  z.strictObject({ ...place, fault: z.literal('babble'), pauseMs: milliseconds.min(10), count, hex }),
]);
export type FaultEntry = z.infer<typeof faultSchema>;

function faultOf(entry: FaultEntry): Fault {
  switch (entry.fault) {
    case 'late':
      return { kind: 'late', delayMs: entry.delayMs };
    case 'slow':
      return { kind: 'slow', minMs: entry.minMs, maxMs: entry.maxMs };
    case 'exception':
      return { kind: 'exception', code: entry.code };
    case 'noise':
      return { kind: 'noise', where: entry.where, count: entry.count, hex: entry.hex };
    case 'split':
      return { kind: 'split', pieces: entry.pieces, pauseMs: entry.pauseMs };
    case 'spike':
      return { kind: 'spike', by: entry.by };
    case 'drift':
      return { kind: 'drift', perHour: entry.perHour };
    case 'force':
      return { kind: 'force', value: entry.value };
    case 'counterReset':
      return { kind: 'counterReset', to: entry.to };
    case 'babble':
      return { kind: 'babble', everyMs: entry.pauseMs, count: entry.count, hex: entry.hex };
    default:
      return { kind: entry.fault };
  }
}

/** Whom a fault strikes, as it was written: a sensor, or a place on a line. */
export type FaultTarget =
  | { readonly kind: 'sensor'; readonly sensorId: string }
  | { readonly kind: 'bus'; readonly busId: string; readonly unitId: number | null };

export type ScenarioFault = { readonly target: FaultTarget; readonly timed: TimedFault };

/** What is wrong with an entry beyond its shape, with the key that it is wrong at. */
export function faultObjections(entry: FaultEntry): readonly { readonly key: string; readonly message: string }[] {
  const found: { key: string; message: string }[] = [];
  const fault = faultOf(entry);
  if ((entry.sensor === undefined) === (entry.bus === undefined))
    found.push({ key: entry.sensor === undefined ? 'fault' : 'sensor', message: 'needs either a sensor or a bus' });
  if (entry.sensor !== undefined && (entry.unit !== undefined || entry.register !== undefined))
    found.push({ key: 'sensor', message: 'a sensor says its unit and register itself' });
  if (isLineFault(fault) && (entry.sensor !== undefined || entry.unit !== undefined))
    found.push({ key: entry.sensor === undefined ? 'unit' : 'sensor', message: `${fault.kind} strikes a whole bus` });
  if (entry.register !== undefined && (entry.unit === undefined || !isValueFault(fault)))
    found.push({ key: 'register', message: 'only a fault of values strikes one register, and that needs its unit' });
  if (entry.everyS !== undefined && (entry.durationS === undefined || entry.everyS <= entry.durationS))
    found.push({ key: 'everyS', message: 'what comes back needs a durationS that is shorter than everyS' });
  if (fault.kind === 'slow' && fault.maxMs < fault.minMs)
    found.push({ key: 'maxMs', message: 'maxMs must not be below minMs' });
  return found;
}

export function scenarioFaultOf(entry: FaultEntry): ScenarioFault {
  const fromMs = entry.atS * SECOND_MS;
  return {
    target:
      entry.sensor === undefined
        ? { kind: 'bus', busId: entry.bus ?? '', unitId: entry.unit ?? null }
        : { kind: 'sensor', sensorId: entry.sensor },
    timed: {
      unitId: entry.unit ?? null,
      register: entry.register ?? null,
      fault: faultOf(entry),
      fromMs,
      toMs: entry.durationS === undefined ? null : fromMs + entry.durationS * SECOND_MS,
      everyMs: entry.everyS === undefined ? null : entry.everyS * SECOND_MS,
      share: 'share' in entry ? entry.share : 1,
    },
  };
}
