/** What happened at an edge beside its readings: the events of a batch, their types and their parser. */
import { isLevelOrNone, type LevelOrNone } from '#model/level.ts';
import { isQuantityCode, type QuantityCode } from '#model/quantity.ts';
import { HAZARDS, type PointId } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Evidence, Transition } from '#model/transition.ts';

/** Things that happened at the edge, in the same outbox and order as the readings. */
export type EdgeEvent =
  /** The wall clock was set: an unsure instant of this boot is re-dated to `utcAtMonoZeroMs` + its monotonic instant. */
  | { readonly kind: 'clock'; readonly bootId: string; readonly utcAtMonoZeroMs: EpochMs; readonly stepMs: number }
  /** Polls that were due and not made (the process was down, the bus was shut). */
  | {
      readonly kind: 'gap';
      readonly busId: string;
      readonly fromMs: EpochMs;
      readonly toMs: EpochMs;
      readonly reason: string;
    }
  /** Rows given up by the outbox's stated policy. */
  | { readonly kind: 'drop'; readonly count: number; readonly reason: string }
  | { readonly kind: 'bus'; readonly busId: string; readonly state: 'open' | 'closed'; readonly detail: string }
  | { readonly kind: 'unit'; readonly busId: string; readonly unitId: number; readonly state: 'answering' | 'silent' }
  /** A condition changed at the edge, judged there by the same engine. */
  | { readonly kind: 'condition'; readonly condition: EdgeCondition }
  /**
   * All that is active at the edge at `atMs`; said when the uplink is there again, before the backlog. A `condition` of
   * an earlier instant that comes after it is a late finding.
   */
  | { readonly kind: 'conditions'; readonly atMs: EpochMs; readonly active: readonly EdgeCondition[] }
  /** The edge did something by itself, or was made to. */
  | {
      readonly kind: 'act';
      readonly atMs: EpochMs;
      readonly output: string;
      readonly act: EdgeAct;
      readonly pointId: PointId | null;
      readonly level: LevelOrNone;
      readonly reason: Text;
    }
  /** A configuration or rule set that was pushed: what became of it. */
  | {
      readonly kind: 'config';
      readonly version: string;
      readonly state: 'applied' | 'refused' | 'rolledBack';
      readonly detail: string;
    };

export const EDGE_ACTS = ['on', 'off', 'muted', 'unmuted', 'tested', 'failed', 'spoken'] as const;
export type EdgeAct = (typeof EDGE_ACTS)[number];

/** What travels of a transition that an edge's engine decided; place and origin are set at the centre. */
export type EdgeCondition = Pick<
  Transition,
  'rule' | 'hazard' | 'from' | 'to' | 'condition' | 'atMs' | 'late' | 'reason' | 'evidence'
> & { readonly pointId: PointId };

export type EventFault = { readonly path: string; readonly message: string };
type Fields = { readonly [key: string]: unknown };

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;
/** A rule's name bears its version behind an @. */
const RULE = /^[A-Za-z0-9_.@:-]{1,160}$/;
const MAX_TEXT = 2_000;
const MAX_ACTIVE = 1_000;
const isInt = (raw: unknown): raw is number => typeof raw === 'number' && Number.isSafeInteger(raw);
const isToken = (raw: unknown): raw is string => typeof raw === 'string' && TOKEN.test(raw);
const isText = (raw: unknown): raw is string => typeof raw === 'string' && raw.length <= MAX_TEXT;
const fieldsOf = (raw: unknown): Fields =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Fields) : {};
const isNumberOrNull = (raw: unknown): raw is number | null =>
  raw === null || (typeof raw === 'number' && Number.isFinite(raw));
const oneOf = <T extends string>(raw: unknown, choices: readonly T[]): raw is T =>
  choices.some((choice) => choice === raw);
const fault = (path: string, message: string): Result<never, EventFault> => err({ path, message });

/** A measure of the engine's own or a hazard model by its name: what this centre does not know it still takes in. */
const MEASURE = /^[A-Za-z][A-Za-z0-9]{0,47}$/;
const MAX_UNIT = 24;
const MAX_DECIMALS = 6;
const CONFIG_STATES = ['applied', 'refused', 'rolledBack'] as const;
const CONDITIONS = ['active', 'cleared', 'dataLost', 'closed'] as const satisfies readonly Transition['condition'][];

const parseText = (raw: unknown): Text | undefined => {
  const { zh, en } = fieldsOf(raw) as { readonly zh?: unknown; readonly en?: unknown };
  return isText(zh) && isText(en) ? { zh, en } : undefined;
};

function parseEvidence(raw: unknown): Evidence | undefined {
  const fields = fieldsOf(raw);
  const { sensorId, quantity, measure, windowMs, value, limit, coverage } = fields as {
    readonly [key in keyof Evidence]?: unknown;
  };
  const limits = fields['limits'];
  if (sensorId !== null && !isToken(sensorId)) return undefined;
  if (quantity !== null && !(typeof quantity === 'string' && isQuantityCode(quantity))) return undefined;
  if (typeof measure !== 'string' || !MEASURE.test(measure)) return undefined;
  if (!Array.isArray(limits) || limits.length > 8) return undefined;
  if (![windowMs, value, limit, coverage].every(isNumberOrNull)) return undefined;
  const rows = (limits as unknown[]).map(fieldsOf).flatMap((row) => {
    const { level, limit: at } = row as { readonly level?: unknown; readonly limit?: unknown };
    return isLevelOrNone(level) && typeof at === 'number' && Number.isFinite(at) ? [{ level, limit: at }] : [];
  });
  if (rows.length !== limits.length) return undefined;
  const figure = fields['figure'] === undefined ? null : parseFigure(fields['figure']);
  const forecast = fields['forecast'] === undefined ? null : parseForecast(fields['forecast']);
  if (figure === undefined || forecast === undefined) return undefined;
  return {
    sensorId,
    quantity: quantity as QuantityCode | null,
    measure,
    windowMs: windowMs as number | null,
    value: value as number | null,
    limit: limit as number | null,
    limits: rows,
    coverage: coverage as number | null,
    ...(figure === null ? {} : { figure }),
    ...(forecast === null ? {} : { forecast }),
  };
}

function parseFigure(raw: unknown): Evidence['figure'] {
  const fields = fieldsOf(raw);
  const [unit, decimals, name] = [fields['unit'], fields['decimals'], parseText(fields['name'])];
  if (name === undefined || typeof unit !== 'string' || unit.length > MAX_UNIT) return undefined;
  return isInt(decimals) && decimals >= 0 && decimals <= MAX_DECIMALS ? { name, unit, decimals } : undefined;
}

function parseForecast(raw: unknown): Evidence['forecast'] {
  const { fromMs, toMs } = fieldsOf(raw) as { readonly [key: string]: unknown };
  return isInt(fromMs) && isInt(toMs) ? { fromMs, toMs } : undefined;
}

function parseCondition(raw: unknown, path: string): Result<EdgeCondition, EventFault> {
  const { rule, hazard, pointId, from, to, condition, atMs, late, reason, evidence } = fieldsOf(raw) as {
    readonly [key in keyof EdgeCondition]?: unknown;
  };
  if (typeof rule !== 'string' || !RULE.test(rule)) return fault(`${path}.rule`, 'must name a rule');
  if (!oneOf(hazard, HAZARDS)) return fault(`${path}.hazard`, `must be one of ${HAZARDS.join(', ')}`);
  if (!isToken(pointId)) return fault(`${path}.pointId`, 'must be a token');
  if (!isLevelOrNone(from) || !isLevelOrNone(to)) return fault(path, 'from and to must be levels');
  if (!oneOf(condition, CONDITIONS)) return fault(`${path}.condition`, `must be one of ${CONDITIONS.join(', ')}`);
  if (!isInt(atMs) || typeof late !== 'boolean') return fault(path, 'a condition needs atMs and late');
  const words = parseText(reason);
  if (words === undefined) return fault(`${path}.reason`, 'must be a text in zh and en');
  const proof = parseEvidence(evidence);
  if (proof === undefined) return fault(`${path}.evidence`, 'is not the evidence of a decision');
  return ok({ rule, hazard, pointId, from, to, condition, atMs, late, reason: words, evidence: proof });
}

function parseConditions(event: Fields, path: string): Result<EdgeEvent, EventFault> {
  const { atMs, active } = event as { readonly atMs?: unknown; readonly active?: unknown };
  if (!isInt(atMs) || !Array.isArray(active) || active.length > MAX_ACTIVE)
    return fault(path, `a conditions event needs atMs and at most ${MAX_ACTIVE} active ones`);
  const parsed: EdgeCondition[] = [];
  for (const [index, item] of (active as unknown[]).entries()) {
    const one = parseCondition(item, `${path}.active[${index}]`);
    if (!one.ok) return one;
    parsed.push(one.value);
  }
  return ok({ kind: 'conditions', atMs, active: parsed });
}

function parseAct(event: Fields, path: string): Result<EdgeEvent, EventFault> {
  const { atMs, output, act, pointId, level, reason } = event as { readonly [key: string]: unknown };
  const words = parseText(reason);
  if (!isInt(atMs) || !isToken(output) || !oneOf(act, EDGE_ACTS) || !isLevelOrNone(level) || words === undefined)
    return fault(path, 'an act event needs atMs, output, act, pointId, level, reason');
  if (pointId !== null && !isToken(pointId)) return fault(`${path}.pointId`, 'must be a token or null');
  return ok({ kind: 'act', atMs, output, act, pointId, level, reason: words });
}

/** One event as it arrived on the wire; nothing of it is trusted before. */
export function parseEdgeEvent(raw: unknown, path: string): Result<EdgeEvent, EventFault> {
  if (typeof raw !== 'object' || raw === null) return fault(path, 'an event is an object');
  const event = raw as { readonly [key: string]: unknown };
  const text = (key: string) => typeof event[key] === 'string';
  switch (event['kind']) {
    case 'clock':
      return isToken(event['bootId']) && isInt(event['utcAtMonoZeroMs']) && isInt(event['stepMs'])
        ? ok({
            kind: 'clock',
            bootId: event['bootId'],
            utcAtMonoZeroMs: event['utcAtMonoZeroMs'],
            stepMs: event['stepMs'],
          })
        : fault(path, 'a clock event needs bootId, utcAtMonoZeroMs, stepMs');
    case 'gap':
      return text('busId') && isInt(event['fromMs']) && isInt(event['toMs']) && text('reason')
        ? ok({
            kind: 'gap',
            busId: String(event['busId']),
            fromMs: event['fromMs'],
            toMs: event['toMs'],
            reason: String(event['reason']),
          })
        : fault(path, 'a gap event needs busId, fromMs, toMs, reason');
    case 'drop':
      return isInt(event['count']) && text('reason')
        ? ok({ kind: 'drop', count: event['count'], reason: String(event['reason']) })
        : fault(path, 'a drop event needs count, reason');
    case 'bus':
      return text('busId') && (event['state'] === 'open' || event['state'] === 'closed')
        ? ok({
            kind: 'bus',
            busId: String(event['busId']),
            state: event['state'],
            detail: String(event['detail'] ?? ''),
          })
        : fault(path, 'a bus event needs busId, state');
    case 'unit':
      return text('busId') && isInt(event['unitId']) && (event['state'] === 'answering' || event['state'] === 'silent')
        ? ok({ kind: 'unit', busId: String(event['busId']), unitId: event['unitId'], state: event['state'] })
        : fault(path, 'a unit event needs busId, unitId, state');
    case 'condition': {
      const condition = parseCondition(event['condition'], `${path}.condition`);
      return condition.ok ? ok({ kind: 'condition', condition: condition.value }) : condition;
    }
    case 'conditions':
      return parseConditions(event, path);
    case 'act':
      return parseAct(event, path);
    case 'config':
      return isText(event['version']) && oneOf(event['state'], CONFIG_STATES) && isText(event['detail'])
        ? ok({ kind: 'config', version: event['version'], state: event['state'], detail: event['detail'] })
        : fault(path, 'a config event needs version, state, detail');
    default:
      return fault(`${path}.kind`, 'unknown event kind');
  }
}
