/**
 * A 4G DTU: dials in to the edge, says who it is, shows that it lives every so often, and tunnels the RTU frames of the
 * line behind it. A connection that ends is dialled anew.
 */
import { connect, type Socket } from 'node:net';
import { openClock } from '#model/io/clock.ts';
import { supervise } from '#model/io/supervise.ts';
import type { StageContext } from '#model/ports.ts';
import type { LineConfig } from '#simulators/config.ts';
import type { Line } from '#simulators/io/line.ts';
import { type Plug, servePlugged } from '#simulators/io/plug.ts';
import type { Responder } from '#simulators/io/responder.ts';
import { openRtuPort } from '#simulators/io/rtu-port.ts';
import { bytesOfHex } from '#simulators/reply-fault.ts';

export type DtuLineParts = {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Hexadecimal, as in the edge's configuration of the bus. */
  readonly registration: string;
  readonly heartbeat: string | null;
  readonly heartbeatMs: number;
  readonly pace: LineConfig['pace'];
  readonly responder: Responder;
  readonly plug: Plug;
  readonly ctx: StageContext;
};

const CONNECT_MS = 5_000;
const MIN_REDIAL_MS = 100;
const MAX_REDIAL_MS = 5_000;
const TUNNEL_SILENCE_MS = 20;
/** Sockets live in real time, whatever the chain's clock does. */
const realClock = openClock({ kind: 'real' });

function dial(parts: DtuLineParts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: parts.host, port: parts.port });
    socket.setNoDelay(true);
    const fail = (why: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`the DTU of ${parts.id} cannot reach ${parts.host}:${parts.port}: ${why}`));
    };
    const timer = setTimeout(() => fail('no answer'), CONNECT_MS);
    const giveUp = () => fail('stopped');
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('connect', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(socket);
    });
    socket.on('error', (cause) => fail(cause.message));
  });
}

async function serveOnce(parts: DtuLineParts, signal: AbortSignal, taken: (socket: Socket | null) => void) {
  const socket = await dial(parts, signal);
  const port = openRtuPort({
    responder: parts.responder,
    write: (bytes) => void (socket.writable && socket.write(bytes)),
    silenceMs: TUNNEL_SILENCE_MS,
    pace: parts.pace,
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('data', (chunk) => port.take(chunk));
  socket.write(bytesOfHex(parts.registration));
  const { heartbeat } = parts;
  const beat =
    heartbeat === null ? undefined : setInterval(() => socket.write(bytesOfHex(heartbeat)), parts.heartbeatMs);
  const hangUp = () => socket.destroy();
  signal.addEventListener('abort', hangUp, { once: true });
  if (signal.aborted) hangUp();
  taken(socket);
  await closed;
  taken(null);
  clearInterval(beat);
  port.close();
  if (!signal.aborted) throw new Error(`the DTU of ${parts.id} lost its connection`);
}

/** Dials by itself from now on; who it dials may come later. */
export async function openDtuLine(parts: DtuLineParts): Promise<Line> {
  const { id, host, port, plug } = parts;
  const { log, metrics } = parts.ctx;
  const stop = new AbortController();
  let socket: Socket | null = null;
  const running = supervise(
    {
      name: `simulator-line-${id}`,
      log,
      metrics,
      clock: realClock,
      signal: stop.signal,
      minPauseMs: MIN_REDIAL_MS,
      maxPauseMs: MAX_REDIAL_MS,
    },
    (signal) =>
      servePlugged(plug, signal, async (session) => {
        try {
          await serveOnce(parts, session, (taken) => {
            socket = taken;
          });
        } catch (cause) {
          // A wire that was pulled while it dialled is no failure.
          if (!session.aborted) throw cause;
        }
      }),
  );
  return {
    address: { id, kind: 'modbus-dtu', host, port },
    note: null,
    babble: (bytes) => void socket?.write(bytes),
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
