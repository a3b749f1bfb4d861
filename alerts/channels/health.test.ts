import { array, boolean, assert as check, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeText, DOWN_AFTER, type Health, nextHealth, untested } from './health.ts';
import { openRate, reservedOf } from './rate.ts';

const before = untested({ id: 'sms', kind: 'sms-gateway' }, 0);
const lifeOf = (...heard: readonly ('ok' | 'no' | 'test-ok' | 'test-no')[]): Health =>
  heard.reduce<Health>(
    (health, one, index) =>
      nextHealth(health, { ok: one.endsWith('ok'), test: one.startsWith('test'), detail: one }, (index + 1) * 1_000),
    before,
  );

describe('the health of a channel', () => {
  it.each([
    [['ok'], 'up', 0],
    [['no'], 'failing', 1],
    [['no', 'no', 'ok'], 'up', 0],
    [['no', 'no', 'no'], 'down', 3],
    [['no', 'test-no', 'no'], 'down', 3],
    [['no', 'no', 'no', 'test-ok'], 'down', 3],
    [['no', 'no', 'no', 'test-ok', 'no'], 'down', 4],
    [['no', 'no', 'no', 'test-ok', 'ok', 'no'], 'failing', 1],
    [['test-no', 'test-no', 'test-no'], 'down', 3],
    [['test-no', 'test-no', 'test-no', 'test-ok'], 'up', 0],
    [['test-ok'], 'up', 0],
  ] as const)('after %j is %s', (heard, state, failuresInARow) => {
    expect(lifeOf(...heard)).toMatchObject({ state, failuresInARow });
  });

  it('says since when, and when it last worked', () => {
    expect(lifeOf('ok', 'ok', 'no', 'no', 'no', 'no')).toMatchObject({
      state: 'down',
      sinceMs: 5_000,
      lastOkAtMs: 2_000,
    });
  });

  it('goes down at the third failure in a row, comes up by a message, and by a test only where no message failed', () => {
    check(
      property(array(record({ ok: boolean(), test: boolean() }), { maxLength: 40 }), (heard) => {
        let health = before;
        let failures = 0;
        let messages = 0;
        for (const [index, one] of heard.entries()) {
          const next = nextHealth(health, { ...one, detail: '' }, index);
          const heals = one.ok && (!one.test || messages === 0);
          failures = heals ? 0 : failures + (one.ok ? 0 : 1);
          messages = heals ? 0 : messages + (one.ok || one.test ? 0 : 1);
          const open = failures === 0 ? 'up' : failures < DOWN_AFTER ? 'failing' : 'down';
          expect(next.state).toBe(open);
          expect(changeText(health, next, null) !== null).toBe((health.state === 'down') !== (next.state === 'down'));
          health = next;
        }
      }),
    );
  });
});

describe('the rate of a channel', () => {
  it('lets no minute hold more than it may, and keeps a part of it for the worst', () => {
    const steps = array(
      record({ afterMs: integer({ min: 0, max: 30_000 }), want: integer({ min: 1, max: 30 }), worst: boolean() }),
      { maxLength: 60 },
    );
    check(
      property(integer({ min: 1, max: 40 }), steps, (perMinute, all) => {
        const rate = openRate(perMinute);
        const sent: number[] = [];
        const others: number[] = [];
        let nowMs = 0;
        for (const { afterMs, want, worst } of all) {
          nowMs += afterMs;
          const places = rate.places(nowMs);
          const inMinute = (list: readonly number[]) => list.filter((atMs) => atMs > nowMs - 60_000).length;
          expect(places.worst).toBe(perMinute - inMinute(sent)); // The plain count is the oracle.
          const count = Math.min(want, worst ? places.worst : places.any);
          const wait = rate.waitMs(nowMs);
          expect(wait.worst === 0).toBe(places.worst > 0);
          expect(wait.any === 0).toBe(places.any > 0);
          rate.take(count, nowMs);
          for (let n = 0; n < count; n++) sent.push(nowMs);
          if (!worst) for (let n = 0; n < count; n++) others.push(nowMs);
          expect(inMinute(sent)).toBeLessThanOrEqual(perMinute);
          expect(inMinute(others)).toBeLessThanOrEqual(perMinute - reservedOf(perMinute));
        }
      }),
    );
  });
});
