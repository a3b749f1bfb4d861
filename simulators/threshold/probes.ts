/**
 * What an edge would read of each simulated device at an instant: the same registers, behaviours and faults as on the
 * wire, without the wire. Faults that only garble or delay an answer are left to the wire.
 */

import { type CounterBase, countSince } from '#model/counter.ts';
import type { RegisterSpec } from '#model/device-profile.ts';
import { toSteps } from '#model/quantity.ts';
import type { BadReason, Flag, Reading, SensorId } from '#model/reading.ts';
import type { EdgeUnit } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { type Behaviour, gainBetween, valueAt } from '#simulators/behaviour.ts';
import type { LineConfig, SimulatorConfig } from '#simulators/config.ts';
import type { ReplyFault } from '#simulators/fault.ts';
import { createFaultBook, type FaultBook } from '#simulators/fault-book.ts';
import { lineIdOf } from '#simulators/plan.ts';
import { rawOf } from '#simulators/registers.ts';
import { strikeValue } from '#simulators/value-fault.ts';

export type Probe = {
  readonly sensorId: SensorId;
  readonly edgeId: string;
  /** In order of time only: a counter remembers where it stood. */
  readonly read: (atMs: EpochMs) => Reading;
};

const NO_ANSWER: { readonly [kind in ReplyFault['kind']]?: BadReason } = {
  ...{ silent: 'timeout', deaf: 'timeout', exception: 'exception', busy: 'exception' },
  ...{ wrongUnit: 'frame', badCrc: 'frame', truncated: 'frame' },
};

type Unit = {
  readonly line: LineConfig;
  readonly faults: FaultBook;
  readonly unitId: number;
  readonly startMs: EpochMs;
  readonly seed: number;
};

/** The value of the register at an instant with the faults that strike it; null: the device has none. */
function registerAt(
  unit: Unit,
  spec: RegisterSpec,
  behaviour: Behaviour,
  nowMs: number,
  asOfMs: number,
): number | null {
  const { line, faults, unitId, startMs, seed } = unit;
  const name = `${line.id}/${unitId}/${spec.key}`;
  const origin = { atMs: startMs, total: 0 };
  const own = (atMs: number) => valueAt(behaviour, { nowMs: atMs, beganAtMs: startMs, seed, name, origin });
  const struck = faults.valueFaults(unitId, spec.key, nowMs);
  if (struck.length === 0) return own(asOfMs);
  const gain = (fromMs: number, toMs: number) => gainBetween(behaviour, fromMs - startMs, toMs - startMs);
  return strikeValue(own, struck, spec, gain)(asOfMs);
}

/** The raw number that the register holds, in the unit of its quantity again. */
function shownOf(spec: RegisterSpec, raw: number): number {
  const code = spec.codes?.find(([own]) => own === raw)?.[1];
  if (code !== undefined) return code * spec.scale + spec.offset;
  const bits = spec.bits === undefined ? raw : (raw & spec.bits.mask) >>> spec.bits.shift;
  return (bits / 10 ** (spec.decimals?.usual ?? 0)) * spec.scale + spec.offset;
}

function readingOf(sensorId: SensorId, atMs: EpochMs, steps: number, flags: readonly Flag[]): Reading {
  const doubted = flags.some((flag) => flag === 'range' || flag === 'rate');
  const quality = doubted ? 'suspect' : 'good';
  return { sensorId, measuredAtMs: atMs, timeQuality: 'synced', quality, value: steps, flags };
}

function probeOf(unit: Unit, edgeId: string, sensorId: SensorId, spec: RegisterSpec, behaviour: Behaviour): Probe {
  let base: CounterBase | undefined;
  const bad = (atMs: EpochMs, reason: BadReason): Reading => ({
    ...{ sensorId, measuredAtMs: atMs, timeQuality: 'synced', quality: 'bad', reason, flags: [] },
  });
  return {
    sensorId,
    edgeId,
    read: (atMs) => {
      if (unit.faults.lineFaults(atMs).some(({ fault }) => fault.kind === 'unplug')) return bad(atMs, 'link');
      const replies = unit.faults.replyFaults(unit.unitId, atMs);
      const lost = replies.map(({ fault }) => NO_ANSWER[fault.kind]).find((reason) => reason !== undefined);
      if (lost !== undefined) return bad(atMs, lost);
      const frozen = replies.find(({ fault }) => fault.kind === 'frozenBlock');
      const value = registerAt(unit, spec, behaviour, atMs, frozen?.fromMs ?? atMs);
      if (value === null) return bad(atMs, spec.sentinels.length > 0 ? 'sentinel' : 'timeout');
      const raw = rawOf(spec, value);
      if (spec.counter === null) {
        const shown = shownOf(spec, raw);
        const isOut = shown < spec.plausible.min || shown > spec.plausible.max;
        return readingOf(sensorId, atMs, toSteps(spec.quantity, shown), isOut ? ['range'] : []);
      }
      const now = { raw, atMs };
      const { counts, flags } = countSince(spec, spec.counter.modulus, base, now);
      base = now;
      return readingOf(sensorId, atMs, toSteps(spec.quantity, counts * spec.scale), flags);
    },
  };
}

/** Of every sensor that is on a bus; the scenario begins at `startMs`. */
export function probesOf(config: SimulatorConfig, edges: readonly EdgeUnit[], startMs: EpochMs): readonly Probe[] {
  const { seed } = config;
  return edges.flatMap((edge) =>
    edge.buses.flatMap((bus): readonly Probe[] => {
      const line = config.lines.find(({ id }) => id === lineIdOf(edges, edge.id, bus.id));
      if (line === undefined) return [];
      const faults = createFaultBook({ lineId: line.id, seed, scenario: line.faults, beganAtMs: () => startMs });
      return bus.units.flatMap(({ unitId, sensors }): readonly Probe[] => {
        const simulated = line.units.find((unit) => unit.unitId === unitId);
        if (simulated?.kind !== 'profile') return [];
        return sensors.flatMap(({ sensorId, register }): readonly Probe[] => {
          const spec = simulated.profile.registers.find(({ key }) => key === register);
          const behaviour = simulated.registers.find((one) => one.register === register)?.behaviour;
          if (spec === undefined || behaviour === undefined) return [];
          return [probeOf({ line, faults, unitId, startMs, seed }, edge.id, sensorId, spec, behaviour)];
        });
      });
    }),
  );
}
