/** Parses a scenario file: how each simulated sensor behaves once the scenario begins, and what goes wrong when. */
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { isQuantityCode, QUANTITIES } from '#model/quantity.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { SECOND_MS } from '#model/time.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import {
  faultObjections,
  faultSchema,
  id,
  type ScenarioFault,
  scenarioFaultOf,
  seconds,
  unitId,
} from '#simulators/scenario-faults.ts';
import { type Drivers, driversOf, hazardBehaviour, hazardObjection } from '#simulators/threshold/hazards.ts';
import { driverFields, hazardKinds, isHazard } from '#simulators/threshold/schema.ts';
import { type Story, storyFields, storyObjections, storyOf } from '#simulators/threshold/story.ts';

/** A register that no sensor names, e.g. a push button. */
export type RegisterBehaviour = {
  readonly busId: string;
  readonly unitId: number;
  readonly register: string;
  readonly behaviour: Behaviour;
};
/** How a bus is served when the inventory's own wire is not at hand: real boxes on a bench. */
export type ScenarioLine = {
  readonly busId: string;
  readonly serial: string | null;
  readonly listen: { readonly host: string; readonly port: number } | null;
  readonly dial: { readonly host: string; readonly port: number } | null;
  /** Answers as slowly as the line's baud rate would let them. */
  readonly isPaced: boolean;
};

export type Scenario = {
  readonly seed: number;
  /** Begins by itself so long after the start; null: when it is told to. */
  readonly startAfterMs: number | null;
  readonly sensors: ReadonlyMap<string, Behaviour>;
  readonly registers: readonly RegisterBehaviour[];
  readonly lines: readonly ScenarioLine[];
  readonly faults: readonly ScenarioFault[];
  /** Where and when it plays, and what must come of it; `fengsui simulate` reads it. */
  readonly story: Story;
  /** Where an entry stands in its file, by its path (`faults[2]`) or a sensor's (`sensors.NAME`). */
  readonly places: ReadonlyMap<string, Place>;
};
export type Place = { readonly line: number; readonly column: number };

/** Whose value it is: a sensor, or a register on a line. */
const whose = {
  sensor: id.optional(),
  bus: id.optional(),
  unit: unitId.optional(),
  register: z.string().min(1).max(64).optional(),
  /** Of a sensor of the scenario's own place. */
  quantity: z
    .string()
    .refine(isQuantityCode, { error: `a quantity is one of ${Object.keys(QUANTITIES).join(', ')}` })
    .optional(),
  point: id.optional(),
  zone: id.optional(),
};
const noise = z.number().min(0).default(0);

const behaviourSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...whose, kind: z.literal('constant'), value: z.number(), noise }),
  z.strictObject({
    ...whose,
    kind: z.literal('ramp'),
    from: z.number(),
    to: z.number(),
    startS: seconds.default(0),
    durationS: seconds,
  }),
  z.strictObject({
    ...whose,
    kind: z.literal('sine'),
    mean: z.number(),
    amplitude: z.number().min(0),
    periodS: z.number().positive(),
    noise,
  }),
  z.strictObject({
    ...whose,
    kind: z.literal('creep'),
    from: z.number(),
    to: z.number(),
    startS: seconds.default(0),
    durationS: z.number().positive(),
    exponent: z.number().min(1).max(10).default(2),
    jitter: z.number().min(0).max(0.5).default(0),
  }),
  z.strictObject({
    ...whose,
    kind: z.literal('tipping'),
    perTip: z.number().positive(),
    intensity: z.array(z.strictObject({ atS: seconds, mmPerH: z.number().min(0) })).min(1),
  }),
  z.strictObject({
    ...whose,
    kind: z.literal('timeline'),
    points: z.array(z.strictObject({ atS: seconds, value: z.number().nullable() })).min(1),
    interpolate: z.enum(['linear', 'hold']).default('hold'),
    noise,
  }),
  ...hazardKinds(whose),
]);

const address = z
  .string()
  .regex(/^[A-Za-z0-9.-]{1,253}:\d{1,5}$/, 'must be host:port')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'a port is at most 65535');
const lineSchema = z.strictObject({
  bus: id,
  serial: z.string().min(1).optional(),
  listen: address.optional(),
  dial: address.optional(),
  paced: z.boolean().default(false),
});

const scenarioSchema = z.strictObject({
  seed: z.number().int().default(1),
  startAfterS: seconds.nullable().default(null),
  sensors: z.array(behaviourSchema).default([]),
  faults: z.array(faultSchema).max(10_000).default([]),
  lines: z.array(lineSchema).default([]),
  ...driverFields,
  ...storyFields,
});
type RawScenario = z.infer<typeof scenarioSchema>;
type RawBehaviour = RawScenario['sensors'][number];
type Path = readonly (string | number)[];

const MEND: { readonly [code: string]: string } = {
  unrecognized_keys: 'remove the key, or correct its spelling',
  invalid_union: 'kinds and faults are listed in docs/simulators.md',
};

function behaviourOf(raw: RawBehaviour, drivers: Drivers): Behaviour {
  if (isHazard(raw)) return hazardBehaviour(raw, drivers);
  switch (raw.kind) {
    case 'constant':
      return { kind: 'constant', value: raw.value, noise: raw.noise };
    case 'ramp':
    case 'creep': {
      const { from, to } = raw;
      const startMs = raw.startS * SECOND_MS;
      const durationMs = raw.durationS * SECOND_MS;
      if (raw.kind === 'ramp') return { kind: 'ramp', from, to, startMs, durationMs };
      return { kind: 'creep', from, to, startMs, durationMs, exponent: raw.exponent, jitter: raw.jitter };
    }
    case 'sine': {
      const { mean, amplitude } = raw;
      return { kind: 'sine', mean, amplitude, periodMs: raw.periodS * SECOND_MS, noise: raw.noise };
    }
    case 'tipping':
      return {
        kind: 'tipping',
        perTip: raw.perTip,
        intensity: raw.intensity.map(({ atS, mmPerH }) => ({ atMs: atS * SECOND_MS, perHour: mmPerH })),
      };
    case 'timeline':
      return {
        kind: 'timeline',
        points: raw.points.map(({ atS, value }) => ({ atMs: atS * SECOND_MS, value })),
        interpolate: raw.interpolate,
        noise: raw.noise,
      };
    default:
      return raw satisfies never;
  }
}

/** What the schema cannot say: order in time, names used once. */
function crossChecks(raw: RawScenario): readonly { readonly path: Path; readonly message: string }[] {
  const found: { path: Path; message: string }[] = [];
  const seen = new Set<string>();
  const once = (name: string, path: Path) => {
    if (seen.has(name)) found.push({ path, message: `${name} stands twice` });
    seen.add(name);
  };
  raw.sensors.forEach((entry, index) => {
    const { sensor, bus, unit, register } = entry;
    const isPlace = bus !== undefined && unit !== undefined && register !== undefined;
    if (isPlace === (sensor !== undefined) || (!isPlace && (bus ?? unit ?? register) !== undefined))
      found.push({ path: ['sensors', index], message: 'needs either a sensor, or a bus, a unit and a register' });
    once(sensor ?? `${bus}/${unit}/${register}`, ['sensors', index, sensor === undefined ? 'bus' : 'sensor']);
    const [key, times] =
      entry.kind === 'tipping'
        ? ['intensity', entry.intensity.map(({ atS }) => atS)]
        : ['points', entry.kind === 'timeline' ? entry.points.map(({ atS }) => atS) : []];
    const late = times.findIndex((atS, at) => at > 0 && atS <= (times[at - 1] ?? 0));
    const lack = isHazard(entry) ? hazardObjection(entry, raw) : undefined;
    if (lack !== undefined) found.push({ path: ['sensors', index], message: lack });
    if (late > 0) found.push({ path: ['sensors', index, key, late, 'atS'], message: 'times must rise' });
  });
  raw.faults.forEach((entry, index) => {
    for (const { key, message } of faultObjections(entry)) found.push({ path: ['faults', index, key], message });
  });
  raw.lines.forEach((entry, index) => {
    once(`line ${entry.bus}`, ['lines', index, 'bus']);
    if ([entry.serial, entry.listen, entry.dial].filter((where) => where !== undefined).length > 1)
      found.push({ path: ['lines', index], message: 'a line has one of serial, listen and dial' });
  });
  found.push(...storyObjections(raw, raw.sensors).map(({ path, message }) => ({ path, message })));
  return found;
}

function scenarioOf(raw: RawScenario, placeOf: (path: Path) => Place): Scenario {
  const { seed, startAfterS, sensors, faults, lines } = raw;
  const drivers = driversOf(raw, raw.runs);
  return {
    story: storyOf(raw, sensors),
    seed,
    startAfterMs: startAfterS === null ? null : startAfterS * SECOND_MS,
    sensors: new Map(
      sensors.flatMap((entry) =>
        entry.sensor === undefined ? [] : [[entry.sensor, behaviourOf(entry, drivers)] as const],
      ),
    ),
    registers: sensors.flatMap(({ bus, unit, register, ...entry }) =>
      bus === undefined || unit === undefined || register === undefined
        ? []
        : [{ busId: bus, unitId: unit, register, behaviour: behaviourOf(entry, drivers) }],
    ),
    faults: faults.map(scenarioFaultOf),
    lines: lines.map(({ bus, serial, listen, dial, paced }) => ({
      busId: bus,
      serial: serial ?? null,
      listen: listen ?? null,
      dial: dial ?? null,
      isPaced: paced,
    })),
    places: new Map([
      ...sensors.map(({ sensor, bus, unit, register }, index) => {
        const name = sensor === undefined ? `${bus}/${unit}/${register}` : sensor;
        return [`sensors.${name}`, placeOf(['sensors', index])] as const;
      }),
      ...faults.map((_, index) => [`faults[${index}]`, placeOf(['faults', index])] as const),
      ...lines.map((_, index) => [`lines[${index}]`, placeOf(['lines', index])] as const),
    ]),
  };
}

/** Reads a scenario; all findings at once, each with its line and column. */
export function parseScenario(file: string, text: string): Result<Scenario, readonly Lint[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lint = (offset: number, path: Path, kind: string, message: string, mend?: string): Lint => {
    const { line, col } = lines.linePos(offset);
    const at = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
    return {
      file,
      line,
      column: col,
      path: at.replace(/^\./, ''),
      kind,
      message,
      ...(mend === undefined ? {} : { mend }),
      severity: 'error',
    };
  };
  /** The value at a path, or the nearest thing around it. */
  const offsetOf = (path: Path): number => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  };
  const keyOffset = (path: Path, key: string): number => {
    const map = path.length === 0 ? document.contents : document.getIn(path, true);
    const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    return isScalar(pair?.key) && pair.key.range ? pair.key.range[0] : offsetOf(path);
  };
  if (document.errors.length > 0)
    return err(document.errors.map((error) => lint(error.pos[0], [], 'yaml', error.message.split('\n')[0] ?? '')));
  const parsed = scenarioSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success)
    return err(
      parsed.error.issues.map((issue) => {
        const path = issue.path as Path;
        const offset = issue.code === 'unrecognized_keys' ? keyOffset(path, issue.keys[0] ?? '') : offsetOf(path);
        return lint(offset, path, issue.code, issue.message, MEND[issue.code]);
      }),
    );
  const crossed = crossChecks(parsed.data);
  if (crossed.length > 0)
    return err(crossed.map(({ path, message }) => lint(offsetOf(path), path, 'scenario', message)));
  const placeOf = (path: Path): Place => {
    const { line, col } = lines.linePos(offsetOf(path));
    return { line, column: col };
  };
  return ok(scenarioOf(parsed.data, placeOf));
}
