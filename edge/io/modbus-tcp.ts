/**
 * Modbus TCP, one request at a time. Ours and not a library's: a stream that lost or gained a byte has lost its frames
 * for good, so that the connection is left at the first byte that cannot belong to an answer, and a new one is opened
 * before the next request; the other units notice nothing (docs/decisions/own-rtu-framing.md).
 */
import { randomInt } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { err, ok, type Result } from '../../model/result.ts';
import type { Request, Scan } from '../modbus/frame.ts';
import { type MbapFault, scanBody, sealRequest, takeReply } from '../modbus/mbap.ts';
import { nextTurn } from './precise-wait.ts';
import type { Answer, OnStray, ReadFault, Timing, Transport } from './transport.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const RENEW_TIMEOUT_MS = 3_000;
/** That many reads in a row without an answer, of whatever unit: the connection itself is taken for dead. */
const TIMEOUTS_TO_RENEW = 3;
/** Connections that broke with no answer in between; then the bus is closed, and opened with growing pauses. */
const MAX_BARREN = 3;
/** Time for an answer that is waited for although an output is to be switched. */
const HURRIED_MS = 40;
/** Answers that may still come; whoever owes more has forgotten the oldest. */
const MAX_OWED = 64;
const TRANSACTIONS = 65_536;
const NOTHING = new Uint8Array(0);

type End =
  | { readonly kind: 'timeout' | 'hurried' | 'closed' }
  | { readonly kind: 'broken'; readonly fault: MbapFault }
  | { readonly kind: 'scan'; readonly scan: Scan };
type Pending = {
  readonly request: Request;
  readonly transaction: number;
  readonly settle: (end: End) => void;
  readonly hurry: () => void;
};
type Wire = { readonly socket: Socket; received: Uint8Array; readonly owed: Set<number> };

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const all = new Uint8Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}

/** A connection, or why there is none; gives up at the limit, and at once with the signal. */
function dial(host: string, port: number, limitMs: number, signal: AbortSignal): Promise<Result<Socket, string>> {
  if (signal.aborted) return Promise.resolve(err('stopped'));
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
  return new Promise((resolve) => {
    let detail = 'connection closed';
    const giveUp = (why: string) => {
      detail = why;
      socket.destroy();
    };
    const timer = setTimeout(() => giveUp(`no connection within ${limitMs} ms`), limitMs);
    const stop = () => giveUp('stopped');
    const settle = (result: Result<Socket, string>) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(result);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', (cause) => {
      detail = cause.message;
    });
    socket.once('close', () => settle(err(detail)));
    socket.once('connect', () => settle(ok(socket)));
  });
}

const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.once('close', () => resolve());
    socket.destroy();
  });

/** Framing is lost with these; with the others one whole frame was wrong, and the next begins where it ended. */
const isLost = (scan: Scan): boolean => scan.kind === 'bad' && scan.fault === 'length';

function openLink(host: string, port: number, first: Socket, onStray: OnStray): Transport {
  const closing = new AbortController();
  const closers: ((detail: string) => void)[] = [];
  const sockets = new Set<Socket>();
  let wire: Wire | undefined;
  let pending: Pending | undefined;
  let closedWhy: string | undefined;
  let transaction = randomInt(TRANSACTIONS);
  let timeouts = 0;
  let barren = 0;

  const shut = (why: string): void => {
    if (closedWhy !== undefined) return;
    closedWhy = why;
    closing.abort();
    wire = undefined;
    for (const socket of sockets) socket.destroy();
    pending?.settle({ kind: 'closed' });
    for (const run of closers.splice(0)) run(why);
  };
  /** Leaves the connection; the next request gets a new one. */
  const leave = (): void => {
    wire?.socket.destroy();
    wire = undefined;
  };

  const take = (mine: Wire): void => {
    const isAwaited = (id: number) => id === pending?.transaction || mine.owed.has(id);
    while (mine === wire) {
      const taken = takeReply(mine.received, isAwaited);
      if (taken.kind === 'incomplete') return;
      if (taken.kind === 'bad') {
        leave();
        if (pending === undefined) onStray('noise');
        pending?.settle({ kind: 'broken', fault: taken.fault });
        return;
      }
      mine.received = mine.received.subarray(taken.length);
      if (taken.transaction === pending?.transaction) {
        const scan = scanBody(pending.request, taken.body);
        // What nobody asked for, glued to the answer: the answer may have been made whole by a part of it.
        const next = takeReply(mine.received, (id) => mine.owed.has(id));
        if (isLost(scan) || next.kind === 'bad') leave();
        pending.settle(next.kind === 'bad' ? { kind: 'broken', fault: next.fault } : { kind: 'scan', scan });
      } else {
        mine.owed.delete(taken.transaction);
        onStray('late');
      }
    }
  };
  const adopt = (socket: Socket): void => {
    const mine: Wire = { socket, received: NOTHING, owed: new Set() };
    let detail = 'connection closed';
    wire = mine;
    sockets.add(socket);
    socket.on('error', (cause) => {
      detail = cause.message;
    });
    socket.on('data', (bytes) => {
      if (mine !== wire) return;
      mine.received = joined(mine.received, bytes);
      take(mine);
    });
    socket.on('close', () => {
      sockets.delete(socket);
      if (mine === wire) shut(detail);
    });
  };
  const renew = async (): Promise<Wire | undefined> => {
    if (barren >= MAX_BARREN) shut(`gave up: ${barren} connections broke and no answer could be read in between`);
    const socket = await dial(host, port, RENEW_TIMEOUT_MS, closing.signal);
    if (closedWhy !== undefined && socket.ok) socket.value.destroy();
    else if (socket.ok) adopt(socket.value);
    else shut(socket.error);
    return wire;
  };

  const owe = (to: Wire, id: number): void => {
    to.owed.add(id);
    for (const oldest of to.owed) if (to.owed.size > MAX_OWED) to.owed.delete(oldest);
  };
  const ask = (on: Wire, request: Request, limitMs: number): Promise<End> =>
    new Promise((resolve) => {
      const sentMs = performance.now();
      const expire = async (kind: 'timeout' | 'hurried') => {
        // Bytes that came while the process was busy are handed over first.
        await nextTurn();
        await nextTurn();
        settle({ kind });
      };
      let timer = setTimeout(expire, limitMs, 'timeout');
      const settle = (end: End) => {
        if (pending?.settle !== settle) return;
        pending = undefined;
        clearTimeout(timer);
        resolve(end);
      };
      const hurry = () => {
        if (limitMs <= HURRIED_MS) return;
        clearTimeout(timer);
        timer = setTimeout(expire, Math.max(0, sentMs + HURRIED_MS - performance.now()), 'hurried');
      };
      transaction = (transaction + 1) % TRANSACTIONS;
      pending = { request, transaction, settle, hurry };
      on.socket.write(sealRequest(transaction, request));
    });

  const faultOf = (end: Exclude<End, { kind: 'scan' }>, on: Wire, isPatient: boolean): ReadFault => {
    if (end.kind === 'closed') return { reason: 'link', kind: 'closed' };
    if (end.kind === 'broken') {
      barren++;
      return { reason: 'frame', kind: end.fault };
    }
    if (end.kind === 'timeout' && on.received.length > 0) {
      barren++;
      leave();
      return { reason: 'frame', kind: 'truncated' };
    }
    owe(on, transaction);
    // A unit that was given up early says nothing about the connection.
    if (end.kind === 'timeout' && isPatient) timeouts++;
    if (timeouts >= TIMEOUTS_TO_RENEW) {
      timeouts = 0;
      leave();
    }
    return { reason: 'timeout', kind: end.kind };
  };

  const exchange = async (request: Request, { timeoutMs, ceilingMs }: Timing): Promise<Result<Answer, ReadFault>> => {
    const on = wire ?? (await renew());
    if (on === undefined) return err({ reason: 'link', kind: 'closed' });
    const sentMs = performance.now();
    const end = await ask(on, request, timeoutMs);
    if (end.kind !== 'scan') return err(faultOf(end, on, timeoutMs >= ceilingMs));
    timeouts = 0;
    const { scan } = end;
    if (scan.kind === 'incomplete' || scan.kind === 'bad') {
      if (isLost(scan)) barren++;
      return err({ reason: 'frame', kind: scan.kind === 'bad' ? scan.fault : 'length' });
    }
    barren = 0;
    if (scan.kind === 'exception') return err({ reason: 'exception', kind: `exception-${scan.code}` });
    return ok({ words: scan.words, tookMs: performance.now() - sentMs });
  };

  adopt(first);
  return {
    read: exchange,
    write: exchange,
    // The answer that comes later bears its own transaction number, which nobody waits for any more.
    hurry: () => pending?.hurry(),
    onClose: (run) => {
      if (closedWhy === undefined) closers.push(run);
      else run(closedWhy);
    },
    close: async () => {
      const open = [...sockets];
      shut('connection closed');
      await Promise.all(open.map(closeOf));
    },
  };
}

export async function openModbusTcp(
  host: string,
  port: number,
  signal: AbortSignal,
  onStray: OnStray,
): Promise<Result<Transport, string>> {
  const socket = await dial(host, port, CONNECT_TIMEOUT_MS, signal);
  return socket.ok ? ok(openLink(host, port, socket.value, onStray)) : socket;
}
