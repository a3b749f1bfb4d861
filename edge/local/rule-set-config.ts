/** Parses a compiled rule set as strictly as everything else that comes from outside: an engine takes it as it is. */
import { LEVELS, type Level, rankOf } from '../../model/level.ts';
import { isQuantityCode } from '../../model/quantity.ts';
import { ORIGINS } from '../../model/reading.ts';
import { HAZARDS } from '../../model/registry.ts';
import type {
  BoundRule,
  CompiledRuleSet,
  InventorySensor,
  LevelLimit,
  Measure,
  ModelInput,
  Schedule,
  ZoneOffsets,
} from '../../model/rule-set.ts';
import { isWaterLimitName } from '../../model/water.ts';
import { type ParamFault, readParams } from '../../rules/models/params.ts';
import { HAZARD_MODELS } from '../../rules/models/registry.ts';
import type { Reader } from '../config-reader.ts';

const COLOURS = LEVELS.filter((level) => level !== 'none');
/** `name@version`, as it stands in every transition. */
const RULE = /^[A-Za-z0-9_.@:-]{1,160}$/;
const LONGEST_MS = 90 * 86_400_000;
const MAX_STEPS = 2 ** 31 - 1;

function readMeasure(read: Reader, raw: unknown, path: string): Measure {
  const fields = read.object(raw, path);
  const kind = read.choice(fields['kind'], `${path}.kind`, ['value', 'rollingSum', 'rate', 'model'] as const);
  if (kind === 'value') return { kind };
  if (kind === 'model') return readModel(read, fields, path);
  const windowMs = read.whole(fields['windowMs'], `${path}.windowMs`, 1_000, LONGEST_MS);
  return kind === 'rollingSum'
    ? { kind, windowMs, bucketMs: read.whole(fields['bucketMs'], `${path}.bucketMs`, 1_000, windowMs) }
    : { kind, windowMs, minSamples: read.whole(fields['minSamples'], `${path}.minSamples`, 2, 1_000_000) };
}

function readModel(read: Reader, fields: { readonly [name: string]: unknown }, path: string): Measure {
  const model = read.text(fields['model'], `${path}.model`);
  const known = HAZARD_MODELS.get(model);
  if (known === undefined) read.fault(`${path}.model`, `this edge knows no model ${model}`, 'update this edge');
  const faults: ParamFault[] = [];
  const params = known === undefined ? undefined : readParams(known.params, fields['params'], 'compiled', faults);
  for (const fault of faults)
    read.fault(`${path}.params.${fault.path.join('.')}`, fault.message, 'compile the rules anew, or update this edge');
  const figure = read.object(fields['figure'], `${path}.figure`);
  const name = read.object(figure['name'], `${path}.figure.name`);
  return {
    kind: 'model',
    model,
    params: params ?? {},
    figure: {
      name: {
        zh: read.text(name['zh'], `${path}.figure.name.zh`),
        en: read.text(name['en'], `${path}.figure.name.en`),
      },
      unit: typeof figure['unit'] === 'string' ? figure['unit'] : '',
      decimals: read.whole(figure['decimals'], `${path}.figure.decimals`, 0, 6),
    },
  };
}

function readLimit(read: Reader, raw: unknown, path: string): LevelLimit {
  const fields = read.object(raw, path);
  const name = fields['name'];
  return {
    level: read.choice<Level>(fields['level'], `${path}.level`, COLOURS),
    limit: read.whole(fields['limit'], `${path}.limit`, -MAX_STEPS, MAX_STEPS),
    deadband: read.whole(fields['deadband'], `${path}.deadband`, 0, MAX_STEPS),
    onDelayMs: read.whole(fields['onDelayMs'], `${path}.onDelayMs`, 0, LONGEST_MS),
    offDelayMs: read.whole(fields['offDelayMs'], `${path}.offDelayMs`, 0, LONGEST_MS),
    ...(typeof name === 'string' && isWaterLimitName(name) ? { name } : {}),
  };
}

function readRule(read: Reader, raw: unknown, path: string, sensors: ReadonlySet<string>): BoundRule {
  const fields = read.object(raw, path);
  const rule = read.text(fields['rule'], `${path}.rule`);
  if (!RULE.test(rule)) read.fault(`${path}.rule`, `${rule} is no rule's name`, 'compile the rules anew');
  const title = read.object(fields['title'], `${path}.title`);
  const sensorId = read.token(fields['sensorId'], `${path}.sensorId`);
  if (!sensors.has(sensorId))
    read.fault(`${path}.sensorId`, `sensor ${sensorId} is not in the inventory`, 'compile the rules anew');
  const doubt = fields['doubt'] === undefined ? undefined : readDoubt(read, fields['doubt'], `${path}.doubt`);
  const limits = readLimits(read, fields['limits'], `${path}.limits`);
  if (limits.length === 0 && doubt === undefined && fields['schedule'] === undefined)
    read.fault(`${path}.limits`, 'there is no level', 'compile the rules anew');
  return {
    rule,
    title: { zh: read.text(title['zh'], `${path}.title.zh`), en: read.text(title['en'], `${path}.title.en`) },
    hazard: read.choice(fields['hazard'], `${path}.hazard`, HAZARDS),
    pointId: read.token(fields['pointId'], `${path}.pointId`),
    sensorId,
    measure: readMeasure(read, fields['measure'], `${path}.measure`),
    limits,
    ...(fields['below'] === true ? { below: true } : {}),
    ...(fields['inputs'] === undefined
      ? {}
      : { inputs: readInputs(read, fields['inputs'], `${path}.inputs`, sensors) }),
    ...(fields['schedule'] === undefined
      ? {}
      : { schedule: readSchedule(read, fields['schedule'], `${path}.schedule`) }),
    ...(doubt === undefined ? {} : { doubt }),
  };
}

function readLimits(read: Reader, raw: unknown, path: string): readonly LevelLimit[] {
  const limits = read.list(raw, path).map((item, index) => readLimit(read, item, `${path}[${index}]`));
  const ranks = limits.map(({ level }) => rankOf(level));
  if (ranks.some((rank, index) => rank <= (ranks[index - 1] ?? 0)))
    read.fault(path, 'levels must ascend, each once', 'compile the rules anew');
  return limits;
}

function readDoubt(read: Reader, raw: unknown, path: string): { readonly limit: number; readonly holdMs: number } {
  const fields = read.object(raw, path);
  return {
    limit: read.whole(fields['limit'], `${path}.limit`, -MAX_STEPS, MAX_STEPS),
    holdMs: read.whole(fields['holdMs'], `${path}.holdMs`, 0, LONGEST_MS),
  };
}

function readInputs(read: Reader, raw: unknown, path: string, sensors: ReadonlySet<string>): readonly ModelInput[] {
  return read.list(raw, path).map((item, index) => {
    const fields = read.object(item, `${path}[${index}]`);
    const sensorId = read.token(fields['sensorId'], `${path}[${index}].sensorId`);
    if (!sensors.has(sensorId))
      read.fault(`${path}[${index}].sensorId`, `sensor ${sensorId} is not in the inventory`, 'compile the rules anew');
    return { role: read.text(fields['role'], `${path}[${index}].role`), sensorId };
  });
}

/** Bounds of a `When`: month × 100 + day, and minutes of the day. */
const WHEN = { fromDate: 1_231, toDate: 1_231, fromMinute: 1_440, toMinute: 1_440 } as const;
const MOST_WHENS = 8;

function readSchedule(read: Reader, raw: unknown, path: string): Schedule {
  const fields = read.object(raw, path);
  const whens = read.list(fields['whens'], `${path}.whens`).map((item, index) => {
    const when = read.object(item, `${path}.whens[${index}]`);
    return Object.fromEntries(
      Object.entries(WHEN).flatMap(([key, most]) =>
        when[key] === undefined ? [] : [[key, read.whole(when[key], `${path}.whens[${index}].${key}`, 0, most)]],
      ),
    );
  });
  if (whens.length > MOST_WHENS) read.fault(`${path}.whens`, 'there are too many', 'compile the rules anew');
  const limits = read.object(fields['limits'], `${path}.limits`);
  return {
    whens,
    limits: Object.fromEntries(
      Object.entries(limits).map(([mask, list]) => [mask, readLimits(read, list, `${path}.limits.${mask}`)]),
    ),
  };
}

function readZone(read: Reader, raw: unknown, path: string): ZoneOffsets {
  const fields = read.object(raw, path);
  const numbers = (key: string): readonly number[] =>
    read
      .list(fields[key], `${path}.${key}`)
      .map((item, index) => read.whole(item, `${path}.${key}[${index}]`, -(2 ** 52), 2 ** 52));
  return {
    zone: read.text(fields['zone'], `${path}.zone`),
    fromMs: numbers('fromMs'),
    offsetsMs: numbers('offsetsMs'),
  };
}

function readSensor(read: Reader, raw: unknown, path: string): InventorySensor {
  const fields = read.object(raw, path);
  const quantity = read.text(fields['quantity'], `${path}.quantity`);
  if (!isQuantityCode(quantity)) read.fault(`${path}.quantity`, `unknown quantity ${quantity}`, 'update this edge');
  const origin = fields['origin'];
  return {
    sensorId: read.token(fields['sensorId'], `${path}.sensorId`),
    pointId: read.token(fields['pointId'], `${path}.pointId`),
    edgeId: read.token(fields['edgeId'], `${path}.edgeId`),
    quantity: isQuantityCode(quantity) ? quantity : 'level',
    staleAfterMs: read.whole(fields['staleAfterMs'], `${path}.staleAfterMs`, 1, LONGEST_MS),
    ...(origin === undefined ? {} : { origin: read.choice(origin, `${path}.origin`, ORIGINS) }),
  };
}

/** Null: nothing is judged at this edge. */
export function readRuleSet(read: Reader, raw: unknown, path: string): CompiledRuleSet | null {
  if (raw === null) return null;
  const fields = read.object(raw, path);
  const silence = read.object(fields['silence'], `${path}.silence`);
  const inventory = read
    .list(fields['inventory'], `${path}.inventory`)
    .map((item, index) => readSensor(read, item, `${path}.inventory[${index}]`));
  const sensors = new Set(inventory.map(({ sensorId }) => sensorId));
  if (sensors.size !== inventory.length)
    read.fault(`${path}.inventory`, 'a sensor is there twice', 'compile the rules anew');
  return {
    version: read.token(fields['version'], `${path}.version`),
    tickMs: read.whole(fields['tickMs'], `${path}.tickMs`, 100, LONGEST_MS),
    ...(fields['zone'] === undefined ? {} : { zone: readZone(read, fields['zone'], `${path}.zone`) }),
    inventory,
    rules: read
      .list(fields['rules'], `${path}.rules`)
      .map((item, index) => readRule(read, item, `${path}.rules[${index}]`, sensors)),
    silence: {
      staleLevel: read.choice<Level>(silence['staleLevel'], `${path}.silence.staleLevel`, COLOURS),
      gatewayLostLevel: read.choice<Level>(silence['gatewayLostLevel'], `${path}.silence.gatewayLostLevel`, COLOURS),
      gatewayLostAfterMs: read.whole(
        silence['gatewayLostAfterMs'],
        `${path}.silence.gatewayLostAfterMs`,
        0,
        LONGEST_MS,
      ),
    },
  };
}
