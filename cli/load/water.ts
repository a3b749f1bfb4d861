/**
 * The water levels that a reservoir or a river section must keep to, as `water:` of a point: datum, where the gauge's zero
 * lies, flood season, characteristic levels. They must ascend as the standards have them; a slip here moves every alarm.
 */
import { z } from 'zod';
import { type Path, parsePart, type Source } from '#cli/load/source.ts';
import type { HazardPoint } from '#model/registry.ts';
import {
  type FloodSeason,
  isWaterLimitName,
  RESERVOIR_LIMITS,
  RIVER_LIMITS,
  WATER_DATUMS,
  WATER_LIMIT_TEXT,
  type WaterTable,
} from '#model/water.ts';
import { nearest } from '#rules/words.ts';

const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** `04-15` as 415; undefined when there is no such day. */
function dateOf(text: string): number | undefined {
  const [month = 0, day = 0] = text.split('-').map(Number);
  return day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0) ? month * 100 + day : undefined;
}

const floodSeason = z
  .string()
  .regex(/^\d\d-\d\d\.\.\d\d-\d\d$/, 'must be two days of the year, such as "04-15..10-15"')
  .transform((text, context): FloodSeason => {
    const [fromDate, toDate] = text.split('..').map(dateOf);
    if (fromDate !== undefined && toDate !== undefined) return { fromDate, toDate };
    context.addIssue({ code: 'custom', message: 'there is no such day' });
    return z.NEVER;
  });

const waterSchema = z.strictObject({
  datum: z.enum(WATER_DATUMS, { error: `must be one of ${WATER_DATUMS.map((datum) => `"${datum}"`).join(', ')}` }),
  gaugeZeroM: z.number().min(-500).max(9_000).optional(),
  floodSeason: floodSeason.optional(),
  limits: z.record(z.string(), z.number().min(-500).max(9_000)),
});

type Step = { readonly name: string; readonly strict: boolean };

const STEPS: { readonly [K in HazardPoint['kind']]?: readonly Step[] } = {
  reservoir: RESERVOIR_LIMITS,
  river: RIVER_LIMITS,
};

function checkNames(source: Source, path: Path, names: readonly string[], kind: string, steps: readonly Step[]): void {
  const known = steps.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    const mend = meant === undefined ? `use ${known.join(', ')}` : `did you mean "${meant}"?`;
    const foreign = isWaterLimitName(name);
    const message = foreign
      ? `"${name}" (${WATER_LIMIT_TEXT[name].zh}) is no level of a ${kind}`
      : `there is no level "${name}" of a ${kind}`;
    source.find([...path, name], { kind: 'unknown-limit', message, mend, onKey: true });
  }
}

/** The levels ascend; two that may be equal (汛限 and 正常蓄水位) are allowed to be. */
function checkOrder(source: Source, path: Path, limits: WaterTable['limits'], steps: readonly Step[]): void {
  let below: { readonly name: string; readonly value: number } | undefined;
  let strict = false;
  for (const step of steps) {
    const value = limits[step.name];
    strict ||= step.strict;
    if (value === undefined) continue;
    if (below !== undefined && (strict ? value <= below.value : value < below.value)) {
      const message = `${step.name} (${value} m) lies ${value === below.value ? 'at' : 'below'} ${below.name} (${below.value} m)`;
      const mend = `it lies ${strict ? 'above' : 'at or above'} it at every station: mend one of the two`;
      source.find([...path, step.name], { kind: 'limit-order', message, mend });
    }
    below = { name: step.name, value };
    strict = false;
  }
}

/** Reads `water:` of a point; undefined when it has none or it cannot be read. */
export function bindWater(
  source: Source,
  path: Path,
  raw: unknown,
  kind: HazardPoint['kind'],
): { readonly water?: WaterTable } {
  if (raw === undefined) return {};
  const steps = STEPS[kind];
  if (steps === undefined) {
    const message = `a point of kind ${kind} has no water levels`;
    const mend = 'remove water, or write "kind: reservoir" or "kind: river"';
    source.find(path, { kind: 'water', message, mend, onKey: true });
    return {};
  }
  const row = parsePart(source, path, raw, waterSchema);
  if (row === undefined) return {};
  if (row.gaugeZeroM === undefined && row.datum !== 'assumed') {
    const message = `gaugeZeroM is missing: without it nobody knows what the gauge's metres are above the datum of "${row.datum}"`;
    const mend = "add the height of the gauge's zero, 0 when it gives heights above the datum itself";
    source.find(path, { kind: 'missing', message, mend });
  }
  checkNames(source, [...path, 'limits'], Object.keys(row.limits), kind, steps);
  checkOrder(source, [...path, 'limits'], row.limits, steps);
  if (row.limits['floodLimit'] !== undefined && row.floodSeason === undefined)
    source.find([...path, 'limits', 'floodLimit'], {
      kind: 'flood-season',
      message: 'floodLimit holds in the flood season, and no floodSeason is given',
      mend: 'add floodSeason: "04-15..10-15"',
      severity: 'warning',
    });
  const { datum, gaugeZeroM: zeroM = 0, floodSeason: season = null, limits } = row;
  return { water: { datum, zeroM, floodSeason: season, limits } };
}
