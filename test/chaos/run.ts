/**
 * A crash run: the whole chain under load, its processes killed with SIGKILL by a seeded schedule, some exactly between
 * journal commit and ack and between claim and send; then everything is compared with what the slaves served.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { openCountySource } from '#cli/io/county-source.ts';
import { compileForHere, edgeConfigFile, writeEdgeConfig } from '#cli/io/edge-files.ts';
import { ensureSecrets } from '#cli/io/secrets.ts';
import { openSupervisor, type ReadyMessage, type Supervisor } from '#cli/io/supervisor.ts';
import { openHistoryReader } from '#ingest/io/history-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import type { Alert } from '#model/alert.ts';
import { openClock } from '#model/io/clock.ts';
import type { ProbePlace } from '#model/ports.ts';
import type { Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { type Committed, compareHistory, readOutboxes } from '#test/chaos/audit.ts';
import { counterDifferences, countInFlight } from '#test/chaos/counters.ts';
import { POINTS_PER_EDGE, RUN_EDGES, writeRunCounty } from '#test/chaos/county.ts';
import { type DeathLog, openDeathLog } from '#test/chaos/deaths.ts';
import { type Kill, planKills } from '#test/chaos/plan.ts';
import { seeded } from '#test/chaos/random.ts';
import { openReceiver, type Receiver } from '#test/chaos/receiver.ts';

export type ChaosResult = {
  readonly seed: number;
  readonly kills: number;
  readonly emitted: number;
  readonly stored: number;
  /** Polls served by a slave of which the edge kept nothing: at most one a bus and edge kill. */
  readonly inFlight: number;
  readonly inFlightAllowed: number;
  readonly lost: number;
  readonly repeated: number;
  readonly alertsExpected: number;
  readonly alertsRaised: number;
  readonly killsByStage: { readonly [stage: string]: number };
  readonly killsByPlace: { readonly [place: string]: number };
  readonly webhook: { readonly accepted: number; readonly again: number };
  /** What is wrong, in words; empty when nothing is. */
  readonly findings: readonly string[];
};

const READY_LIMIT_MS = 60_000;
/** The place may not come by any more. */
const DEATH_LIMIT_MS = 15_000;
const SETTLE_LIMIT_MS = 60_000;
const entry = join(import.meta.dirname, '..', '..', 'cli', 'fengsui.mjs');
const top = join(import.meta.dirname, '..', '..');
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(what: string, limitMs: number, holds: () => boolean): Promise<void> {
  const started = performance.now();
  while (!holds()) {
    if (performance.now() - started > limitMs) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await pause(50);
  }
}

type Rig = {
  readonly supervisor: Supervisor;
  readonly registry: Registry;
  readonly dataDir: string;
  readonly receiver: Receiver;
  readonly edges: readonly string[];
  readonly deaths: DeathLog;
};

async function startRig(
  dir: string,
  durationS: number,
  random: () => number,
  say: (text: string) => void,
): Promise<Rig> {
  const dataDir = join(dir, 'data');
  const countyDir = join(dir, 'county');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const receiver = await openReceiver();
  writeRunCounty(countyDir, top, durationS, receiver.url, random);
  const silent = { info: () => {}, warn: () => {}, error: (message: string) => say(message) };
  const source = openCountySource(
    { countyDir, devicesDir: join(top, 'devices') },
    { clock: openClock({ kind: 'real' }), log: silent },
    1_000,
  );
  if (!source.ok) throw new Error(source.error.map(formatLint).join('\n'));
  const registry = source.value.registry.current();
  const { profiles } = source.value;
  source.value.stop();
  ensureSecrets(dataDir, registry);
  const env = {
    ...process.env,
    FENGSUI_DATA: dataDir,
    FENGSUI_COUNTY: countyDir,
    FENGSUI_DEVICES: join(top, 'devices'),
    FENGSUI_TICK_MS: '1000',
  };
  const deaths = openDeathLog();
  const onEvent = (text: string) => deaths.note(text, Date.now());
  const supervisor = openSupervisor({ entry, env, logDir: join(dataDir, 'logs'), onEvent });
  const simulators = await supervisor.start({ name: 'simulators', args: ['run', 'simulators'] });
  const broker = await supervisor.start({
    name: 'broker',
    args: ['run', 'broker'],
    env: { FENGSUI_MQTT: '127.0.0.1:0' },
    envOnRestart: (ready: ReadyMessage) => ({ FENGSUI_MQTT: `127.0.0.1:${ready.ports['mqtt'] ?? 0}` }),
  });
  const mqtt = `127.0.0.1:${broker.ports['mqtt'] ?? 0}`;
  for (const config of compileForHere(registry, profiles, {
    dataDir,
    mqttUrl: `mqtt://${mqtt}`,
    lines: simulators.lines ?? [],
  }))
    writeEdgeConfig(dataDir, config);
  const edges = RUN_EDGES.map((edge) => edge.id);
  await Promise.all([
    ...['ingest', 'rules', 'alerts'].map((name) =>
      supervisor.start({ name, args: ['run', name], env: { FENGSUI_MQTT: mqtt } }),
    ),
    ...edges.map((id) =>
      supervisor.start({
        name: id,
        args: ['run', 'edge', '--config', edgeConfigFile(dataDir, id)],
        env: { FENGSUI_NAME: id },
      }),
    ),
  ]);
  return { supervisor, registry, dataDir, receiver, edges, deaths };
}

/** Deaths that were ordered at a place and have not happened yet, by process. */
type Pending = Map<string, { readonly place: ProbePlace; readonly restarts: number; readonly missed: () => void }>;

/** Waits until it has died where it was to; otherwise it is killed like any other, so that the run goes on. */
async function awaitDeath(name: string, rig: Rig, pending: Pending): Promise<void> {
  const ordered = pending.get(name);
  if (ordered === undefined) return;
  const died = () => rig.supervisor.restarts(name) >= ordered.restarts;
  pending.delete(name);
  try {
    await until(`${name} dies at ${ordered.place}`, DEATH_LIMIT_MS, died);
  } catch {
    rig.supervisor.kill(name, 'SIGKILL');
    await until(`${name} is started again`, READY_LIMIT_MS, died);
    ordered.missed();
  }
}

/** Carries out one kill; a placed one arms the next start of that process, which then dies there by itself. */
async function carryOut(
  kill: Kill,
  rig: Rig,
  pending: Pending,
  random: () => number,
  missed: (place: ProbePlace) => void,
): Promise<void> {
  const { supervisor } = rig;
  const name = kill.stage === 'edge' ? (rig.edges[Math.floor(random() * rig.edges.length)] as string) : kill.stage;
  await awaitDeath(name, rig, pending);
  await supervisor.whenReady(name, READY_LIMIT_MS);
  if (kill.place === null) {
    supervisor.kill(name, 'SIGKILL');
    return;
  }
  supervisor.armNextStart(name, { FENGSUI_KILL_AT: `${kill.place}:${1 + Math.floor(random() * 3)}` });
  // One restart for the ordered stop, one for the death at the place.
  const { place } = kill;
  pending.set(name, { place, restarts: supervisor.restarts(name) + 2, missed: () => missed(place) });
  supervisor.kill(name, 'SIGTERM');
}

const readAll = (rig: Rig): Committed[] => rig.edges.flatMap((id) => readOutboxes(join(rig.dataDir, 'edges', id), id));

function newest(committed: readonly Committed[], edges: readonly string[]): Map<string, number> {
  const until = new Map<string, number>(edges.map((id) => [id, 0]));
  for (const { edgeId, batch } of committed) {
    for (const reading of batch.readings) until.set(edgeId, Math.max(until.get(edgeId) ?? 0, reading.measuredAtMs));
  }
  return until;
}

function everyAlert(dataDir: string, registry: Registry): readonly Alert[] {
  const reader = openAlertReader(dataDir);
  const all: Alert[] = [];
  for (const open of [true, false]) {
    let cursor: string | null = null;
    do {
      const page: ReturnType<typeof reader.list> = reader.list(
        { gridCodes: [registry.county.code], open },
        500,
        cursor,
      );
      all.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
  }
  reader.close();
  return [...new Map(all.map((alert) => [alert.id, alert])).values()];
}

/** One alert a point, at red; and for each what the receiver must have accepted, once. */
function auditAlerts(rig: Rig, findings: string[]): { raised: number; repeated: number } {
  const alerts = everyAlert(rig.dataDir, rig.registry).filter((alert) => alert.hazard === 'landslide');
  let repeated = 0;
  for (const edge of RUN_EDGES) {
    for (let index = 0; index < POINTS_PER_EDGE; index++) {
      const id = `${edge.busId}-p${index}`;
      const own = alerts.filter((alert) => alert.subject.id === id);
      if (own.length === 0) findings.push(`no alert for ${id}`);
      if (own.length > 1) {
        findings.push(`${own.length} alerts for ${id}`);
        repeated += own.length - 1;
      }
      for (const alert of own) if (alert.level !== 'red') findings.push(`${id} ended at ${alert.level}`);
    }
  }
  return { raised: alerts.length, repeated };
}

/** Keys that the receiver accepted; the same message under two keys is a repeat, an alert without any is a loss. */
function auditDeliveries(rig: Rig, findings: string[]): number {
  const reader = openAlertReader(rig.dataDir);
  const accepted = rig.receiver.accepted();
  let repeated = 0;
  for (const alert of everyAlert(rig.dataDir, rig.registry).filter((one) => one.hazard === 'landslide')) {
    const deliveries = reader.deliveries(alert.id).filter((delivery) => delivery.channel === 'test-receiver');
    if (deliveries.length === 0) findings.push(`nothing was sent for ${alert.id}`);
    for (const delivery of deliveries) {
      if (delivery.state === 'sent' && !accepted.has(delivery.key))
        findings.push(`${delivery.key} is recorded as sent and never arrived`);
      if (delivery.state !== 'sent') findings.push(`${delivery.key} is ${delivery.state}: ${delivery.detail}`);
    }
    const known = new Set(deliveries.map((delivery) => delivery.key));
    if (known.size !== deliveries.length) repeated++;
  }
  for (const received of rig.receiver.all) {
    const text = JSON.stringify(received.body);
    if (received.again && !text.includes('重发')) findings.push(`${received.key} came again without being marked 重发`);
  }
  reader.close();
  return repeated;
}

async function settle(rig: Rig): Promise<Committed[]> {
  const cut = readAll(rig);
  const journal = openJournalReader(rig.dataDir);
  const history = openHistoryReader(rig.dataDir, journal);
  const untilMs = newest(cut, rig.edges);
  try {
    const started = performance.now();
    // What is missing after the limit is lost; the comparison afterwards says what.
    while (compareHistory(cut, history, untilMs).lost.length > 0 && performance.now() - started < SETTLE_LIMIT_MS)
      await pause(250);
  } finally {
    history.close();
    journal.close();
  }
  return cut;
}

/** Ends the edges for good, in order: the cycle that is under way is to be kept, so that nothing more may be missing. */
async function closeBooks(rig: Rig): Promise<void> {
  const pids = rig.edges.flatMap((id) => rig.supervisor.pid(id) ?? []);
  for (const id of rig.edges) rig.supervisor.remove(id);
  await until('the edges end', DEATH_LIMIT_MS, () => !pids.some(isAlive));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function runChaos(options: {
  readonly kills: number;
  readonly seed: number;
  readonly dir: string;
  readonly say: (text: string) => void;
}): Promise<ChaosResult> {
  const { kills, seed, dir, say } = options;
  const random = seeded(seed);
  const plan = planKills(kills, random);
  const durationS = Math.round(20 + kills * 1.1);
  say(`seed ${seed}: ${plan.length} kills over about ${durationS} s`);
  const rig = await startRig(dir, durationS, random, say);
  const killsByStage: Record<string, number> = {};
  const killsByPlace: Record<string, number> = {};
  const findings: string[] = [];
  const pending: Pending = new Map();
  try {
    rig.supervisor.send('simulators', { kind: 'begin', again: true });
    const beganMs = performance.now();
    await pause(1_500);
    for (const [index, kill] of plan.entries()) {
      await pause(50 + random() * 400);
      await carryOut(kill, rig, pending, random, (place) => {
        killsByPlace[place] = (killsByPlace[place] ?? 0) - 1;
      });
      killsByStage[kill.stage] = (killsByStage[kill.stage] ?? 0) + 1;
      if (kill.place !== null) killsByPlace[kill.place] = (killsByPlace[kill.place] ?? 0) + 1;
      if ((index + 1) % 20 === 0)
        say(`${index + 1} of ${plan.length} kills, ${Math.round((performance.now() - beganMs) / 1_000)} s`);
    }
    for (const name of [...pending.keys()]) await awaitDeath(name, rig, pending);
    await Promise.all(
      ['broker', 'ingest', 'rules', 'alerts', ...rig.edges].map((name) =>
        rig.supervisor.whenReady(name, READY_LIMIT_MS),
      ),
    );
    while (performance.now() - beganMs < (durationS + 3) * 1_000) await pause(100);
    say('settling');
    const cut = await settle(rig);
    const wanted = RUN_EDGES.length * POINTS_PER_EDGE;
    const done = () => {
      const alerts = everyAlert(rig.dataDir, rig.registry).filter((alert) => alert.hazard === 'landslide');
      return alerts.length >= wanted && alerts.every((alert) => alert.level === 'red');
    };
    await until('every point at red', SETTLE_LIMIT_MS, done).catch((cause: Error) => findings.push(cause.message));
    const sentAll = () => {
      const before = findings.length;
      auditDeliveries(rig, findings);
      return findings.splice(before).length === 0;
    };
    await until('every delivery recorded', SETTLE_LIMIT_MS, sentAll).catch((cause: Error) =>
      findings.push(cause.message),
    );
    await closeBooks(rig);
    const all = readAll(rig);
    const journal = openJournalReader(rig.dataDir);
    const history = openHistoryReader(rig.dataDir, journal);
    const comparison = compareHistory(cut, history, newest(cut, rig.edges));
    const counters = counterDifferences(rig.dataDir, cut, history);
    const flight = countInFlight(rig.dataDir, all, rig.deaths.of);
    history.close();
    journal.close();
    const alerts = auditAlerts(rig, findings);
    const repeatedDeliveries = auditDeliveries(rig, findings);
    findings.push(
      ...comparison.lost.slice(0, 10).map((what) => `lost ${what}`),
      ...comparison.repeated.slice(0, 10).map((what) => `repeated ${what}`),
      ...counters,
      ...flight.findings,
    );
    return {
      seed,
      kills: plan.length,
      emitted: comparison.emitted,
      stored: comparison.stored,
      inFlight: flight.inFlight,
      inFlightAllowed: flight.allowed,
      lost: comparison.lost.length + counters.length,
      repeated: comparison.repeated.length + alerts.repeated + repeatedDeliveries,
      alertsExpected: wanted,
      alertsRaised: alerts.raised,
      killsByStage,
      killsByPlace,
      webhook: { accepted: rig.receiver.accepted().size, again: rig.receiver.all.filter((one) => one.again).length },
      findings,
    };
  } finally {
    await rig.supervisor.stopAll();
    await rig.receiver.stop();
  }
}
