/** Runs one Node-RED process and starts it again when it dies: a flow that crashes costs seconds, not the flows. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LEASH, PACKAGE_DIR, RED_ENTRY } from './place.ts';

export type Launch = {
  readonly port: number;
  readonly settingsFile: string;
  readonly userDir: string;
  /** Folders that flows may read and write beside their own. */
  readonly folders: readonly string[];
  readonly onLine: (line: string) => void;
};

export type Kept = {
  readonly url: string;
  readonly pid: () => number | undefined;
  /** Ends Node-RED and whatever waits to start it again. */
  readonly stop: () => Promise<void>;
};

const READY_LIMIT_MS = 90_000;
const LOOK_EVERY_MS = 100;
const STOP_LIMIT_MS = 10_000;
const FLUSH_AFTER_MS = 200;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Whoever has run so long has not failed at its start. */
const SETTLED_MS = 60_000;
const LINES_KEPT = 20;

/** What Node-RED needs of our environment: not our tokens, and nothing that would undo its settings. */
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'NODE_EXTRA_CA_CERTS', 'http_proxy', 'https_proxy', 'no_proxy'];
const environmentOf = (userDir: string): NodeJS.ProcessEnv => ({
  HOME: userDir,
  ...Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
});

/** Node's permission model: no process is started, nothing is written outside the flows' folders, whatever a flow tries. */
export const nodeArguments = (launch: Launch): readonly string[] => [
  '--permission',
  ...[PACKAGE_DIR, launch.settingsFile, launch.userDir, ...launch.folders].map((path) => `--allow-fs-read=${path}`),
  ...[launch.userDir, ...launch.folders].map((path) => `--allow-fs-write=${path}`),
  '--disable-warning=SecurityWarning',
  `--import=${pathToFileURL(LEASH).href}`,
];

/** Flows and credentials reach the disk; the process that wrote them may not see to it itself. */
function flush(userDir: string): void {
  for (const name of ['.', ...readdirSync(userDir).filter((file) => file.endsWith('.json'))]) {
    try {
      const fd = openSync(join(userDir, name), 'r');
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      // Renamed meanwhile: another flush follows.
    }
  }
}

function launchOnce(launch: Launch, keepLine: (line: string) => void): ChildProcess {
  const child = spawn(
    process.execPath,
    [...nodeArguments(launch), RED_ENTRY, '--settings', launch.settingsFile, '--userDir', launch.userDir],
    { cwd: launch.userDir, env: environmentOf(launch.userDir), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') keepLine(line);
    });
  }
  let due: NodeJS.Timeout | undefined;
  child.on('message', (message) => {
    if (message !== 'flush' || due !== undefined) return;
    due = setTimeout(() => {
      due = undefined;
      flush(launch.userDir);
    }, FLUSH_AFTER_MS);
  });
  child.on('error', (cause) => keepLine(String(cause)));
  return child;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
const ended = (child: ChildProcess): Promise<void> =>
  hasEnded(child) ? Promise.resolve() : new Promise((resolve) => child.once('close', () => resolve()));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  child.kill('SIGTERM');
  await ended(child);
  clearTimeout(force);
}

/** Whether the editor answers; the way in is open to everybody, what lies behind it is not. */
const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/auth/login`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );

/** Resolves when the editor answers; rejects with Node-RED's last lines when it ends before, or does not come up. */
async function ready(child: ChildProcess, url: string, lines: readonly string[]): Promise<void> {
  const untilMs = performance.now() + READY_LIMIT_MS;
  while (!(await answers(url))) {
    if (hasEnded(child)) throw new Error(`Node-RED ended at its start:\n${lines.join('\n')}`);
    if (performance.now() > untilMs) {
      await end(child);
      throw new Error(`Node-RED did not answer on ${url} within ${READY_LIMIT_MS / 1_000} s:\n${lines.join('\n')}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

export async function keepNodeRed(launch: Launch): Promise<Kept> {
  const url = `http://127.0.0.1:${launch.port}`;
  const lines: string[] = [];
  const keepLine = (line: string): void => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
    launch.onLine(line);
  };
  const stopping = new AbortController();
  let child = launchOnce(launch, keepLine);
  await ready(child, url, lines);

  const keep = async (): Promise<void> => {
    let waitMs = FIRST_WAIT_MS;
    for (;;) {
      const startedMs = performance.now();
      await ended(child);
      if (stopping.signal.aborted) return;
      if (performance.now() - startedMs > SETTLED_MS) waitMs = FIRST_WAIT_MS;
      launch.onLine(`Node-RED ended (${child.signalCode ?? child.exitCode}); it is started again in ${waitMs} ms`);
      await Promise.race([
        sleep(waitMs),
        new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true })),
      ]);
      if (stopping.signal.aborted) return;
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      child = launchOnce(launch, keepLine);
    }
  };
  const kept = keep();
  return {
    url,
    pid: () => (hasEnded(child) ? undefined : child.pid),
    stop: async () => {
      stopping.abort();
      await end(child);
      await kept;
    },
  };
}
