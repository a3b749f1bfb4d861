/**
 * Limit lines: those of the compiled rules, turned into the unit in which a panel draws, and of water stations their own
 * table. Sensors with the same lines share a panel.
 */
import { type Level, rankOf } from '#model/level.ts';
import { fromSteps, type QuantityCode } from '#model/quantity.ts';
import type { Registry, Sensor } from '#model/registry.ts';
import type { BoundRule, LevelLimit } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import { gaugeLimitM, isWaterLimitName, WATER_LIMIT_TEXT } from '#model/water.ts';

/** What a panel draws: values, a sum over a window, change per time, or change of change per time. */
export type Figure =
  | { readonly kind: 'value' }
  | { readonly kind: 'sum'; readonly windowMs: number }
  | { readonly kind: 'rate'; readonly per: 'h' | 'd' }
  | { readonly kind: 'acceleration'; readonly per: 'd' };

export type LimitLine = {
  /** In the unit of the panel. */
  readonly value: number;
  /** Undefined: a level of the station's table that no rule speaks of. */
  readonly level: Level | undefined;
  readonly name: Text;
  /** Holds at certain times of the year or the day only. */
  readonly atTimes: boolean;
};

const HOURS_OF = { h: 1, d: 24 } as const;

/** How many of the rule's limit make one of the panel's; undefined when the panel does not draw this measure. */
function scaleOf({ measure }: BoundRule, quantity: QuantityCode, figure: Figure): number | undefined {
  const step = fromSteps(quantity, 1);
  switch (measure.kind) {
    case 'value':
      return figure.kind === 'value' ? step : undefined;
    case 'rollingSum':
      return figure.kind === 'sum' && figure.windowMs === measure.windowMs ? step : undefined;
    case 'rate':
      return figure.kind === 'rate' ? step * HOURS_OF[figure.per] : undefined;
    case 'model': {
      const own = 10 ** -measure.figure.decimals;
      const per = measure.figure.unit.endsWith('/d') ? 'd' : 'h';
      if (measure.model === 'riseRate' || measure.model === 'velocity')
        return figure.kind === 'rate' ? (own * HOURS_OF[figure.per]) / HOURS_OF[per] : undefined;
      if (measure.model === 'acceleration' && figure.kind === 'acceleration')
        return measure.params['per'] === 'h' ? own * HOURS_OF.d ** 2 : own;
      return undefined;
    }
    default:
      return measure satisfies never;
  }
}

/** Twelve digits: 14.5 and not 14.500000000000002. */
const rounded = (value: number): number => Number(value.toPrecision(12));

function linesOf(rule: BoundRule, quantity: QuantityCode, figure: Figure): readonly LimitLine[] {
  const scale = scaleOf(rule, quantity, figure);
  if (scale === undefined) return [];
  const sign = rule.below === true ? -1 : 1;
  const variants = [rule.limits, ...Object.values(rule.schedule?.limits ?? {})];
  const holds = ({ limit, level }: LevelLimit) =>
    variants.every((limits) => limits.some((one) => one.limit === limit && one.level === level));
  return variants.flat().map((one) => ({
    value: rounded(sign * one.limit * scale),
    level: one.level,
    atTimes: !holds(one),
    name: one.name === undefined ? rule.title : WATER_LIMIT_TEXT[one.name],
  }));
}

function tableLines(registry: Pick<Registry, 'points'>, sensor: Sensor): readonly LimitLine[] {
  const water = registry.points.get(sensor.pointId)?.water;
  if (water === undefined || sensor.quantity !== 'level') return [];
  return Object.keys(water.limits).flatMap((name): readonly LimitLine[] => {
    const value = gaugeLimitM(water, name);
    if (value === undefined || !isWaterLimitName(name)) return [];
    return [{ value, level: undefined, name: WATER_LIMIT_TEXT[name], atTimes: false }];
  });
}

/** Ascending; a line that two rules share stands once, by its worse level, and a rule's before the table's. */
export function limitLines(
  { registry, rules }: { readonly registry: Pick<Registry, 'points'>; readonly rules: readonly BoundRule[] },
  sensor: Sensor,
  figure: Figure,
  own = rules.filter(({ sensorId }) => sensorId === sensor.id),
): readonly LimitLine[] {
  const found = own.flatMap((rule) => linesOf(rule, sensor.quantity, figure));
  const table = figure.kind === 'value' ? tableLines(registry, sensor) : [];
  const byValue = new Map<number, LimitLine>();
  const rank = (line: LimitLine) => (line.level === undefined ? 0 : rankOf(line.level));
  for (const line of [...found, ...table]) {
    const known = byValue.get(line.value);
    if (known === undefined || rank(line) > rank(known)) byValue.set(line.value, line);
  }
  return [...byValue.values()].sort((a, b) => a.value - b.value);
}

export type LimitGroup = { readonly sensors: readonly Sensor[]; readonly lines: readonly LimitLine[] };

const RISK = ['major', 'larger', 'general', 'low'];

/**
 * Sensors by their lines. A county may have more groups than a board has room for: those of the graver points first, the
 * rest in one group without lines.
 */
export function limitGroups(
  context: { readonly registry: Pick<Registry, 'points'>; readonly rules: readonly BoundRule[] },
  sensors: readonly Sensor[],
  figure: Figure,
  most: number,
): readonly LimitGroup[] {
  const groups = new Map<string, { readonly sensors: Sensor[]; readonly lines: readonly LimitLine[] }>();
  const riskOf = ({ pointId }: Sensor) => RISK.indexOf(context.registry.points.get(pointId)?.riskGrade ?? 'low');
  const bySensor = Map.groupBy(context.rules, ({ sensorId }) => sensorId);
  for (const sensor of [...sensors].sort((a, b) => riskOf(a) - riskOf(b) || (a.id < b.id ? -1 : 1))) {
    const lines = limitLines(context, sensor, figure, bySensor.get(sensor.id) ?? []);
    const key = JSON.stringify([sensor.quantity, lines]);
    const group = groups.get(key) ?? { sensors: [], lines };
    group.sensors.push(sensor);
    groups.set(key, group);
  }
  const found = [...groups.values()];
  const rest = found.slice(most).flatMap((group) => group.sensors);
  return rest.length === 0 ? found : [...found.slice(0, most), { sensors: rest, lines: [] }];
}

/** The windows over which some rule sums the rain, ascending. */
export const sumWindows = (rules: readonly BoundRule[]): readonly number[] =>
  [...new Set(rules.flatMap(({ measure }) => (measure.kind === 'rollingSum' ? [measure.windowMs] : [])))].sort(
    (a, b) => a - b,
  );
