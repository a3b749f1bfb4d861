/** The stream of a modem as lines and prompts, and what a line is: an end, an answer, or something that it says by itself. */

/** Longer than any line of a modem; what has no end by then is noise. */
const LINE_AT_MOST = 1_024;

export type AtToken = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'prompt' };

/** Feeds what came, gets the whole lines. `> ` has no end of line: it counts where a line would begin. */
export function createAtLines(): (chunk: string) => readonly AtToken[] {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split(/[\r\n]/);
    rest = lines.pop() ?? '';
    const tokens = lines.flatMap((text): AtToken[] =>
      text.trim() === '' ? [] : [{ kind: 'line', text: text.trim() }],
    );
    if (rest.trimStart() === '> ' || rest.trimStart() === '>') {
      rest = '';
      tokens.push({ kind: 'prompt' });
    }
    if (rest.length > LINE_AT_MOST) rest = '';
    return tokens;
  };
}

export type AtError = { readonly family: 'cms' | 'cme' | 'plain'; readonly code: string };
export type AtLine =
  | { readonly kind: 'ok' }
  | { readonly kind: 'error'; readonly error: AtError }
  /** The modem says it by itself; `pduFollows`: its next line belongs to it. */
  | { readonly kind: 'event'; readonly event: AtEvent; readonly pduFollows: boolean }
  | { readonly kind: 'answer'; readonly text: string };

export type AtEvent =
  /** A message lies in the memory under this number; `report`: a status report. */
  | { readonly kind: 'stored'; readonly index: number }
  | { readonly kind: 'pdu'; readonly pdu: string }
  | { readonly kind: 'ring' }
  | { readonly kind: 'callEnded'; readonly why: 'NO CARRIER' | 'BUSY' | 'NO ANSWER' | 'NO DIALTONE' }
  | { readonly kind: 'callTaken' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'spoken' }
  /** It started anew: what was set is lost. */
  | { readonly kind: 'booted' }
  | { readonly kind: 'noise' };

type Shape = {
  readonly pattern: RegExp;
  readonly event: (match: RegExpExecArray) => AtEvent;
  readonly pduFollows?: true;
  /** Unless the command in flight asks for lines that begin so. */
  readonly unlessAsked?: string;
};
const just = (event: AtEvent) => (): AtEvent => event;
const CALL_ENDED = /^(NO CARRIER|BUSY|NO ANSWER|NO DIALTONE)$/;
const EVENTS: readonly Shape[] = [
  { pattern: /^\+(?:CMTI|CDSI): ?"?[^,]*"?, ?(\d+)/, event: (m) => ({ kind: 'stored', index: Number(m[1]) }) },
  { pattern: /^\+(?:CMT|CDS): ?/, event: just({ kind: 'pdu', pdu: '' }), pduFollows: true },
  { pattern: /^(RING|\+CRING:.*|\+CLIP:.*)$/, event: just({ kind: 'ring' }) },
  {
    pattern: CALL_ENDED,
    event: (m) => ({ kind: 'callEnded', why: m[1] as Extract<AtEvent, { kind: 'callEnded' }>['why'] }),
  },
  { pattern: /^(MO CONNECTED|CONNECT|\^CONN:.*)$/, event: just({ kind: 'callTaken' }) },
  { pattern: /^\+(?:RX)?DTMF: ?"?([0-9*#A-D])/, event: (m) => ({ kind: 'key', key: m[1] ?? '' }) },
  { pattern: /^\+CTTS: ?0$/, event: just({ kind: 'spoken' }) },
  {
    pattern: /^(RDY|Call Ready|SMS Ready|\+CFUN: ?1|MODEM:STARTUP)$/,
    event: just({ kind: 'booted' }),
    unlessAsked: '+CFUN',
  },
  { pattern: /^\+CREG: ?\d$/, event: just({ kind: 'noise' }) },
  { pattern: /^(\^|\*|MO RING|UNDER-VOLTAGE|OVER-VOLTAGE|NORMAL POWER DOWN|\+CUSD:)/, event: just({ kind: 'noise' }) },
];

/** `command` is the one in flight, or null. */
export function classify(text: string, command: string | null): AtLine {
  if (text === 'OK') return { kind: 'ok' };
  const coded = /^\+(CMS|CME) ERROR: ?(.*)$/.exec(text);
  if (coded !== null)
    return { kind: 'error', error: { family: coded[1] === 'CMS' ? 'cms' : 'cme', code: (coded[2] ?? '').trim() } };
  if (text === 'ERROR' || text === 'COMMAND NOT SUPPORT')
    return { kind: 'error', error: { family: 'plain', code: '' } };
  // Until it is dialled, how a call failed is the answer to the dialling.
  if (command?.startsWith('ATD') === true && CALL_ENDED.test(text))
    return { kind: 'error', error: { family: 'plain', code: text } };
  for (const { pattern, event, pduFollows, unlessAsked } of EVENTS) {
    const match = pattern.exec(text);
    if (match === null || (unlessAsked !== undefined && command?.startsWith(`AT${unlessAsked}`) === true)) continue;
    return { kind: 'event', event: event(match), pduFollows: pduFollows === true };
  }
  return { kind: 'answer', text };
}
