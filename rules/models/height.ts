/**
 * Heights as parameters of models: metres of the rule's own gauge, metres above the station's datum, or a limit of the
 * station by its name. What stands in a rule once is another height at each station: it is resolved where it is bound.
 */
import type { Param, Params } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import { gaugeLimitM, isWaterLimitName, WATER_LIMIT_TEXT, type WaterTable } from '#model/water.ts';
import { nearest } from '../words.ts';

/** Resolved: metres of the own gauge, and the name of the limit that it is. */
export type Height = { readonly m: number; readonly name: string | null };

type Found = { readonly height: Param } | { readonly message: string; readonly mend?: string };

const asTable = (raw: unknown): { readonly [key: string]: unknown } | undefined =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw)
    ? (raw as { readonly [key: string]: unknown })
    : undefined;

const onlyKey = (raw: unknown): string | undefined => {
  const keys = Object.keys(asTable(raw) ?? {});
  return keys.length === 1 ? keys[0] : undefined;
};

/** `14.5`, `{ datum: 412.5 }` or `{ station: floodLimit }` of a rule file. */
export function readHeight(raw: unknown): Found {
  if (typeof raw === 'number' && Number.isFinite(raw)) return { height: { m: raw, name: null } };
  const key = onlyKey(raw);
  const value = key === undefined ? undefined : asTable(raw)?.[key];
  if (key === 'datum' && typeof value === 'number' && Number.isFinite(value)) return { height: { datum: value } };
  if (key === 'station' && typeof value === 'string') {
    if (isWaterLimitName(value)) return { height: { station: value } };
    const meant = nearest(value, Object.keys(WATER_LIMIT_TEXT));
    const mend = meant === undefined ? `use ${Object.keys(WATER_LIMIT_TEXT).join(', ')}` : `did you mean "${meant}"?`;
    return { message: `no station has a limit "${value}"`, mend };
  }
  return {
    message: 'must be metres of the gauge, { station: floodLimit }, or { datum: 412.5 } in metres above the datum',
  };
}

/** A height of a compiled rule set. */
export function readResolvedHeight(raw: unknown): Found {
  const { m, name } = asTable(raw) ?? {};
  if (typeof m !== 'number' || !Number.isFinite(m) || (name !== null && typeof name !== 'string'))
    return { message: 'must be a resolved height' };
  return { height: { m, name } };
}

type Missing = { readonly message: string; readonly mend: string };

/**
 * Parameters with every height as metres of the gauge at this station. `missing`: what the station does not say of itself;
 * parameters without such heights come back as they are.
 */
export function resolveHeights(
  params: Params,
  water: WaterTable | undefined,
): { readonly params: Params; readonly missing: readonly Missing[] } {
  const missing: Missing[] = [];
  const resolve = (param: Param): Param => {
    if (Array.isArray(param)) return param.map(resolve);
    const key = onlyKey(param);
    const table = asTable(param);
    const value = key === undefined ? undefined : table?.[key];
    if (key === 'station' && typeof value === 'string') return byName(value, water, missing);
    if (key === 'datum' && typeof value === 'number') return aboveDatum(value, water, missing);
    if (table === undefined) return param;
    return Object.fromEntries(Object.entries(table).map(([name, inner]) => [name, resolve(inner as Param)]));
  };
  return { params: resolve(params) as Params, missing };
}

function byName(name: string, water: WaterTable | undefined, missing: Missing[]): Param {
  const m = water === undefined ? undefined : gaugeLimitM(water, name);
  if (m !== undefined) return { m, name };
  const text = isWaterLimitName(name) ? ` (${WATER_LIMIT_TEXT[name].zh})` : '';
  const message = `the point has no limit "${name}"${text}`;
  missing.push({ message, mend: `add it to the point's water.limits in points.yaml, or leave the point out by where` });
  return { m: 0, name };
}

function aboveDatum(level: number, water: WaterTable | undefined, missing: Missing[]): Param {
  if (water !== undefined) return { m: Math.round((level - water.zeroM) * 1_000) / 1_000, name: null };
  const message = 'a height above the datum is given, and the point does not say where its gauge lies';
  missing.push({ message, mend: "add the point's water (datum, gaugeZeroM) to points.yaml" });
  return { m: 0, name: null };
}

/** `汛限水位 14.5 m`, `15.2 m`: as its own gauge reads it. */
export function sayHeight({ m, name }: Height): Text {
  const metres = `${m} m`;
  if (name === null || !isWaterLimitName(name)) return { zh: metres, en: metres };
  const { zh, en } = WATER_LIMIT_TEXT[name];
  return { zh: `${zh} ${metres}`, en: `the ${en} of ${metres}` };
}
