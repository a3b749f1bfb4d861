/** Checks the ledger for the console in a process of its own: a long chain takes seconds, and the live feed must not wait. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { LedgerVerdict } from '#dashboards/api/config.ts';

const COMMAND = join(import.meta.dirname, '..', 'fengsui.mjs');
const LIMIT_MS = 300_000;
const OUTPUT_AT_MOST = 1_048_576;

/** One check at a time; who asks meanwhile gets the same answer. */
export function openLedgerCheck(dataDir: string): () => Promise<LedgerVerdict> {
  let running: Promise<LedgerVerdict> | undefined;
  const check = (): Promise<LedgerVerdict> =>
    new Promise((resolve) => {
      const options = {
        timeout: LIMIT_MS,
        maxBuffer: OUTPUT_AT_MOST,
        env: { ...process.env, FENGSUI_DATA: dataDir, FENGSUI_SUPERVISED: '' },
      };
      execFile(process.execPath, [COMMAND, 'audit', 'verify', '--json'], options, (cause, stdout) => {
        try {
          resolve(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LedgerVerdict);
        } catch {
          resolve({ ok: false, kind: 'unchecked', seq: 0, message: `the check did not end: ${String(cause)}` });
        }
      });
    });
  return () => {
    running ??= check().finally(() => {
      running = undefined;
    });
    return running;
  };
}
