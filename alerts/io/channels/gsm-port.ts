/**
 * The line of a modem: one owner, one command in flight, real time limits. What the modem says by itself goes to
 * listeners. A modem that is silent past a limit is not asked on: a late answer would be taken for the next one's.
 */
import { SerialPort } from 'serialport';
import { type AtError, type AtEvent, classify, createAtLines } from '../../gsm/at-lines.ts';

export type AtAnswer =
  | { readonly kind: 'ok'; readonly lines: readonly string[] }
  | { readonly kind: 'error'; readonly error: AtError }
  /** No answer in time; `gone`: the line broke. `handedOver`: what followed the prompt had left. */
  | { readonly kind: 'silent' | 'gone'; readonly handedOver: boolean };

export type AtPort = {
  /** `body` is sent after the prompt and ended with Ctrl-Z. */
  readonly ask: (command: string, limitMs: number, body?: string) => Promise<AtAnswer>;
  readonly onEvent: (take: (event: AtEvent) => void) => void;
  readonly closed: Promise<string>;
  readonly close: () => Promise<void>;
};

type Flight = {
  readonly command: string;
  readonly body: string | undefined;
  readonly lines: string[];
  handedOver: boolean;
  end: (answer: AtAnswer) => void;
};

const CTRL_Z = '\u001a';

async function openSerial(path: string, baudRate: number): Promise<SerialPort> {
  const serial = new SerialPort({ path, baudRate, autoOpen: false, lock: true });
  await new Promise<void>((resolve, reject) => serial.open((cause) => (cause === null ? resolve() : reject(cause))));
  return serial;
}

/** What came over the line, sorted: answers to the flight, the end of it, events. */
function createEar(flight: () => Flight | null, tell: (event: AtEvent) => void, send: (text: string) => void) {
  const split = createAtLines();
  let pduDue = false;
  const onLine = (text: string): void => {
    const current = flight();
    if (pduDue) {
      pduDue = false;
      tell({ kind: 'pdu', pdu: text });
      return;
    }
    if (current !== null && (text === current.command || text.replace(CTRL_Z, '') === current.body)) return; // Echo.
    const line = classify(text, current?.command ?? null);
    if (line.kind === 'event') {
      pduDue = line.pduFollows;
      if (!pduDue) tell(line.event);
      return;
    }
    if (current === null) return;
    if (line.kind === 'answer') current.lines.push(line.text);
    else current.end(line.kind === 'ok' ? { kind: 'ok', lines: current.lines } : line);
  };
  return (chunk: string): void => {
    for (const token of split(chunk)) {
      if (token.kind === 'line') onLine(token.text);
      else {
        const current = flight();
        if (current?.body === undefined || current.handedOver) continue;
        current.handedOver = true;
        send(`${current.body}${CTRL_Z}`);
      }
    }
  };
}

/** Throws when the path cannot be opened. */
export async function openAtPort(path: string, baudRate: number): Promise<AtPort> {
  const serial = await openSerial(path, baudRate);
  const takers: ((event: AtEvent) => void)[] = [];
  let flight: Flight | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let open = true;
  const gone = Promise.withResolvers<string>();
  const shut = (why: string): void => {
    if (!open) return;
    open = false;
    flight?.end({ kind: 'gone', handedOver: flight.handedOver });
    gone.resolve(why);
  };
  const send = (text: string): void => {
    serial.write(text, 'latin1', (cause) => {
      if (cause) shut(String(cause));
    });
  };
  const hear = createEar(
    () => flight,
    (event) => {
      for (const take of takers) take(event);
    },
    send,
  );
  serial.on('data', (chunk: Buffer) => hear(chunk.toString('latin1')));
  serial.on('close', () => shut('the line was closed'));
  serial.on('error', (cause) => shut(String(cause)));

  const askNow = (command: string, limitMs: number, body?: string): Promise<AtAnswer> =>
    new Promise((resolve) => {
      if (!open) return resolve({ kind: 'gone', handedOver: false });
      const mine: Flight = { command, body, lines: [], handedOver: false, end: () => undefined };
      const timer = setTimeout(() => {
        mine.end({ kind: 'silent', handedOver: mine.handedOver });
        shut(`no answer to ${command}`);
      }, limitMs);
      mine.end = (answer) => {
        clearTimeout(timer);
        mine.end = () => undefined;
        flight = null;
        resolve(answer);
      };
      flight = mine;
      send(`${command}\r`);
    });
  return {
    ask: (command, limitMs, body) => {
      const mine = turn.then(() => askNow(command, limitMs, body));
      turn = mine;
      return mine;
    },
    onEvent: (take) => {
      takers.push(take);
    },
    closed: gone.promise,
    close: async () => {
      shut('closed by us');
      if (serial.isOpen) await new Promise<void>((resolve) => serial.close(() => resolve()));
    },
  };
}
