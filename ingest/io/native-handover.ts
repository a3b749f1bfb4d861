/** Answers the broker's hand-over of a device's message: only when it is on disk does the broker send its PUBACK. */
import { type NativeDone, nativeTopic, parseHandover } from '#model/native.ts';
import type { StageContext } from '#model/ports.ts';
import type { NativeReceiver } from './native.ts';

export async function answerHandover(
  gateway: string,
  payload: Buffer,
  receiver: NativeReceiver,
  publish: (topic: string, payload: string) => void,
  ctx: StageContext,
): Promise<void> {
  const handover = parseHandover(payload.toString('utf8'));
  if (!handover.ok) {
    ctx.metrics.count('fengsui_ingest_strange_topics_total');
    ctx.log.error('a hand-over of the broker is not understood', { gateway, what: handover.error });
    return;
  }
  const { id, topic, payload: base64 } = handover.value;
  const outcome = await receiver.receive({ gateway, topic, payload: Buffer.from(base64, 'base64') });
  publish(nativeTopic(gateway, 'done'), JSON.stringify({ id, taken: outcome.taken } satisfies NativeDone));
}
