/** Rows and rule sets for the tests of the engine. */
import { encodeBatch } from '#model/batch.ts';
import type { EdgeEvent } from '#model/edge-event.ts';
import type { JournalRow } from '#model/journal.ts';
import type { QuantityCode } from '#model/quantity.ts';
import type { Origin, Reading } from '#model/reading.ts';
import type { BoundRule, CompiledRuleSet, LevelLimit, Measure } from '#model/rule-set.ts';
import type { SeqRange } from '#model/seen.ts';
import type { Engine } from '#rules/engine.ts';

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const T0 = Date.UTC(2026, 5, 1);

const LEVELS = ['blue', 'yellow', 'orange', 'red'] as const;
export const limits = (
  given: { readonly [level in (typeof LEVELS)[number]]?: number },
  tuning: Partial<LevelLimit> = {},
): LevelLimit[] =>
  LEVELS.flatMap((level) =>
    given[level] === undefined
      ? []
      : [{ level, limit: given[level], deadband: 1, onDelayMs: 0, offDelayMs: 0, ...tuning }],
  );

export const rule = (name: string, sensorId: string, measure: Measure, limits: readonly LevelLimit[]): BoundRule => ({
  rule: name,
  title: { zh: name, en: name },
  hazard: measure.kind === 'rollingSum' ? 'rainstorm' : 'landslide',
  pointId: 'p1',
  sensorId,
  measure,
  limits,
});

export const sum = (windowMs: number): Measure => ({ kind: 'rollingSum', windowMs, bucketMs: 5 * MINUTE });

export type SensorSpec = {
  readonly id: string;
  readonly quantity: QuantityCode;
  readonly staleAfterMs?: number;
  readonly edgeId?: string;
};

export const setOf = (
  sensors: readonly SensorSpec[],
  rules: readonly BoundRule[],
  version = 'v1',
): CompiledRuleSet => ({
  version,
  tickMs: 1_000,
  inventory: sensors.map(({ id, quantity, staleAfterMs = HOUR, edgeId = 'e1' }) => ({
    ...{ sensorId: id, pointId: 'p1', edgeId, quantity, staleAfterMs },
    origin: 'live',
  })),
  rules,
  silence: { staleLevel: 'blue', gatewayLostLevel: 'yellow', gatewayLostAfterMs: 2 * MINUTE },
});

export type Value = {
  readonly id: string;
  readonly atMs: number;
  readonly value?: number;
  readonly suspect?: boolean;
};

/** Makes rows with rising positions, as ingest would append them. */
export function rowMaker(partition = 3) {
  let pos = 0;
  const head = (receivedAtMs: number) => ({ partition, pos: ++pos, receivedAtMs });
  return {
    rules: (ruleSet: CompiledRuleSet, atMs = T0): JournalRow => ({ ...head(atMs), kind: 'rules', ruleSet }),
    tick: (atMs: number, upSinceMs = T0): JournalRow => ({
      ...head(atMs),
      ...{ kind: 'tick', atMs, centreUpSinceMs: upSinceMs },
    }),
    edge: (atMs: number, state: 'online' | 'lost', edgeId = 'e1'): JournalRow => ({
      ...head(atMs),
      ...{ kind: 'edge', edgeId, state },
    }),
    batch: (
      values: readonly Value[],
      receivedAtMs?: number,
      how: {
        readonly origin?: Origin;
        readonly unsure?: boolean;
        readonly edgeId?: string;
        readonly events?: readonly EdgeEvent[];
        /** The place in the edge's outbox: a backlog comes after what was written behind it. */
        readonly seq?: number;
        readonly epoch?: string;
        readonly replaces?: readonly SeqRange[];
      } = {},
    ): JournalRow => {
      const at = receivedAtMs ?? Math.max(T0, ...values.map(({ atMs }) => atMs));
      const timeQuality = how.unsure === true ? 'unsure' : 'synced';
      const readings = values.map(({ id, atMs, value, suspect }): Reading => {
        const stamp = { sensorId: id, measuredAtMs: atMs, timeQuality, flags: [] } as const;
        if (value === undefined) return { ...stamp, quality: 'bad', reason: 'sentinel' };
        return { ...stamp, quality: suspect === true ? 'suspect' : 'good', value };
      });
      const { edgeId = 'e1', epoch = 'a', seq = (pos + 1) * 1_000, replaces = [] } = how;
      const body = encodeBatch({
        ...{ edgeId, epoch, seq, replaces, bootId: 'b', monoMs: 1_000_000, writtenAtMs: at, timeQuality },
        ...{ inventoryVersion: '1', readings, events: how.events ?? [] },
      });
      return { ...head(at), kind: 'batch', edgeId, epoch, seq, origin: how.origin ?? 'live', body };
    },
  };
}

/** What changed, one line each: `12:00 none→blue active`. */
export const tell = (engine: Engine, rows: readonly JournalRow[]): string[] =>
  rows.flatMap((row) =>
    engine.apply(row).map(({ atMs, from, to, condition, late, rule }) => {
      const minute = Math.round((atMs - T0) / MINUTE);
      return `${rule.split('@')[0]} ${minute}m ${from}→${to} ${condition}${late ? ' late' : ''}`;
    }),
  );
