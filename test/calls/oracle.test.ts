import fc from 'fast-check';
import { expect, it } from 'vitest';
import { verifyLedger } from '#alerts/io/verify.ts';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import { CONSOLE } from '#alerts/testing/sample.ts';
import type { Call } from '#model/call.ts';
import type { Level } from '#model/level.ts';
import { type CallDesk, callCounty, openCallDesk, SMS, VOICE } from './desk.ts';

/** Each message by itself, so that every try can be seen as a row of its own. */
const SINGLY = { ...DEFAULT_POLICY, digest: { messages: 10_000, windowMs: 1, everyMs: 0 } };
const TRIES = 3;
const WITHIN_MS = 300_000;
const APART_MS = 30_000;

type Step =
  | { readonly kind: 'level'; readonly point: 'P1' | 'P2'; readonly to: Level | 'none' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'answer'; readonly person: number; readonly word: 'answer' | 'cannot' | 'read' }
  | { readonly kind: 'receipt'; readonly row: number; readonly event: 'delivered' | 'heard' | 'answered' | 'cannot' }
  | { readonly kind: 'restart'; readonly awayMs: number }
  | { readonly kind: 'registry' }
  | { readonly kind: 'close'; readonly point: 'P1' | 'P2' };

const POINT = fc.constantFrom<('P1' | 'P2')[]>('P1', 'P2');
/** Odd milliseconds: no two things fall on one instant by accident. */
const odd = (max: number) => fc.integer({ min: 1, max }).map((n) => n * 2 + 1);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('level' as const),
      point: POINT,
      to: fc.constantFrom<(Level | 'none')[]>('blue', 'yellow', 'orange', 'red', 'none'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: odd(100_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      person: fc.nat(40),
      word: fc.constantFrom<('answer' | 'cannot' | 'read')[]>('answer', 'cannot', 'read'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('receipt' as const),
      row: fc.nat(200),
      event: fc.constantFrom<('delivered' | 'heard' | 'answered' | 'cannot')[]>(
        'delivered',
        'heard',
        'answered',
        'cannot',
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), awayMs: odd(400_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('registry' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), point: POINT }) },
);

type Away = { readonly fromMs: number; readonly toMs: number };

function act(desk: CallDesk, step: Step, away: Away[]): void {
  const open = (point: string) => desk.alerts().find((one) => one.subject.id === point && one.hazard === 'landslide');
  switch (step.kind) {
    case 'level':
      desk.sees({ point: step.point, to: step.to, from: open(step.point)?.level ?? 'none' });
      return;
    case 'pass':
      desk.passTime(step.ms);
      return;
    case 'answer': {
      const calls = desk.alerts().flatMap(({ id }) => desk.reader.ofAlert(id));
      const call = calls[step.person % Math.max(calls.length, 1)];
      if (call !== undefined) desk.says(call.personId, call.alertId, step.word);
      return;
    }
    case 'receipt': {
      const rows = desk.left.filter(({ person }) => person !== '*');
      const row = rows[step.row % Math.max(rows.length, 1)];
      // Twice: a receipt that comes again is no news.
      for (let n = 0; n < 2; n++)
        if (row !== undefined) desk.hears({ key: row.key, channel: row.channel, event: step.event });
      return;
    }
    case 'restart': {
      const fromMs = desk.nowMs();
      desk.restart(step.awayMs);
      away.push({ fromMs, toMs: desk.nowMs() });
      return;
    }
    case 'registry':
      desk.replace(callCounty([CONSOLE, SMS, VOICE], SINGLY));
      return;
    case 'close': {
      const alert = open(step.point);
      if (alert !== undefined) desk.acts('v1-head', alert.id, 'falseAlarm', '误报');
      return;
    }
    default:
      step satisfies never;
  }
}

/** An instant that lies in an outage is made up for at its end. */
const outOf = (away: readonly Away[], atMs: number): number =>
  away.reduce((at, { fromMs, toMs }) => (at > fromMs && at <= toMs ? toMs : at), atMs);

/** The naive version: when each try of a call must have been made, by the rule's own words, until it ended. */
function expectedTries(call: Call, away: readonly Away[], endMs: number): readonly number[] {
  const times: number[] = [];
  for (let n = 0; n < TRIES; n++) {
    const plannedMs = call.askedAtMs + n * (WITHIN_MS / TRIES);
    const before = times.at(-1);
    const atMs = outOf(away, before === undefined ? plannedMs : Math.max(plannedMs, before + APART_MS));
    if (n > 0 && atMs > endMs) break;
    times.push(atMs);
  }
  return times;
}

function silentAtMs(call: Call, away: readonly Away[], tries: readonly number[]): number {
  return outOf(away, Math.max(call.askedAtMs + WITHIN_MS, (tries.at(-1) ?? 0) + APART_MS));
}

/** When each call ended for the first time: whoever could not, or was silent, may answer after all. */
type Ends = Map<string, number>;

function checkCall(desk: CallDesk, call: Call, away: readonly Away[], ends: Ends): void {
  const what = `${call.key} ${call.state}`;
  const rows = desk
    .tries(call.alertId)
    .filter(({ personId, round, attempt }) => personId === call.personId && round === call.round && attempt > 0);
  const byTry = Map.groupBy(rows, ({ attempt }) => attempt);
  expect([what, [...byTry.keys()]]).toEqual([what, [...byTry.keys()].map((_, index) => index + 1)]);
  const made = [...byTry.values()].map(([first]) => first?.queuedAtMs);
  if (call.triesAtMost === 1) {
    expect([what, made]).toEqual([what, [call.askedAtMs]]);
    return;
  }
  const expected = expectedTries(call, away, ends.get(call.key) ?? desk.nowMs());
  // What ends a call at the very instant of a try comes before it or after it.
  const tie = made.length === expected.length - 1 && expected.at(-1) === ends.get(call.key);
  expect([what, made]).toEqual([what, tie ? expected.slice(0, -1) : expected]);
  if (call.state === 'silent') expect([what, call.endedAtMs]).toEqual([what, silentAtMs(call, away, expected)]);
  if (call.state === 'asking') {
    expect(call.nextDueMs).toBeGreaterThan(desk.nowMs());
    if (expected.length === TRIES) expect(silentAtMs(call, away, expected)).toBeGreaterThan(desk.nowMs());
  }
}

it('no sequence of events, outages and new registries repeats or skips a step', () => {
  const seed = Number(process.env['FENGSUI_SEED'] ?? Date.now() % 1_000_000);
  console.info(`call seed ${seed}`);
  fc.assert(
    fc.property(fc.array(STEP, { minLength: 6, maxLength: 24 }), (steps) => {
      const desk = openCallDesk(callCounty([CONSOLE, SMS, VOICE], SINGLY));
      const away: Away[] = [];
      const ends: Ends = new Map();
      try {
        desk.sees({ point: 'P1', to: 'yellow' });
        const known = new Set(desk.alerts().map(({ id }) => id));
        for (const step of steps) {
          act(desk, step, away);
          for (const { id } of desk.alerts()) known.add(id);
          for (const id of known)
            for (const { key, endedAtMs } of desk.reader.ofAlert(id))
              if (endedAtMs !== null && !ends.has(key)) ends.set(key, endedAtMs);
        }
        for (const id of known) {
          const calls = desk.reader.ofAlert(id);
          for (const call of calls) checkCall(desk, call, away, ends);
          // Once a round, and only when nobody of it was reached.
          const nobody = desk.events(id).filter(({ kind }) => kind === 'nobodyReached');
          const rounds = nobody.map(({ facts }) => facts['round']);
          expect(new Set(rounds).size).toBe(rounds.length);
          for (const round of Map.groupBy(calls, (call) => call.round).values()) {
            const states = new Set(round.map(({ state }) => state));
            const asked = round.some(({ triesAtMost }) => triesAtMost > 1);
            const over = asked && [...states].every((state) => state === 'silent' || state === 'cannot');
            if (over) expect(rounds).toContain(round[0]?.round);
          }
        }
        // Nothing leaves twice unless it says so.
        for (const same of Map.groupBy(desk.left, ({ key }) => key).values())
          expect(same.slice(1).every(({ repeated }) => repeated)).toBe(true);
        expect(verifyLedger(desk.dataDir)).toMatchObject({ ok: true });
      } finally {
        desk.close();
      }
    }),
    { seed, numRuns: Number(process.env['FENGSUI_RUNS'] ?? 15), endOnFailure: false },
  );
}, 240_000);
