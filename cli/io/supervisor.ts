/** Starts the stages as processes of their own, starts again what dies, and stops everything within its limit. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openChildLog } from '#cli/io/child-log.ts';
import type { LineAddress } from '#simulators/config.ts';

export type ChildSpec = {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: { readonly [name: string]: string };
  /** Changes the environment of the next start, e.g. to a port that the first start was given. */
  readonly envOnRestart?: (ready: ReadyMessage) => { readonly [name: string]: string };
};

/** What a stage says when it runs: where it listens, by name. */
export type ReadyMessage = {
  readonly kind: 'ready';
  readonly addresses: readonly string[];
  readonly ports: { readonly [name: string]: number };
  /** How an edge reaches each simulated line, by bus id. */
  readonly lines?: readonly LineAddress[];
};

export type Supervisor = {
  /** Resolves when the child says that it is ready; rejects when it ends before, or takes too long. */
  readonly start: (spec: ChildSpec, limitMs?: number) => Promise<ReadyMessage>;
  readonly send: (name: string, message: object) => void;
  readonly kill: (name: string, signal: NodeJS.Signals) => number | undefined;
  /** Resolves when the child (started again after a death) has said ready. */
  readonly whenReady: (name: string, limitMs: number) => Promise<void>;
  readonly pid: (name: string) => number | undefined;
  readonly restarts: (name: string) => number;
  /** Sets the environment of the next start of a child, once. */
  readonly armNextStart: (name: string, env: { readonly [name: string]: string }) => void;
  readonly has: (name: string) => boolean;
  /** Ends a child for good. */
  readonly remove: (name: string) => void;
  /** Ends a child and resolves when its successor is ready. */
  readonly restart: (name: string, limitMs?: number) => Promise<ReadyMessage>;
  /** Called with the name of a child each time it has said that it is ready. */
  readonly onReady: (run: (name: string, ready: ReadyMessage) => void) => void;
  readonly stopAll: (limitMs?: number) => Promise<void>;
};

type Child = {
  spec: ChildSpec;
  process: ChildProcess | undefined;
  ready: ReadyMessage | undefined;
  isReady: boolean;
  restarts: number;
  armed: { readonly [name: string]: string };
  waiters: { resolve: (ready: ReadyMessage) => void; reject: (cause: Error) => void }[];
  pauseMs: number;
};

/** Nine processes that start at once on two slow cores, with nothing compiled yet, take their time. */
const READY_LIMIT_MS = 60_000;
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

export function openSupervisor(options: {
  readonly entry: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly logDir: string;
  readonly onEvent: (text: string) => void;
}): Supervisor {
  const children = new Map<string, Child>();
  const listeners: ((name: string, ready: ReadyMessage) => void)[] = [];
  /** On their way out, and nobody's child any more. */
  const leaving = new Set<ChildProcess>();
  let stopping = false;
  mkdirSync(options.logDir, { recursive: true, mode: 0o700 });

  const settle = (child: Child, outcome: ReadyMessage | Error) => {
    for (const waiter of child.waiters.splice(0)) {
      if (outcome instanceof Error) waiter.reject(outcome);
      else waiter.resolve(outcome);
    }
  };

  /** The process, or why the system could not even try. */
  const trySpawn = (child: Child): ChildProcess | string => {
    const again = child.ready === undefined ? {} : (child.spec.envOnRestart?.(child.ready) ?? {});
    const env = { ...options.env, ...child.spec.env, ...again, ...child.armed, FENGSUI_SUPERVISED: '1' };
    child.armed = {};
    try {
      return spawn(process.execPath, [options.entry, ...child.spec.args], {
        env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
    } catch (cause) {
      return String(cause);
    }
  };

  /** What follows the end of a child: another start, unless it was the first one or everything is being stopped. */
  const afterEnd = (child: Child, why: string, lastWords: string) => {
    child.process = undefined;
    child.isReady = false;
    if (stopping || children.get(child.spec.name) !== child) return;
    if (child.ready === undefined) {
      settle(child, new Error(lastWords.trim() || `${child.spec.name} ${why} before it was ready`));
      return;
    }
    child.restarts++;
    options.onEvent(`${child.spec.name} ${why}, starting it again`);
    setTimeout(() => {
      if (!stopping && children.get(child.spec.name) === child) launch(child);
    }, child.pauseMs);
    child.pauseMs = Math.min(child.pauseMs * 2, MAX_PAUSE_MS);
  };

  const launch = (child: Child) => {
    const spawned = trySpawn(child);
    if (typeof spawned === 'string') return afterEnd(child, `could not be started (${spawned})`, '');
    const log = openChildLog(join(options.logDir, `${child.spec.name}.log`));
    let lastWords = '';
    spawned.stdout?.on('data', log.write);
    spawned.stderr?.on('data', (data: Buffer) => {
      lastWords = (lastWords + data.toString()).slice(-2_000);
      log.write(data);
    });
    child.process = spawned;
    child.isReady = false;
    spawned.on('message', (message: unknown) => {
      const said = message as Partial<ReadyMessage>;
      if (said.kind !== 'ready') return;
      child.ready = said as ReadyMessage;
      child.isReady = true;
      child.pauseMs = MIN_PAUSE_MS;
      settle(child, child.ready);
      for (const run of listeners) run(child.spec.name, child.ready);
    });
    const end = (why: string) => {
      if (child.process === spawned) afterEnd(child, why, lastWords);
    };
    // A process that could not be made (no memory, no free number) does not exit.
    spawned.on('error', (cause) => {
      if (spawned.pid === undefined) end(`could not be started (${cause.message})`);
    });
    spawned.on('exit', (code, signal) => end(`ended (${signal ?? `code ${code}`})`));
    spawned.on('close', log.close);
  };

  const waitReady = (child: Child, limitMs: number) =>
    new Promise<ReadyMessage>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${child.spec.name} was not ready within ${limitMs} ms`)),
        limitMs,
      );
      const done =
        <T>(run: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          run(value);
        };
      child.waiters.push({ resolve: done(resolve), reject: done(reject) });
    });

  const need = (name: string): Child => {
    const child = children.get(name);
    if (child === undefined) throw new Error(`no such child: ${name}`);
    return child;
  };

  return {
    start: (spec, limitMs = READY_LIMIT_MS) => {
      if (stopping) return Promise.reject(new Error(`${spec.name} is not started: everything is being stopped`));
      const child: Child = {
        spec,
        process: undefined,
        ready: undefined,
        isReady: false,
        restarts: 0,
        armed: {},
        waiters: [],
        pauseMs: MIN_PAUSE_MS,
      };
      children.set(spec.name, child);
      const ready = waitReady(child, limitMs);
      launch(child);
      return ready;
    },
    send: (name, message) => {
      const { process: target } = need(name);
      if (target?.connected === true) target.send(message, () => {});
    },
    kill: (name, signal) => {
      const { process: target } = need(name);
      target?.kill(signal);
      return target?.pid;
    },
    whenReady: async (name, limitMs) => {
      const child = need(name);
      if (!child.isReady) await waitReady(child, limitMs);
    },
    has: (name) => children.has(name),
    remove: (name) => {
      const { process: target } = need(name);
      children.delete(name);
      if (target === undefined) return;
      leaving.add(target);
      target.once('exit', () => leaving.delete(target));
      target.kill('SIGTERM');
    },
    restart: (name, limitMs = READY_LIMIT_MS) => {
      const child = need(name);
      child.isReady = false;
      const ready = waitReady(child, limitMs);
      child.process?.kill('SIGTERM');
      return ready;
    },
    onReady: (run) => listeners.push(run),
    pid: (name) => need(name).process?.pid,
    restarts: (name) => need(name).restarts,
    armNextStart: (name, env) => {
      need(name).armed = env;
    },
    stopAll: async (limitMs = 4_000) => {
      stopping = true;
      const running = [
        ...leaving,
        ...[...children.values()].flatMap((child) => (child.process?.pid === undefined ? [] : [child.process])),
      ];
      const ended = running.map(
        (target) =>
          new Promise<void>((resolve) =>
            target.exitCode !== null || target.signalCode !== null ? resolve() : target.once('exit', () => resolve()),
          ),
      );
      for (const target of running) target.kill('SIGTERM');
      const force = setTimeout(() => {
        for (const target of running) if (target.exitCode === null) target.kill('SIGKILL');
      }, limitMs);
      await Promise.all(ended);
      clearTimeout(force);
    },
  };
}
