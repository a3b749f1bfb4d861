/** Serves a line on a serial port that exists, e.g. a USB adapter wired to a real edge box. */
import { SerialPort } from 'serialport';
import { openClock } from '#model/io/clock.ts';
import { supervise } from '#model/io/supervise.ts';
import type { StageContext } from '#model/ports.ts';
import type { LineConfig } from '#simulators/config.ts';
import type { Line } from '#simulators/io/line.ts';
import { type Plug, servePlugged } from '#simulators/io/plug.ts';
import type { Responder } from '#simulators/io/responder.ts';
import { lineSilenceMs, openRtuPort } from '#simulators/io/rtu-port.ts';

export type SerialLineParts = {
  readonly id: string;
  readonly simPath: string;
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly pace: LineConfig['pace'];
  readonly responder: Responder;
  readonly plug: Plug;
  readonly ctx: StageContext;
};

const realClock = openClock({ kind: 'real' });

async function serveOnce(
  parts: SerialLineParts,
  signal: AbortSignal,
  spoken: (write: ((bytes: Uint8Array) => void) | null) => void,
): Promise<void> {
  const { simPath, baudRate, parity } = parts;
  const serial = new SerialPort({ path: simPath, baudRate, parity, dataBits: 8, stopBits: 1, autoOpen: false });
  const closed = new Promise<void>((resolve) => serial.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => serial.open((cause) => (cause === null ? resolve() : reject(cause))));
  serial.on('error', (cause) => parts.ctx.log.warn('serial port error', { line: parts.id, cause: String(cause) }));
  const write = (bytes: Uint8Array) => void serial.write(bytes);
  const port = openRtuPort({
    responder: parts.responder,
    write,
    silenceMs: lineSilenceMs(baudRate),
    pace: parts.pace,
  });
  serial.on('data', (chunk: Uint8Array) => port.take(chunk));
  const shut = () => serial.close(() => undefined);
  signal.addEventListener('abort', shut, { once: true });
  if (signal.aborted) shut();
  else spoken(write);
  await closed;
  spoken(null);
  port.close();
  signal.removeEventListener('abort', shut);
  if (!signal.aborted) throw new Error(`serial port ${simPath} closed`);
}

/** Opens at once if it can; a port that is not there yet or goes away is tried again with growing pauses. */
export async function openSerialLine(parts: SerialLineParts): Promise<Line> {
  const stop = new AbortController();
  const { log, metrics } = parts.ctx;
  let write: ((bytes: Uint8Array) => void) | null = null;
  const running = supervise(
    { name: `simulator-line-${parts.id}`, log, metrics, clock: realClock, signal: stop.signal },
    (signal) =>
      servePlugged(parts.plug, signal, (session) =>
        serveOnce(parts, session, (spoken) => {
          write = spoken;
        }),
      ),
  );
  return {
    address: { id: parts.id, kind: 'modbus-rtu', path: parts.simPath },
    note: null,
    babble: (bytes) => write?.(bytes),
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
