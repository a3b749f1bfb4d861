/** Debian's real InfluxDB 1.x and VictoriaMetrics, each a process of the test's own, on a free port, in a folder that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#test/support/free-port.ts';
import { until } from '#test/support/until.ts';

export type Database = {
  readonly url: string;
  readonly folder: string;
  /** Ends it as a power cut would, or by `SIGTERM`; the data stay. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
  /** Starts it again on the same port with the same data. */
  readonly start: () => Promise<void>;
  /** Ends it and removes its folder. */
  readonly stop: () => Promise<void>;
  /** Processor time that it has taken. */
  readonly processorMs: () => number;
};

/** /proc/PID/stat behind the name: user and system time, in hundredths of a second (proc(5)). */
const USER_TICKS = 11;
const MS_PER_TICK = 10;

type Program = {
  readonly command: string;
  readonly args: (folder: string, port: number) => Promise<readonly string[]>;
  readonly ping: string;
  readonly env?: NodeJS.ProcessEnv;
};

async function openDatabase({ command, args, ping, env = {} }: Program): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-database-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const end = () => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', end);
  const start = async () => {
    child = spawn(command, await args(folder, port), { stdio: 'ignore', env: { ...process.env, ...env } });
    await until(`${command} to answer`, 20_000, async () => {
      if (child?.exitCode !== null) throw new Error(`${command} ended with ${child?.exitCode}`);
      return await fetch(`${url}${ping}`).then(
        (answer) => answer.ok,
        () => false,
      );
    });
  };
  const kill = (signal: NodeJS.Signals = 'SIGKILL') =>
    new Promise<void>((resolve) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  await start();
  return {
    url,
    folder,
    kill,
    start,
    stop: async () => {
      await kill();
      process.removeListener('exit', end);
      rmSync(folder, { recursive: true, force: true });
    },
    processorMs: () => {
      const fields = readFileSync(`/proc/${child?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[USER_TICKS]) + Number(fields[USER_TICKS + 1])) * MS_PER_TICK;
    },
  };
}

export type InfluxOptions = {
  /** Demands a name and a password; the first user must then be made by `CREATE USER … WITH ALL PRIVILEGES`. */
  readonly auth?: boolean;
  /** Largest body in bytes; 25 MB by default. */
  readonly maxBodyBytes?: number;
  /** Go's garbage collector: percent of growth before it runs; 100 by default. */
  readonly gogc?: number;
  /** Series that a database may hold; without a limit otherwise. */
  readonly maxSeries?: number;
};

export function startInflux({
  auth = false,
  maxBodyBytes = 25_000_000,
  gogc,
  maxSeries = 0,
}: InfluxOptions = {}): Promise<Database> {
  return openDatabase({
    command: 'influxd',
    ping: '/ping',
    env: gogc === undefined ? {} : { GOGC: String(gogc) },
    args: async (folder, port) => {
      const file = join(folder, 'influxdb.conf');
      const lines = [
        'reporting-disabled = true',
        `bind-address = "127.0.0.1:${await freePort()}"`,
        `[meta]\ndir = "${folder}/meta"\nlogging-enabled = false`,
        `[data]\ndir = "${folder}/data"\nwal-dir = "${folder}/wal"\nquery-log-enabled = false\nmax-series-per-database = ${maxSeries}`,
        '[monitor]\nstore-enabled = false',
        `[http]\nbind-address = "127.0.0.1:${port}"\nlog-enabled = false\nauth-enabled = ${auth}\nmax-body-size = ${maxBodyBytes}`,
        '[continuous_queries]\nenabled = false\n',
      ];
      writeFileSync(file, lines.join('\n'));
      return ['-config', file];
    },
  });
}

export function startVictoria(): Promise<Database> {
  return openDatabase({
    command: 'victoria-metrics',
    ping: '/health',
    args: async (folder, port) => [
      `-storageDataPath=${folder}/data`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=100y',
      '-loggerLevel=ERROR',
    ],
  });
}
