/** The limits that a sensor's own value is held against: those of the rules in force now, and of its station's table. */
import { LEVEL_TEXT } from '#model/level.ts';
import { fromSteps } from '#model/quantity.ts';
import type { HazardPoint, Sensor } from '#model/registry.ts';
import type { BoundRule, CompiledRuleSet, LevelLimit, When } from '#model/rule-set.ts';
import { DAY_MS, type EpochMs, formatInZone, MINUTE_MS } from '#model/time.ts';
import type { TrendLimit } from '#model/trend.ts';
import { gaugeLimitM, isWaterLimitName, WATER_LIMIT_TEXT } from '#model/water.ts';

const isBetween = (at: number, from: number | undefined, to: number | undefined, isClosed: boolean): boolean => {
  if (from === undefined || to === undefined) return true;
  const isBefore = isClosed ? at <= to : at < to;
  return from <= to ? from <= at && isBefore : from <= at || isBefore;
};

function holds(when: When, localMs: number): boolean {
  const local = new Date(localMs);
  const date = (local.getUTCMonth() + 1) * 100 + local.getUTCDate();
  const minute = Math.floor((localMs % DAY_MS) / MINUTE_MS);
  return isBetween(date, when.fromDate, when.toDate, true) && isBetween(minute, when.fromMinute, when.toMinute, false);
}

function limitsNow(rule: BoundRule, localMs: number): readonly LevelLimit[] {
  if (rule.schedule === undefined) return rule.limits;
  const mask = rule.schedule.whens.reduce((bits, when, bit) => bits | (holds(when, localMs) ? 1 << bit : 0), 0);
  return rule.schedule.limits[String(mask)] ?? rule.limits;
}

export function limitsOf(
  sensor: Sensor,
  point: HazardPoint | undefined,
  ruleSets: Iterable<CompiledRuleSet>,
  nowMs: EpochMs,
  zone: string,
): readonly TrendLimit[] {
  const localMs = Date.parse(`${formatInZone(nowMs, zone).slice(0, 19)}Z`);
  const found = new Map<string, TrendLimit>();
  for (const { rules } of ruleSets)
    for (const rule of rules) {
      if (rule.sensorId !== sensor.id || rule.measure.kind !== 'value' || rule.doubt !== undefined) continue;
      const below = rule.below === true;
      for (const { level, limit } of limitsNow(rule, localMs)) {
        const shown = fromSteps(sensor.quantity, below ? -limit : limit);
        const { zh, en } = LEVEL_TEXT[level];
        const name = { zh: `${rule.title.zh} ${zh}`, en: `${rule.title.en} ${en}` };
        found.set(`${level} ${shown}`, { name, limit: shown, below });
      }
    }
  const water = sensor.quantity === 'level' ? point?.water : undefined;
  for (const name of Object.keys(water?.limits ?? {})) {
    const limit = water === undefined ? undefined : gaugeLimitM(water, name);
    if (limit === undefined || !isWaterLimitName(name)) continue;
    found.set(name, { name: WATER_LIMIT_TEXT[name], limit, below: name === 'dead' });
  }
  return [...found.values()].sort((a, b) => a.limit - b.limit);
}
