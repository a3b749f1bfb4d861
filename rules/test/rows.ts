/**
 * Makes of a rule test what the journal would hold: the rule set, batches as an edge writes them, the centre's clock.
 * Of one instant the gateways' coming and going is first, then what arrived, then the clock.
 */
import { encodeBatch } from '#model/batch.ts';
import type { JournalRow } from '#model/journal.ts';
import { type QuantityCode, toSteps } from '#model/quantity.ts';
import type { Reading } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { EpochMs } from '#model/time.ts';
import type { SeriesSample } from './series.ts';

/** A series of one sensor, its samples parsed. */
export type ParsedSeries = {
  readonly sensorId: string;
  readonly samples: readonly SeriesSample[];
  readonly intervalMs: number;
  readonly fromMs: number;
  readonly arrives: { readonly delay: boolean; readonly ms: number } | undefined;
};

export type TestGateway = { readonly at: number; readonly edge: string; readonly state: 'online' | 'lost' };

/** What happens in a test, times since its start. */
export type Story = {
  readonly startMs: EpochMs;
  readonly endMs: number;
  readonly evaluationMs: number;
  readonly series: readonly ParsedSeries[];
  readonly gateways: readonly TestGateway[];
};

/** A batch may hold 5,000 readings and 256 kB; a backlog is cut as an edge cuts it. */
const BATCH_READINGS = 2_000;

function readingOf(sample: SeriesSample, sensorId: string, quantity: QuantityCode, atMs: EpochMs): Reading | undefined {
  const stamp = { sensorId, measuredAtMs: atMs, timeQuality: 'synced' } as const;
  switch (sample.kind) {
    case 'missing':
      return undefined;
    case 'bad':
      return { ...stamp, quality: 'bad', reason: sample.reason, flags: [] };
    case 'value':
      return {
        ...stamp,
        quality: sample.suspect ? 'suspect' : 'good',
        value: toSteps(quantity, sample.value),
        flags: sample.first ? ['first'] : [],
      };
    default:
      return sample satisfies never;
  }
}

export const measuredAt = (series: ParsedSeries, index: number): number => series.fromMs + index * series.intervalMs;

/** When a sample comes in, since the start. */
export function arrivesAt(series: ParsedSeries, index: number): number {
  const at = measuredAt(series, index);
  if (series.arrives === undefined) return at;
  return series.arrives.delay ? at + series.arrives.ms : Math.max(at, series.arrives.ms);
}

/** Readings by the instant of their arrival and by edge, in order of measurement. */
function arrivals(story: Story, registry: Registry): ReadonlyMap<number, ReadonlyMap<string, Reading[]>> {
  const byTime = new Map<number, Map<string, Reading[]>>();
  for (const series of story.series) {
    const sensor = registry.sensors.get(series.sensorId);
    if (sensor === undefined) continue;
    for (const [index, sample] of series.samples.entries()) {
      const reading = readingOf(sample, sensor.id, sensor.quantity, story.startMs + measuredAt(series, index));
      if (reading === undefined) continue;
      const at = arrivesAt(series, index);
      const byEdge = byTime.get(at) ?? new Map<string, Reading[]>();
      byTime.set(at, byEdge);
      const readings = byEdge.get(sensor.edgeId) ?? [];
      readings.push(reading);
      byEdge.set(sensor.edgeId, readings);
    }
  }
  return byTime;
}

/** Every instant at which something happens, ascending. */
function instantsOf(story: Story, arrived: ReadonlyMap<number, unknown>): readonly number[] {
  const instants = new Set([...arrived.keys(), ...story.gateways.map(({ at }) => at)]);
  for (let at = 0; at <= story.endMs; at += story.evaluationMs) instants.add(at);
  return [...instants].filter((at) => at <= story.endMs).sort((a, b) => a - b);
}

/** The rows of one partition. */
export function* rowsOf(
  story: Story,
  registry: Registry,
  partition: number,
  ruleSet: CompiledRuleSet,
): Generator<JournalRow> {
  let pos = 0;
  const seqs = new Map<string, number>();
  const edges = new Set(ruleSet.inventory.map(({ edgeId }) => edgeId));
  const head = (atMs: EpochMs) => ({ partition, pos: ++pos, receivedAtMs: atMs });
  yield { ...head(story.startMs), kind: 'rules', ruleSet };
  const arrived = arrivals(story, registry);
  for (const at of instantsOf(story, arrived)) {
    const atMs = story.startMs + at;
    for (const gateway of story.gateways)
      if (gateway.at === at && edges.has(gateway.edge))
        yield { ...head(atMs), kind: 'edge', edgeId: gateway.edge, state: gateway.state };
    for (const [edgeId, readings] of arrived.get(at) ?? [])
      if (edges.has(edgeId))
        for (let from = 0; from < readings.length; from += BATCH_READINGS) {
          const seq = (seqs.get(edgeId) ?? 0) + 1;
          seqs.set(edgeId, seq);
          const part = readings.slice(from, from + BATCH_READINGS);
          const origin = registry.edges.get(edgeId)?.origin ?? 'live';
          const body = bodyOf(edgeId, seq, atMs, part);
          yield { ...head(atMs), kind: 'batch', edgeId, epoch: 'test', seq, origin, body };
        }
    if (at % story.evaluationMs === 0) yield { ...head(atMs), kind: 'tick', atMs, centreUpSinceMs: story.startMs };
  }
}

const bodyOf = (edgeId: string, seq: number, atMs: EpochMs, readings: readonly Reading[]): string =>
  encodeBatch({
    ...{ edgeId, epoch: 'test', seq, bootId: 'test', monoMs: 0, writtenAtMs: atMs, timeQuality: 'synced' },
    ...{ inventoryVersion: 'test', readings, events: [] },
  });
