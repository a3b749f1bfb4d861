/**
 * Serves a line as a pseudo-terminal made by socat. The edge opens it like any serial port; our side is socat's own
 * standard input and output, so that socat ends with this process however that ends (docs/decisions/simulated-lines.md).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { openClock } from '#model/io/clock.ts';
import { supervise } from '#model/io/supervise.ts';
import type { StageContext } from '#model/ports.ts';
import type { LineConfig } from '#simulators/config.ts';
import type { Line } from '#simulators/io/line.ts';
import { type Plug, servePlugged } from '#simulators/io/plug.ts';
import type { Responder } from '#simulators/io/responder.ts';
import { lineSilenceMs, openRtuPort } from '#simulators/io/rtu-port.ts';

export type PtyLineParts = {
  readonly id: string;
  readonly edgePath: string;
  readonly baudRate: number;
  readonly pace: LineConfig['pace'];
  readonly responder: Responder;
  readonly plug: Plug;
  readonly ctx: StageContext;
};

/** What speaks on a line: told how to write, it takes what comes. */
export type Speaker = (write: (bytes: Uint8Array) => void) => {
  readonly take: (chunk: Uint8Array) => void;
  readonly close: () => void;
};

export type PtyParts = Pick<PtyLineParts, 'id' | 'edgePath' | 'plug' | 'ctx'> & { readonly speaker: Speaker };

const APPEAR_MS = 5_000;
const LOOK_MS = 10;
/** The lifetime of a system program is real time, whatever the chain's clock does. */
const realClock = openClock({ kind: 'real' });

function removeLink(path: string): void {
  try {
    if (lstatSync(path).isSymbolicLink()) unlinkSync(path);
  } catch {
    // It is not there.
  }
}

function spawnSocat(edgePath: string): ChildProcess {
  mkdirSync(dirname(edgePath), { recursive: true });
  removeLink(edgePath);
  return spawn('socat', [`pty,raw,echo=0,link=${edgePath}`, '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
}

/** Waits until the link is there; false when socat ended or the time was up. */
async function hasAppeared(child: ChildProcess, edgePath: string, signal?: AbortSignal): Promise<boolean> {
  const untilMs = realClock.monoMs() + APPEAR_MS;
  while (realClock.monoMs() < untilMs && signal?.aborted !== true) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return false;
    if (existsSync(edgePath)) return true;
    await realClock.sleep(LOOK_MS, signal);
  }
  return false;
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });

/** Whether this machine can make pseudo-terminal lines: socat is there and works in this folder. */
export async function canMakeLines(folder: string): Promise<boolean> {
  const path = `${folder}/probe-${process.pid}.edge`;
  let child: ChildProcess;
  try {
    child = spawnSocat(path);
  } catch {
    return false;
  }
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  if (child.pid === undefined) return false;
  const works = await hasAppeared(child, path);
  const gone = ended(child);
  child.kill('SIGTERM');
  await gone;
  removeLink(path);
  return works;
}

async function serveOnce(
  parts: PtyParts,
  appeared: () => void,
  signal: AbortSignal,
  spoken: (write: ((bytes: Uint8Array) => void) | null) => void,
): Promise<void> {
  const child = spawnSocat(parts.edgePath);
  const gone = ended(child);
  const write = (bytes: Uint8Array) => {
    if (child.stdin?.writable === true) child.stdin.write(bytes);
  };
  const port = parts.speaker(write);
  child.stdin?.on('error', () => undefined);
  child.stdout?.on('data', (chunk: Uint8Array) => port.take(chunk));
  const kill = () => child.kill('SIGTERM');
  signal.addEventListener('abort', kill, { once: true });
  try {
    if (signal.aborted) kill();
    if (await hasAppeared(child, parts.edgePath, signal)) {
      spoken(write);
      appeared();
    }
    await gone;
    if (!signal.aborted) throw new Error(`socat ended with ${child.exitCode ?? child.signalCode ?? 'no start'}`);
  } finally {
    spoken(null);
    signal.removeEventListener('abort', kill);
    child.kill('SIGTERM');
    port.close();
    if (signal.aborted) removeLink(parts.edgePath);
  }
}

export type Pty = { readonly write: (bytes: Uint8Array) => void; readonly close: () => Promise<void> };

/** Resolves when the pseudo-terminal is there for the edge; a socat that dies is started again. */
export async function openPty(parts: PtyParts): Promise<Pty> {
  const stop = new AbortController();
  const appeared = Promise.withResolvers<void>();
  const { log, metrics } = parts.ctx;
  let write: ((bytes: Uint8Array) => void) | null = null;
  const running = supervise(
    { name: `simulator-line-${parts.id}`, log, metrics, clock: realClock, signal: stop.signal, maxPauseMs: 2_000 },
    (signal) =>
      servePlugged(parts.plug, signal, (session) =>
        serveOnce(parts, appeared.resolve, session, (spoken) => {
          write = spoken;
        }),
      ),
  );
  // A line whose wire is out from the start appears when it is plugged in.
  const inTime =
    !parts.plug.isIn() ||
    (await Promise.race([
      appeared.promise.then(() => true),
      realClock.sleep(APPEAR_MS, stop.signal).then(() => !parts.plug.isIn()),
    ]));
  const close = async () => {
    stop.abort();
    await running;
    removeLink(parts.edgePath);
  };
  if (!inTime) {
    await close();
    throw new Error(`socat made no pseudo-terminal at ${parts.edgePath} within ${APPEAR_MS} ms`);
  }
  return { write: (bytes) => write?.(bytes), close };
}

/** A line of RTU slaves on a pseudo-terminal. */
export async function openPtyLine(parts: PtyLineParts): Promise<Line> {
  const { responder, baudRate, pace } = parts;
  const speaker: Speaker = (write) => openRtuPort({ responder, write, silenceMs: lineSilenceMs(baudRate), pace });
  const pty = await openPty({ ...parts, speaker });
  return {
    address: { id: parts.id, kind: 'modbus-rtu', path: parts.edgePath },
    note: null,
    babble: pty.write,
    close: pty.close,
  };
}
