/** One line with its units, its faults and its served log: what a master finds on the wire, and what it was told. */
import { join } from 'node:path';
import type { StageContext } from '#model/ports.ts';
import { type LineConfig, type SimulatedUnit, servedLogName } from '#simulators/config.ts';
import { createDevice, createEchoDevice, type Device } from '#simulators/device.ts';
import { createFaultBook, type FaultBook } from '#simulators/fault-book.ts';
import type { Line } from '#simulators/io/line.ts';
import { driveLineFaults } from '#simulators/io/line-faults.ts';
import { type Opening, openLine } from '#simulators/io/open-line.ts';
import { createPlug } from '#simulators/io/plug.ts';
import { createResponder, type Responder } from '#simulators/io/responder.ts';
import type { Scene } from '#simulators/io/scene.ts';
import { openServedLog } from '#simulators/io/served-log.ts';
import { strikeValue } from '#simulators/value-fault.ts';

export type SimulatedLine = Line & {
  readonly id: string;
  readonly faults: FaultBook;
  /** The faults, or the scenario's begin, have changed. */
  readonly refresh: () => void;
};

function deviceOf(lineId: string, unit: SimulatedUnit, scene: Scene, faults: FaultBook): Device {
  if (unit.kind === 'echo') return createEchoDevice(unit.unitId);
  const behaviours = new Map(unit.registers.map((entry) => [entry.register, entry.behaviour]));
  return createDevice(unit.unitId, unit.profile, (spec, nowMs, asOfMs) => {
    const behaviour = behaviours.get(spec.key);
    const own = (atMs: number) =>
      behaviour === undefined ? 0 : scene.valueOf(`${lineId}/${unit.unitId}/${spec.key}`, behaviour, atMs);
    const struck = faults.valueFaults(unit.unitId, spec.key, nowMs);
    if (struck.length === 0) return own(asOfMs);
    const gain = (fromMs: number, toMs: number) =>
      behaviour === undefined ? 0 : scene.gainOf(behaviour, fromMs, toMs);
    return strikeValue(own, struck, spec, gain)(asOfMs);
  });
}

export type LineResponder = { readonly responder: Responder; readonly faults: FaultBook; readonly close: () => void };

export type LineResponderParts = {
  readonly line: LineConfig;
  readonly dataDir: string;
  readonly seed: number;
  readonly scene: Scene;
  readonly ctx: StageContext;
};

/** The line without its wire. */
export function openLineResponder({ line, dataDir, seed, scene, ctx }: LineResponderParts): LineResponder {
  const served = openServedLog(join(dataDir, servedLogName(line.id)));
  const faults = createFaultBook({ lineId: line.id, seed, scenario: line.faults, beganAtMs: scene.beganAtMs });
  const devices = new Map(line.units.map((unit) => [unit.unitId, deviceOf(line.id, unit, scene, faults)]));
  const { clock, log, metrics } = ctx;
  const responder = createResponder({ lineId: line.id, seed, devices, faults, served, clock, log, metrics });
  return { responder, faults, close: served.close };
}

export async function openSimulatedLine(
  parts: LineResponderParts & Pick<Opening, 'linesWork'>,
): Promise<SimulatedLine> {
  const { line, seed, scene, ctx } = parts;
  const { responder, faults, close } = openLineResponder(parts);
  const plug = createPlug();
  const opened = await openLine({ line, responder, plug, scene, linesWork: parts.linesWork, ctx }).catch(
    (cause: unknown) => {
      close();
      throw cause;
    },
  );
  const { clock, log } = ctx;
  if (opened.note !== null) log.warn('simulated line falls back to TCP', { line: line.id, note: opened.note });
  const driven = driveLineFaults({ lineId: line.id, seed, faults, plug, babble: opened.babble, clock, log });
  return {
    ...opened,
    id: line.id,
    faults,
    refresh: driven.refresh,
    close: async () => {
      driven.close();
      await opened.close();
      close();
    },
  };
}
