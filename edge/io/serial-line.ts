/** A serial port as a stream of bytes. */
import { SerialPort } from 'serialport';
import { err, ok, type Result } from '../../model/result.ts';
import type { ByteLine } from './rtu-link.ts';

/** The driver may wait for bytes that nobody takes any more. */
const CLOSE_LIMIT_MS = 500;

export type SerialSettings = {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
};

/** Opens the port for this process alone, 8 data bits and one stop bit. */
export function openSerialLine(settings: SerialSettings): Promise<Result<ByteLine, string>> {
  const port = new SerialPort({ ...settings, dataBits: 8, stopBits: 1, autoOpen: false, lock: true });
  const closers = new Set<(detail: string) => void>();
  const closed = (detail: string) => {
    const all = [...closers];
    closers.clear();
    for (const run of all) run(detail);
  };
  /** A port that goes away in the middle of a call never calls back: the call ends with the port. */
  const orClosed = (call: (done: (cause: Error | null | undefined) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const fail = (detail: string) => reject(new Error(detail));
      closers.add(fail);
      call((cause) => {
        closers.delete(fail);
        if (cause === null || cause === undefined) resolve();
        else reject(cause);
      });
    });
  port.on('close', (cause: Error | null) => closed(cause?.message ?? 'port closed'));
  port.on('error', (cause) => {
    closed(cause.message);
    if (port.isOpen) port.close(() => undefined);
  });
  const line: ByteLine = {
    write: (bytes) => orClosed((done) => port.write(Buffer.from(bytes), done)),
    discardInput: () => orClosed((done) => port.flush(done)),
    onBytes: (run) => {
      port.on('data', (bytes: Buffer) => run(bytes));
    },
    onClose: (run) => closers.add(run),
    close: () =>
      new Promise((resolve) => {
        if (!port.isOpen) return resolve();
        const done = () => {
          clearTimeout(limit);
          closed('port closed');
          resolve();
        };
        const limit = setTimeout(done, CLOSE_LIMIT_MS);
        port.close(done);
      }),
  };
  return new Promise((resolve) => {
    port.open((cause) => resolve(cause === null || cause === undefined ? ok(line) : err(cause.message)));
  });
}
