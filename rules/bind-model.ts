/** Binds a hazard model: its parameters, the sensors of a group, and the further sensors that play a part in it. */
import { isQuantityCode, QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import type { HazardPoint, Registry, Sensor } from '#model/registry.ts';
import type { ModelInput, Params } from '#model/rule-set.ts';
import { checkFigure } from './check-figure.ts';
import type { HazardModel, RoleSpec } from './models/hazard-model.ts';
import { type ParamFault, readParams } from './models/params.ts';
import { HAZARD_MODELS } from './models/registry.ts';
import { prepareModel } from './prepare-model.ts';
import { type InputEntry, OWN_MEASURES, type RuleEntry } from './schema.ts';
import type { Path, Report } from './source.ts';
import { nearest } from './words.ts';

const EARTH_KM = 6_371;
const DEFAULT_WITHIN_KM = 15;

export type OpenedModel = { readonly model: HazardModel; readonly params: Params };

/** The model of a rule with its parameters read; what is wrong is reported. */
export function openModel(entry: RuleEntry, path: Path, report: Report): OpenedModel | undefined {
  if (entry.measure.kind !== 'model') return undefined;
  const { model: name, given } = entry.measure;
  const at = [...path, 'measure'];
  const model = HAZARD_MODELS.get(name);
  if (model === undefined) {
    const known = [...OWN_MEASURES, ...HAZARD_MODELS.keys()];
    const meant = nearest(name, known);
    const mend = meant === undefined ? `known: ${known.join(', ')}` : `did you mean "${meant}"?`;
    report([...at, 'kind'], { kind: 'unknown-measure', message: `there is no measure "${name}"`, mend });
    return undefined;
  }
  const faults: ParamFault[] = [];
  const prepared = prepareModel(name, given, faults);
  const params = prepared === undefined ? undefined : readParams(model.params, prepared, 'written', faults);
  for (const { path: where, message, mend } of faults) {
    const label = where.length === 0 ? message : `${where.join('.')} ${message}`;
    report(
      [...at, ...where],
      mend === undefined ? { kind: 'param', message: label } : { kind: 'param', message: label, mend },
    );
  }
  if (params === undefined || faults.length > 0) return undefined;
  const wrong = model.check?.(params) ?? [];
  for (const { path: where, message, mend } of wrong)
    report([...at, where], mend === undefined ? { kind: 'param', message } : { kind: 'param', message, mend });
  return wrong.length > 0 ? undefined : { model, params };
}

/** Whether a rule's own words fit the model that it names. */
export function checkModel(entry: RuleEntry, opened: OpenedModel, path: Path, registry: Registry, fail: Report): void {
  const { model } = opened;
  if (isQuantityCode(entry.quantity) && !model.quantities.includes(entry.quantity))
    fail([...path, 'quantity'], {
      kind: 'measure',
      message: `${model.kind} is not made of ${entry.quantity}`,
      mend: `use ${model.quantities.join(', ')}`,
    });
  if (entry.per !== undefined && model.per === 'sensor')
    fail([...path, 'per'], { kind: 'per', message: `${model.kind} looks at one sensor at a time`, mend: 'remove per' });
  for (const role of Object.keys(entry.inputs ?? {})) checkInput(role, entry, model, path, registry, fail);
  checkFigure(entry, opened, path, fail);
  for (const { role, from, min, doc } of model.roles ?? [])
    if (from === 'named' && min > 0 && entry.inputs?.[role] === undefined)
      fail(path, {
        kind: 'inputs',
        message: `${model.kind} needs "${role}": ${doc}`,
        mend: `add inputs: { ${role}: { sensors: [...] } }`,
      });
}

function checkInput(
  role: string,
  entry: RuleEntry,
  model: HazardModel,
  path: Path,
  registry: Registry,
  fail: Report,
): void {
  const at = [...path, 'inputs', role];
  const input = entry.inputs?.[role] ?? {};
  const roles = (model.roles ?? []).map((spec) => spec.role);
  if (!roles.includes(role)) {
    const mend = roles.length === 0 ? 'remove it' : `known: ${roles.join(', ')}`;
    fail(at, { kind: 'unknown-input', message: `${model.kind} has no part "${role}"`, mend });
    return;
  }
  const played: readonly string[] = model.roles?.find((one) => one.role === role)?.quantities ?? [entry.quantity];
  for (const [index, id] of (input.sensors ?? []).entries()) {
    const sensor = registry.sensors.get(id);
    if (sensor === undefined) {
      const meant = nearest(id, registry.sensors.keys());
      const message = `there is no sensor "${id}"`;
      fail([...at, 'sensors', index], {
        ...{ kind: 'unknown-sensor', message },
        ...(meant === undefined ? {} : { mend: `did you mean "${meant}"?` }),
      });
    } else if (!played.includes(sensor.quantity)) {
      const message = `${id} measures ${sensor.quantity}, "${role}" is ${played.join(' or ')}`;
      fail([...at, 'sensors', index], { kind: 'quantity', message });
    }
  }
  if (input.quantity !== undefined && !isQuantityCode(input.quantity)) {
    const meant = nearest(input.quantity, Object.keys(QUANTITIES));
    const message = `there is no quantity "${input.quantity}"`;
    fail([...at, 'quantity'], {
      ...{ kind: 'unknown-quantity', message },
      ...(meant === undefined ? {} : { mend: `did you mean "${meant}"?` }),
    });
  } else if (input.quantity !== undefined && !played.includes(input.quantity)) {
    const message = `"${role}" is ${played.join(' or ')}, not ${input.quantity}`;
    fail([...at, 'quantity'], { kind: 'quantity', message, mend: 'leave it out' });
  }
}

/** Sensors that a rule selects, in the groups in which its model looks at them; each group by the order of its ids. */
export function groupSensors(
  sensors: readonly Sensor[],
  per: 'sensor' | 'point' | 'zone',
): readonly (readonly [Sensor, ...Sensor[]])[] {
  if (per === 'sensor') return sensors.map((sensor) => [sensor]);
  const groups = new Map<string, Sensor[]>();
  for (const sensor of sensors) {
    const key = per === 'zone' ? `${sensor.pointId}|${sensor.zone ?? ''}` : sensor.pointId;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sensor]);
    else group.push(sensor);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group.sort((a, b) => (a.id < b.id ? -1 : 1));
    return first === undefined ? [] : [[first, ...others] as const];
  });
}

/** Great-circle distance. */
export function distanceKm(a: Pick<HazardPoint, 'lon' | 'lat'>, b: Pick<HazardPoint, 'lon' | 'lat'>): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180;
  const dLat = rad(b.lat - a.lat);
  const dLon = rad(b.lon - a.lon);
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

export type InputContext = {
  readonly registry: Registry;
  /** Sensors are judged in the partition of their edge; only those of one can be looked at together. */
  readonly partitionOf: (sensorId: string) => number | undefined;
};

export type BoundInputs = { readonly inputs: readonly ModelInput[]; readonly missing: readonly string[] };

/** The further sensors of one group, and what is missing there. */
export function inputsOf(
  entry: RuleEntry,
  model: HazardModel,
  [own, ...members]: readonly [Sensor, ...Sensor[]],
  context: InputContext,
): BoundInputs {
  const taken = new Set([own.id, ...members.map(({ id }) => id)]);
  const inputs: ModelInput[] = members.map(({ id }) => ({ role: 'member', sensorId: id }));
  const missing: string[] = [];
  for (const spec of model.roles ?? []) {
    const { found, apart } = candidatesOf(spec, entry.inputs?.[spec.role], own, taken, context);
    const chosen = spec.many ? found : found.slice(0, 1);
    if (apart.length > 0)
      missing.push(`${apart.join(', ')} (${spec.role}) and ${own.id} come by edges of townships that are judged apart`);
    else if (chosen.length < spec.min)
      missing.push(`at ${own.id} there are ${chosen.length} sensors for "${spec.role}", ${spec.min} are needed`);
    inputs.push(...chosen.map(({ id }) => ({ role: spec.role, sensorId: id })));
  }
  return { inputs, missing };
}

function candidatesOf(
  spec: RoleSpec,
  input: InputEntry | undefined,
  own: Sensor,
  taken: ReadonlySet<string>,
  { registry, partitionOf }: InputContext,
): { readonly found: readonly Sensor[]; readonly apart: readonly string[] } {
  const here = partitionOf(own.id);
  if (input?.sensors !== undefined) {
    const named = input.sensors.flatMap((id) => registry.sensors.get(id) ?? []).filter(({ id }) => !taken.has(id));
    return {
      found: named.filter(({ id }) => partitionOf(id) === here),
      apart: named.filter(({ id }) => partitionOf(id) !== here).map(({ id }) => id),
    };
  }
  if (spec.from === 'named' && input === undefined) return { found: [], apart: [] };
  const quantities: readonly QuantityCode[] =
    input?.quantity !== undefined && isQuantityCode(input.quantity)
      ? [input.quantity]
      : (spec.quantities ?? [own.quantity]);
  const near = input?.within !== undefined || spec.from === 'near';
  const withinKm = input?.within ?? DEFAULT_WITHIN_KM;
  const point = registry.points.get(own.pointId);
  const found: { readonly sensor: Sensor; readonly km: number }[] = [];
  for (const sensor of registry.sensors.values()) {
    if (taken.has(sensor.id) || !quantities.includes(sensor.quantity) || partitionOf(sensor.id) !== here) continue;
    const there = registry.points.get(sensor.pointId);
    if (point === undefined || there === undefined) continue;
    if (near) {
      const km = distanceKm(point, there);
      if (km <= withinKm) found.push({ sensor, km });
    } else if (sensor.pointId === own.pointId) found.push({ sensor, km: 0 });
  }
  found.sort((a, b) => a.km - b.km || (a.sensor.id < b.sensor.id ? -1 : 1));
  return { found: found.slice(0, spec.most ?? found.length).map(({ sensor }) => sensor), apart: [] };
}
