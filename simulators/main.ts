/** Starts virtual devices on real wires: one service for all lines of its configuration. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StageContext } from '#model/ports.ts';
import type { SimulatorConfig, SimulatorService } from '#simulators/config.ts';
import { lasting } from '#simulators/fault-book.ts';
import type { Line } from '#simulators/io/line.ts';
import { lookForLines } from '#simulators/io/open-line.ts';
import { openScene } from '#simulators/io/scene.ts';
import { openSimulatedLine, type SimulatedLine } from '#simulators/io/simulated-line.ts';
import { parseMessage } from '#simulators/messages.ts';
import { openStationLink, type RunningLink } from '#simulators/stations/io/link.ts';

/** Lines that are opened at once: each pseudo-terminal is a process of its own to start. */
const OPEN_AT_ONCE = 8;

function addressText(line: Line): string {
  const { address, note } = line;
  const where = address.kind === 'modbus-rtu' ? address.path : `${address.host}:${address.port}`;
  return `${address.id} ${address.kind} ${where}${note === null ? '' : ` (${note})`}`;
}

/** In the order of the items, a few at a time; the first failure is thrown when those under way have ended. */
async function mapSome<T, R>(items: readonly T[], run: (item: T) => Promise<R>, done: (result: R) => void) {
  for (let from = 0; from < items.length; from += OPEN_AT_ONCE) {
    const settled = await Promise.allSettled(items.slice(from, from + OPEN_AT_ONCE).map(run));
    for (const one of settled) if (one.status === 'fulfilled') done(one.value);
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

export async function startSimulators(config: SimulatorConfig, ctx: StageContext): Promise<SimulatorService> {
  const { dataDir, seed } = config;
  const { clock, log } = ctx;
  mkdirSync(dataDir, { recursive: true });
  const scene = openScene({ path: join(dataDir, 'state.json'), seed, ctx });
  const lines: SimulatedLine[] = [];
  const links: RunningLink[] = [];
  const stopAll = async () => {
    await Promise.all([...lines, ...links].map((line) => line.close()));
    scene.close();
  };
  const linesWork = lookForLines();
  try {
    await mapSome(
      config.lines,
      (line) => openSimulatedLine({ line, dataDir, seed, scene, ctx, linesWork }),
      (line) => lines.push(line),
    );
    await mapSome(
      config.links ?? [],
      (link) => openStationLink({ link, dataDir, seed, scene, ctx }),
      (link) => links.push(link),
    );
  } catch (cause) {
    await stopAll();
    throw cause;
  }

  const begin = (again: boolean) => {
    scene.begin(again);
    for (const line of [...lines, ...links]) line.refresh();
  };
  const withLine = (lineId: string, run: (line: SimulatedLine | RunningLink, nowMs: number) => void) => {
    const line = [...lines, ...links].find(({ id }) => id === lineId);
    if (line === undefined) return log.warn('no such simulated line', { line: lineId });
    run(line, clock.nowMs());
    line.refresh();
  };
  const told: Pick<SimulatorService, 'setFault' | 'addFault' | 'heal' | 'force'> = {
    setFault: (lineId, unitId, fault) => withLine(lineId, ({ faults }, nowMs) => faults.replace(unitId, fault, nowMs)),
    addFault: (lineId, fault) => withLine(lineId, ({ faults }, nowMs) => faults.add(fault, nowMs)),
    heal: (lineId, unitId) => withLine(lineId, ({ faults }) => faults.heal(unitId)),
    force: ({ lineId, unitId, register }, value, forMs) =>
      withLine(lineId, ({ faults }, nowMs) =>
        faults.add({ ...lasting(unitId, { kind: 'force', value }, register), toMs: forMs }, nowMs),
      ),
  };
  const onMessage = (raw: unknown) => {
    const message = parseMessage(raw);
    if (!message.ok) return log.warn('a message to the simulators was refused', { why: message.error });
    const { value } = message;
    if (value.kind === 'begin') begin(value.again);
    else if (value.kind === 'heal') told.heal(value.lineId, value.unitId);
    else if (value.kind === 'force') told.force(value, value.value, value.forMs);
    else if (value.fault.target.kind === 'bus') told.addFault(value.fault.target.busId, value.fault.timed);
  };
  process.on('message', onMessage);
  const cancelStart =
    config.startAfterMs === null ? () => undefined : clock.after(config.startAfterMs, () => begin(false));
  return {
    name: 'simulators',
    addresses: lines.map(addressText),
    lines: lines.map((line) => line.address),
    begin: (how) => begin(how?.again === true),
    beganAtMs: scene.beganAtMs,
    ...told,
    stop: async () => {
      cancelStart();
      process.off('message', onMessage);
      await stopAll();
    },
  };
}
