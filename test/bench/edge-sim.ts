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
export type SimMessage = {
  readonly silent?: readonly number[];
  /** From now on this holding register holds this. */
  readonly set?: { readonly unitId: number; readonly address: number; readonly value: number };
};
/** What happened on a line, in the time of `performance.timeOrigin + performance.now()`. */
export type SimEvent = {
  readonly kind: 'changed value read' | 'written';
  readonly unitId: number;
  readonly address: number;
  readonly atMs: number;
};

type State = { readonly silent: Set<number>; readonly changed: Map<string, { value: number; told: boolean }> };

const tell = (kind: SimEvent['kind'], unitId: number, address: number): void => {
  const event: SimEvent = { kind, unitId, address, atMs: performance.timeOrigin + performance.now() };
  process.send?.(event);
};

/** Puts in what was set by the row; its first reader is told of. */
function withChanges(state: State, unitId: number, asked: Uint8Array, pdu: Uint8Array): Uint8Array {
  const view = new DataView(asked.buffer, asked.byteOffset);
  const first = view.getUint16(1);
  for (let at = 0; at < view.getUint16(3); at++) {
    const change = state.changed.get(`${unitId} ${first + at}`);
    if (change === undefined) continue;
    pdu[2 + 2 * at] = change.value >> 8;
    pdu[3 + 2 * at] = change.value & 0xff;
    if (!change.told) tell('changed value read', unitId, first + at);
    change.told = true;
  }
  return pdu;
}

function echoUnits(count: number, state: State): Responder {
  const devices = Array.from({ length: count }, (_, at) => createEchoDevice(at + 1));
  const answerOf = (unitId: number, asked: Uint8Array): Uint8Array | undefined => {
    if (state.silent.has(unitId)) return undefined;
    if ((asked[0] ?? 0) > 4) {
      tell('written', unitId, new DataView(asked.buffer, asked.byteOffset).getUint16(1));
      return asked.slice(0, 5);
    }
    const answer = devices[unitId - 1]?.answer(asked, 0);
    return answer?.kind === 'reply' ? withChanges(state, unitId, asked, answer.pdu) : undefined;
  };
  return {
    respond: (unitId, asked) => {
      const pdu = answerOf(unitId, asked);
      return pdu === undefined ? null : sendingOf([], unitId, pdu, { seed: 1, name: 'bench', atMs: 0 });
    },
    dropped: () => undefined,
    echoes: () => false,
  };
}

async function serve(order: SimOrder, path: string, state: State): Promise<void> {
  const pty = await openPty(path);
  const { baudRate, turnaroundMs } = order;
  if (process.env['BENCH_LOG'] !== undefined) process.stderr.write(`passing ${pty.passingMs.toFixed(3)} ms\n`);
  const port = openRtuPort({
    responder: echoUnits(order.unitsPerLine, state),
    write: pty.write,
    silenceMs: lineSilenceMs(baudRate),
    // A wire has no system between its ends: what that takes there and back, at the least, is a part of the turnaround.
    pace: turnaroundMs === null ? null : { baudRate, turnaroundMs: Math.max(0, turnaroundMs - 2 * pty.passingMs) },
  });
  pty.onBytes((bytes) => port.take(bytes));
}

async function start(order: SimOrder): Promise<void> {
  const state: State = { silent: new Set(), changed: new Map() };
  for (const path of order.paths) await serve(order, path, state);
  process.on('message', ({ silent, set }: SimMessage) => {
    for (const unitId of silent ?? []) state.silent.add(unitId);
    if (set !== undefined) state.changed.set(`${set.unitId} ${set.address}`, { value: set.value, told: false });
  });
  process.send?.({ ready: true });
}

process.once('message', (order: SimOrder) => {
  start(order).catch((cause: unknown) => {
    process.stderr.write(`${String(cause)}\n`);
    process.exit(1);
  });
});
