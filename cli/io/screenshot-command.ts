/** `fengsui dev screenshot`: starts the demo county, waits for its red alert, and takes the README's picture. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeScreenshot } from '#dashboards/console/screenshot.ts';

const entry = join(import.meta.dirname, '..', 'fengsui.mjs');
const READY_LIMIT_MS = 60_000;
const RED_LIMIT_MS = 90_000;

async function until<T>(what: string, limitMs: number, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - startedMs > limitMs) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The red alert's level, asked through the API as a script would. */
async function isRed(url: string, token: string): Promise<true | undefined> {
  const response = await fetch(`${url}/api/v1/alerts`, { headers: { authorization: `Bearer ${token}` } });
  const { items } = (await response.json()) as { readonly items: readonly { readonly level: string }[] };
  return items.some((alert) => alert.level === 'red') ? true : undefined;
}

export async function screenshotCommand(out: string): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-picture-'));
  const token = 'for-the-picture-only';
  const env = {
    ...process.env,
    FENGSUI_DATA: dataDir,
    FENGSUI_HTTP: '127.0.0.1:0',
    FENGSUI_MQTT: '127.0.0.1:0',
    FENGSUI_TOKEN: token,
  };
  const child = spawn(process.execPath, [entry, 'up'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  try {
    const url = await until('the console', READY_LIMIT_MS, () => /Console\s+(http:\/\/\S+?)\/?\s/.exec(said)?.[1]);
    const [, user = '', password = ''] = /new at every start\):\s+(\S+)\s+(\S+)/.exec(said) ?? [];
    await until('a red alert', RED_LIMIT_MS, () => isRed(url, token));
    await takeScreenshot({ url, signIn: { user, password }, out });
    console.log(`Written: ${out}`);
    return 0;
  } finally {
    child.kill('SIGINT');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
}
