/** Makes of what drives a scenario, and of what each sensor shows of it, the behaviours that a device plays. */
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import { alphaOf, type FireStory, fireTable, headStates } from './fire.ts';
import { hyetographOf, type Intensity, type Storm } from './hyetograph.ts';
import { balanceOf, RESERVOIR_STEP_MS, type Reservoir } from './reservoir.ts';
import type { HazardEntry, RawDrivers } from './schema.ts';
import { drivenBy, fallBetween, rainBetween } from './step-slide.ts';
import type { Table } from './table.ts';

/** Without a length of its own, and at most: what is computed once is kept in memory. */
const DEFAULT_RUN_MS = 3 * DAY_MS;
const MAX_TABLE_MS = 60 * DAY_MS;
const DEFAULT_FIRE_MS = HOUR_MS;
const MAX_FIRE_MS = 12 * HOUR_MS;

export type Drivers = {
  readonly rain: readonly Intensity[] | null;
  readonly level: Table | null;
  readonly fire: FireStory | null;
  readonly tableMs: number;
  readonly fireMs: number;
};

function stormOf(raw: NonNullable<RawDrivers['storm']>): Storm {
  if (raw.shape === 'steps') {
    const steps = raw.steps.map(({ at, mmPerH }) => ({ atMs: at, perHour: mmPerH }));
    return { atMs: raw.at, totalMm: 0, durationMs: 0, stepMs: 0, shape: { kind: 'steps', steps } };
  }
  const { at, totalMm, duration, step } = raw;
  const own = { atMs: at, totalMm, durationMs: duration, stepMs: step };
  if (raw.shape !== 'chicago') return { ...own, shape: { kind: raw.shape } };
  return { ...own, shape: { kind: 'chicago', peak: raw.peak, bMinutes: raw.bMinutes, c: raw.c } };
}

const flowsOf = (points: readonly { readonly at: number; readonly m3PerS: number }[]) =>
  points.map(({ at, m3PerS }) => ({ atMs: at, m3PerS }));

function reservoirOf(raw: NonNullable<RawDrivers['reservoir']>, rain: readonly Intensity[] | null): Reservoir {
  const { level, storage, inflow, catchment, gates, spillway } = raw;
  const fed = catchment === null || rain === null ? null : { ...catchment, rain };
  return {
    ...{ level, storage, spillway, inflow: flowsOf(inflow), gates: flowsOf(gates) },
    catchment:
      fed === null
        ? null
        : {
            rainBetween: (fromMs, toMs) => rainBetween(fed.rain, fromMs, toMs),
            ...{ areaKm2: fed.areaKm2, runoff: fed.runoff, lagMs: fed.lag },
          },
  };
}

function fireOf(raw: NonNullable<RawDrivers['fire']>): FireStory {
  const story = { outMs: raw.outAt, clearMs: raw.clear };
  if (raw.kind === 'smouldering') {
    const { at, duration, power, dbPerM, riseC } = raw;
    return { ...story, fire: { kind: 'smouldering', atMs: at, durationMs: duration, power, dbPerM, riseC } };
  }
  const { at, growth, peakKw, ceilingM, dbPerMPerMj } = raw;
  const alpha = typeof growth === 'number' ? growth : alphaOf(growth);
  return { ...story, fire: { kind: 'flaming', atMs: at, alpha, peakKw, ceilingM, dbPerMPerMj } };
}

export function driversOf({ storm, reservoir, fire }: RawDrivers, runsMs: number | null): Drivers {
  const tableMs = Math.min(runsMs ?? DEFAULT_RUN_MS, MAX_TABLE_MS);
  const rain = storm === null ? null : hyetographOf(stormOf(storm));
  return {
    rain,
    level: reservoir === null ? null : balanceOf(reservoirOf(reservoir, rain), tableMs).level,
    fire: fire === null ? null : fireOf(fire),
    ...{ tableMs, fireMs: Math.min(runsMs ?? DEFAULT_FIRE_MS, MAX_FIRE_MS) },
  };
}

/** Why an entry cannot be played: what drives it is not there, or it contradicts itself. */
export function hazardObjection(entry: HazardEntry, raw: RawDrivers): string | undefined {
  const lacks = (what: keyof RawDrivers) => `needs ${what}: beside sensors:`;
  switch (entry.kind) {
    case 'storm':
      return raw.storm === null ? lacks('storm') : undefined;
    case 'reservoirLevel':
      if (raw.reservoir === null) return lacks('reservoir');
      return raw.reservoir.catchment !== null && raw.storm === null
        ? 'the catchment needs storm: beside it'
        : undefined;
    case 'fireHead':
      if (raw.fire === null) return lacks('fire');
      if (entry.as !== 'state') return undefined;
      return entry.alarm === undefined
        ? 'a head that judges by itself needs alarm: (and preAlarm:), in dB/m'
        : undefined;
    case 'stepSlide':
      if (entry.rain !== null && raw.storm === null) return lacks('storm');
      return entry.drawdown !== null && raw.reservoir === null ? lacks('reservoir') : undefined;
    case 'stagedCreep':
      return entry.onset < entry.failureAt ? undefined : 'the onset must come before failureAt';
    default:
      return entry satisfies never;
  }
}

const table = (values: Table, base: number, noise: number): Behaviour => ({
  kind: 'shaped',
  shape: { kind: 'table', table: values, base, how: 'linear' },
  noise,
});

function headOf(entry: Extract<HazardEntry, { kind: 'fireHead' }>, fire: FireStory, untilMs: number): Behaviour {
  const head = { radiusM: entry.radiusM, delayMs: entry.delay, lagMs: entry.lag };
  if (entry.as === 'temperature') return table(fireTable(fire, head, 'riseC', untilMs), entry.ambient, entry.noise);
  const density = fireTable(fire, head, 'dbPerM', untilMs);
  if (entry.as === 'density') return table(density, entry.ambient, entry.noise);
  const { alarm = 0, preAlarm = alarm } = entry;
  const states = headStates(density, preAlarm, alarm);
  return { kind: 'shaped', shape: { kind: 'table', table: states, base: 0, how: 'hold' }, noise: 0 };
}

function slideOf(entry: Extract<HazardEntry, { kind: 'stepSlide' }>, { rain, level, tableMs }: Drivers): Behaviour {
  const parts: Table[] = [];
  const drive = (amount: (fromMs: number, toMs: number) => number, gain: number, by: { lag: number; settle: number }) =>
    parts.push(drivenBy(amount, { gain, lagMs: by.lag, settleMs: by.settle }, RESERVOIR_STEP_MS, tableMs));
  if (entry.rain !== null && rain !== null)
    drive((from, to) => rainBetween(rain, from, to), entry.rain.mmPerMm, entry.rain);
  if (entry.drawdown !== null && level !== null)
    drive((from, to) => fallBetween(level, from, to), entry.drawdown.mmPerM, entry.drawdown);
  const [first, second] = parts;
  const driven =
    first === undefined || second === undefined
      ? (first ?? null)
      : { stepMs: first.stepMs, values: first.values.map((value, at) => value + (second.values[at] ?? 0)) };
  const steps = entry.steps.map(({ at, mm, settle }) => ({ atMs: at, mm, settleMs: settle }));
  const { from, mmPerDay, noise } = entry;
  return { kind: 'shaped', shape: { kind: 'stepSlide', from, mmPerDay, steps, driven }, noise };
}

/** Of an entry to which there is no objection. */
export function hazardBehaviour(entry: HazardEntry, drivers: Drivers): Behaviour {
  switch (entry.kind) {
    case 'storm':
      return {
        kind: 'tipping',
        perTip: entry.perTip,
        intensity: (drivers.rain ?? []).map(({ atMs, perHour }) => ({ atMs, perHour: perHour * entry.share })),
      };
    case 'stagedCreep': {
      const { from, primaryMm, mmPerDay, alpha, after, noise } = entry;
      const times = { primaryMs: entry.primaryTime, onsetMs: entry.onset, failureMs: entry.failureAt };
      return {
        kind: 'shaped',
        shape: { kind: 'stagedCreep', from, primaryMm, mmPerDay, alpha, after, ...times },
        noise,
      };
    }
    case 'stepSlide':
      return slideOf(entry, drivers);
    case 'reservoirLevel':
      return table(drivers.level ?? { stepMs: RESERVOIR_STEP_MS, values: [] }, 0, entry.noise);
    case 'fireHead':
      return drivers.fire === null
        ? { kind: 'constant', value: entry.ambient, noise: entry.noise }
        : headOf(entry, drivers.fire, drivers.fireMs);
    default:
      return entry satisfies never;
  }
}
