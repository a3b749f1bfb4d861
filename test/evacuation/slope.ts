/**
 * The slope of the mission's story: a rain gauge and a crack meter over Modbus TCP at 盘石后山, its box in a process of its
 * own, the centre behind it, all on one virtual clock, and the people of the village with their telephones.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDeskReaders } from '#alerts/io/readers.ts';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { compileForHere, writeEdgeConfig } from '#cli/io/edge-files.ts';
import type { Alert } from '#model/alert.ts';
import { openClock } from '#model/io/clock.ts';
import { type ClockSpec, formatClockSpec } from '#model/time.ts';
import { compileRules } from '#rules/compile.ts';
import type { LineConfig } from '#simulators/config.ts';
import { startSimulators } from '#simulators/main.ts';
import { startChain } from '#test/e2e/support/chain.ts';
import { type Caller, signIn } from '#test/e2e/support/client.ts';
import { addEdge, type CountyCopy, swap } from '#test/e2e/support/county-copy.ts';
import { startProgram, testContext } from '#test/edge/support.ts';
import { top } from '#test/support/command.ts';
import { until } from '#test/support/until.ts';

export const POINT = 'panshi-houshan';
const EDGE = 'edge-panshi';
const BUS = `${EDGE}-bus`;
const RAIN = 1;
const CRACK = 2;
const TICK_MS = 30_000;
const WAIT_MS = 30_000;
const START = '2026-06-10T01:00:00+08:00';
/** A minute of the chain is sixty milliseconds. */
const SPEED = 1_000;

const bin = fileURLToPath(new URL('../../edge/io/bin.ts', import.meta.url));

/** The box, its two meters and, for the night to end within the test, shorter waits until rain and crack count as over. */
function editCounty(county: CountyCopy): void {
  county.keepRules('slope-displacement', 'rain-slope');
  county.edit('rules/rain-slope.yaml', (text) =>
    swap(swap(text, 'gap: 3h, minDuration: 10m', 'gap: 30m, minDuration: 10m'), 'offDelay: 2h', 'offDelay: 10m'),
  );
  county.edit('edges.yaml', (text) =>
    swap(
      addEdge({ id: EDGE, township: '451099101', origin: 'live' })(text),
      `        host: 127.0.0.1
        port: 0
        poll: 1s
        units:
          - { unit: 1, profile: crack-meter-rs485 }`,
      `        host: 127.0.0.1
        port: 0
        poll: 30s
        units:
          - { unit: ${RAIN}, profile: sl651-rain-gauge }
          - { unit: ${CRACK}, profile: crack-meter-rs485 }`,
    ),
  );
  const sensor = (id: string, quantity: string, unit: number, register: string) => `
      - id: ${POINT}-${id}
        name: { zh: ${id}, en: ${id} }
        quantity: ${quantity}
        staleAfter: 12h
        device: { edge: ${EDGE}, bus: ${BUS}, unit: ${unit}, register: ${register} }`;
  const sensors = sensor('rain', 'rain', RAIN, 'accumulated') + sensor('crack', 'displacement', CRACK, 'displacement');
  county.edit('points.yaml', (text) => {
    const at = text.indexOf('    households:\n', text.indexOf(`id: ${POINT}`));
    return `${text.slice(0, at)}    sensors:${sensors}\n${text.slice(at)}`;
  });
}

export type Slope = Awaited<ReturnType<typeof startSlope>>;

export async function startSlope(people: readonly string[]) {
  const spec: ClockSpec = { kind: 'virtual', startMs: Date.parse(START), speed: SPEED, anchorMs: Date.now() };
  const clock = openClock(spec);
  const parts = ['broker'] as const;
  const chain = await startChain({
    clock,
    tickMs: TICK_MS,
    parts,
    logins: people,
    commandWaitMs: 15_000,
    edit: editCounty,
  });
  const registry = chain.registry.current();
  const profiles = readProfiles(join(top, 'devices'));
  const rules = compileRules(readRuleFiles(chain.county.dir), registry, { tickMs: TICK_MS });
  if (!profiles.ok || !rules.ok) throw new Error('the county does not compile');
  const simDir = join(chain.dataDir, 'sim');
  mkdirSync(simDir, { recursive: true });
  const units = registry.edges.get(EDGE)?.buses.find(({ id }) => id === BUS)?.units ?? [];
  const line: LineConfig = {
    ...{ id: BUS, kind: 'modbus-tcp', host: '127.0.0.1', port: 0 },
    units: units.flatMap(({ unitId, profile }) => {
      const found = profiles.value.get(profile);
      return found === undefined ? [] : [{ unitId, kind: 'profile' as const, profile: found, registers: [] }];
    }),
    faults: [],
    pace: null,
  };
  const sim = await startSimulators(
    { dataDir: simDir, seed: 62, startAfterMs: null, lines: [line] },
    testContext(clock),
  );
  const show = (unitId: number, register: string, value: number) =>
    sim.force({ lineId: BUS, unitId, register }, value, null);
  let fallenMm = 100;
  const rain = (mm: number) => {
    fallenMm += mm;
    show(RAIN, 'accumulated', fallenMm);
  };
  const crack = (mm: number) => show(CRACK, 'displacement', mm);
  rain(0);
  crack(5);
  const here = { dataDir: chain.dataDir, mqttUrl: chain.mqttUrl(), lines: sim.lines, ruleSets: rules.value };
  const config = compileForHere(registry, profiles.value, here).find(({ edgeId }) => edgeId === EDGE);
  if (config === undefined) throw new Error(`no configuration for ${EDGE}`);
  writeEdgeConfig(chain.dataDir, config);
  const args = [bin, 'run', 'edge', '--config', join(config.dataDir, 'config.json')];
  const edge = await startProgram(process.execPath, args, /edge is running/, { FENGSUI_CLOCK: formatClockSpec(spec) });
  await until('the box to be connected', WAIT_MS, () => /uplink is connected/.test(edge.output()));
  for (const part of ['ingest', 'rules', 'alerts', 'console'] as const) await chain.start(part);
  const callers = new Map<string, Caller>();
  for (const person of people) callers.set(person, await signIn(chain, person));
  const readers = openDeskReaders(chain.dataDir);
  const alert = () =>
    chain.alerts
      .list({ gridCodes: ['451099'] }, 100, null)
      .items.find(({ subject, hazard }) => subject.id === POINT && hazard === 'landslide');
  return {
    clock,
    chain,
    registry,
    readers,
    rain,
    crack,
    /** Somebody with his own session. */
    as: (person: string): Caller => {
      const caller = callers.get(person);
      if (caller === undefined) throw new Error(`${person} has no telephone here`);
      return caller;
    },
    /** The open landslide alert of the slope, once it is so. */
    alert: (what: string, isSo: (alert: Alert) => boolean) =>
      until(what, WAIT_MS, () => {
        const found = alert();
        return found !== undefined && isSo(found) ? found : undefined;
      }),
    /** So much of the chain's time goes by. */
    passes: async (ms: number) => {
      const endMs = clock.nowMs() + ms;
      await until(`${ms} ms of the chain`, WAIT_MS, () => clock.nowMs() >= endMs);
    },
    comes: <T>(what: string, look: () => T | undefined | false | null | Promise<T | undefined | false | null>) =>
      until(what, WAIT_MS, look),
    stop: async () => {
      readers.close();
      await edge.stop();
      await sim.stop();
      await chain.close();
    },
  };
}
