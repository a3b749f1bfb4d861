/** The line behind a DTU that dials in: waits for it, tunnels frames, and notices a connection that is only half there. */
import type { StageContext } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { type DtuLine, type DtuSeat, takeDtuSeat } from './dtu-listener.ts';
import type { ByteLine } from './rtu-link.ts';
import { socketLine } from './tcp-line.ts';

/** One look for a DTU; the bus says "closed" meanwhile, and looks again. */
const DIAL_WITHIN_MS = 30_000;
/** Requests went out and not one byte came back for so long: the mobile network has forgotten the connection. */
const HALF_OPEN_MS = 120_000;

export type DtuAddress = {
  readonly host: string;
  readonly port: number;
  readonly registration: string;
  readonly heartbeat: string | null;
};

export type DtuOptions = { readonly dialWithinMs?: number; readonly halfOpenMs?: number };

export type DtuLines = {
  readonly open: (signal: AbortSignal) => Promise<Result<ByteLine, string>>;
  /** Gives the place at the listener back. */
  readonly release: () => Promise<void>;
};

function watchedLine(dialled: DtuLine, halfOpenMs: number): ByteLine {
  const { socket, rest } = dialled;
  let silentFor: string | undefined;
  let askedMs: number | undefined;
  const line = socketLine(socket, () => silentFor ?? dialled.why());
  const look = setInterval(() => {
    if (askedMs === undefined || performance.now() - askedMs < halfOpenMs) return;
    silentFor = `no byte within ${halfOpenMs / 1_000} s: the connection was half open`;
    socket.destroy();
  }, halfOpenMs / 4);
  socket.on('close', () => clearInterval(look));
  if (socket.closed) clearInterval(look);
  return {
    ...line,
    write: (bytes) => {
      askedMs ??= performance.now();
      return line.write(bytes);
    },
    onBytes: (run) => {
      line.onBytes((bytes) => {
        askedMs = undefined;
        run(bytes);
      });
      if (rest.length > 0) run(rest);
      socket.resume();
    },
  };
}

/** The seat at the listener is taken at the first opening and given back when the bus stops. */
export function dtuLines(at: DtuAddress, ctx: StageContext, options: DtuOptions = {}): DtuLines {
  let seat: Result<DtuSeat, string> | undefined;
  return {
    open: async (signal) => {
      if (seat?.ok !== true) seat = await takeDtuSeat(at, ctx);
      if (!seat.ok) return seat;
      const dialled = await seat.value.next(options.dialWithinMs ?? DIAL_WITHIN_MS, signal);
      if (dialled === null) return err('the DTU has not dialled in');
      return ok(watchedLine(dialled, options.halfOpenMs ?? HALF_OPEN_MS));
    },
    release: async () => {
      if (seat?.ok === true) await seat.value.leave();
      seat = undefined;
    },
  };
}
