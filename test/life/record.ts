/** The alerts' store on a folder of its own, driven by hand: each step at an instant that the test names. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexRegistry } from '#alerts/directory.ts';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { openStore } from '#alerts/io/store.ts';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import { type Move, T0, transition } from '#alerts/testing/sample.ts';
import type { Alert, AlertCommand } from '#model/alert.ts';
import type { DeskCommand } from '#model/command.ts';
import type { Policy } from '#model/policy.ts';
import type { Registry } from '#model/registry.ts';
import { type EpochMs, MINUTE_MS } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';

/** Tells everybody once and waits for nobody: what is left is the life of the alert itself. */
export const QUIET_POLICY: Policy = {
  ...DEFAULT_POLICY,
  calls: [{ from: 'blue', ask: false, tries: 1, withinMs: 0, next: [] }],
  evacuation: [],
};

export const at = (minute: number): EpochMs => T0 + minute * MINUTE_MS;

export function openRecord(registry: Registry) {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-life-'));
  let store = openStore(dataDir);
  const reader = openAlertReader(dataDir);
  const directory = indexRegistry(registry);
  let pos = 0;
  let said = 0;
  /** All that falls due up to the minute, each at its own instant. */
  const until = (minute: number): void => {
    for (let turns = 0; turns < 10_000; turns++) {
      const dueMs = store.nextDueMs();
      if (dueMs === null || dueMs > at(minute)) return;
      store.runDue(directory, Math.max(dueMs, T0));
    }
    throw new Error('due work does not end');
  };
  const sees = (move: Omit<Move, 'n'> & { readonly n?: number }, minute: number): void => {
    until(minute);
    pos++;
    const seen = { ...transition({ ...move, n: move.n ?? minute }), id: `${pos}`, atMs: at(minute) };
    store.takeTransitions([{ pos, entry: { ...seen, decidedAtMs: at(minute) } }], directory, at(minute));
  };
  const gives = (command: DeskCommand, minute: number) => {
    until(minute);
    store.takeCommands([{ pos: ++said, entry: command }], directory, at(minute));
    return reader.commandResult(command.id);
  };
  return {
    dataDir,
    reader,
    until,
    sees,
    /** A transition as the rules' engine made it. */
    takes: (seen: Transition, minute: number): void => {
      until(minute);
      pos++;
      store.takeTransitions([{ pos, entry: seen }], directory, at(minute));
    },
    gives,
    does: (
      minute: number,
      alertId: string,
      action: AlertCommand['action'],
      more: Partial<AlertCommand> = {},
    ): { readonly ok: boolean; readonly message: { readonly zh: string; readonly en: string } } | undefined =>
      gives(
        { id: `c${said + 1}`, alertId, action, by: 'v1-head', atMs: at(minute), from: 'console', note: '', ...more },
        minute,
      ),
    alerts: (open = true): readonly Alert[] => reader.list({ gridCodes: ['331004'], open }, 1_000, null).items,
    kinds: (alertId: string): readonly string[] => reader.events(alertId).map(({ kind }) => kind),
    claim: (channel: string, minute: number) => store.claim(channel, 100, at(minute)),
    nextDueMs: () => store.nextDueMs(),
    restart: () => {
      store.close();
      store = openStore(dataDir);
    },
    /** Closes the store and keeps its files. */
    stop: () => {
      reader.close();
      store.close();
    },
    close: () => {
      reader.close();
      try {
        store.close();
      } catch {
        // It was closed before.
      }
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
export type Record = ReturnType<typeof openRecord>;
