/** Parses a scenario file: how each simulated sensor behaves once the scenario begins, and what goes wrong when. */
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { SECOND_MS } from '#model/time.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import type { Fault } from '#simulators/fault.ts';

export type ScenarioFault = {
  /** The unit that this sensor belongs to is struck whole. */
  readonly sensorId: string;
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
};

export type Scenario = {
  readonly seed: number;
  /** Begins by itself so long after the start; null: when it is told to. */
  readonly startAfterMs: number | null;
  readonly sensors: ReadonlyMap<string, Behaviour>;
  readonly faults: readonly ScenarioFault[];
};

const seconds = z
  .number()
  .min(0)
  .max(366 * 86_400);
const sensor = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ -');
const noise = z.number().min(0).default(0);

const behaviourSchema = z.discriminatedUnion('kind', [
  z.strictObject({ sensor, kind: z.literal('constant'), value: z.number(), noise }),
  z.strictObject({
    sensor,
    kind: z.literal('ramp'),
    from: z.number(),
    to: z.number(),
    startS: seconds.default(0),
    durationS: seconds,
  }),
  z.strictObject({
    sensor,
    kind: z.literal('sine'),
    mean: z.number(),
    amplitude: z.number().min(0),
    periodS: z.number().positive(),
    noise,
  }),
  z.strictObject({
    sensor,
    kind: z.literal('creep'),
    from: z.number(),
    to: z.number(),
    startS: seconds.default(0),
    durationS: z.number().positive(),
    exponent: z.number().min(1).max(10).default(2),
    jitter: z.number().min(0).max(0.5).default(0),
  }),
  z.strictObject({
    sensor,
    kind: z.literal('tipping'),
    perTip: z.number().positive(),
    intensity: z.array(z.strictObject({ atS: seconds, mmPerH: z.number().min(0) })).min(1),
  }),
  z.strictObject({
    sensor,
    kind: z.literal('timeline'),
    points: z.array(z.strictObject({ atS: seconds, value: z.number().nullable() })).min(1),
    interpolate: z.enum(['linear', 'hold']).default('hold'),
    noise,
  }),
]);

const faultBase = { sensor, fromS: seconds, toS: seconds };
const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...faultBase, kind: z.literal('silent') }),
  z.strictObject({ ...faultBase, kind: z.literal('late'), delayMs: z.number().int().min(1).max(60_000) }),
  z.strictObject({ ...faultBase, kind: z.literal('wrongUnit') }),
  z.strictObject({ ...faultBase, kind: z.literal('badCrc') }),
  z.strictObject({ ...faultBase, kind: z.literal('truncated') }),
  z.strictObject({ ...faultBase, kind: z.literal('exception'), code: z.number().int().min(1).max(11) }),
]);

const scenarioSchema = z.strictObject({
  seed: z.number().int().default(1),
  startAfterS: seconds.nullable().default(null),
  sensors: z.array(behaviourSchema).default([]),
  faults: z.array(faultSchema).default([]),
});
type RawScenario = z.infer<typeof scenarioSchema>;
type RawBehaviour = RawScenario['sensors'][number];
type RawFault = RawScenario['faults'][number];
type Path = readonly (string | number)[];

const MEND: { readonly [code: string]: string } = {
  unrecognized_keys: 'remove the key, or correct its spelling',
  invalid_union: 'kind is one of the kinds that docs/decisions/simulated-lines.md lists',
};

function behaviourOf(raw: RawBehaviour): Behaviour {
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

function faultOf(raw: RawFault): Fault {
  switch (raw.kind) {
    case 'late':
      return { kind: 'late', delayMs: raw.delayMs };
    case 'exception':
      return { kind: 'exception', code: raw.code };
    default:
      return { kind: raw.kind };
  }
}

/** What the schema cannot say: order in time, names used once. */
function crossChecks(raw: RawScenario): readonly { readonly path: Path; readonly message: string }[] {
  const found: { path: Path; message: string }[] = [];
  const seen = new Set<string>();
  raw.sensors.forEach((entry, index) => {
    if (seen.has(entry.sensor))
      found.push({ path: ['sensors', index, 'sensor'], message: `${entry.sensor} stands twice` });
    seen.add(entry.sensor);
    const [key, times] =
      entry.kind === 'tipping'
        ? ['intensity', entry.intensity.map(({ atS }) => atS)]
        : ['points', entry.kind === 'timeline' ? entry.points.map(({ atS }) => atS) : []];
    const late = times.findIndex((atS, at) => at > 0 && atS <= (times[at - 1] ?? 0));
    if (late > 0) found.push({ path: ['sensors', index, key, late, 'atS'], message: 'times must rise' });
  });
  raw.faults.forEach((entry, index) => {
    if (entry.toS <= entry.fromS) found.push({ path: ['faults', index, 'toS'], message: 'toS must be after fromS' });
  });
  return found;
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
  const { seed, startAfterS, sensors, faults } = parsed.data;
  return ok({
    seed,
    startAfterMs: startAfterS === null ? null : startAfterS * SECOND_MS,
    sensors: new Map(sensors.map((entry) => [entry.sensor, behaviourOf(entry)])),
    faults: faults.map((entry) => ({
      sensorId: entry.sensor,
      fault: faultOf(entry),
      fromMs: entry.fromS * SECOND_MS,
      toMs: entry.toS * SECOND_MS,
    })),
  });
}
