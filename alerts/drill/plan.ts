/** A drill's plan: what makes it one that can be run, and the transitions that its steps become. */
import type { Drill, DrillPlan } from '#model/drill.ts';
import type { LevelOrNone } from '#model/level.ts';
import { inSubtree, type Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import type { Evidence, Transition } from '#model/transition.ts';

export const STEPS_AT_MOST = 500;
/** A drill that nobody ends must not keep a county marked for long. */
export const LONGEST_MS = DAY_MS;

export type PlanProblem = { readonly path: readonly (string | number)[]; readonly text: Text };
const problem = (path: PlanProblem['path'], zh: string, en: string): PlanProblem => ({ path, text: { zh, en } });

/** Everything that is wrong with it, at once; empty when it can run. */
export function checkPlan(plan: DrillPlan, registry: Pick<Registry, 'grids' | 'points'>): readonly PlanProblem[] {
  const found: PlanProblem[] = [];
  if (!registry.grids.has(plan.gridCode))
    found.push(problem(['grid'], `没有网格 ${plan.gridCode}`, `there is no grid ${plan.gridCode}`));
  if (plan.steps.length === 0 || plan.steps.length > STEPS_AT_MOST)
    found.push(problem(['steps'], `步骤须为 1 至 ${STEPS_AT_MOST} 个`, `a drill has 1 to ${STEPS_AT_MOST} steps`));
  if (!(plan.endsAfterMs > 0) || plan.endsAfterMs > LONGEST_MS)
    found.push(problem(['ends'], '演练须在 24 小时内结束', 'a drill ends within 24 hours'));
  plan.steps.forEach((step, n) => {
    const at = ['steps', n] as const;
    const point = registry.points.get(step.pointId);
    if (point === undefined)
      found.push(problem([...at, 'point'], `没有隐患点 ${step.pointId}`, `there is no point ${step.pointId}`));
    else if (!inSubtree(registry, point.gridCode, plan.gridCode))
      found.push(
        problem(
          [...at, 'point'],
          `${point.name.zh}不在演练网格 ${plan.gridCode} 内`,
          `${point.name.en} does not lie in the drill’s grid ${plan.gridCode}`,
        ),
      );
    if (!(step.afterMs >= 0) || step.afterMs >= plan.endsAfterMs)
      found.push(problem([...at, 'after'], '步骤须在演练结束之前', 'a step comes before the end of the drill'));
    if (n > 0 && step.afterMs < (plan.steps[n - 1]?.afterMs ?? 0))
      found.push(problem([...at, 'after'], '步骤须按时间先后', 'steps stand in the order of their times'));
    if (step.level === 'none' && levelBefore(plan, n) === 'none')
      found.push(problem([...at, 'level'], '此前没有可解除的预警', 'there is nothing yet that could be over'));
  });
  return found;
}

/** The level of the step's point and hazard before it. */
export function levelBefore({ steps }: Pick<DrillPlan, 'steps'>, n: number): LevelOrNone {
  const { pointId, hazard } = steps[n] ?? {};
  const earlier = steps.slice(0, n).findLast((step) => step.pointId === pointId && step.hazard === hazard);
  return earlier?.level ?? 'none';
}

export const drillRule = (drillId: string): string => `drill-${drillId}`;

const NO_EVIDENCE: Evidence = {
  sensorId: null,
  quantity: null,
  measure: 'drill',
  windowMs: null,
  value: null,
  limit: null,
  limits: [],
  coverage: null,
};

/** A step as rules would have found it, of origin `drill` and of a rule that no other drill has. */
export function stepTransition(
  drill: Pick<Drill, 'id' | 'steps' | 'startedAtMs'>,
  n: number,
  nowMs: EpochMs,
): Transition | undefined {
  const step = drill.steps[n];
  if (step === undefined) return undefined;
  const rule = drillRule(drill.id);
  return {
    id: `${rule}|${n}`,
    rule,
    subject: { kind: 'point', id: step.pointId },
    hazard: step.hazard,
    site: 'centre',
    origin: 'drill',
    from: levelBefore(drill, n),
    to: step.level,
    condition: step.level === 'none' ? 'cleared' : 'active',
    atMs: drill.startedAtMs + step.afterMs,
    decidedAtMs: nowMs,
    late: false,
    reason: step.reason,
    evidence: NO_EVIDENCE,
    partition: 0,
    pos: n,
  };
}

/** When something is to happen next; null when it is over. */
export function nextDueMs({ state, steps, stepsDone, startedAtMs, endsAfterMs }: Drill): EpochMs | null {
  if (state === 'ended') return null;
  return startedAtMs + Math.min(steps[stepsDone]?.afterMs ?? endsAfterMs, endsAfterMs);
}
