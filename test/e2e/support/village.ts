/**
 * A village whose box judges by itself, with everything behind it: meters and a siren on a simulated wire, the edge in a
 * process of its own, a wire to the broker that can be cut, the centre, and a receiver that notes who was told what.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { compileForHere, writeEdgeConfig } from '#cli/io/edge-files.ts';
import type { AlertEvent } from '#model/alert.ts';
import { openClock } from '#model/io/clock.ts';
import { partitionOf } from '#model/partition.ts';
import type { Hazard } from '#model/registry.ts';
import { type ClockSpec, type EpochMs, formatClockSpec, formatInZone } from '#model/time.ts';
import { compileRules } from '#rules/compile.ts';
import type { LineConfig } from '#simulators/config.ts';
import { readServedLines, writesTo } from '#simulators/io/served-log.ts';
import { startSimulators } from '#simulators/main.ts';
import { openReceiver } from '#test/chaos/receiver.ts';
import { startProgram, testContext } from '#test/edge/support.ts';
import { top } from '#test/support/command.ts';
import { until } from '#test/support/until.ts';
import { startChain } from './chain.ts';
import { type Caller, post, signIn } from './client.ts';
import { type CountyCopy, swap } from './county-copy.ts';
import { openWire } from './wire-cut.ts';

const EDGE = 'edge-shiqiao';
export const BUS = 'shiqiao-a';
export const SIREN = 20;
const CRACK = 2;
const START = '2026-06-10T10:00:00+08:00';
const SPEED = 20;
const TICK_MS = 5_000;
export const HEAD = 'luo-yongfu';
export const ZONE = 'Asia/Shanghai';
/** Real time, a limit for what hangs; the chain's runs twenty times as fast. */
const WAIT_MS = 60_000;

const bin = fileURLToPath(new URL('../../../edge/io/bin.ts', import.meta.url));

export type Village = Awaited<ReturnType<typeof startVillage>>;

/**
 * The chain's minute is three seconds, in which a busy machine may not poll once: how long a meter may be silent, and the
 * siren sound or be mute, is not the matter of these stories. A gateway counts as lost after two minutes, or never here.
 */
function editCounty(county: CountyCopy, receiverUrl: string, { loses }: VillageOptions): void {
  county.keepRules('slope-displacement', 'silence');
  county.edit('rules/slope-displacement.yaml', (text) => swap(text, 'offDelay: 30m', 'offDelay: 5s'));
  if (!loses) county.edit('rules/silence.yaml', (text) => swap(text, 'gatewayLostAfter: 2m', 'gatewayLostAfter: 12h'));
  county.edit('points.yaml', (text) =>
    text.replace(/^( +)(device: \{ edge: edge-shiqiao,.*)$/gm, '$1staleAfter: 12h\n$1$2'),
  );
  county.edit('edges.yaml', (text) =>
    swap(
      swap(text, '        maxOn: 30m\n', '        maxOn: 12h\n'),
      'outputs: [siren-taoshuwan], for: 10m',
      'outputs: [siren-taoshuwan], for: 12h',
    ),
  );
  county.edit(
    'channels.yaml',
    (text) =>
      `${text}\n  - { id: test-phone, kind: webhook, url: "${receiverUrl}", test: true, minLevel: blue, accepts: [simulated] }\n`,
  );
}

export type VillageOptions = {
  /** A gateway that is away for two minutes counts as lost. */
  readonly loses: boolean;
};

export async function startVillage(options: VillageOptions) {
  const spec: ClockSpec = { kind: 'virtual', startMs: Date.parse(START), speed: SPEED, anchorMs: Date.now() };
  const clock = openClock(spec);
  const receiver = await openReceiver();
  const chain = await startChain({
    clock,
    tickMs: TICK_MS,
    // The rest begins when the box is there: on a busy machine it would count as lost before it had started.
    parts: ['broker'],
    logins: [HEAD],
    commandWaitMs: 10_000,
    edit: (county) => editCounty(county, receiver.url, options),
  });
  const wire = await openWire(() => ({ host: '127.0.0.1', port: Number(new URL(chain.mqttUrl()).port) }));
  const registry = chain.registry.current();
  const profiles = readProfiles(join(top, 'devices'));
  const rules = compileRules(readRuleFiles(chain.county.dir), registry, { tickMs: TICK_MS });
  if (!profiles.ok || !rules.ok) throw new Error('the county does not compile');

  const simDir = join(chain.dataDir, 'sim');
  mkdirSync(simDir, { recursive: true });
  const bus = registry.edges.get(EDGE)?.buses.find(({ id }) => id === BUS);
  const line: LineConfig = {
    ...{ id: BUS, kind: 'pty', edgePath: join(simDir, 'line.edge'), baudRate: 9600 },
    units: (bus?.units ?? []).flatMap(({ unitId, profile }) => {
      const found = profiles.value.get(profile);
      return found === undefined ? [] : [{ unitId, kind: 'profile' as const, profile: found, registers: [] }];
    }),
    faults: [],
    pace: { baudRate: 9600, turnaroundMs: 5 },
  };
  const sim = await startSimulators(
    { dataDir: simDir, seed: 7, startAfterMs: null, lines: [line] },
    testContext(clock),
  );
  const force = (unitId: number, register: string, value: number, forMs: number | null = null) =>
    sim.force({ lineId: BUS, unitId, register }, value, forMs);
  for (const unitId of [CRACK, 3]) force(unitId, 'displacement', 5);
  const config = compileForHere(registry, profiles.value, {
    dataDir: chain.dataDir,
    mqttUrl: `mqtt://127.0.0.1:${wire.port}`,
    lines: sim.lines,
    ruleSets: rules.value,
  }).find(({ edgeId }) => edgeId === EDGE);
  if (config === undefined) throw new Error(`no configuration for ${EDGE}`);
  writeEdgeConfig(chain.dataDir, config);
  const configFile = join(config.dataDir, 'config.json');
  const startEdge = () =>
    startProgram(process.execPath, [bin, 'run', 'edge', '--config', configFile], /edge is running/, {
      FENGSUI_CLOCK: formatClockSpec(spec),
    });
  let edge = await startEdge();
  await until('the box to be connected', WAIT_MS, () => /uplink is connected/.test(edge.output()));
  for (const part of ['ingest', 'rules', 'alerts', 'console'] as const) await chain.start(part);
  const writes = () =>
    writesTo(readServedLines(join(simDir, `served-${BUS}.jsonl`)), { unitId: SIREN, table: 'coil', address: 0 });

  const head: Caller = await signIn(chain, HEAD);
  const events = (): readonly AlertEvent[] => chain.alerts.eventsAfter(0, 10_000);
  const open = (hazard: Hazard = 'landslide') =>
    chain.alerts
      .list({ gridCodes: ['451099'] }, 100, null)
      .items.filter((alert) => alert.subject.id === 'taoshuwan' && alert.hazard === hazard);
  /** Every batch of the box up to its newest is in the journal, and the newest came after `sinceMs`. */
  const isBacklogIn = (sinceMs: EpochMs): boolean => {
    const rows = chain.journal
      .read(partitionOf(config.township), 0, 100_000)
      .flatMap((row) => (row.kind === 'batch' && row.edgeId === EDGE ? [row] : []));
    const seqs = new Set(rows.map(({ seq }) => seq));
    return seqs.size === Math.max(0, ...seqs) && rows.some(({ receivedAtMs }) => receivedAtMs > sinceMs);
  };

  return {
    clock,
    chain,
    wire,
    sim,
    receiver,
    head,
    /** Every entry of the ledger, in order. */
    events,
    /** Open alerts of Taoshuwan. */
    open,
    gatewayAlert: () =>
      chain.alerts.list({ gridCodes: ['451099'] }, 100, null).items.find(({ subject }) => subject.id === EDGE),
    /** The siren's coil as it was written last. */
    sounds: () => writes().at(-1)?.value === 1,
    writes,
    /** What the writes changed: one whose answer comes late on a busy machine is sent again, and changes nothing. */
    switched: () =>
      writes()
        .map(({ value }) => value)
        .filter((value, at, all) => value !== all[at - 1]),
    crack: (mm: number) => force(CRACK, 'displacement', mm),
    /** The mute button, held until it is let go: a short press falls between two looks of a busy machine. */
    press: (isHeld: boolean) => force(SIREN, 'input-1', isHeld ? 1 : 0),
    post: (id: string, action: string, note = '') => post(chain, `/api/v1/alerts/${id}/${action}`, { note }, head),
    restartEdge: async () => {
      await edge.stop('SIGKILL');
      edge = await startEdge();
    },
    edgeOutput: () => edge.output(),
    /** So much of the chain's time goes by. */
    passes: async (ms: number) => {
      const endMs = clock.nowMs() + ms;
      await until(`${ms} ms of the chain`, WAIT_MS, () => clock.nowMs() >= endMs);
    },
    comes: <T>(what: string, look: () => T | undefined | false | null | Promise<T | undefined | false | null>) =>
      until(what, WAIT_MS, look),
    /** Everything that the box wrote until now has been taken in by the centre. */
    quiet: async () => {
      const sinceMs = clock.nowMs();
      await until('the backlog', WAIT_MS, () => isBacklogIn(sinceMs));
      await chain.settled();
    },
    stop: async () => {
      await edge.stop();
      await sim.stop();
      await wire.stop();
      await chain.close();
      await receiver.stop();
    },
  };
}

/** `10:03:20`, in the county's zone. */
export const clockOf = (atMs: EpochMs): string => formatInZone(atMs, ZONE).slice(11, 19);
