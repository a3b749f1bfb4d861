/** The network behind a virtual modem: takes messages and reports on them, lets people reply, puts calls through. */
import type { EpochMs } from '#model/time.ts';
import type { CallScript, ModemBehaviour } from './behaviour.ts';
import { deliverPdu, type Pdu, reportPdu, type Submitted } from './pdu.ts';

export type SentMessage = { readonly number: string; readonly text: string; readonly atMs: EpochMs };

export type NetworkPorts = {
  readonly how: () => ModemBehaviour;
  readonly after: (ms: number, run: () => void) => void;
  readonly nowMs: () => EpochMs;
  /** Something for the modem. */
  readonly message: (pdu: Pdu) => void;
  readonly report: (pdu: Pdu) => void;
  readonly say: (line: string) => void;
};

/** Puts long messages together, as a telephone does. */
function createTelephone() {
  const halves = new Map<string, Map<number, string>>();
  return (part: Submitted): string | null => {
    if (part.concat === null) return part.text;
    const key = `${part.number}|${part.concat.reference}|${part.concat.total}`;
    const got = halves.get(key) ?? new Map<number, string>();
    halves.set(key, got.set(part.concat.n, part.text));
    if (got.size < part.concat.total) return null;
    halves.delete(key);
    return Array.from({ length: part.concat.total }, (_, n) => got.get(n + 1) ?? '').join('');
  };
}

export type Call = { readonly number: string; state: number };

function createExchange(ports: NetworkPorts) {
  const dialled: string[] = [];
  let call: Call | null = null;
  const follow = (mine: Call, script: CallScript): void => {
    const later = (ms: number, run: () => void): void =>
      ports.after(ms, () => {
        if (call === mine) run();
      });
    const end = (why: string) => (): void => {
      call = null;
      ports.say(why);
    };
    if (script.kind !== 'answer') {
      const why = { busy: 'BUSY', noAnswer: 'NO ANSWER', noCarrier: 'NO CARRIER' }[script.kind];
      later(script.afterMs, end(why));
      return;
    }
    const { key } = script;
    later(script.afterMs, () => {
      mine.state = 0;
      if (key !== null) later(key.afterMs, () => ports.say(`+DTMF: ${key.digit}`));
      later(script.hangUpAfterMs, end('NO CARRIER'));
    });
  };
  return {
    dialled,
    current: (): Call | null => call,
    hangUp: (): void => {
      call = null;
    },
    dial: (number: string): void => {
      dialled.push(number);
      const mine: Call = { number, state: 2 };
      call = mine;
      const { calls } = ports.how();
      follow(mine, calls[number] ?? calls['*'] ?? { kind: 'noAnswer', afterMs: 5_000 });
    },
  };
}

export function createNetwork(ports: NetworkPorts) {
  const whole = createTelephone();
  const parts: Submitted[] = [];
  const sent: SentMessage[] = [];
  let reference = 0;
  const receive = (from: string, text: string): void => ports.message(deliverPdu(from, text, ports.nowMs()));
  return {
    ...createExchange(ports),
    parts,
    sent,
    receive,
    /** Takes a message; its reference. */
    take: (part: Submitted): number => {
      reference = (reference + 1) & 255;
      const mine = reference;
      const takenAtMs = ports.nowMs();
      const { report, replies } = ports.how();
      parts.push(part);
      if (part.wantsReport && report !== null)
        ports.after(report.afterMs, () =>
          ports.report(reportPdu(mine, part.number, takenAtMs, ports.nowMs(), report.status)),
        );
      const text = whole(part);
      if (text === null) return mine;
      sent.push({ number: part.number, text, atMs: takenAtMs });
      const reply = replies[part.number] ?? replies['*'];
      if (reply !== undefined) ports.after(reply.afterMs, () => receive(part.number, reply.text));
      return mine;
    },
  };
}
