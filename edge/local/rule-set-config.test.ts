import { describe, expect, it } from 'vitest';
import { openReader } from '../config-reader.ts';
import { readRuleSet } from './rule-set-config.ts';

type Json = { [key: string]: unknown };

const limit = (level: string, at: number): Json => ({ level, limit: at, deadband: 1, onDelayMs: 0, offDelayMs: 0 });
const whole = (): Json => ({
  version: 'rules-1',
  tickMs: 5_000,
  inventory: [
    { sensorId: 'crack', pointId: 'p', edgeId: 'e', quantity: 'displacement', staleAfterMs: 60_000, origin: 'live' },
  ],
  rules: [
    {
      rule: 'opening@abc-1',
      title: { zh: '位移', en: 'opening' },
      ...{ hazard: 'landslide', pointId: 'p', sensorId: 'crack' },
      measure: { kind: 'rollingSum', windowMs: 3_600_000, bucketMs: 300_000 },
      limits: [limit('orange', 4_000), limit('red', 8_000)],
    },
  ],
  silence: { staleLevel: 'blue', gatewayLostLevel: 'yellow', gatewayLostAfterMs: 120_000 },
});

function read(raw: unknown) {
  const reader = openReader('edge.json');
  const ruleSet = readRuleSet(reader, raw, 'local.ruleSet');
  return { ruleSet, paths: reader.lints.map(({ path }) => path) };
}

/** `rules.0.limits.1.level` of a copy set to a value. */
function changed(path: string, value: unknown): Json {
  const copy = whole();
  const keys = path.split('.');
  let at: Json = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Json;
  at[keys.at(-1) ?? ''] = value;
  return copy;
}

describe('a rule set from outside', () => {
  it('is taken as it was compiled, without what it does not need', () => {
    expect(read({ ...whole(), more: 1 })).toEqual({ ruleSet: whole(), paths: [] });
    expect(read(null)).toEqual({ ruleSet: null, paths: [] });
  });

  it.each<readonly [string, unknown, string]>([
    ['version', 'a b', 'version'],
    ['tickMs', 0, 'tickMs'],
    ['inventory.0.quantity', 'love', 'inventory[0].quantity'],
    ['inventory.0.staleAfterMs', Number.NaN, 'inventory[0].staleAfterMs'],
    ['inventory.0.origin', 'real', 'inventory[0].origin'],
    ['rules.0.rule', 'two words', 'rules[0].rule'],
    ['rules.0.title', 'text', 'rules[0].title'],
    ['rules.0.hazard', 'war', 'rules[0].hazard'],
    ['rules.0.sensorId', 'other', 'rules[0].sensorId'],
    ['rules.0.measure.kind', 'guess', 'rules[0].measure.kind'],
    ['rules.0.measure.bucketMs', 7_200_000, 'rules[0].measure.bucketMs'],
    ['rules.0.limits', [], 'rules[0].limits'],
    ['rules.0.limits', [limit('red', 1), limit('orange', 2)], 'rules[0].limits'],
    ['rules.0.limits.0.limit', 1.5, 'rules[0].limits[0].limit'],
    ['rules.0.limits.0.level', 'none', 'rules[0].limits[0].level'],
    ['silence.staleLevel', 'pink', 'silence.staleLevel'],
    ['silence', null, 'silence'],
  ])('with %s wrong (%j) is refused at its place', (path, value, place) => {
    expect(read(changed(path, value)).paths).toContain(`local.ruleSet.${place}`);
  });
});
