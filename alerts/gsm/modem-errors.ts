/** What a modem's numbers mean (3GPP TS 27.005, 3.2.5 and 27.007, 9.2), what to do, and whether trying again can help. */
import type { AtError } from './at-lines.ts';

type Meaning = {
  readonly means: string;
  /** `message`: this very message or number is refused; `away`: the modem, the SIM or the network is not ready. */
  readonly about: 'message' | 'away';
};
const away = (means: string): Meaning => ({ means, about: 'away' });
const message = (means: string): Meaning => ({ means, about: 'message' });

const CMS: { readonly [code: string]: Meaning | undefined } = {
  1: message('the number does not exist: mend it in the list of people'),
  8: away('the operator bars this SIM from sending: ask the operator'),
  10: away('calls are barred on this SIM: ask the operator'),
  21: message('the network refuses this message: is the credit used up, is the number right?'),
  27: message('the destination is out of service'),
  28: message('the number is not known to the network: mend it in the list of people'),
  29: away('the SIM has no short messages in its contract: ask the operator'),
  30: message('the network does not know this subscriber'),
  38: away('the network is out of order'),
  41: away('the network failed for a moment'),
  42: away('the network is congested'),
  47: away('the network has no room at the moment'),
  50: away('short messages are not in the contract of this SIM: ask the operator'),
  69: away('the network does not offer short messages here'),
  96: message('the network finds the message malformed'),
  111: away('the network answers with a protocol error'),
  302: away('the modem may not do that now'),
  304: message('the modem finds the PDU malformed'),
  310: away('there is no SIM: put one in'),
  311: away('the SIM wants its PIN: switch the PIN off with a telephone'),
  312: away('the SIM wants its PIN: switch the PIN off with a telephone'),
  313: away('the SIM has failed: take another one'),
  314: away('the SIM is busy'),
  315: away('this is not a SIM for this modem'),
  316: away('the SIM is blocked and wants its PUK: ask the operator'),
  320: away('the memory of the modem failed'),
  322: away('the memory for messages is full'),
  330: away('no service centre is known: set it with AT+CSCA'),
  331: away('no network: look at the antenna'),
  332: away('the network did not answer in time'),
  500: away('the modem does not say why: is the credit used up?'),
};
const CME: { readonly [code: string]: Meaning | undefined } = {
  3: away('the modem may not do that now'),
  4: away('the modem cannot do that'),
  10: away('there is no SIM: put one in'),
  11: away('the SIM wants its PIN: switch the PIN off with a telephone'),
  12: away('the SIM is blocked and wants its PUK: ask the operator'),
  13: away('the SIM has failed: take another one'),
  14: away('the SIM is busy'),
  15: away('this is not a SIM for this modem'),
  20: away('the memory is full'),
  30: away('no network: look at the antenna'),
  31: away('the network did not answer in time'),
  32: away('only emergency calls are allowed: ask the operator'),
  100: away('the modem does not say why'),
};

export function explainError({ family, code }: AtError): { readonly detail: string; readonly about: Meaning['about'] } {
  if (family === 'plain') return { detail: 'ERROR: the modem does not say why', about: 'away' };
  const name = family === 'cms' ? '+CMS ERROR' : '+CME ERROR';
  const known = (family === 'cms' ? CMS : CME)[code];
  return { detail: `${name} ${code}: ${known?.means ?? 'not a known number'}`, about: known?.about ?? 'away' };
}

/** AT+CREG? as words; null when it is registered. */
export function notRegistered(answer: string): string | null {
  const state = /\+CREG: ?\d+, ?(\d+)/.exec(answer)?.[1];
  switch (state) {
    case '1':
    case '5':
      return null;
    case '0':
      return 'not registered and not looking for a network: is the antenna on?';
    case '2':
      return 'looking for a network: wait, or look at the antenna';
    case '3':
      return 'the network refuses this SIM: ask the operator';
    default:
      return `registration unknown (${answer})`;
  }
}

/** AT+CSQ as dBm; null when it is not known. */
export function signalDbm(answer: string): number | null {
  const steps = Number(/\+CSQ: ?(\d+)/.exec(answer)?.[1] ?? '99');
  return steps > 31 ? null : -113 + 2 * steps;
}
/** Below this messages begin to fail. */
export const WEAK_DBM = -103;

/** AT+CPIN? as words; null when the SIM is ready. */
export function simTrouble(answer: string): string | null {
  if (/\+CPIN: ?READY/.test(answer)) return null;
  if (/SIM PIN/.test(answer)) return 'the SIM wants its PIN: switch the PIN off with a telephone';
  if (/PUK/.test(answer)) return 'the SIM is blocked and wants its PUK: ask the operator';
  return `the SIM is not ready (${answer})`;
}
