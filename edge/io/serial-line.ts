/** A serial port as a stream of bytes. */
import { SerialPort } from 'serialport';
import { err, ok, type Result } from '../../model/result.ts';
import type { ByteLine } from './rtu-link.ts';

export type SerialSettings = {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
};

/** Opens the port for this process alone, 8 data bits and one stop bit. */
export function openSerialLine(settings: SerialSettings): Promise<Result<ByteLine, string>> {
  const port = new SerialPort({ ...settings, dataBits: 8, stopBits: 1, autoOpen: false, lock: true });
  const closers: ((detail: string) => void)[] = [];
  const closed = (detail: string) => {
    for (const run of closers.splice(0)) run(detail);
  };
  port.on('close', (cause: Error | null) => closed(cause?.message ?? 'port closed'));
  port.on('error', (cause) => {
    closed(cause.message);
    if (port.isOpen) port.close(() => undefined);
  });
  const line: ByteLine = {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        port.write(Buffer.from(bytes), (cause) => (cause == null ? resolve() : reject(cause)));
      }),
    discardInput: () =>
      new Promise((resolve, reject) => {
        port.flush((cause) => (cause == null ? resolve() : reject(cause)));
      }),
    onBytes: (run) => {
      port.on('data', (bytes: Buffer) => run(bytes));
    },
    onClose: (run) => closers.push(run),
    close: () =>
      new Promise((resolve) => {
        if (!port.isOpen) return resolve();
        port.close(() => resolve());
      }),
  };
  return new Promise((resolve) => {
    port.open((cause) => resolve(cause === null || cause === undefined ? ok(line) : err(cause.message)));
  });
}
