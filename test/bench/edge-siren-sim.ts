/**
 * The wires of the siren's bench in a process of their own: crack meters and a relay board on one paced pseudo-terminal.
 * Told what the first meter shows; tells when that was first read out and when the siren's coil was written.
 */
import type { DeviceProfile } from '#model/device-profile.ts';
import { createDevice } from '#simulators/device.ts';
import { lineSilenceMs, openRtuPort } from '#simulators/io/rtu-port.ts';
import { sendingOf } from '#simulators/reply-fault.ts';
import { lineMs } from '#simulators/rtu-slave.ts';
import { openPty } from '#test/bench/pty.ts';

export type SirenOrder = {
  readonly path: string;
  readonly baudRate: number;
  readonly turnaroundMs: number;
  readonly meters: readonly number[];
  readonly board: number;
  readonly meter: DeviceProfile;
  readonly relays: DeviceProfile;
};
export type Show = { readonly show: number };
/** On this process's clock. */
export type Shown = {
  /** The first meter had the new value in its answer: its request was there. */
  readonly readMs: number;
  /** The board has the last byte of the write. */
  readonly writtenMs: number;
};

const WRITE_BYTES = 8;

async function serve(order: SirenOrder): Promise<void> {
  const { path, baudRate, turnaroundMs, meters, board, meter, relays } = order;
  const pty = await openPty(path);
  let shows = 5;
  let isOn = false;
  let readMs: number | undefined;
  const devices = new Map([
    ...meters.map((unitId) => [unitId, createDevice(unitId, meter, () => (unitId === meters[0] ? shows : 5))] as const),
    [board, createDevice(board, relays, () => 0)] as const,
  ]);
  const port = openRtuPort({
    responder: {
      respond: (unitId, pdu) => {
        const nowMs = performance.now();
        const answer = devices.get(unitId)?.answer(pdu, 0);
        if (answer?.kind !== 'reply') return null;
        if (unitId === meters[0]) readMs ??= nowMs;
        const [coil] = answer.written?.address === 0 ? answer.written.values : [];
        if (coil !== undefined && (coil === 1) !== isOn) {
          isOn = coil === 1;
          const told: Shown = { readMs: readMs ?? 0, writtenMs: nowMs + lineMs(baudRate, WRITE_BYTES) };
          process.send?.(told);
        }
        return sendingOf([], unitId, answer.pdu, { seed: 1, name: 'bench', atMs: 0 });
      },
      dropped: () => undefined,
      echoes: () => false,
    },
    write: pty.write,
    silenceMs: lineSilenceMs(baudRate),
    pace: { baudRate, turnaroundMs: Math.max(0, turnaroundMs - 2 * pty.passingMs) },
  });
  pty.onBytes((bytes) => port.take(bytes));
  process.on('message', ({ show }: Show) => {
    shows = show;
    readMs = undefined;
  });
  process.send?.({ ready: true });
}

process.once('message', (order: SirenOrder) => {
  serve(order).catch((cause: unknown) => {
    process.stderr.write(`${String(cause)}\n`);
    process.exit(1);
  });
});
