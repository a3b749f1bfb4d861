/**
 * Hands a device's message to ingest and waits until it is on disk there: only then may the PUBACK go out. What waits is
 * bounded, and each wait has a limit; a message that was not taken is the device's to send again.
 */
import { randomBytes } from 'node:crypto';
import type { Aedes } from 'aedes';
import { ALL_NATIVE_DONE, type NativeHandover, nativeTopic, parseDone } from '#model/native.ts';
import type { StageContext } from '#model/ports.ts';
import type { HandoverLimits } from '../config.ts';

export type HandoverEnd = 'taken' | 'not-taken' | 'timeout' | 'full';
export type Handover = {
  readonly hand: (gateway: string, message: Omit<NativeHandover, 'id'>, done: (end: HandoverEnd) => void) => void;
  readonly close: () => void;
};
type Waiting = { readonly done: (end: HandoverEnd) => void; readonly timer: NodeJS.Timeout; readonly size: number };

export function openHandover(centre: Aedes, limits: HandoverLimits, ctx: StageContext): Handover {
  const waiting = new Map<string, Waiting>();
  const nonce = randomBytes(9).toString('base64url');
  let count = 0;
  let bytes = 0;

  const end = (id: string, how: HandoverEnd): void => {
    const entry = waiting.get(id);
    if (entry === undefined) return;
    waiting.delete(id);
    bytes -= entry.size;
    clearTimeout(entry.timer);
    ctx.metrics.count('fengsui_broker_handovers_total', { end: how });
    entry.done(how);
  };
  const hear = (packet: { readonly payload: Buffer | string }, next: () => void): void => {
    const done = parseDone(packet.payload.toString());
    if (done !== undefined) end(done.id, done.taken ? 'taken' : 'not-taken');
    next();
  };
  centre.subscribe(ALL_NATIVE_DONE, hear, () => undefined);

  return {
    hand: (gateway, message, done) => {
      const size = message.payload.length;
      if (waiting.size >= limits.waiting || bytes + size > limits.waitingBytes) {
        ctx.metrics.count('fengsui_broker_handovers_total', { end: 'full' });
        done('full');
        return;
      }
      const id = `${nonce}-${++count}`;
      bytes += size;
      waiting.set(id, { done, size, timer: setTimeout(() => end(id, 'timeout'), limits.timeoutMs) });
      const payload = Buffer.from(JSON.stringify({ id, ...message } satisfies NativeHandover));
      const packet = { cmd: 'publish', topic: nativeTopic(gateway, 'in'), payload, qos: 0, retain: false, dup: false };
      centre.publish(packet as Parameters<Aedes['publish']>[0], (cause) => {
        if (cause != null) ctx.log.error('hand-over failed', { cause: String(cause) });
      });
    },
    close: () => {
      centre.unsubscribe(ALL_NATIVE_DONE, hear, () => undefined);
      for (const id of [...waiting.keys()]) end(id, 'not-taken');
    },
  };
}
