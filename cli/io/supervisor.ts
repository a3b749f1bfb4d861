/** Starts the stages as processes of their own, starts again what dies, and stops everything within its limit. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
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

const MAX_LOG_BYTES = 20_000_000;
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

export function openSupervisor(options: {
  readonly entry: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly logDir: string;
  readonly onEvent: (text: string) => void;
}): Supervisor {
  const children = new Map<string, Child>();
  let stopping = false;
  mkdirSync(options.logDir, { recursive: true, mode: 0o700 });

  const logStream = (name: string) => {
    const path = join(options.logDir, `${name}.log`);
    try {
      if (statSync(path).size > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
    } catch {
      // No log yet.
    }
    return createWriteStream(path, { flags: 'a', mode: 0o600 });
  };

  const settle = (child: Child, outcome: ReadyMessage | Error) => {
    for (const waiter of child.waiters.splice(0)) {
      if (outcome instanceof Error) waiter.reject(outcome);
      else waiter.resolve(outcome);
    }
  };

  const launch = (child: Child) => {
    const again = child.ready === undefined ? {} : (child.spec.envOnRestart?.(child.ready) ?? {});
    const env = { ...options.env, ...child.spec.env, ...again, ...child.armed, FENGSUI_SUPERVISED: '1' };
    child.armed = {};
    const spawned = spawn(process.execPath, [options.entry, ...child.spec.args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const log = logStream(child.spec.name);
    let lastWords = '';
    spawned.stdout?.pipe(log, { end: false });
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
    });
    spawned.on('error', (cause) => settle(child, cause));
    spawned.on('exit', (code, signal) => {
      log.end();
      if (child.process !== spawned) return;
      child.process = undefined;
      child.isReady = false;
      if (stopping) return;
      const firstStart = child.ready === undefined;
      if (firstStart) {
        settle(
          child,
          new Error(
            lastWords.trim() || `${child.spec.name} ended with ${signal ?? `code ${code}`} before it was ready`,
          ),
        );
        return;
      }
      child.restarts++;
      options.onEvent(`${child.spec.name} ended (${signal ?? `code ${code}`}), starting it again`);
      setTimeout(() => {
        if (!stopping) launch(child);
      }, child.pauseMs);
      child.pauseMs = Math.min(child.pauseMs * 2, MAX_PAUSE_MS);
    });
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
    start: (spec, limitMs = 30_000) => {
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
    pid: (name) => need(name).process?.pid,
    restarts: (name) => need(name).restarts,
    armNextStart: (name, env) => {
      need(name).armed = env;
    },
    stopAll: async (limitMs = 4_000) => {
      stopping = true;
      const running = [...children.values()].flatMap((child) => (child.process === undefined ? [] : [child.process]));
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
