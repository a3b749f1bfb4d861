/** A small county for the tests of compiled rules: points by kind, sensors by point, one gateway a township. */
import type { QuantityCode } from '#model/quantity.ts';
import type { Grid, HazardPoint, Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { compileRules, lintRules } from '#rules/compile.ts';

export type PointSpec = Partial<Omit<HazardPoint, 'id'>> & { readonly township?: string };
export type SensorSpec = {
  readonly point: string;
  readonly quantity: QuantityCode;
  readonly zone?: string;
  readonly staleAfterMs?: number;
};

const text = (name: string) => ({ zh: name, en: name });
export const TOWNSHIP = '451099101';

const gridOf = (code: string, tier: 1 | 2): [string, Grid] => [
  code,
  {
    ...{ code, tier, kind: tier === 1 ? 'county' : 'township', name: text(code), boundary: [] },
    parent: tier === 1 ? null : '451099',
  },
];

export function countyOf(
  points: { readonly [id: string]: PointSpec },
  sensors: { readonly [id: string]: SensorSpec },
  zone = 'UTC',
): Registry {
  const townships = [...new Set(Object.values(points).map(({ township }) => township ?? TOWNSHIP))];
  const townshipOf = (point: string) => points[point]?.township ?? TOWNSHIP;
  return {
    version: '1',
    county: { code: '451099', name: text('c'), zone },
    grids: new Map([gridOf('451099', 1), ...townships.map((code) => gridOf(code, 2))]),
    people: new Map(),
    duty: [],
    points: new Map(
      Object.entries(points).map(([id, { township = TOWNSHIP, ...given }]) => [
        id,
        {
          ...{ id, name: text(id), kind: 'slope', riskGrade: 'major', lon: 106, lat: 24, households: [] },
          ...{ gridCode: township, ...given },
        } as HazardPoint,
      ]),
    ),
    sensors: new Map(
      Object.entries(sensors).map(([id, { point, quantity, zone: where, staleAfterMs = 3_600_000 }]) => [
        id,
        {
          ...{ id, pointId: point, edgeId: `edge-${townshipOf(point)}`, quantity, name: text(id), staleAfterMs },
          ...(where === undefined ? {} : { zone: where }),
        },
      ]),
    ),
    edges: new Map(
      townships.map((township) => [
        `edge-${township}`,
        {
          ...{ id: `edge-${township}`, township, origin: 'live', name: text(township) },
          ...{ buses: [], links: [], outputs: [], mutes: [] },
        } as const,
      ]),
    ),
    channels: [],
  };
}

export function compiled(registry: Registry, rules: string): CompiledRuleSet {
  const result = compileRules([{ file: 'rules.yaml', text: rules }], registry, { tickMs: 1_000 });
  if (!result.ok) throw new Error(result.error.map(formatLint).join('\n'));
  const [ruleSet] = [...result.value.values()];
  if (ruleSet === undefined) throw new Error('there is no rule set');
  return ruleSet;
}

export const findings = (registry: Registry, rules: string): readonly string[] =>
  lintRules([{ file: 'rules.yaml', text: rules }], registry).map(formatLint);
