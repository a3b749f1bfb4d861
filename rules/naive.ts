/**
 * The engine's oracle: the same judgements of sums and values in the plainest form, every window added up anew at every
 * reading. It is slow and is kept for tests: no short cut of the engine stands without agreeing with it.
 */
import { levelOfRank, rankOf } from '#model/level.ts';
import type { BoundRule, CompiledRuleSet, LevelLimit } from '#model/rule-set.ts';

export type NaiveReading = {
  readonly sensorId: string;
  readonly atMs: number;
  readonly value: number;
  readonly suspect: boolean;
};
export type NaiveTransition = {
  readonly rule: string;
  readonly sensorId: string;
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
  readonly late: boolean;
  readonly value: number;
  readonly coverage: number | null;
};

type Latch = { on: boolean; since: number | undefined };
type SensorMemory = {
  lastAt: number;
  head: number;
  amounts: { readonly bucket: number; readonly amount: number }[];
  readonly covered: Set<number>;
};
type Judged = { value: number; atMs: number; whole: boolean; suspect: boolean; gap: boolean; coverage: number | null };

export function createNaive(ruleSet: CompiledRuleSet, bucketMs: number, ringLength: number) {
  const memories = new Map<string, SensorMemory>();
  const latches = new Map<string, Latch>();

  const latchOf = (rule: BoundRule, limit: LevelLimit): Latch => {
    const key = `${rule.rule}|${rule.sensorId}|${limit.level}`;
    const latch = latches.get(key) ?? { on: false, since: undefined };
    latches.set(key, latch);
    return latch;
  };
  const levelOf = (rule: BoundRule): number =>
    Math.max(0, ...rule.limits.map((limit) => (latchOf(rule, limit).on ? rankOf(limit.level) : 0)));

  const judge = (rule: BoundRule, seen: Judged): NaiveTransition[] => {
    const from = levelOf(rule);
    for (const limit of rule.limits) {
      const latch = latchOf(rule, limit);
      if (seen.gap) latch.since = undefined;
      const towards = latch.on ? seen.value <= limit.limit - Math.max(1, limit.deadband) : seen.value >= limit.limit;
      const believed = latch.on ? seen.whole && !seen.suspect : true;
      if (towards && believed) {
        latch.since ??= seen.atMs;
        const delay = latch.on ? limit.offDelayMs : limit.onDelayMs;
        if (seen.atMs - latch.since >= delay) {
          latch.on = !latch.on;
          latch.since = undefined;
        }
      } else if (latch.on ? !towards : seen.whole && !seen.suspect) latch.since = undefined;
    }
    const to = levelOf(rule);
    return from === to ? [] : [written(rule, from, to, seen.atMs, false, seen.value, seen.coverage)];
  };

  const written = (
    rule: BoundRule,
    from: number,
    to: number,
    atMs: number,
    late: boolean,
    value: number,
    coverage: number | null,
  ): NaiveTransition => ({
    ...{ rule: rule.rule, sensorId: rule.sensorId, from: levelOfRank(from), to: levelOfRank(to) },
    ...{ atMs, late, value, coverage },
  });

  const cover = (memory: SensorMemory, bucket: number, bridge: number): void => {
    if (memory.covered.has(bucket)) return;
    memory.covered.add(bucket);
    for (const way of [-1, 1]) {
      let found = 0;
      for (let d = bridge; d >= 1; d--) {
        const there = bucket + d * way;
        if (memory.covered.has(there) && there > memory.head - ringLength) found = d;
      }
      for (let d = 1; d < found; d++) memory.covered.add(bucket + d * way);
    }
  };

  const sumOf = (memory: SensorMemory, last: number, buckets: number): number =>
    memory.amounts
      .filter(({ bucket }) => bucket <= last && bucket > last - buckets && bucket > memory.head - ringLength)
      .reduce((sum, { amount }) => sum + amount, 0);

  const reached = (rule: BoundRule, value: number): number =>
    Math.max(0, ...rule.limits.map(({ level, limit }) => (value >= limit ? rankOf(level) : 0)));

  const feed = (reading: NaiveReading): NaiveTransition[] => {
    const sensor = ruleSet.inventory.find(({ sensorId }) => sensorId === reading.sensorId);
    if (sensor === undefined) return [];
    const memory = memories.get(reading.sensorId) ?? { lastAt: 0, head: 0, amounts: [], covered: new Set() };
    memories.set(reading.sensorId, memory);
    const inOrder = reading.atMs >= memory.lastAt;
    const gap = inOrder && reading.atMs - memory.lastAt > sensor.staleAfterMs;
    memory.lastAt = Math.max(memory.lastAt, reading.atMs);
    const rules = ruleSet.rules.filter(({ sensorId }) => sensorId === reading.sensorId);
    const sums = rules.filter(({ measure }) => measure.kind === 'rollingSum');
    const bucket = Math.ceil(reading.atMs / bucketMs);
    const out: NaiveTransition[] = [];
    if (bucket > memory.head - ringLength) {
      memory.head = Math.max(memory.head, bucket);
      memory.amounts.push({ bucket, amount: reading.value });
      if (!reading.suspect) cover(memory, bucket, Math.ceil(sensor.staleAfterMs / bucketMs));
      for (const rule of sums) out.push(...judge(rule, sumSeen(rule, memory, reading.suspect, gap)));
      for (const rule of sums) out.push(...lateSums(rule, memory, reading, bucket));
    }
    if (inOrder)
      for (const rule of rules.filter(({ measure }) => measure.kind === 'value'))
        out.push(
          ...judge(rule, {
            ...{ value: reading.value, atMs: reading.atMs, whole: true, suspect: reading.suspect, gap },
            coverage: null,
          }),
        );
    return out;
  };

  const bucketsOf = (rule: BoundRule): number =>
    rule.measure.kind === 'rollingSum' ? rule.measure.windowMs / bucketMs : 0;

  const sumSeen = (rule: BoundRule, memory: SensorMemory, suspect: boolean, gap: boolean): Judged => {
    const buckets = bucketsOf(rule);
    let covered = 0;
    for (let back = 0; back < buckets; back++) if (memory.covered.has(memory.head - back)) covered++;
    const value = sumOf(memory, memory.head, buckets);
    return { value, atMs: memory.lastAt, whole: covered === buckets, suspect, gap, coverage: covered / buckets };
  };

  const lateSums = (
    rule: BoundRule,
    memory: SensorMemory,
    reading: NaiveReading,
    bucket: number,
  ): NaiveTransition[] => {
    if (bucket >= memory.head || reading.value <= 0) return [];
    let peak = 0;
    for (let last = bucket; last < memory.head && last < bucket + bucketsOf(rule); last++)
      peak = Math.max(peak, sumOf(memory, last, bucketsOf(rule)));
    const rank = reached(rule, peak);
    if (rank <= reached(rule, peak - reading.value) || rank <= levelOf(rule)) return [];
    return [written(rule, levelOf(rule), rank, reading.atMs, true, peak, null)];
  };

  return { feed };
}
