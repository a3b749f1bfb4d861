/** Parses a compiled rule set as strictly as everything else that comes from outside: an engine takes it as it is. */
import { LEVELS, type Level, rankOf } from '../../model/level.ts';
import { isQuantityCode } from '../../model/quantity.ts';
import { ORIGINS } from '../../model/reading.ts';
import { HAZARDS } from '../../model/registry.ts';
import type { BoundRule, CompiledRuleSet, InventorySensor, LevelLimit, Measure } from '../../model/rule-set.ts';
import type { Reader } from '../config-reader.ts';

const COLOURS = LEVELS.filter((level) => level !== 'none');
/** `name@version`, as it stands in every transition. */
const RULE = /^[A-Za-z0-9_.@:-]{1,160}$/;
const LONGEST_MS = 90 * 86_400_000;
const MAX_STEPS = 2 ** 31 - 1;

function readMeasure(read: Reader, raw: unknown, path: string): Measure {
  const fields = read.object(raw, path);
  const kind = read.choice(fields['kind'], `${path}.kind`, ['value', 'rollingSum', 'rate'] as const);
  if (kind === 'value') return { kind };
  const windowMs = read.whole(fields['windowMs'], `${path}.windowMs`, 1_000, LONGEST_MS);
  return kind === 'rollingSum'
    ? { kind, windowMs, bucketMs: read.whole(fields['bucketMs'], `${path}.bucketMs`, 1_000, windowMs) }
    : { kind, windowMs, minSamples: read.whole(fields['minSamples'], `${path}.minSamples`, 2, 1_000_000) };
}

function readLimit(read: Reader, raw: unknown, path: string): LevelLimit {
  const fields = read.object(raw, path);
  return {
    level: read.choice<Level>(fields['level'], `${path}.level`, COLOURS),
    limit: read.whole(fields['limit'], `${path}.limit`, -MAX_STEPS, MAX_STEPS),
    deadband: read.whole(fields['deadband'], `${path}.deadband`, 0, MAX_STEPS),
    onDelayMs: read.whole(fields['onDelayMs'], `${path}.onDelayMs`, 0, LONGEST_MS),
    offDelayMs: read.whole(fields['offDelayMs'], `${path}.offDelayMs`, 0, LONGEST_MS),
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
  const limits = read
    .list(fields['limits'], `${path}.limits`)
    .map((item, index) => readLimit(read, item, `${path}.limits[${index}]`));
  const ranks = limits.map(({ level }) => rankOf(level));
  if (ranks.length === 0 || ranks.some((rank, index) => rank <= (ranks[index - 1] ?? 0)))
    read.fault(`${path}.limits`, 'levels must ascend, each once', 'compile the rules anew');
  return {
    rule,
    title: { zh: read.text(title['zh'], `${path}.title.zh`), en: read.text(title['en'], `${path}.title.en`) },
    hazard: read.choice(fields['hazard'], `${path}.hazard`, HAZARDS),
    pointId: read.token(fields['pointId'], `${path}.pointId`),
    sensorId,
    measure: readMeasure(read, fields['measure'], `${path}.measure`),
    limits,
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
