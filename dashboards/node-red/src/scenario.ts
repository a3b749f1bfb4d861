/** Reads a scenario to be played into a flow: a list of values with their times, or the simulators' form (docs/simulators.md). */
import { parse as parseYaml } from 'yaml';
import { err, ok, type Result } from '../../../model/result.ts';
import { isFields } from './link.ts';

/** Null: the sensor has no value then. */
export type Step = { readonly afterMs: number; readonly sensor: string; readonly value: number | null };
export type Sampling = { readonly everyMs: number; readonly lengthMs: number };
type Fields = { readonly [key: string]: unknown };
type Course = { readonly at: (tMs: number) => number | null; readonly endMs: number };

const MAX_STEPS = 100_000;
const MAX_CHARACTERS = 1_000_000;
const SENSOR = /^[A-Za-z0-9_.-]{1,64}$/;

const isNumber = (raw: unknown): raw is number => typeof raw === 'number' && Number.isFinite(raw);
const numberOr = (raw: unknown, otherwise: number): number => (isNumber(raw) ? raw : otherwise);
const clamp = (share: number): number => Math.min(1, Math.max(0, share));

function readStep(raw: unknown, index: number): Result<Step, string> {
  if (!isFields(raw)) return err(`step ${index + 1}: {afterMs, sensor, value}`);
  const { afterMs, sensor, value } = raw;
  if (!isNumber(afterMs) || afterMs < 0) return err(`step ${index + 1}: afterMs is milliseconds from the begin`);
  if (typeof sensor !== 'string' || !SENSOR.test(sensor)) return err(`step ${index + 1}: sensor is its id`);
  if (value !== null && !isNumber(value)) return err(`step ${index + 1}: value is a number, or null for none`);
  return ok({ afterMs, sensor, value });
}

function timeline(raw: Fields): Course | undefined {
  const points = Array.isArray(raw['points']) ? raw['points'] : [];
  const ordered = points.flatMap((point: unknown) => {
    if (!isFields(point) || !isNumber(point['atS'])) return [];
    const { atS, value } = point;
    return value === null || isNumber(value) ? [{ atMs: atS * 1_000, value }] : [];
  });
  if (ordered.length === 0 || ordered.length !== points.length) return undefined;
  const isLinear = raw['interpolate'] === 'linear';
  const at = (tMs: number): number | null => {
    const after = ordered.findIndex(({ atMs }) => atMs > tMs);
    const before = ordered[after < 0 ? ordered.length - 1 : Math.max(0, after - 1)];
    const next = after < 0 ? undefined : ordered[after];
    if (before === undefined || before.value === null || before.atMs > tMs) return before?.value ?? null;
    if (!isLinear || next === undefined || next.value === null) return before.value;
    return before.value + (next.value - before.value) * clamp((tMs - before.atMs) / (next.atMs - before.atMs));
  };
  return { at, endMs: ordered.at(-1)?.atMs ?? 0 };
}

/** Without noise and jitter: what is played is exactly what stands in the file. */
function courseOf(raw: Fields): Course | undefined {
  const { kind, value, from, to, mean, amplitude, periodS, durationS } = raw;
  const startMs = numberOr(raw['startS'], 0) * 1_000;
  switch (kind) {
    case 'constant':
      return isNumber(value) ? { at: () => value, endMs: 0 } : undefined;
    case 'ramp':
    case 'creep': {
      if (!isNumber(from) || !isNumber(to) || !isNumber(durationS)) return undefined;
      const exponent = kind === 'creep' ? numberOr(raw['exponent'], 2) : 1;
      const lengthMs = Math.max(1, durationS * 1_000);
      return {
        at: (tMs) => from + (to - from) * clamp((tMs - startMs) / lengthMs) ** exponent,
        endMs: startMs + lengthMs,
      };
    }
    case 'sine':
      if (!isNumber(mean) || !isNumber(amplitude) || !isNumber(periodS) || periodS <= 0) return undefined;
      return { at: (tMs) => mean + amplitude * Math.sin((2 * Math.PI * tMs) / (periodS * 1_000)), endMs: 0 };
    case 'timeline':
      return timeline(raw);
    default:
      return undefined;
  }
}

/** Rounded to what a file would show: 0.1 + 0.2 is 0.3. */
const tidy = (value: number | null): number | null => (value === null ? null : Math.round(value * 1e6) / 1e6);

function sample(sensors: readonly unknown[], { everyMs, lengthMs }: Sampling): Result<readonly Step[], string> {
  const courses: { readonly sensor: string; readonly course: Course }[] = [];
  for (const [index, raw] of sensors.entries()) {
    if (!isFields(raw)) return err(`sensors[${index}]: {sensor, kind, …}`);
    const { sensor, kind } = raw;
    if (typeof sensor !== 'string' || !SENSOR.test(sensor)) return err(`sensors[${index}]: sensor is its id`);
    const course = courseOf(raw);
    if (course === undefined)
      return err(
        `sensors[${index}]: ${String(kind)} is not played here, or lacks a field (constant, ramp, creep, sine, timeline)`,
      );
    courses.push({ sensor, course });
  }
  const endMs = Math.max(...courses.map(({ course }) => course.endMs)) || lengthMs;
  if ((endMs / everyMs + 1) * courses.length > MAX_STEPS)
    return err(`more than ${MAX_STEPS} values: a longer interval`);
  const steps: Step[] = [];
  for (let afterMs = 0; afterMs <= endMs; afterMs += everyMs)
    for (const { sensor, course } of courses) steps.push({ afterMs, sensor, value: tidy(course.at(afterMs)) });
  return ok(steps);
}

/** A text is YAML, of which JSON is a part. */
export function readScenario(raw: unknown, sampling: Sampling): Result<readonly Step[], string> {
  let held: unknown = raw;
  if (typeof raw === 'string') {
    if (raw.length > MAX_CHARACTERS) return err('the scenario is longer than a million characters');
    try {
      held = parseYaml(raw, { maxAliasCount: 10 }) as unknown;
    } catch (cause) {
      return err(cause instanceof Error ? (cause.message.split('\n')[0] ?? 'not YAML') : 'not YAML');
    }
  }
  if (isFields(held) && Array.isArray(held['sensors'])) {
    if (held['sensors'].length === 0) return err('sensors: none');
    return sample(held['sensors'], sampling);
  }
  if (!Array.isArray(held) || held.length === 0) return err('a list of {afterMs, sensor, value}, or {sensors: […]}');
  if (held.length > MAX_STEPS) return err(`more than ${MAX_STEPS} values`);
  const steps: Step[] = [];
  for (const [index, item] of held.entries()) {
    const step = readStep(item, index);
    if (!step.ok) return step;
    steps.push(step.value);
  }
  return ok(steps.sort((a, b) => a.afterMs - b.afterMs));
}
