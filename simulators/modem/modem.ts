/**
 * A virtual GSM modem: the text of its AT commands (27.005, 27.007), a memory of messages, and a network behind it. Time is
 * its owner's: it says what is to happen after how long.
 */
import type { EpochMs } from '#model/time.ts';
import { GOOD, type ModemBehaviour } from './behaviour.ts';
import { createNetwork, type SentMessage } from './network.ts';
import { type Pdu, readSubmit, type Submitted } from './pdu.ts';

export type ModemPorts = {
  readonly write: (text: string) => void;
  readonly after: (ms: number, run: () => void) => void;
  readonly nowMs: () => EpochMs;
};

export type Modem = {
  readonly take: (text: string) => void;
  readonly set: (change: Partial<ModemBehaviour>) => void;
  /** Whole messages that the network took, in order. */
  readonly sent: () => readonly SentMessage[];
  /** PDUs that it took, long messages part by part. */
  readonly parts: () => readonly Submitted[];
  readonly dialled: () => readonly string[];
  readonly spoken: () => readonly string[];
  /** Somebody writes to the modem's number. */
  readonly receive: (from: string, text: string) => void;
  /** As after a dip of its supply: everything that was set is lost. */
  readonly boot: () => void;
};

const MEMORY = 30;
const CTRL_Z = '\u001a';
const ESC = '\u001b';
const OK: readonly string[] = ['OK'];
const ERROR: readonly string[] = ['ERROR'];

/** What commands set, and what lies in the memory. */
type State = {
  echo: boolean;
  numericErrors: boolean;
  messages: number;
  reports: number;
  submitting: number | null;
  readonly memory: Map<number, { readonly pdu: Pdu; read: boolean }>;
  readonly spoken: string[];
};
type Answer = (match: RegExpExecArray) => readonly string[];
type Command = readonly [RegExp, Answer];
type Parts = {
  readonly state: State;
  readonly how: () => ModemBehaviour;
  readonly network: ReturnType<typeof createNetwork>;
  readonly ports: ModemPorts;
  readonly say: (...lines: readonly string[]) => void;
  readonly fail: (kind: 'CMS' | 'CME', code: number) => readonly string[];
};

const isRegistered = ({ registered }: ModemBehaviour): boolean => registered === 1 || registered === 5;
const SIM = { ready: 'READY', pin: 'SIM PIN', puk: 'SIM PUK' } as const;

function settings({ state, how, fail }: Parts): readonly Command[] {
  const set =
    (change: (match: RegExpExecArray) => void): Answer =>
    (match) => {
      change(match);
      return OK;
    };
  return [
    [/^AT$|^ATZ$|^AT&F$|^AT\+CFUN=1$|^AT\+(CREG|DDET)=[012]$|^AT\+CSCS="(GSM|UCS2)"$/, () => OK],
    [
      /^ATE([01])$/,
      set((m) => {
        state.echo = m[1] === '1';
      }),
    ],
    [
      /^AT\+CMEE=([012])$/,
      set((m) => {
        state.numericErrors = m[1] !== '0';
      }),
    ],
    [
      /^AT\+CNMI=\d,(\d)(?:,\d,(\d)(?:,\d)?)?$/,
      set((m) => {
        state.messages = Number(m[1]);
        state.reports = Number(m[2] ?? '0');
      }),
    ],
    [/^AT\+CMGF=([01])$/, (m) => (m[1] === '0' ? OK : fail('CMS', 303))],
    [/^AT\+CGMI$/, () => ['FENGSUI', 'OK']],
    [/^AT\+CGMM$|^ATI$/, () => ['VM-1', 'OK']],
    [/^AT\+CGMR$/, () => ['Revision: 1.0', 'OK']],
    [/^AT\+CGSN$/, () => ['356938035643809', 'OK']],
    [/^AT\+CIMI$/, () => (how().sim === 'ready' ? ['460001234567890', 'OK'] : fail('CME', 10))],
    [
      /^AT\+CPIN\?$/,
      () => {
        const { sim } = how();
        return sim === 'none' ? fail('CME', 10) : [`+CPIN: ${SIM[sim]}`, 'OK'];
      },
    ],
    [/^AT\+CREG\?$/, () => [`+CREG: 0,${how().registered}`, 'OK']],
    [/^AT\+CSQ$/, () => [`+CSQ: ${how().signal},0`, 'OK']],
    [/^AT\+CMGF\?$/, () => ['+CMGF: 0', 'OK']],
    [/^AT\+CSMS=0$/, () => ['+CSMS: 1,1,1', 'OK']],
    [/^AT\+CSCS=\?$/, () => ['+CSCS: ("GSM","UCS2")', 'OK']],
    [/^AT\+CSCS\?$/, () => ['+CSCS: "GSM"', 'OK']],
    [/^AT\+CSCA\?$/, () => ['+CSCA: "+8613800200500",145', 'OK']],
    [/^AT\+CSMP\?$/, () => ['+CSMP: 17,167,0,8', 'OK']],
  ];
}

function messages({ state, ports, fail }: Parts): readonly Command[] {
  const { memory } = state;
  const room = (): string => `${memory.size},${MEMORY}`;
  return [
    [/^AT\+CPMS=\?$/, () => ['+CPMS: ("SM"),("SM"),("SM")', 'OK']],
    [/^AT\+CPMS\?$/, () => [`+CPMS: "SM",${room()},"SM",${room()},"SM",${room()}`, 'OK']],
    [/^AT\+CPMS="SM"/, () => [`+CPMS: ${room()},${room()},${room()}`, 'OK']],
    [
      /^AT\+CMGL=4$/,
      () => [
        ...[...memory].flatMap(([n, { pdu, read }]) => [`+CMGL: ${n},${read ? 1 : 0},,${pdu.length}`, pdu.pdu]),
        'OK',
      ],
    ],
    [
      /^AT\+CMGR=(\d+)$/,
      (m) => {
        const stored = memory.get(Number(m[1]));
        if (stored === undefined) return fail('CMS', 321);
        const was = stored.read ? 1 : 0;
        stored.read = true;
        return [`+CMGR: ${was},,${stored.pdu.length}`, stored.pdu.pdu, 'OK'];
      },
    ],
    [/^AT\+CMGD=(\d+)/, (m) => (memory.delete(Number(m[1])) ? OK : fail('CMS', 321))],
    [
      /^AT\+CMGS=(\d+)$/,
      (m) => {
        state.submitting = Number(m[1]);
        ports.write('\r\n> ');
        return [];
      },
    ],
  ];
}

function calls({ state, how, network, ports, say, fail }: Parts): readonly Command[] {
  return [
    [
      /^ATD([+\d*#]+);$/,
      (m) => {
        if (how().sim === 'none') return fail('CME', 10);
        if (!isRegistered(how())) return ['NO CARRIER'];
        network.dial(m[1] ?? '');
        return OK;
      },
    ],
    [
      /^ATH\d?$|^AT\+CHUP$/,
      () => {
        network.hangUp();
        return OK;
      },
    ],
    [
      /^AT\+CLCC$/,
      () => {
        const call = network.current();
        return call === null ? OK : [`+CLCC: 1,0,${call.state},0,0,"${call.number}",129`, 'OK'];
      },
    ],
    [/^AT\+CTTS=\?$/, () => (how().speaks ? ['+CTTS: (0-2)', 'OK'] : ERROR)],
    [
      /^AT\+CTTS=1,"([0-9A-F]*)"$/,
      (m) => {
        if (!how().speaks || network.current() === null) return ERROR;
        const units = (m[1] ?? '').match(/..../g) ?? [];
        state.spoken.push(units.map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join(''));
        ports.after(20, () => say('+CTTS: 0'));
        return OK;
      },
    ],
  ];
}

/** A PDU that was submitted: handed to the network, or why not; null when the modem says nothing at all. */
function submit({ how, network, fail }: Parts, hex: string, length: number): readonly string[] | null {
  const part = readSubmit(hex, length);
  const { sim, send } = how();
  if (part === undefined) return fail('CMS', 304);
  if (sim === 'none') return fail('CMS', 310);
  if (!isRegistered(how())) return fail('CMS', 331);
  if (send.kind === 'silent') return null;
  return send.kind === 'error' ? fail('CMS', send.cms) : [`+CMGS: ${network.take(part)}`, 'OK'];
}

/** Splits what comes into commands and, after a prompt, PDUs. */
function createInput(state: State, run: (line: string) => void, end: (body: string | null, length: number) => void) {
  let buffer = '';
  const step = (): boolean => {
    const length = state.submitting;
    const at = length === null ? buffer.indexOf('\r') : buffer.search(new RegExp(`[${CTRL_Z}${ESC}]`));
    if (at < 0) return false;
    const part = buffer.slice(0, at);
    const sign = buffer[at];
    buffer = buffer.slice(at + 1);
    if (length === null) run(part.replaceAll('\n', '').trim());
    else {
      state.submitting = null;
      end(sign === ESC ? null : part.replace(/\s/g, '').toUpperCase(), length);
    }
    return true;
  };
  return {
    push: (text: string): void => {
      buffer += text;
      while (step());
    },
    clear: (): void => {
      buffer = '';
    },
  };
}

const freshState = (): State => ({
  echo: true,
  numericErrors: false,
  messages: 0,
  reports: 0,
  submitting: null,
  memory: new Map(),
  spoken: [],
});

export function createModem(ports: ModemPorts, first: Partial<ModemBehaviour> = {}): Modem {
  let behaviour: ModemBehaviour = { ...GOOD, ...first };
  const state = freshState();
  const how = (): ModemBehaviour => behaviour;
  const say = (...lines: readonly string[]): void => ports.write(lines.map((line) => `\r\n${line}\r\n`).join(''));
  const store = (pdu: Pdu): number => {
    let index = 1;
    while (state.memory.has(index) && index < MEMORY) index++;
    state.memory.set(index, { pdu, read: false });
    return index;
  };
  const network = createNetwork({
    how,
    after: ports.after,
    nowMs: ports.nowMs,
    say,
    message: (pdu) => {
      if (state.messages === 2) say(`+CMT: ,${pdu.length}`, pdu.pdu);
      else {
        const index = store(pdu);
        if (state.messages === 1) say(`+CMTI: "SM",${index}`);
      }
    },
    report: (pdu) => {
      if (state.reports === 1) say(`+CDS: ${pdu.length}`, pdu.pdu);
      if (state.reports === 2) say(`+CDSI: "SM",${store(pdu)}`);
    },
  });
  const fail = (kind: 'CMS' | 'CME', code: number): readonly string[] =>
    state.numericErrors ? [`+${kind} ERROR: ${code}`] : ERROR;
  const parts: Parts = { state, how, network, ports, say, fail };
  const commands = [...settings(parts), ...messages(parts), ...calls(parts)];
  const chatter = (): void => {
    if (behaviour.chatty) say('+CREG: 1', '^RSSI:18');
  };
  const run = (line: string): void => {
    if (!/^AT/i.test(line)) return;
    chatter();
    const command = `AT${line.slice(2)}`;
    for (const [pattern, answer] of commands) {
      const match = pattern.exec(command);
      if (match === null) continue;
      say(...answer(match));
      return;
    }
    say('ERROR');
  };
  const input = createInput(state, run, (body, length) => {
    const answer = body === null ? OK : submit(parts, body, length);
    chatter();
    if (answer !== null) say(...answer);
  });
  return {
    take: (text) => {
      if (state.echo) ports.write(text);
      input.push(text);
    },
    set: (change) => {
      behaviour = { ...behaviour, ...change };
    },
    sent: () => network.sent,
    parts: () => network.parts,
    dialled: () => network.dialled,
    spoken: () => state.spoken,
    receive: network.receive,
    boot: () => {
      const { memory: _memory, spoken: _spoken, ...settingsOnly } = freshState();
      Object.assign(state, settingsOnly);
      network.hangUp();
      input.clear();
      say('RDY', '+CFUN: 1', 'Call Ready');
    },
  };
}
