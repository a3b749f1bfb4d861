/**
 * A serial port as a stream of bytes. The library opens and locks it; reading and writing go straight to its file,
 * because each call through the thread pool costs a fast line a part of every poll.
 */
import { readSync, writeSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { err, ok, type Result } from '../../model/result.ts';
import type { ByteLine } from './rtu-link.ts';

/** The driver may wait for bytes that nobody takes any more. */
const CLOSE_LIMIT_MS = 500;
/** A frame that the driver does not take within this time: the port is stuck. */
const WRITE_LIMIT_MS = 1_000;
const CHUNK_BYTES = 512;

export type SerialSettings = {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
};

type BindingPort = Awaited<ReturnType<typeof SerialPort.binding.open>>;
type UnixPort = BindingPort & {
  readonly fd: number | null;
  readonly poller: { readonly once: (event: 'readable', run: (cause: Error | null) => void) => unknown };
};

const isUnix = (port: BindingPort): port is UnixPort => 'fd' in port && 'poller' in port;
const isBusy = (cause: unknown): boolean =>
  ['EAGAIN', 'EWOULDBLOCK', 'EINTR'].includes((cause as { readonly code?: string }).code ?? '');

/** What both ways of reading have in common. */
function openEnds(port: BindingPort) {
  const closers: ((detail: string) => void)[] = [];
  const state = { open: true, take: (_: Uint8Array): void => undefined };
  const shut = async (detail: string): Promise<void> => {
    if (!state.open) return;
    state.open = false;
    for (const run of closers.splice(0)) run(detail);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_LIMIT_MS);
    });
    await Promise.race([port.close().catch(() => undefined), limit]);
    clearTimeout(timer);
  };
  return { closers, state, shut };
}

function unixLine(port: UnixPort): ByteLine {
  const { closers, state, shut } = openEnds(port);
  const chunk = new Uint8Array(CHUNK_BYTES);
  /** Everything that the driver has; a port that is gone says so here. */
  const pump = (): void => {
    while (state.open && port.fd !== null) {
      try {
        const length = readSync(port.fd, chunk);
        if (length === 0) return void shut('the port hung up');
        state.take(chunk.slice(0, length));
      } catch (cause) {
        if (!isBusy(cause)) void shut(String((cause as Error).message));
        return;
      }
    }
  };
  const listen = (): void => {
    if (!state.open) return;
    port.poller.once('readable', (cause) => {
      if (!state.open) return;
      if (cause !== null) return void shut(cause.message);
      pump();
      listen();
    });
  };
  listen();
  const write = async (bytes: Uint8Array): Promise<void> => {
    const limitMs = performance.now() + WRITE_LIMIT_MS;
    for (let sent = 0; sent < bytes.length; ) {
      if (!state.open || port.fd === null) throw new Error('the port is closed');
      try {
        sent += writeSync(port.fd, bytes, sent);
      } catch (cause) {
        if (!isBusy(cause)) throw cause;
        if (performance.now() > limitMs) throw new Error(`the port took no bytes within ${WRITE_LIMIT_MS} ms`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  };
  return {
    write: async (bytes) => {
      try {
        await write(bytes);
      } catch (cause) {
        await shut(String((cause as Error).message));
        throw cause;
      }
    },
    takeInput: async () => pump(),
    onBytes: (run) => {
      state.take = run;
    },
    onClose: (run) => closers.push(run),
    close: () => shut('port closed'),
  };
}

/** Where the port is no file (Windows): through the library. */
function libraryLine(port: BindingPort): ByteLine {
  const { closers, state, shut } = openEnds(port);
  const listen = async (): Promise<void> => {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    while (state.open) {
      const { bytesRead } = await port.read(chunk, 0, chunk.length);
      state.take(Uint8Array.from(chunk.subarray(0, bytesRead)));
    }
  };
  listen().catch((cause: unknown) => shut(String(cause)));
  return {
    write: (bytes) => port.write(Buffer.from(bytes)),
    takeInput: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
    onBytes: (run) => {
      state.take = run;
    },
    onClose: (run) => closers.push(run),
    close: () => shut('port closed'),
  };
}

/** One line has one owner: two programs that ask at once disturb each other's answers. */
const explain = (path: string, message: string): string =>
  /lock port/i.test(message)
    ? `another program has ${path} open: stop it, since a line can have one owner only (${message})`
    : message;

/** Opens the port for this process alone, 8 data bits and one stop bit. */
export async function openSerialLine(settings: SerialSettings): Promise<Result<ByteLine, string>> {
  const { path, baudRate, parity } = settings;
  try {
    const port = await SerialPort.binding.open({ path, baudRate, parity, dataBits: 8, stopBits: 1, lock: true });
    try {
      // What lay in the driver belongs to nobody.
      await port.flush();
    } catch (cause) {
      // Left open, it would be locked against the next try.
      await port.close().catch(() => undefined);
      throw cause;
    }
    return ok(isUnix(port) ? unixLine(port) : libraryLine(port));
  } catch (cause) {
    return err(explain(path, cause instanceof Error ? cause.message : String(cause)));
  }
}
