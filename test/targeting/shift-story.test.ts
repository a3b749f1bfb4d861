/** A day at the township's desk: who hands over, who takes over, who does not come, and what the ledger says of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { indexRegistry } from '#alerts/directory.ts';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { openDeskReaders } from '#alerts/io/readers.ts';
import { openStore, type Store } from '#alerts/io/store.ts';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import { newlyOnDuty } from '#alerts/roster/newly-on-duty.ts';
import { targetPeople } from '#alerts/targeting.ts';
import { sampleRegistry, transition } from '#alerts/testing/sample.ts';
import type { RosterCommand } from '#model/command.ts';
import type { DutyShift, Registry } from '#model/registry.ts';
import { MINUTE_MS } from '#model/time.ts';

const DESK = '331004001';
const at = (clock: string, day = '2022-06-03'): number => Date.parse(`${day}T${clock}:00+08:00`);
const shift = (from: number, to: number, a: string, b: string | null): DutyShift => ({
  gridCode: DESK,
  fromMs: from,
  toMs: to,
  a,
  b,
});
const DAY = shift(at('08:00'), at('20:00'), 't1-a', 't1-b');
const NIGHT = shift(at('20:00'), at('08:00', '2022-06-04'), 't1-b', 't1-info');
const NEXT = shift(at('08:00', '2022-06-04'), at('20:00', '2022-06-04'), 't1-a', null);
const registry: Registry = {
  ...sampleRegistry(undefined, undefined, [DAY, NIGHT, NEXT]),
  policy: { ...DEFAULT_POLICY, takeOverWithinMs: 30 * MINUTE_MS },
};
const directory = indexRegistry(registry);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

function openDesk() {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-shift-'));
  let store: Store = openStore(dataDir);
  let pos = 0;
  const alerts = openAlertReader(dataDir);
  const readers = openDeskReaders(dataDir);
  closers.push(() => {
    alerts.close();
    readers.close();
    store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    begins: (nowMs: number) => store.settle(directory, nowMs),
    /** The process ends and is started again at `nowMs`. */
    restarts: (nowMs: number) => {
      store.close();
      store = openStore(dataDir);
      store.settle(directory, nowMs);
    },
    says: (by: string, action: RosterCommand['action'], of: DutyShift, nowMs: number, note = '') => {
      pos++;
      const id = `cmd-${pos}`;
      const command: RosterCommand = {
        kind: 'roster',
        id,
        by,
        atMs: nowMs,
        from: 'console',
        note,
        gridCode: DESK,
        action,
        shiftFromMs: of.fromMs,
      };
      store.takeCommands([{ pos, entry: command }], directory, nowMs);
      return alerts.commandResult(id);
    },
    slides: (nowMs: number) =>
      store.takeTransitions([{ pos: 1, entry: transition({ n: 1, to: 'yellow' }) }], directory, nowMs),
    passes: (nowMs: number) => {
      for (let due = store.nextDueMs(); due !== null && due <= nowMs; due = store.nextDueMs())
        store.runDue(directory, due);
    },
    ledger: () =>
      alerts
        .eventsAfter(0, 1_000)
        .filter(({ kind }) => kind === 'roster' || kind === 'refused')
        .map(({ text }) => text.zh),
    shift: (of: DutyShift) => readers.handovers.get(DESK, of.fromMs),
    alert: () => alerts.list({ gridCodes: [DESK] }, 1, null).items[0],
  };
}

it('a night at the desk: handed over with what is open, taken over late, and the morning shift does not come', () => {
  const desk = openDesk();
  desk.begins(at('12:00'));
  // The day shift began before anybody looked: nothing is held against it.
  desk.passes(at('19:00'));
  expect(desk.ledger()).toEqual([]);

  desk.slides(at('19:30'));
  const alert = desk.alert();
  if (alert === undefined) throw new Error('the slope raised nothing');
  expect(alert.recipients.map(({ personId }) => personId)).toEqual(['v1-head', 'v1-member', 't1-a', 't1-b']);

  // 19:50: A of the day hands the night over; a villager may not, and nobody may speak of a shift that there is not.
  expect(desk.says('v2-head', 'handOver', NIGHT, at('19:50'))?.ok).toBe(false);
  expect(desk.says('t1-a', 'handOver', { ...NIGHT, fromMs: 1 }, at('19:50'))?.ok).toBe(false);
  expect(desk.says('t1-a', 'handOver', NIGHT, at('19:50'), '青石岭裂缝在变大')?.ok).toBe(true);
  expect(desk.shift(NIGHT)).toMatchObject({
    handedOver: { by: 't1-a', note: '青石岭裂缝在变大', openAlerts: [alert.id] },
    takenOver: null,
    overdueAtMs: null,
  });

  // 20:00: of those on duty now, the information officer has not heard of the open alert.
  const now = targetPeople(alert, directory, at('20:00'));
  expect(newlyOnDuty(alert.recipients, now).map(({ personId }) => personId)).toEqual(['t1-info']);
  expect(newlyOnDuty(now, now)).toEqual([]);

  // 20:30: nobody has taken over; the process was away meanwhile, and it is said once.
  desk.restarts(at('20:31'));
  desk.passes(at('20:31'));
  desk.passes(at('21:00'));
  expect(desk.ledger().filter((text) => text.includes('逾时无人接班'))).toEqual([
    '河东镇2022-06-03 20:00起的班次逾时无人接班（当班河东乙、河东信息）',
  ]);

  // 21:05: B takes over late, A a minute later; the first one counts, both stand in the ledger.
  expect(desk.says('t1-b', 'takeOver', NIGHT, at('21:05'))?.ok).toBe(true);
  expect(desk.says('t1-info', 'takeOver', NIGHT, at('21:06'), '收到')?.ok).toBe(true);
  expect(desk.shift(NIGHT)).toMatchObject({ takenOver: { by: 't1-b' }, overdueAtMs: at('20:30') });
  expect(desk.ledger().at(-1)).toMatch(/^河东镇2022-06-03 20:00起的班次：河东信息接班，未结预警\d+条：收到$/);

  // The morning shift is taken over by the head of the township in its place, in time: nothing is said.
  const morning = '2022-06-04';
  expect(desk.says('t1-b', 'takeOver', NEXT, at('08:05', morning))?.ok).toBe(false);
  expect(desk.says('t1-head', 'takeOver', NEXT, at('08:05', morning))?.ok).toBe(true);
  desk.passes(at('12:00', morning));
  expect(desk.ledger().filter((text) => text.includes('逾时无人接班'))).toHaveLength(1);
});
