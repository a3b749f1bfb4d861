/**
 * The bench's paced lines in a process of their own: the simulator's units and pacing on pseudo-terminals whose master
 * is this process. Told by a message what to serve, answers when it is ready.
 */
import { createEchoDevice } from '#simulators/device.ts';
import type { Responder } from '#simulators/io/responder.ts';
import { lineSilenceMs, openRtuPort } from '#simulators/io/rtu-port.ts';
import { sendingOf } from '#simulators/reply-fault.ts';
import { openPty } from '#test/bench/pty.ts';

export type SimOrder = {
  readonly paths: readonly string[];
  readonly unitsPerLine: number;
  readonly baudRate: number;
  readonly turnaroundMs: number | null;
};

/** What the row tells while the lines are served. */
export type SimMessage = { readonly silent: readonly number[] };

function echoUnits(count: number, silent: ReadonlySet<number>): Responder {
  const devices = Array.from({ length: count }, (_, at) => createEchoDevice(at + 1));
  return {
    respond: (unitId, pdu) => {
      const answer = silent.has(unitId) ? undefined : devices[unitId - 1]?.answer(pdu, 0);
      if (answer?.kind !== 'reply') return null;
      return sendingOf([], unitId, answer.pdu, { seed: 1, name: 'bench', atMs: 0 });
    },
    dropped: () => undefined,
    echoes: () => false,
  };
}

async function serve(order: SimOrder, path: string, silent: ReadonlySet<number>): Promise<void> {
  const pty = await openPty(path);
  const { baudRate, turnaroundMs } = order;
  if (process.env['BENCH_LOG'] !== undefined) process.stderr.write(`passing ${pty.passingMs.toFixed(3)} ms\n`);
  const port = openRtuPort({
    responder: echoUnits(order.unitsPerLine, silent),
    write: pty.write,
    silenceMs: lineSilenceMs(baudRate),
    // A wire has no system between its ends: what that takes there and back, at the least, is a part of the turnaround.
    pace: turnaroundMs === null ? null : { baudRate, turnaroundMs: Math.max(0, turnaroundMs - 2 * pty.passingMs) },
  });
  pty.onBytes((bytes) => port.take(bytes));
}

async function start(order: SimOrder): Promise<void> {
  const silent = new Set<number>();
  for (const path of order.paths) await serve(order, path, silent);
  process.on('message', (told: SimMessage) => {
    for (const unitId of told.silent) silent.add(unitId);
  });
  process.send?.({ ready: true });
}

process.once('message', (order: SimOrder) => {
  start(order).catch((cause: unknown) => {
    process.stderr.write(`${String(cause)}\n`);
    process.exit(1);
  });
});
