/** Plans of drills (`drills/*.yaml`): their shape, and what in them does not fit the county. */
import { z } from 'zod';
import { duration, text } from '#cli/load/schemas.ts';
import { openSource, parsePart } from '#cli/load/source.ts';
import type { DrillPlan } from '#model/drill.ts';
import { HAZARDS, type Registry } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';

const drillSchema = z.strictObject({
  name: text,
  grid: z.string().min(1),
  broadcast: z.boolean().default(false),
  ends: duration,
  steps: z
    .array(
      z.strictObject({
        after: duration,
        point: z.string().min(1),
        hazard: z.enum(HAZARDS),
        level: z.enum(['none', 'blue', 'yellow', 'orange', 'red']),
        reason: text,
      }),
    )
    .min(1, 'a drill needs a step'),
});

export type PlanCheck = (
  plan: DrillPlan,
  registry: Registry,
) => readonly { readonly path: readonly (string | number)[]; readonly text: { readonly en: string } }[];

/** The plan, or everything that is wrong with it. `check` is the alerts stage's own, so that both say the same. */
export function parseDrill(
  file: string,
  content: string,
  registry: Registry,
  check: PlanCheck,
): Result<DrillPlan, readonly Lint[]> {
  const lints: Lint[] = [];
  const source = openSource(file, content, lints);
  const row = source.value === undefined ? undefined : parsePart(source, [], source.value, drillSchema);
  if (row === undefined) return err(lints);
  const steps = row.steps.map(({ after, point, ...step }) => ({ ...step, afterMs: after, pointId: point }));
  const plan: DrillPlan = {
    name: row.name,
    gridCode: row.grid,
    broadcast: row.broadcast,
    endsAfterMs: row.ends,
    steps,
  };
  for (const { path, text: why } of check(plan, registry))
    source.find(path, { kind: 'drill', message: why.en, mend: 'mend the plan, or the file that it refers to' });
  return lints.length > 0 ? err(lints) : ok(plan);
}
