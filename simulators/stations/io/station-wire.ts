/** The wire of a link's stations: a call to the edge that is dialled anew when it ends, or a pseudo-terminal. */
import { connect, type Socket } from 'node:net';
import { openClock } from '#model/io/clock.ts';
import { supervise } from '#model/io/supervise.ts';
import type { StageContext } from '#model/ports.ts';
import { openPty } from '#simulators/io/line-pty.ts';
import { type Plug, servePlugged } from '#simulators/io/plug.ts';
import type { StationWire } from '#simulators/stations/config.ts';

export type OpenWire = {
  /** False: nobody is there. */
  readonly write: (bytes: Uint8Array) => boolean;
  readonly close: () => Promise<void>;
};

export type StationWireParts = {
  readonly id: string;
  readonly wire: StationWire;
  readonly plug: Plug;
  readonly take: (chunk: Uint8Array) => void;
  /** Called when the wire is there, also again. */
  readonly opened: () => void;
  readonly ctx: StageContext;
};

const CONNECT_MS = 5_000;
const realClock = openClock({ kind: 'real' });

/** One call, from its begin to its end. */
function call(
  parts: StationWireParts & { readonly wire: { readonly host: string; readonly port: number } },
  signal: AbortSignal,
  held: (socket: Socket | null) => void,
): Promise<void> {
  const { host, port } = parts.wire;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    let why = 'the edge hung up';
    const timer = setTimeout(() => {
      why = 'no answer';
      socket.destroy();
    }, CONNECT_MS);
    const hangUp = () => socket.destroy();
    signal.addEventListener('abort', hangUp, { once: true });
    socket.on('error', (cause) => {
      why = cause.message;
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      held(socket);
      parts.opened();
    });
    socket.on('data', parts.take);
    socket.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', hangUp);
      held(null);
      if (signal.aborted) resolve();
      else reject(new Error(`station link ${parts.id}: ${host}:${port}: ${why}`));
    });
  });
}

function openCalls(parts: StationWireParts, wire: Extract<StationWire, { kind: 'tcp' }>): OpenWire {
  const stop = new AbortController();
  const { log, metrics } = parts.ctx;
  let socket: Socket | null = null;
  const how = { name: `simulator-station-${parts.id}`, log, metrics, clock: realClock, signal: stop.signal };
  const running = supervise({ ...how, minPauseMs: 100, maxPauseMs: 5_000 }, (signal) =>
    servePlugged(parts.plug, signal, (session) =>
      call({ ...parts, wire }, session, (held) => {
        socket = held;
      }),
    ),
  );
  return {
    write: (bytes) => {
      if (socket?.writable !== true) return false;
      socket.write(bytes);
      return true;
    },
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

export async function openStationWire(parts: StationWireParts): Promise<OpenWire> {
  const { id, wire, plug, ctx } = parts;
  if (wire.kind === 'tcp') return openCalls(parts, wire);
  const { edgePath } = wire;
  const speaker = () => ({ take: parts.take, close: () => undefined });
  const pty = await openPty({ id, edgePath, plug, ctx, speaker });
  parts.opened();
  return {
    write: (bytes) => {
      if (!plug.isIn()) return false;
      pty.write(bytes);
      return true;
    },
    close: pty.close,
  };
}
