/**
 * Plays a scenario through the whole chain: simulated devices on real lines, edges that poll them, MQTT, journal, rules
 * and alerts, all on one clock that moves from poll to poll.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { compileForHere, linePath } from '#cli/io/edge-files.ts';
import { quiet, startCentre } from '#cli/io/replay.ts';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { type EdgeService, startEdge } from '#edge/main.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { decodeBatch } from '#model/batch.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import { openSteppedClock, type SteppedClock } from '#model/io/clock.ts';
import { type LevelOrNone, rankOf, worse } from '#model/level.ts';
import type { StageContext } from '#model/ports.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { isNote, type Transition } from '#model/transition.ts';
import { openTransitionReader } from '#rules/io/transition-reader.ts';
import { startSimulators } from '#simulators/main.ts';
import { planSimulation } from '#simulators/plan.ts';
import { changesOf, judge, type Miss } from '#simulators/threshold/judge.ts';
import { problem } from '#simulators/threshold/place.ts';
import { isJudged, type Played, type Stage } from '#simulators/threshold/play.ts';
import { prepareScenario, type ScenarioInput, type Simulated } from '#simulators/threshold/sweep.ts';

export type WiresOptions = {
  /** A folder for this run alone; what an earlier one left there is removed. */
  readonly dataDir: string;
  readonly onProgress?: (polls: number, of: number) => void;
};

/** Own polls of the edges never come: each is ordered when the clock has moved. */
const NEVER_MS = 1_000_000_000_000;
const SETTLE_LOOK_MS = 1;
/** Real time that one poll with all its consequences may take. */
const STEP_LIMIT_MS = 30_000;
const READ_ROWS = 1_000;
/** Devices here answer at once; a machine under load is no slow device. */
const LEAST_TIMEOUT_MS = 2_000;

/** False when a step took too long. */
async function settle(isDone: () => boolean): Promise<boolean> {
  const endMs = performance.now() + STEP_LIMIT_MS;
  while (!isDone()) {
    if (performance.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS));
  }
  return true;
}

type Chain = {
  readonly edges: readonly EdgeService[];
  readonly isDone: () => boolean;
  readonly stop: () => Promise<void>;
};

const patient = (profiles: EdgeConfig['profiles']): EdgeConfig['profiles'] =>
  Object.fromEntries(
    Object.entries(profiles).map(([id, profile]) => [
      id,
      { ...profile, timeoutMs: Math.max(profile.timeoutMs, LEAST_TIMEOUT_MS) },
    ]),
  );

async function startChain(stage: Stage, dataDir: string, ctx: StageContext): Promise<Chain> {
  const { place, ruleSets, scenario, tickMs } = stage;
  const { registry, profiles } = place;
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const plan = planSimulation([...registry.edges.values()], profiles, scenario, {
      dataDir: join(dataDir, 'simulators'),
      resolveBus: (bus) => (bus.kind === 'modbus-rtu' ? { ...bus, path: linePath(dataDir, bus.path) } : bus),
    });
    const devices = await startSimulators({ ...plan, startAfterMs: null }, ctx);
    stops.push(devices.stop);
    devices.begin();
    const centre = await startCentre(dataDir, registry, ruleSets, tickMs, ctx);
    stops.push(centre.stop);
    const { mqttUrl } = centre;
    const configs = compileForHere(registry, profiles, { dataDir, mqttUrl, lines: devices.lines });
    const policy = clockPolicy({ kind: 'virtual', startMs: stage.startMs, speed: 1, anchorMs: undefined });
    const edges: EdgeService[] = [];
    for (const config of configs) {
      const buses = config.buses.map((bus) => ({ ...bus, pollMs: NEVER_MS }));
      const edge = await startEdge({ ...config, buses, profiles: patient(config.profiles) }, ctx, {
        clockPolicy: policy,
      });
      stops.push(edge.stop);
      edges.push(edge);
    }
    return { edges, stop, isDone: () => edges.every((edge) => edge.unacked() === 0) && centre.isDone() };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** Undefined when every poll was taken in. */
async function pollThrough(
  stage: Stage,
  chain: Chain,
  clock: SteppedClock,
  options: WiresOptions,
): Promise<string | undefined> {
  const { startMs, runsMs, scenario } = stage;
  const { pollMs } = scenario.story;
  const polls = Math.floor(runsMs / pollMs) + 1;
  for (let poll = 0; poll < polls; poll++) {
    clock.advanceTo(startMs + poll * pollMs);
    await Promise.all(chain.edges.map((edge) => edge.readNow()));
    if (!(await settle(chain.isDone))) return `poll ${poll + 1} was not taken in within ${STEP_LIMIT_MS / 1_000} s`;
    options.onProgress?.(poll + 1, polls);
  }
  // One more turn of the centre's clock, which judges what the last poll brought.
  clock.advanceTo(startMs + (polls - 1) * pollMs + stage.tickMs);
  return (await settle(chain.isDone)) ? undefined : 'the last poll was not judged in time';
}

function countReadings(dataDir: string): Pick<Played, 'readings' | 'missing'> {
  const journal = openJournalReader(dataDir);
  const counts = { readings: 0, missing: 0 };
  for (const [partition, head] of journal.heads())
    for (let after = 0; after < head; ) {
      const rows = journal.read(partition, after, READ_ROWS);
      for (const row of rows) {
        const batch = row.kind === 'batch' ? decodeBatch(row.body) : undefined;
        if (batch?.ok !== true) continue;
        const bad = batch.value.readings.filter(({ quality }) => quality === 'bad').length;
        counts.readings += batch.value.readings.length - bad;
        counts.missing += bad;
      }
      after = rows.at(-1)?.pos ?? head;
    }
  journal.close();
  return counts;
}

function readTransitions(dataDir: string): readonly Transition[] {
  const reader = openTransitionReader(dataDir);
  const all: Transition[] = [];
  for (let after = 0; ; ) {
    const rows = reader.read(after, READ_ROWS);
    for (const { entry } of rows) if (!isNote(entry) && isJudged(entry)) all.push(entry);
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.pos;
  }
  reader.close();
  return all.sort((a, b) => a.decidedAtMs - b.decidedAtMs);
}

/** The worst level that each alert's own log tells. */
function alertLevels(dataDir: string, county: string): ReadonlyMap<string, LevelOrNone> {
  const reader = openAlertReader(dataDir);
  const levels = new Map<string, LevelOrNone>();
  for (const open of [true, false])
    for (const { id, subject, hazard } of reader.list({ gridCodes: [county], open }, READ_ROWS, null).items)
      for (const { facts } of reader.events(id)) {
        const to = (facts as { readonly to?: LevelOrNone }).to ?? 'none';
        const key = `${subject.id} ${hazard}`;
        levels.set(key, worse(levels.get(key) ?? 'none', to));
      }
  reader.close();
  return levels;
}

/** Conditions of which no alert was made, or one that stayed below them. */
function alertMisses(
  transitions: readonly Transition[],
  startMs: number,
  levels: ReadonlyMap<string, LevelOrNone>,
): readonly Miss[] {
  return changesOf(transitions, startMs).flatMap(({ point, hazard, level, reason }): readonly Miss[] => {
    const told = levels.get(`${point} ${hazard}`) ?? 'none';
    return rankOf(told) >= rankOf(level)
      ? []
      : [{ expected: `an alert ${level} at ${point} for ${hazard}`, came: told, reason }];
  });
}

export async function simulateOnWires(
  input: ScenarioInput,
  options: WiresOptions,
): Promise<Result<Simulated, readonly Lint[]>> {
  const prepared = prepareScenario(input);
  if (!prepared.ok) return prepared;
  const stage = prepared.value;
  const { dataDir } = options;
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const clock = openSteppedClock(stage.startMs);
  const abort = new AbortController();
  const metrics = { count: () => {}, gauge: () => {} };
  const ctx: StageContext = { clock, log: quiet, metrics, probe: () => {}, signal: abort.signal };
  const chain = await startChain(stage, dataDir, ctx);
  let failure: string | undefined;
  try {
    failure = await pollThrough(stage, chain, clock, options);
  } finally {
    abort.abort();
    await chain.stop();
  }
  if (failure !== undefined)
    return err([problem(input.file, failure, 'look at the log above; is the machine overloaded?')]);
  const { startMs, runsMs } = stage;
  const transitions = readTransitions(dataDir);
  const played: Played = { transitions, startMs, endMs: startMs + runsMs, ...countReadings(dataDir) };
  const verdict = judge(stage.scenario.story, transitions, startMs);
  const alerts = alertMisses(transitions, startMs, alertLevels(dataDir, stage.place.registry.county.code));
  return ok({ stage, played, verdict: { ...verdict, misses: [...verdict.misses, ...alerts] } });
}
