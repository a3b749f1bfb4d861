/**
 * Listens for 4G DTUs that dial in. The first bytes of a connection are its registration packet, which says whose line
 * it is; one listener serves all buses of an address. A registration is no password: bind to a private network.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { StageContext } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/result.ts';

/** A connection that has not said who it is by then is closed, and so is one that has said too much. */
const REGISTER_WITHIN_MS = 15_000;
const MAX_BYTES_BEFORE = 512;
const MAX_STRANGERS = 32;
/** Strangers are told about so often. */
const TELL_EVERY_MS = 600_000;

export type DtuLine = { readonly socket: Socket; readonly rest: Uint8Array; readonly why: () => string };

type Slot = {
  readonly registration: Uint8Array;
  readonly heartbeat: Uint8Array | undefined;
  /** Dialled in and not taken yet. */
  ready: DtuLine | undefined;
  current: Socket | undefined;
  wake: (() => void) | undefined;
};

export type DtuSeat = {
  /** The DTU's connection, as soon as there is one; null when none came within the limit. */
  readonly next: (limitMs: number, signal: AbortSignal) => Promise<DtuLine | null>;
  readonly leave: () => Promise<void>;
};

type Listener = {
  readonly slots: Map<string, Slot>;
  readonly seat: (registration: string, heartbeat: string | null) => Result<DtuSeat, string>;
};

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const startsWith = (bytes: Uint8Array, packet: Uint8Array): boolean =>
  bytes.length >= packet.length && packet.every((byte, at) => bytes[at] === byte);

/** Whose registration the bytes begin with; heart-beats that come before it are passed over. */
export function whoDials(
  bytes: Uint8Array,
  known: readonly { readonly registration: Uint8Array; readonly heartbeat: Uint8Array | undefined }[],
): { readonly index: number; readonly rest: Uint8Array } | undefined {
  for (let rest = bytes; rest.length > 0; ) {
    const index = known.findIndex(({ registration }) => startsWith(rest, registration));
    if (index >= 0) return { index, rest: rest.subarray(known[index]?.registration.length ?? 0) };
    const beat = known.find(({ heartbeat }) => heartbeat !== undefined && startsWith(rest, heartbeat))?.heartbeat;
    if (beat === undefined) return undefined;
    rest = rest.subarray(beat.length);
  }
  return undefined;
}

/** A registration that begins like another cannot be told from it. */
function clashOf(registration: Uint8Array, slots: Iterable<Slot>): boolean {
  for (const other of slots)
    if (startsWith(registration, other.registration) || startsWith(other.registration, registration)) return true;
  return false;
}

function createListener(
  ctx: StageContext,
  address: string,
  end: () => Promise<void>,
): Listener & {
  readonly accept: (socket: Socket) => void;
} {
  const slots = new Map<string, Slot>();
  /** Calls that have not said who they are, oldest first. */
  const strangers = new Map<Socket, () => Uint8Array>();
  let toldMs = Number.NEGATIVE_INFINITY;
  const count = (result: string) => ctx.metrics.count('fengsui_edge_dtu_dials_total', { address, result });

  const refuse = (socket: Socket, result: string, received: Uint8Array) => {
    count(result);
    socket.destroy();
    if (performance.now() - toldMs < TELL_EVERY_MS) return;
    toldMs = performance.now();
    const packet = Buffer.from(received.subarray(0, 64)).toString('hex');
    ctx.log.warn('a DTU dialled in with no registration that is known', { address, result, packet });
  };
  const seatIn = (slot: Slot, socket: Socket, rest: Uint8Array) => {
    const state = { why: 'the DTU hung up' };
    socket.on('error', (cause) => {
      state.why = cause.message;
    });
    socket.on('close', () => {
      if (slot.current === socket) slot.current = undefined;
      if (slot.ready?.socket === socket) slot.ready = undefined;
    });
    count(slot.current === undefined ? 'registered' : 'replaced');
    // The old connection is most likely dead and nobody has noticed.
    slot.current?.destroy();
    slot.current = socket;
    slot.ready = { socket, rest, why: () => (slot.current === socket ? state.why : 'the DTU dialled in again') };
    slot.wake?.();
  };
  const accept = (socket: Socket) => {
    socket.on('error', () => undefined);
    // A DTU says at once who it is: whoever only holds a place must not keep it out.
    const [oldest] = strangers;
    if (oldest !== undefined && strangers.size >= MAX_STRANGERS) {
      strangers.delete(oldest[0]);
      refuse(oldest[0], 'limit', oldest[1]());
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    let received = new Uint8Array(0);
    strangers.set(socket, () => received);
    const known = () => {
      clearTimeout(timer);
      socket.off('data', take);
      socket.off('close', known);
      strangers.delete(socket);
    };
    const timer = setTimeout(() => refuse(socket, 'unknown', received), REGISTER_WITHIN_MS);
    const take = (bytes: Uint8Array) => {
      received = Uint8Array.from([...received, ...bytes.subarray(0, MAX_BYTES_BEFORE + 1 - received.length)]);
      const all = [...slots.values()];
      const who = whoDials(received, all);
      const slot = who === undefined ? undefined : all[who.index];
      if (slot !== undefined && who !== undefined) {
        known();
        // Held until the bus takes it: what comes meanwhile stays in the system.
        socket.pause();
        seatIn(slot, socket, who.rest);
      } else if (received.length > MAX_BYTES_BEFORE) refuse(socket, 'unknown', received);
    };
    socket.on('data', take);
    socket.on('close', known);
  };

  const seat: Listener['seat'] = (registrationHex, heartbeatHex) => {
    const registration = bytesOf(registrationHex);
    if (registration.length === 0) return err('the registration packet is empty: set it as hexadecimal bytes');
    if (clashOf(registration, slots.values()))
      return err(`two buses at ${address} have registrations that begin alike: make each DTU's packet its own`);
    const heartbeat = heartbeatHex === null ? undefined : bytesOf(heartbeatHex);
    const slot: Slot = { registration, heartbeat, ready: undefined, current: undefined, wake: undefined };
    slots.set(registrationHex, slot);
    return ok({
      next: (limitMs, signal) => nextOf(slot, limitMs, signal),
      leave: async () => {
        slot.wake?.();
        slot.current?.destroy();
        slots.delete(registrationHex);
        if (slots.size === 0) await end();
      },
    });
  };
  return { slots, seat, accept };
}

function nextOf(slot: Slot, limitMs: number, signal: AbortSignal): Promise<DtuLine | null> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', settle);
      slot.wake = undefined;
      const line = slot.ready;
      slot.ready = undefined;
      resolve(line ?? null);
    };
    const timer = setTimeout(settle, limitMs);
    if (slot.ready !== undefined || signal.aborted) return settle();
    signal.addEventListener('abort', settle, { once: true });
    slot.wake = settle;
  });
}

const listeners = new Map<string, Promise<Result<Listener, string>>>();

function listen(host: string, port: number, ctx: StageContext): Promise<Result<Listener, string>> {
  const address = `${host}:${port}`;
  const sockets = new Set<Socket>();
  return new Promise((resolve) => {
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      listener.accept(socket);
    });
    const end = async () => {
      listeners.delete(address);
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    };
    const listener = createListener(ctx, address, end);
    server.once('error', (cause) => {
      listeners.delete(address);
      resolve(err(`cannot listen for DTUs at ${address}: ${cause.message}`));
    });
    server.listen(port, host, () => {
      server.on('error', (cause) => ctx.log.error('the listener for DTUs failed', { address, cause: cause.message }));
      resolve(ok(listener));
    });
  });
}

/** A place at the address for one DTU; the first one opens the listener, the last one to leave closes it. */
export async function takeDtuSeat(
  at: {
    readonly host: string;
    readonly port: number;
    readonly registration: string;
    readonly heartbeat: string | null;
  },
  ctx: StageContext,
): Promise<Result<DtuSeat, string>> {
  const address = `${at.host}:${at.port}`;
  const opened = listeners.get(address) ?? listen(at.host, at.port, ctx);
  listeners.set(address, opened);
  const listener = await opened;
  if (!listener.ok) {
    listeners.delete(address);
    return listener;
  }
  return listener.value.seat(at.registration, at.heartbeat);
}
