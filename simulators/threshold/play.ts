/** Plays a scenario straight into the engine: compiled by the live compiler, polled at its step, every row as at the centre. */
import { encodeBatch } from '#model/batch.ts';
import type { JournalRow } from '#model/journal.ts';
import type { Reading } from '#model/reading.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';
import { compileRules, type RuleText } from '#rules/compile.ts';
import { createEngine } from '#rules/engine.ts';
import { instantOf } from '#rules/test/instant.ts';
import { planSimulation } from '#simulators/plan.ts';
import type { Scenario } from '#simulators/scenario.ts';
import { type County, type Place, placeOfScenario, problem } from './place.ts';
import { type Probe, probesOf } from './probes.ts';

/** A scenario that is ready to be played, here or on wires. */
export type Stage = {
  readonly scenario: Scenario;
  readonly place: Place;
  readonly ruleSets: ReadonlyMap<number, CompiledRuleSet>;
  readonly startMs: EpochMs;
  readonly runsMs: number;
  readonly tickMs: number;
};

export type Played = {
  /** Of rules, in the order in which they were decided; silence is told apart. */
  readonly transitions: readonly Transition[];
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly readings: number;
  readonly missing: number;
};

const MAX_TICK_MS = 15 * MINUTE_MS;
/** More polls than these are no scenario but a mistake in `poll` or `runs`. */
const MAX_POLLS = 2_000_000;
const BATCH_READINGS = 1_000;

/** Clock rows at the pace of the polls, so that delays end within a step. */
export const tickOf = (pollMs: number): number => Math.min(Math.max(pollMs, SECOND_MS), MAX_TICK_MS);

/** How long a scenario without `runs` must go on to show what it expects. */
function lengthOf({ story }: Scenario): number {
  const ends = [story.runsMs ?? 0, ...story.expect.map(({ byMs }) => byMs)];
  return Math.max(...ends, story.runsMs === null ? (story.failureMs ?? 0) : 0);
}

export function stageOf(
  file: string,
  scenario: Scenario,
  rules: readonly RuleText[],
  county: County | undefined,
): Result<Stage, readonly Lint[]> {
  const runsMs = lengthOf(scenario);
  const { pollMs, start } = scenario.story;
  if (runsMs === 0) return err([problem(file, 'it does not say how long it runs', 'write runs: 6h')]);
  if (runsMs / pollMs > MAX_POLLS)
    return err([problem(file, `${Math.round(runsMs / pollMs)} polls are too many`, 'make poll longer')]);
  const place = placeOfScenario(file, scenario, rules, county);
  if (!place.ok) return place;
  const tickMs = tickOf(pollMs);
  const compiled = compileRules(rules, place.value.registry, { tickMs });
  if (!compiled.ok) return compiled;
  const startMs = instantOf(start, place.value.registry.county.zone);
  return ok({ scenario, place: place.value, ruleSets: compiled.value, startMs, runsMs, tickMs });
}

/** Silence is the centre's own matter: a scenario is about what rules say. */
export const isJudged = (transition: Transition): boolean => transition.evidence.measure !== 'silence';

function partOf(probes: readonly Probe[], ruleSet: CompiledRuleSet) {
  const own = new Set(ruleSet.inventory.map(({ sensorId }) => sensorId));
  const byEdge = new Map<string, Probe[]>();
  for (const probe of probes)
    if (own.has(probe.sensorId)) byEdge.set(probe.edgeId, [...(byEdge.get(probe.edgeId) ?? []), probe]);
  return byEdge;
}

function bodyOf(edgeId: string, seq: number, atMs: EpochMs, readings: readonly Reading[]): string {
  const head = { edgeId, epoch: 'simulated', seq, bootId: 'simulated', monoMs: 0, writtenAtMs: atMs };
  return encodeBatch({ ...head, timeQuality: 'synced', inventoryVersion: 'simulated', readings, events: [] });
}

type Take = (row: JournalRow) => void;
type Head = { readonly partition: number; readonly pos: number; readonly receivedAtMs: EpochMs };

/** What the edge read in one poll, as its batches. */
function giveBatches(give: Take, head: () => Head, edgeId: string, seq: number, readings: readonly Reading[]): number {
  let next = seq;
  for (let from = 0; from < readings.length; from += BATCH_READINGS) {
    const at = head();
    const body = bodyOf(edgeId, ++next, at.receivedAtMs, readings.slice(from, from + BATCH_READINGS));
    give({ ...at, kind: 'batch', edgeId, epoch: 'simulated', seq: next, origin: 'simulated', body });
  }
  return next;
}

export function play(stage: Stage): Played {
  const { scenario, place, ruleSets, startMs, runsMs } = stage;
  const edges = [...place.registry.edges.values()];
  const probes = probesOf(planSimulation(edges, place.profiles, scenario), edges, startMs);
  const { pollMs } = scenario.story;
  const transitions: Transition[] = [];
  const counts = { readings: 0, missing: 0 };
  for (const [partition, ruleSet] of ruleSets) {
    const engine = createEngine(partition);
    const byEdge = partOf(probes, ruleSet);
    if (byEdge.size === 0) continue;
    let pos = 0;
    let seq = 0;
    const give: Take = (row) => void transitions.push(...engine.apply(row).filter(isJudged));
    give({ partition, pos: ++pos, receivedAtMs: startMs, kind: 'rules', ruleSet });
    for (let atMs = startMs; atMs <= startMs + runsMs; atMs += pollMs) {
      const head = () => ({ partition, pos: ++pos, receivedAtMs: atMs });
      for (const [edgeId, own] of byEdge) {
        const readings = own.map((probe) => probe.read(atMs));
        const bad = readings.filter(({ quality }) => quality === 'bad').length;
        counts.readings += readings.length - bad;
        counts.missing += bad;
        if (atMs === startMs) give({ ...head(), kind: 'edge', edgeId, state: 'online' });
        seq = giveBatches(give, head, edgeId, seq, readings);
      }
      give({ ...head(), kind: 'tick', atMs, centreUpSinceMs: startMs });
    }
  }
  return {
    transitions: transitions.sort((a, b) => a.decidedAtMs - b.decidedAtMs),
    ...{ startMs, endMs: startMs + runsMs, ...counts },
  };
}
