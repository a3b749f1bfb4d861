/**
 * Reads what the modem received: replies of people and reports of what became of our messages. A message leaves the modem's
 * memory only a while after it was told, so that one that came just before a crash is read again.
 */
import type { AtEvent } from '../../gsm/at-lines.ts';
import { type Deliver, parseIncoming, type StatusReport } from '../../gsm/incoming.ts';
import { createJoiner } from '../../gsm/join-parts.ts';
import type { AtPort } from './gsm-port.ts';

export type Inbox = {
  readonly take: (event: AtEvent, port: AtPort) => void;
  readonly close: () => void;
};

export type InboxTakers = {
  readonly message: (deliver: Deliver, text: string) => void;
  readonly report: (report: StatusReport) => void;
  readonly unreadable: (why: string) => void;
};

const READ_MS = 5_000;
/** Time for what was told to be on disk. */
const FORGET_AFTER_MS = 2_000;

/** `+CMGR: stat,…` or `+CMGL: index,stat,…`, each followed by its PDU. */
function pdusOf(lines: readonly string[]): readonly { readonly index: number | null; readonly pdu: string }[] {
  return lines.flatMap((line, n) => {
    const listed = /^\+CMGL: ?(\d+)/.exec(line);
    if (listed === null && !line.startsWith('+CMGR:')) return [];
    return [{ index: listed === null ? null : Number(listed[1]), pdu: lines[n + 1] ?? '' }];
  });
}

export function openInbox(takers: InboxTakers): Inbox {
  const join = createJoiner();
  const timers = new Set<NodeJS.Timeout>();
  const takePdu = (pdu: string): void => {
    const incoming = parseIncoming(pdu);
    if (!incoming.ok) takers.unreadable(incoming.error);
    else if (incoming.value.kind === 'report') takers.report(incoming.value);
    else {
      const text = join(incoming.value);
      if (text !== null) takers.message(incoming.value, text);
    }
  };
  const forget = (index: number, port: AtPort): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void port.ask(`AT+CMGD=${index}`, READ_MS);
    }, FORGET_AFTER_MS);
    timers.add(timer);
  };
  const read = async (command: string, index: number | null, port: AtPort): Promise<void> => {
    const answer = await port.ask(command, READ_MS);
    if (answer.kind !== 'ok') return;
    for (const found of pdusOf(answer.lines)) {
      takePdu(found.pdu);
      const at = found.index ?? index;
      if (at !== null) forget(at, port);
    }
  };
  return {
    take: (event, port) => {
      if (event.kind === 'booted') void read('AT+CMGL=4', null, port);
      else if (event.kind === 'stored') void read(`AT+CMGR=${event.index}`, event.index, port);
      else if (event.kind === 'pdu') takePdu(event.pdu);
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
