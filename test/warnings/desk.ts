/** The alerts' store on a folder of its own and on virtual time: commands in, alerts, deliveries and warnings out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexRegistry } from '#alerts/directory.ts';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { openDeskReaders } from '#alerts/io/readers.ts';
import { openStore } from '#alerts/io/store.ts';
import { T0 } from '#alerts/testing/sample.ts';
import type { DeskCommand, WarningCommand } from '#model/command.ts';
import type { Registry } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';
import { alertIdOfWarning, type WarningDraft } from '#model/warning.ts';

type Omitted<T> = T extends unknown ? Omit<T, 'id' | 'by' | 'atMs' | 'from' | 'note' | 'kind'> : never;

export function openWarningDesk(registry: Registry) {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-warning-'));
  let store = openStore(dataDir);
  const directory = indexRegistry(registry);
  const readers = openDeskReaders(dataDir);
  const alerts = openAlertReader(dataDir);
  let nowMs = T0;
  let n = 0;
  const give = (command: DeskCommand) => {
    n += 1;
    const taken = store.takeCommands([{ pos: n, entry: command }], directory, nowMs);
    if (taken.rejected.length > 0) throw new Error(JSON.stringify(taken.rejected));
    const result = alerts.commandResult(command.id);
    if (result === undefined) throw new Error('the command was not answered');
    return result;
  };
  const warn = (what: Omitted<WarningCommand>, by = 'c-disp') =>
    give({ id: `c${n}`, by, atMs: nowMs, from: 'console', note: '', kind: 'warning', ...what } as WarningCommand);
  return {
    dataDir,
    readers,
    alerts,
    give,
    warn,
    cap: (xml: string, source = 'higher') => warn({ action: 'cap', source, xml }),
    sees: (seen: Transition) => store.takeTransitions([{ pos: ++n + 1_000_000, entry: seen }], directory, nowMs),
    nowMs: () => nowMs,
    /** Hours and minutes after the start; what falls due on the way is done in its order. */
    at: (atMs: EpochMs) => {
      for (;;) {
        const due = store.nextDueMs();
        if (due === null || due > atMs) break;
        nowMs = Math.max(nowMs, due);
        store.runDue(directory, nowMs);
      }
      nowMs = Math.max(nowMs, atMs);
    },
    restart: () => {
      store.close();
      store = openStore(dataDir);
      store.recover(nowMs);
    },
    alertOf: (warningId: string) => {
      const alert = alerts.get(alertIdOfWarning(warningId));
      if (alert === undefined) throw new Error(`no alert of ${warningId}`);
      return alert;
    },
    warnings: (open?: boolean) =>
      readers.warnings.list({ gridCodes: [registry.county.code], ...(open === undefined ? {} : { open }) }),
    documents: (channel: string) =>
      store.claim(channel, 100, nowMs).map((claim) => {
        store.record(claim, { state: 'sent', dueAtMs: nowMs, detail: '' }, nowMs);
        return (claim.message as { readonly document?: { readonly body: string } }).document?.body ?? '';
      }),
    store: () => store,
    close: () => {
      store.close();
      readers.close();
      alerts.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
export type WarningDesk = ReturnType<typeof openWarningDesk>;

export const draft = (more: Partial<WarningDraft> = {}): WarningDraft => ({
  hazard: 'rainstorm',
  headline: { zh: '暴雨橙色预警', en: 'rainstorm warning, orange' },
  description: { zh: '未来3小时降雨量将达50毫米以上。', en: 'More than 50 mm of rain within 3 hours.' },
  instruction: { zh: '做好转移准备。', en: 'Be ready to leave.' },
  onsetMs: null,
  expiresAtMs: T0 + 12 * 3_600_000,
  areas: [{ gridCode: '331004', level: 'orange' }],
  ...more,
});
