import { afterEach, describe, expect, test } from 'vitest';
import { CONSOLE, sampleRegistry, T0 } from '#alerts/testing/sample.ts';
import { receiptsByTier } from '#dashboards/api/receipts.ts';
import type { ChannelConfig } from '#model/channel.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { alertIdOfWarning } from '#model/warning.ts';
import { mappedRegistry } from '../exchange/support.ts';
import { draft, openWarningDesk, type WarningDesk } from './desk.ts';

const open: WarningDesk[] = [];
const desk = () => {
  const one = openWarningDesk(mappedRegistry());
  open.push(one);
  return one;
};
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const peopleOf = (alert: { readonly recipients: readonly { readonly personId: string }[] }) =>
  alert.recipients.map(({ personId }) => personId).sort();

const toldIn = (county: WarningDesk, alertId: string) =>
  county.alerts
    .events(alertId)
    .filter(({ kind }) => kind === 'targeted')
    .map(({ facts }) => (facts['recipients'] as { personId: string }[]).map(({ personId }) => personId).sort());

describe('a warning that the county types', () => {
  test('reaches every grid that it touches, is lowered in a part of them, and runs out', () => {
    const county = desk();
    // 08:00 an orange rainstorm for both townships.
    const issued = county.warn({
      action: 'issue',
      draft: draft({
        areas: [
          { gridCode: '331004001', level: 'orange' },
          { gridCode: '331004002', level: 'orange' },
        ],
      }),
    });
    expect(issued.ok).toBe(true);
    const [warning] = county.warnings(true);
    const id = warning?.id ?? '';
    let alert = county.alertOf(id);
    expect(alert).toMatchObject({ level: 'orange', subject: { kind: 'area', id }, round: 1, condition: 'active' });
    // Both townships' villages hear it, each through its own people.
    expect(peopleOf(alert)).toEqual(
      expect.arrayContaining(['v1-head', 'v1-member', 'v2-head', 'v3-head', 'g1-member']),
    );

    // 09:00 the first township is lowered to yellow: its people are informed, nobody is asked anew.
    county.at(T0 + HOUR_MS);
    expect(
      county.warn({
        action: 'update',
        warningId: id,
        areas: [{ gridCode: '331004001', level: 'yellow' }],
        expiresAtMs: null,
      }).ok,
    ).toBe(true);
    alert = county.alertOf(id);
    expect(alert).toMatchObject({ level: 'orange', round: 1 });
    expect(alert.areas).toEqual([
      { gridCode: '331004002', level: 'orange', sinceMs: T0 },
      { gridCode: '331004001', level: 'yellow', sinceMs: T0 + HOUR_MS },
    ]);
    const informed = toldIn(county, alert.id).at(-1) ?? [];
    expect(informed).toContain('v1-head');
    expect(informed).not.toContain('v3-head');

    // 10:00 one village of it rises to red: its people are asked again, and whoever answers above.
    county.at(T0 + 2 * HOUR_MS);
    county.warn({
      action: 'update',
      warningId: id,
      areas: [{ gridCode: '331004001002', level: 'red' }],
      expiresAtMs: T0 + 14 * HOUR_MS,
    });
    alert = county.alertOf(id);
    expect(alert).toMatchObject({ level: 'red', round: 2, lifecycle: 'raised' });
    const asked = toldIn(county, alert.id).at(-1) ?? [];
    expect(asked).toContain('v2-head');
    expect(asked).not.toContain('v1-head');
    expect(asked).not.toContain('v3-head');
    expect(peopleOf(alert)).toEqual(expect.arrayContaining(['v1-head', 'v2-head', 'v3-head']));

    // 22:00 it has run out, after a restart as well; the news goes out before its alert is closed.
    county.restart();
    county.at(T0 + 14 * HOUR_MS - 1);
    expect(county.warnings(true)).toHaveLength(1);
    county.at(T0 + 14 * HOUR_MS);
    expect(county.warnings(true)).toEqual([]);
    alert = county.alertOf(id);
    expect(alert).toMatchObject({ condition: 'cleared', lifecycle: 'raised' });
    county.at(T0 + 14 * HOUR_MS + 10 * MINUTE_MS);
    expect(county.alertOf(id)).toMatchObject({ lifecycle: 'closed' });
    expect(county.alerts.events(alert.id).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['raised', 'targeted', 'levelChanged', 'warning', 'closed']),
    );
  });

  test('is on the list of whoever it touches, and of nobody else', () => {
    const county = desk();
    county.warn({ action: 'issue', draft: draft({ areas: [{ gridCode: '331004001001', level: 'yellow' }] }) });
    const seenBy = (gridCode: string) => county.readers.warnings.list({ gridCodes: [gridCode] }).length;
    const alertsOf = (gridCode: string) => county.alerts.list({ gridCodes: [gridCode] }, 10, null).items.length;
    for (const ask of [seenBy, alertsOf])
      expect(['331004', '331004001', '331004001001', '331004001001-G1', '331004001002', '331004002'].map(ask)).toEqual([
        1, 1, 1, 1, 0, 0,
      ]);
  });

  test('is lifted, and who was told hears so', () => {
    const county = desk();
    county.warn({ action: 'issue', draft: draft() });
    const id = county.warnings(true)[0]?.id ?? '';
    county.at(T0 + HOUR_MS);
    expect(county.warn({ action: 'cancel', warningId: id }).ok).toBe(true);
    expect(county.warn({ action: 'cancel', warningId: id }).message.en).toContain('over');
    expect(county.alertOf(id)).toMatchObject({ condition: 'cleared' });
    county.at(T0 + 2 * HOUR_MS);
    expect(county.alertOf(id).lifecycle).toBe('closed');
    expect(county.readers.warnings.get(id)?.state).toBe('cancelled');
  });

  test.each([
    ['a village head', 'v1-head', draft(), 'only the county'],
    ['a grid that is not there', 'c-disp', draft({ areas: [{ gridCode: '999', level: 'red' }] }), 'no grid 999'],
    ['an end that is past', 'c-disp', draft({ expiresAtMs: T0 - 1 }), 'run out'],
    ['no area', 'c-disp', draft({ areas: [] }), 'no grid'],
    ['no headline', 'c-disp', draft({ headline: { zh: ' ', en: '' } }), 'headline'],
  ])('is refused with %s', (_, by, what, why) => {
    const county = desk();
    const result = county.warn({ action: 'issue', draft: what }, by);
    expect(result).toMatchObject({ ok: false });
    expect(result.message.en).toContain(why);
    expect(county.warnings()).toEqual([]);
  });
});

describe('calls of a warning', () => {
  test('end with it: whoever was silent is asked no more, and nobody is alarmed that nobody answered', () => {
    const county = desk();
    county.warn({ action: 'issue', draft: draft({ areas: [{ gridCode: '331004001', level: 'orange' }] }) });
    const id = county.warnings(true)[0]?.id ?? '';
    const states = () => new Set(county.readers.calls.ofAlert(alertIdOfWarning(id)).map(({ state }) => state));
    expect(states()).toContain('asking');
    county.at(T0 + MINUTE_MS);
    county.warn({ action: 'cancel', warningId: id });
    expect(states()).toEqual(new Set(['stopped']));
    county.at(T0 + HOUR_MS);
    const open = county.alerts.list({ gridCodes: ['331004'] }, 10, null).items;
    expect(open.map(({ hazard }) => hazard)).toEqual([]);
    const [told] = county.alerts.events(alertIdOfWarning(id)).filter(({ kind }) => kind === 'nobodyReached');
    expect(told).toBeUndefined();
  });

  test('only those in grids that rise are asked anew, who has not answered is asked on; receipts count tier by tier', () => {
    const sms: ChannelConfig = {
      id: 'sms',
      kind: 'sms-gateway',
      url: 'http://127.0.0.1:1/',
      secretEnv: null,
      minLevel: 'blue',
      timeoutMs: 1_000,
      accepts: ['live'],
    };
    const base = mappedRegistry(sampleRegistry([CONSOLE, sms]));
    const people = [...base.people.values()].map((person, n) => ({ ...person, phone: `138000000${10 + n}` }));
    const county = openWarningDesk({ ...base, people: new Map(people.map((person) => [person.id, person])) });
    open.push(county);
    const areas = [
      { gridCode: '331004001', level: 'orange' },
      { gridCode: '331004002', level: 'orange' },
    ] as const;
    county.warn({ action: 'issue', draft: draft({ areas }) });
    const id = county.warnings(true)[0]?.id ?? '';
    const alertId = alertIdOfWarning(id);
    county.at(T0 + 1_000);
    const said = { by: 'v1-head', atMs: T0 + 1_000, from: 'console', note: '' } as const;
    county.give({ ...said, id: 'y', kind: 'call', alertId, personId: 'v1-head', action: 'answer' });
    const tierOf = (tier: number) =>
      receiptsByTier(county.readers.calls.ofAlert(alertId)).find((one) => one.tier === tier);
    expect(tierOf(3)).toMatchObject({ grids: 3, gridsAnswered: 1, answered: 1 });

    const risen = [{ gridCode: '331004002', level: 'red' }] as const;
    county.warn({ action: 'update', warningId: id, areas: risen, expiresAtMs: null });
    const asked = county.readers.calls
      .ofAlert(alertId)
      .filter(({ round }) => round === 2)
      .map(({ personId }) => personId);
    expect(asked).toContain('v3-head');
    // v2-head has not answered: his call of the first round goes on.
    const v2 = county.readers.calls.ofAlert(alertId).filter(({ personId }) => personId === 'v2-head');
    expect(v2.map(({ round, state }) => `${round} ${state}`)).toEqual(['1 asking']);
    // He has answered for his own grid, which did not rise.
    expect(asked).not.toContain('v1-head');
    expect(tierOf(3)).toMatchObject({ gridsAnswered: 1, answered: 1 });
  });
});
