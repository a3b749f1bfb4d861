/** Decides what a line answers to a request: the unit's values as they are now, its fault if it has one; logs what was served. */
import type { Log, Metrics } from '#model/ports.ts';
import type { Clock } from '#model/time.ts';
import type { Device } from '#simulators/device.ts';
import { type Fault, type Sending, sendingOf } from '#simulators/fault.ts';
import type { ServedLog } from '#simulators/io/served-log.ts';

export type Responder = {
  /** Null: this line stays silent (foreign unit, broadcast, a unit that does not answer). */
  readonly respond: (unitId: number, pdu: Uint8Array) => Sending | null;
  /** A frame that was no request for us, by why. */
  readonly dropped: (why: string) => void;
};

export type ResponderParts = {
  readonly lineId: string;
  readonly devices: ReadonlyMap<number, Device>;
  readonly faultOf: (unitId: number) => Fault | null;
  readonly served: ServedLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
};

export function createResponder(parts: ResponderParts): Responder {
  const { lineId, devices, faultOf, served, clock, metrics } = parts;
  return {
    respond: (unitId, pdu) => {
      const device = devices.get(unitId);
      if (device === undefined) return null;
      const nowMs = clock.nowMs();
      const answer = device.answer(pdu, nowMs);
      metrics.count('fengsui_simulator_requests_total', { line: lineId });
      if (answer.kind === 'silent') return null;
      const sending = sendingOf(faultOf(unitId), unitId, answer.pdu);
      // Before the answer leaves: what a reader has seen is in the log, whoever dies next.
      if (sending?.intact === true && answer.served !== null) served.write({ atMs: nowMs, unitId, ...answer.served });
      return sending;
    },
    dropped: (why) => metrics.count('fengsui_simulator_frames_dropped_total', { line: lineId, why }),
  };
}
