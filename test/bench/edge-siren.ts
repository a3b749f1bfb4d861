/**
 * From a register that went red to the siren's coil, with the uplink cut: eight crack meters and a relay board on one
 * 9,600-baud line that spends its time, the edge a process of its own with its outbox on disk and real rules. Both ends
 * of a trial are the simulated units' own, on one clock: from the request whose answer bore the red value, so that this
 * whole exchange counts, to the last byte of the write. A trial begins at a random moment of the poll cycle.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { messageOf, pause } from '#test/bench/edge-rig.ts';
import type { Show, Shown, SirenOrder } from '#test/bench/edge-siren-sim.ts';
import { type Rig, withRig } from '#test/bench/rig.ts';
import type { BenchRow } from '#test/bench/row.ts';
import { BOARD, localConfig, PROFILES, villageConfig } from '#test/edge/local-rig.ts';
import { freePort, loadProfiles } from '#test/edge/support.ts';

const TRIALS = 100;
const METERS = 8;
const BAUD_RATE = 9_600;
const SWITCH_LIMIT_MS = 10_000;
const RED_MM = 82;
const QUIET_MM = 5;

function forked(rig: Rig, file: string): ChildProcess {
  const child = fork(new URL(file, import.meta.url));
  rig.children.push(child);
  return child;
}

async function startWires(rig: Rig, meters: readonly number[]): Promise<ChildProcess> {
  const profiles = loadProfiles();
  const meter = profiles[PROFILES.meter];
  const relays = profiles[PROFILES.board];
  if (meter === undefined || relays === undefined) throw new Error('a profile of the bench is not in the catalogue');
  const wires = forked(rig, './edge-siren-sim.ts');
  const ready = messageOf(wires, 'the simulator');
  const path = join(rig.dir, 'line.edge');
  const order: SirenOrder = {
    ...{ path, baudRate: BAUD_RATE, turnaroundMs: 5, meters, board: BOARD, meter, relays },
  };
  wires.send(order);
  await ready;
  return wires;
}

export const sirenDelays = (trials: number): Promise<readonly number[]> =>
  withRig(async (rig) => {
    const port = await freePort();
    const config = villageConfig(rig.dir, port, localConfig(), { meters: METERS, pollMs: 250 });
    const units = config.buses[0]?.units ?? [];
    const wires = await startWires(
      rig,
      units.filter(({ unitId }) => unitId !== BOARD).map(({ unitId }) => unitId),
    );
    const box = forked(rig, './edge-box.ts');
    const ready = messageOf(box, 'the edge');
    box.send(config);
    await ready;
    await pause(2_000);
    const show = async (mm: number): Promise<Shown> => {
      const order: Show = { show: mm };
      const signal = AbortSignal.timeout(SWITCH_LIMIT_MS);
      const told = once(wires, 'message', { signal });
      wires.send(order);
      return (await told)[0] as Shown;
    };
    const delays: number[] = [];
    for (let trial = 0; trial < trials; trial++) {
      await pause(100 + Math.random() * 400);
      const { readMs, writtenMs } = await show(RED_MM);
      delays.push(writtenMs - readMs);
      await pause(50);
      await show(QUIET_MM);
    }
    return delays.sort((a, b) => a - b);
  });

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;

export const rows: readonly BenchRow[] = [
  {
    name: 'edge.siren.p99_ms',
    unit: 'ms',
    budget: 100,
    better: 'lower',
    run: async () => percentile(await sirenDelays(TRIALS), 0.99),
  },
];
