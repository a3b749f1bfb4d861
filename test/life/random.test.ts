import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyLedger } from '#alerts/io/verify.ts';
import { isOfSilence } from '#alerts/life/suppression.ts';
import { CONSOLE, sampleRegistry } from '#alerts/testing/sample.ts';
import type { Alert, AlertCommand } from '#model/alert.ts';
import { LEVELS, type LevelOrNone, rankOf, worse } from '#model/level.ts';
import type { Registry, Sensor } from '#model/registry.ts';
import { at, openRecord, QUIET_POLICY } from './record.ts';

const sensor = (id: string): [string, Sensor] => [
  id,
  { id, pointId: 'P1', edgeId: 'edge-1', quantity: 'displacement', name: { zh: id, en: id }, staleAfterMs: 600_000 },
];
const registry: Registry = {
  ...sampleRegistry([CONSOLE]),
  sensors: new Map([sensor('S1'), sensor('S2')]),
  policy: { ...QUIET_POLICY, latch: [{ from: 'orange' }] },
};

type Step =
  | { readonly kind: 'sees'; readonly sensorId: string; readonly to: LevelOrNone }
  | { readonly kind: 'loses'; readonly sensorId: string }
  | { readonly kind: 'silent'; readonly sensorId: string; readonly is: boolean }
  | { readonly kind: 'gateway'; readonly lost: boolean }
  | { readonly kind: 'does'; readonly action: AlertCommand['action']; readonly which: number; readonly minutes: number }
  | { readonly kind: 'waits'; readonly minutes: number };

const sensorId = fc.constantFrom('S1', 'S2');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('sees' as const), sensorId, to: fc.constantFrom(...LEVELS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('loses' as const), sensorId }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('silent' as const), sensorId, is: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('gateway' as const), lost: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('does' as const),
      action: fc.constantFrom<AlertCommand['action']>(
        ...(['acknowledge', 'close', 'falseAlarm', 'shelve', 'shelve', 'shelve', 'unshelve', 'reset', 'note'] as const),
      ),
      which: fc.nat(3),
      minutes: fc.constantFrom(0, 5, 30),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('waits' as const), minutes: fc.constantFrom(1, 12, 61) }) },
);

/** What must hold of every alert at every instant. */
function check(alert: Alert, minute: number): void {
  const standing = alert.conditions.filter(({ state }) => state !== 'cleared');
  const worst = standing.reduce<LevelOrNone>((level, one) => worse(level, one.level), 'none');
  const open = alert.lifecycle !== 'closed' && alert.lifecycle !== 'falseAlarm';
  if (open && standing.length > 0) expect(alert.level).toBe(worst);
  expect(alert.condition === 'cleared').toBe(standing.length === 0);
  if (alert.lifecycle === 'closed') expect(alert.latched ?? false).toBe(false);
  if (!open) expect([alert.shelvedUntilMs, alert.suppressedBy]).toEqual([null, undefined]);
  if (alert.shelvedUntilMs !== null) expect(alert.shelvedUntilMs).toBeGreaterThan(at(minute));
  expect(alert.shelving === undefined).toBe(alert.shelvedUntilMs === null);
  if (alert.suppressedBy !== undefined) {
    expect(alert.hazard).toBe('equipment');
    expect(standing.every(isOfSilence)).toBe(true);
  }
}

function play(steps: readonly Step[]): void {
  const record = openRecord(registry);
  const levels = new Map<string, LevelOrNone>();
  const ended = new Set<string>();
  let minute = 0;
  const all = () => [...record.alerts(), ...record.alerts(false)];
  const slope = () => record.alerts().find(({ hazard }) => hazard === 'landslide');
  /** One condition goes from where it stood to where it is now. */
  const moves = (key: string, to: LevelOrNone, more: object) => {
    const from = levels.get(key) ?? 'none';
    levels.set(key, to);
    if (from !== to) record.sees({ from, to, ...more }, minute);
  };
  try {
    for (const [n, one] of steps.entries()) {
      minute++;
      record.until(minute);
      const before = slope();
      switch (one.kind) {
        case 'sees':
          moves(one.sensorId, one.to, { sensorId: one.sensorId });
          break;
        case 'loses': {
          const held = levels.get(one.sensorId) ?? 'none';
          if (held === 'none') break;
          record.sees({ from: held, to: held, condition: 'dataLost', sensorId: one.sensorId }, minute);
          const after = slope();
          if (before !== undefined && after !== undefined) {
            expect(after.condition).not.toBe('cleared');
            expect(rankOf(after.level)).toBeGreaterThanOrEqual(rankOf(before.level));
          }
          break;
        }
        case 'silent':
          moves(`silent-${one.sensorId}`, one.is ? 'blue' : 'none', {
            sensorId: one.sensorId,
            hazard: 'equipment',
            measure: 'silence',
            rule: 'sensor-silent@1',
          });
          break;
        case 'gateway':
          moves('gateway', one.lost ? 'yellow' : 'none', { edge: 'edge-1', hazard: 'equipment', sensorId: null });
          break;
        case 'does': {
          const open = record.alerts();
          // Mostly the slope's: there the levels move.
          const alert = (one.which > 0 ? before : undefined) ?? open[one.which % Math.max(open.length, 1)];
          const more = one.minutes === 0 ? {} : { untilMs: at(minute + one.minutes) };
          if (alert !== undefined) record.does(minute, alert.id, one.action, { note: `第${n}步`, ...more });
          break;
        }
        case 'waits':
          minute += one.minutes;
          record.until(minute);
          break;
        default:
          one satisfies never;
      }
      const after = slope();
      if (one.kind === 'sees' && before !== undefined && after?.id === before.id) {
        const worsened = rankOf(after.level) > rankOf(before.level);
        // Whatever anybody put aside, what gets worse is heard.
        if (worsened) expect([after.shelvedUntilMs, after.round > before.round]).toEqual([null, true]);
        if (!worsened && before.shelvedUntilMs !== null) expect(after.round).toBe(before.round);
      }
      for (const alert of all()) {
        check(alert, minute);
        const isEnded = alert.lifecycle === 'closed' || alert.lifecycle === 'falseAlarm';
        if (ended.has(alert.id)) expect(isEnded).toBe(true);
        if (isEnded) ended.add(alert.id);
      }
    }
    const whole = verifyLedger(record.dataDir);
    expect(whole.ok ? 'whole' : whole.error.message).toBe('whole');
    // What is put aside comes back: nothing waits for ever.
    record.until(minute + 25 * 60);
    for (const alert of record.alerts()) expect(alert.shelvedUntilMs).toBeNull();
  } finally {
    record.close();
  }
}

describe('whatever happens to alerts', () => {
  it('their level is the worst that stands, ended ones stay ended, lost data clear nothing, nothing put aside hides what gets worse', () => {
    const seed = Number(process.env['FC_SEED'] ?? Date.now() % 1_000_000);
    console.info(`seed ${seed}`);
    fc.assert(fc.property(fc.array(step, { minLength: 10, maxLength: 25 }), play), { numRuns: 10, seed });
  });
});
