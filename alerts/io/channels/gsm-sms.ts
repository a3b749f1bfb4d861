/**
 * Short messages through a GSM modem. `accepted` when the last part has its reference from the network; a line that breaks
 * after the PDU was handed over leaves nobody knowing (`unsure`). Reports and replies come back as receipts.
 */
import { createHash } from 'node:crypto';
import type { ReceiptEvent } from '#model/call.ts';
import type { ModemChannel } from '#model/channel.ts';
import { MINUTE_MS } from '#model/time.ts';
import type { Deliver } from '../../gsm/incoming.ts';
import { explainError } from '../../gsm/modem-errors.ts';
import { meaningOf, ownNumber } from '../../gsm/replies.ts';
import { createSentParts } from '../../gsm/sent-parts.ts';
import { smsText } from '../../gsm/sms-text.ts';
import { encodeSubmit, type SubmitPart } from '../../gsm/submit.ts';
import type { SendResult } from '../../retry.ts';
import type { Channel, ChannelTools, Parcel } from './channel.ts';
import { openInbox } from './gsm-inbox.ts';
import { isNotReady, shareLine } from './gsm-line.ts';
import type { AtPort } from './gsm-port.ts';

/** A warning that reaches a telephone after half a day only confuses. */
const VALID_MINUTES = 360;
/** What is older lay in the modem while nobody read it; below that the service centre's clock is not worth trusting. */
const OLD_REPLY_MS = 10 * MINUTE_MS;

const refused = (error: Parameters<typeof explainError>[0]): SendResult => {
  const { detail, about } = explainError(error);
  return about === 'message' ? { kind: 'rejected', detail } : { kind: 'away', detail, afterMs: null };
};

async function sendPart(port: AtPort, { pdu, length }: SubmitPart, limitMs: number): Promise<number | SendResult> {
  const answer = await port.ask(`AT+CMGS=${length}`, limitMs, pdu);
  switch (answer.kind) {
    case 'error':
      return refused(answer.error);
    case 'ok': {
      const reference = answer.lines.map((line) => /^\+CMGS: ?(\d+)/.exec(line)?.[1]).find((one) => one !== undefined);
      return reference === undefined
        ? { kind: 'unsure', detail: 'the modem says OK without a reference' }
        : Number(reference);
    }
    case 'silent':
    case 'gone': {
      const detail = answer.kind === 'gone' ? 'the line broke' : 'the modem did not answer in time';
      return answer.handedOver ? { kind: 'unsure', detail } : { kind: 'away', detail, afterMs: null };
    }
    default:
      return answer satisfies never;
  }
}

/** The same message under the same reference, so that a repeat does not become two halves of two. */
const referenceOf = (key: string, repeated: boolean): number =>
  createHash('sha256')
    .update(`${key}${repeated ? '+' : ''}`)
    .digest()[0] ?? 0;

const aborted = (signal: AbortSignal): Promise<SendResult> =>
  new Promise((resolve) => {
    const end = () => resolve({ kind: 'unsure', detail: 'stopped during the attempt' });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

export function openGsmSms(config: ModemChannel, tools: ChannelTools): Channel {
  const line = shareLine(config.path, config.baudRate, tools.log);
  const sent = createSentParts();
  const tell = (key: string | null, from: string | null, event: ReceiptEvent, atMs: number, detail: string): void =>
    tools.report({ key, channel: config.id, from, event, atMs, detail });
  const whenSaid = (deliver: Deliver): number => {
    const nowMs = tools.clock.nowMs();
    return deliver.atMs !== null && nowMs - deliver.atMs > OLD_REPLY_MS ? deliver.atMs : nowMs;
  };
  const inbox = openInbox({
    message: (deliver, text) =>
      tell(null, ownNumber(deliver.from, tools.registry()), meaningOf(text), whenSaid(deliver), text.slice(0, 200)),
    report: (report) => {
      const fate = sent.settle(report);
      if (fate !== null) tell(fate.key, null, fate.event, tools.clock.nowMs(), fate.detail);
    },
    unreadable: (why) => tools.log.warn('a message from the modem cannot be read', { channel: config.id, why }),
  });
  const stopHearing = line.onEvent(inbox.take);

  async function deliver({ message, repeated, to }: Parcel, signal: AbortSignal): Promise<SendResult> {
    const number = to?.phone ?? '';
    if (number === '') return { kind: 'rejected', detail: 'he has no telephone number' };
    const reference = referenceOf(message.key, repeated);
    const text = smsText(message, repeated);
    const parts = encodeSubmit({ number, text, reference, validMinutes: VALID_MINUTES });
    const done = await line.use(
      { kind: 'message', isLive: message.alert.origin === 'live' },
      async ({ port }): Promise<SendResult> => {
        const references: number[] = [];
        for (const part of parts) {
          // Its turn came too late: nothing has left yet.
          if (signal.aborted && references.length === 0) return { kind: 'away', detail: 'stopped', afterMs: null };
          const answer = await sendPart(port, part, config.timeoutMs);
          if (typeof answer !== 'number') return answer;
          references.push(answer);
        }
        sent.note(message.key, number, references);
        return { kind: 'accepted', detail: `+CMGS ${references.join(' ')}` };
      },
    );
    return isNotReady(done) ? { kind: 'away', detail: done.notReady, afterMs: null } : done;
  }

  return {
    send: (parcel, signal) => Promise.race([deliver(parcel, signal), aborted(signal)]),
    selfTest: async () => {
      const { ok, detail } = await line.check();
      return ok ? { kind: 'accepted', detail } : { kind: 'away', detail, afterMs: null };
    },
    close: async () => {
      stopHearing();
      inbox.close();
      await line.release();
    },
  };
}
