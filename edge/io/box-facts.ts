/** What the box knows of itself, asked once a minute; each source is one function, and what has no source is null. */
import { execFile } from 'node:child_process';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { csqDbm, hwmonV, mmcliDbm, powerSupplyV } from '../care/box.ts';
import type { BoxFacts } from '../care/status.ts';
import { openSerialLine } from './serial-line.ts';

export type BoxSources = {
  readonly supplyV: readonly (() => Promise<number | null>)[];
  readonly signalDbm: readonly (() => Promise<number | null>)[];
  readonly diskFreeBytes: () => Promise<number | null>;
  readonly uptimeS: () => number;
};
export type BoxWatch = { readonly facts: () => BoxFacts | undefined; readonly stop: () => void };

const LOOK_EVERY_MS = 60_000;
const ASK_LIMIT_MS = 5_000;
const AT_BAUD = 115_200;

const listed = (folder: string): Promise<readonly string[]> =>
  readdir(folder).then(
    (names) => names.sort(),
    () => [],
  );
const read = (...parts: readonly string[]): Promise<string | undefined> =>
  readFile(join(...parts), 'utf8').catch(() => undefined);

/** `root` is /sys, or a tree that a test made. */
export async function readPowerSupply(root: string): Promise<number | null> {
  const folder = join(root, 'class', 'power_supply');
  for (const name of await listed(folder)) {
    const volt = powerSupplyV(await read(folder, name, 'voltage_now'));
    if (volt !== null) return volt;
  }
  return null;
}
export async function readHwmon(root: string): Promise<number | null> {
  const folder = join(root, 'class', 'hwmon');
  for (const chip of await listed(folder)) {
    for (const name of await listed(join(folder, chip))) {
      const input = /^(in\d+)_input$/.exec(name)?.[1];
      if (input === undefined) continue;
      const volt = hwmonV(await read(folder, chip, name), await read(folder, chip, `${input}_label`));
      if (volt !== null) return volt;
    }
  }
  return null;
}

export const askModemManager = (program = 'mmcli'): Promise<number | null> =>
  new Promise((resolve) => {
    execFile(program, ['-m', 'any', '--signal-get', '-J'], { timeout: ASK_LIMIT_MS }, (fault, text) =>
      resolve(fault === null ? mmcliDbm(text) : null),
    );
  });

/** AT+CSQ on a port of the modem that nobody else uses. */
export async function askModemPort(path: string): Promise<number | null> {
  const opened = await openSerialLine({ path, baudRate: AT_BAUD, parity: 'none' });
  if (!opened.ok) return null;
  const line = opened.value;
  let heard = '';
  try {
    return await new Promise((resolve) => {
      const limit = setTimeout(() => resolve(null), ASK_LIMIT_MS);
      line.onBytes((bytes) => {
        heard = (heard + Buffer.from(bytes).toString('latin1')).slice(-500);
        if (!/\r\n(OK|ERROR)\r\n|\+CSQ:[^\r]*\r/.test(heard)) return;
        clearTimeout(limit);
        resolve(csqDbm(heard));
      });
      line.write(Buffer.from('AT+CSQ\r')).catch(() => resolve(null));
    });
  } finally {
    await line.close();
  }
}

export function boxSources(dataDir: string, env: { readonly [name: string]: string | undefined }): BoxSources {
  const modem = env['FENGSUI_EDGE_MODEM'] ?? '';
  return {
    supplyV: [() => readPowerSupply('/sys'), () => readHwmon('/sys')],
    signalDbm: modem === '' ? [() => askModemManager()] : [() => askModemPort(modem)],
    diskFreeBytes: () => statfs(dataDir).then(({ bavail, bsize }) => bavail * bsize),
    uptimeS: () => Math.round(uptime()),
  };
}

async function firstKnown(sources: readonly (() => Promise<number | null>)[]): Promise<number | null> {
  for (const ask of sources) {
    const value = await ask().catch(() => null);
    if (value !== null) return value;
  }
  return null;
}

/** Asks at once and then every minute; a source that hangs delays nobody. */
export function watchBox(sources: BoxSources, everyMs = LOOK_EVERY_MS): BoxWatch {
  let facts: BoxFacts | undefined;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const [supplyV, signalDbm, diskFreeBytes] = await Promise.all([
        firstKnown(sources.supplyV),
        firstKnown(sources.signalDbm),
        sources.diskFreeBytes().catch(() => null),
      ]);
      facts = { supplyV, signalDbm, diskFreeBytes, uptimeS: sources.uptimeS() };
    } finally {
      isLooking = false;
    }
  };
  void look();
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return {
    facts: () => (facts === undefined ? undefined : { ...facts, uptimeS: sources.uptimeS() }),
    stop: () => clearInterval(timer),
  };
}
