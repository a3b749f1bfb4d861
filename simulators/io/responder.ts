/** Decides what a line answers to a request: the unit's values as they are now, under its faults; logs what was served. */
import type { Log, Metrics } from '#model/ports.ts';
import type { Clock } from '#model/time.ts';
import type { Answer, Device } from '#simulators/device.ts';
import type { ReplyFault } from '#simulators/fault.ts';
import type { FaultBook } from '#simulators/fault-book.ts';
import type { ServedLog } from '#simulators/io/served-log.ts';
import { refusalOf, type Sending, sendingOf } from '#simulators/reply-fault.ts';

export type Responder = {
  /** Null: this line stays silent (foreign unit, broadcast, a unit that does not answer). */
  readonly respond: (unitId: number, pdu: Uint8Array) => Sending | null;
  /** A frame that was no request for us, by why. */
  readonly dropped: (why: string) => void;
  /** Whether the line gives its master's bytes back to it. */
  readonly echoes: () => boolean;
};

export type ResponderParts = {
  readonly lineId: string;
  readonly seed: number;
  readonly devices: ReadonlyMap<number, Device>;
  readonly faults: Pick<FaultBook, 'replyFaults' | 'lineFaults'>;
  readonly served: ServedLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
};

const BROADCAST = 0;

export function createResponder(parts: ResponderParts): Responder {
  const { lineId, seed, devices, faults, served, clock, metrics } = parts;

  /** What the unit does; undefined when it hears nothing. */
  const answerOf = (unitId: number, device: Device, pdu: Uint8Array): [Answer, readonly ReplyFault[]] | undefined => {
    const nowMs = clock.nowMs();
    const inForce = faults.replyFaults(unitId, nowMs);
    const struck = inForce.map(({ fault }) => fault);
    const refusal = refusalOf(struck);
    if (refusal === 'silent') return undefined;
    if (refusal !== undefined) {
      const refused = Uint8Array.of((pdu[0] ?? 0) | 0x80, refusal);
      return [{ kind: 'reply', pdu: refused, served: null, written: null }, struck];
    }
    const frozen = inForce.filter(({ fault }) => fault.kind === 'frozenBlock').map(({ fromMs }) => fromMs);
    return [device.answer(pdu, nowMs, Math.min(nowMs, ...frozen)), struck];
  };

  return {
    respond: (unitId, pdu) => {
      const nowMs = clock.nowMs();
      if (unitId === BROADCAST) {
        for (const [id, device] of devices) {
          const done = answerOf(id, device, pdu)?.[0];
          if (done?.kind === 'reply' && done.written !== null)
            served.write({ atMs: nowMs, unitId: id, ...done.written });
        }
        return null;
      }
      const device = devices.get(unitId);
      if (device === undefined) return null;
      metrics.count('fengsui_simulator_requests_total', { line: lineId });
      const answered = answerOf(unitId, device, pdu);
      if (answered === undefined) return null;
      const [answer, struck] = answered;
      if (answer.kind === 'silent') return null;
      const chance = { seed, name: `${lineId}/${unitId}`, atMs: nowMs };
      const sending = sendingOf(struck, unitId, answer.pdu, chance);
      // Before the answer leaves: what a reader has seen is in the log, whoever dies next.
      if (answer.written !== null) served.write({ atMs: nowMs, unitId, ...answer.written });
      if (sending.intact && answer.served !== null) served.write({ atMs: nowMs, unitId, ...answer.served });
      return sending;
    },
    dropped: (why) => metrics.count('fengsui_simulator_frames_dropped_total', { line: lineId, why }),
    echoes: () => faults.lineFaults(clock.nowMs()).some(({ fault }) => fault.kind === 'echo'),
  };
}
