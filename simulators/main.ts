/** Starts virtual devices on real wires: one service for all lines of its configuration. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StageContext } from '#model/ports.ts';
import {
  isBeginMessage,
  type LineConfig,
  type SimulatedUnit,
  type SimulatorConfig,
  type SimulatorService,
  servedLogName,
} from '#simulators/config.ts';
import { createDevice, createEchoDevice, type Device } from '#simulators/device.ts';
import { type Fault, faultAt } from '#simulators/fault.ts';
import type { Line } from '#simulators/io/line.ts';
import { canMakeLines, openPtyLine } from '#simulators/io/line-pty.ts';
import { openSerialLine } from '#simulators/io/line-serial.ts';
import { openTcpLine } from '#simulators/io/line-tcp.ts';
import { createResponder, type Responder } from '#simulators/io/responder.ts';
import { openScene, type Scene } from '#simulators/io/scene.ts';
import { openServedLog } from '#simulators/io/served-log.ts';

const LOOPBACK = '127.0.0.1';

function deviceOf(lineId: string, unit: SimulatedUnit, scene: Scene): Device {
  if (unit.kind === 'echo') return createEchoDevice(unit.unitId);
  const behaviours = new Map(unit.registers.map((entry) => [entry.register, entry.behaviour]));
  return createDevice(unit.unitId, unit.profile, (spec, nowMs) => {
    const behaviour = behaviours.get(spec.key);
    return behaviour === undefined ? 0 : scene.valueOf(`${lineId}/${unit.unitId}/${spec.key}`, behaviour, nowMs);
  });
}

type Opening = {
  readonly line: LineConfig;
  readonly responder: Responder;
  readonly scene: Scene;
  readonly linesWork: (folder: string) => Promise<boolean>;
  readonly ctx: StageContext;
};

/** A port of 0 is the one that the line had before, if that is still free. */
async function openTcp(
  opening: Opening,
  kind: 'modbus-rtu-tcp' | 'modbus-tcp',
  host: string,
  port: number,
): Promise<Line> {
  const { line, responder, scene, ctx } = opening;
  const parts = { id: line.id, kind, host, pace: line.pace, responder, log: ctx.log };
  const before = port === 0 ? scene.portOf(line.id) : undefined;
  const opened = await openTcpLine({ ...parts, port: before ?? port }).catch((cause: unknown) => {
    if (before === undefined) throw cause;
    return openTcpLine({ ...parts, port: 0 });
  });
  if (opened.address.kind !== 'modbus-rtu') scene.rememberPort(line.id, opened.address.port);
  return opened;
}

async function openLine(opening: Opening): Promise<Line> {
  const { line, responder, ctx } = opening;
  const common = { id: line.id, pace: line.pace, responder, ctx };
  switch (line.kind) {
    case 'pty': {
      if (await opening.linesWork(dirname(line.edgePath)))
        return openPtyLine({ ...common, edgePath: line.edgePath, baudRate: line.baudRate });
      const opened = await openTcp(opening, 'modbus-rtu-tcp', LOOPBACK, 0);
      return { ...opened, note: 'no pseudo-terminal here (socat is missing): the same RTU frames run over TCP' };
    }
    case 'serial':
      return openSerialLine({ ...common, simPath: line.simPath, baudRate: line.baudRate, parity: line.parity });
    case 'rtu-tcp':
      return openTcp(opening, 'modbus-rtu-tcp', line.host, line.port);
    case 'modbus-tcp':
      return openTcp(opening, 'modbus-tcp', line.host, line.port);
    default:
      return line satisfies never;
  }
}

function addressText(line: Line): string {
  const { address, note } = line;
  const where = address.kind === 'modbus-rtu' ? address.path : `${address.host}:${address.port}`;
  return `${address.id} ${address.kind} ${where}${note === null ? '' : ` (${note})`}`;
}

export async function startSimulators(config: SimulatorConfig, ctx: StageContext): Promise<SimulatorService> {
  mkdirSync(config.dataDir, { recursive: true });
  const scene = openScene({ path: join(config.dataDir, 'state.json'), seed: config.seed, ctx });
  const overrides = new Map<string, Fault>();
  const logs: { readonly close: () => void }[] = [];
  const lines: Line[] = [];
  let works: Promise<boolean> | undefined;
  const linesWork = (folder: string) => {
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
    works ??= canMakeLines(folder);
    return works;
  };
  const stopAll = async () => {
    await Promise.all(lines.map((line) => line.close()));
    for (const log of logs) log.close();
    scene.close();
  };
  try {
    for (const line of config.lines) {
      const served = openServedLog(join(config.dataDir, servedLogName(line.id)));
      logs.push(served);
      const responder = createResponder({
        lineId: line.id,
        devices: new Map(line.units.map((unit) => [unit.unitId, deviceOf(line.id, unit, scene)])),
        faultOf: (unitId) =>
          overrides.get(`${line.id}/${unitId}`) ?? faultAt(line.faults, unitId, scene.sinceBeginMs()),
        served,
        clock: ctx.clock,
        log: ctx.log,
        metrics: ctx.metrics,
      });
      const opened = await openLine({ line, responder, scene, linesWork, ctx });
      if (opened.note !== null) ctx.log.warn('simulated line falls back to TCP', { line: line.id, note: opened.note });
      lines.push(opened);
    }
  } catch (cause) {
    await stopAll();
    throw cause;
  }
  const onMessage = (raw: unknown) => {
    if (isBeginMessage(raw)) scene.begin(raw.again === true);
  };
  process.on('message', onMessage);
  const cancelStart =
    config.startAfterMs === null ? () => undefined : ctx.clock.after(config.startAfterMs, () => scene.begin(false));
  return {
    name: 'simulators',
    addresses: lines.map(addressText),
    lines: lines.map((line) => line.address),
    begin: (how) => scene.begin(how?.again === true),
    beganAtMs: scene.beganAtMs,
    setFault: (lineId, unitId, fault) => {
      if (fault === null) overrides.delete(`${lineId}/${unitId}`);
      else overrides.set(`${lineId}/${unitId}`, fault);
    },
    stop: async () => {
      cancelStart();
      process.off('message', onMessage);
      await stopAll();
    },
  };
}
