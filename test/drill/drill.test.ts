/** A drill as a story on virtual time, over the stage's own wire: commands in, messages at a receiver, ledger and report out. */
import { afterEach, describe, expect, it } from 'vitest';
import { openCallReader } from '#alerts/io/calls/reader.ts';
import { openDrillReader } from '#alerts/io/drill/reader.ts';
import { openEvacuationReader } from '#alerts/io/evacuation/reader.ts';
import { CONSOLE, sampleRegistry, T0, transition, webhook } from '#alerts/testing/sample.ts';
import type { ChannelConfig, SmsGatewayChannel } from '#model/channel.ts';
import type { DeskCommand } from '#model/command.ts';
import type { DrillPlan } from '#model/drill.ts';
import { MINUTE_MS } from '#model/time.ts';
import { openDesk, openReceiver, registryPort, stageContext, until } from '../alerts/support.ts';
import { createHandClock } from './hand-clock.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const PLAN: DrillPlan = {
  name: { zh: '汛前滑坡演练', en: 'landslide drill before the flood season' },
  gridCode: '331004001',
  broadcast: false,
  endsAfterMs: 30 * MINUTE_MS,
  steps: [
    {
      afterMs: 0,
      pointId: 'P1',
      hazard: 'landslide',
      level: 'orange',
      reason: { zh: '位移加快', en: 'it moves faster' },
    },
    {
      afterMs: 10 * MINUTE_MS,
      pointId: 'P1',
      hazard: 'landslide',
      level: 'red',
      reason: { zh: '即将失稳', en: 'it is about to fail' },
    },
    {
      afterMs: 20 * MINUTE_MS,
      pointId: 'P1',
      hazard: 'landslide',
      level: 'none',
      reason: { zh: '稳定', en: 'it is still' },
    },
  ],
};

async function county() {
  const receiver = await openReceiver();
  closing.push(receiver.close);
  const sms: SmsGatewayChannel = {
    id: 'sms',
    kind: 'sms-gateway',
    url: receiver.url,
    secretEnv: null,
    minLevel: 'blue',
    timeoutMs: 2_000,
    accepts: ['live', 'drill'],
  };
  const channels: readonly ChannelConfig[] = [CONSOLE, sms, webhook(receiver.url, ['live'], { id: 'live-only' })];
  const base = sampleRegistry(channels);
  const people = [...base.people.values()].map(
    (one, n) => [one.id, { ...one, phone: `1380000${String(n).padStart(4, '0')}` }] as const,
  );
  const registry = registryPort({ ...base, people: new Map(people) });
  const clock = createHandClock(T0);
  const { context } = stageContext(clock);
  const desk = await openDesk(registry, context);
  closing.push(desk.close);
  const drills = openDrillReader(desk.dataDir);
  const calls = openCallReader(desk.dataDir);
  const evacuations = openEvacuationReader(desk.dataDir);
  closing.push(drills.close, calls.close, evacuations.close);
  let n = 0;
  const give = async (what: Record<string, unknown>, by = 't1-head') => {
    const id = `cmd${++n}`;
    desk.does({ id, by, atMs: clock.nowMs(), from: 'console', note: '', ...what } as unknown as DeskCommand);
    return until('an answer', () => desk.reader.commandResult(id));
  };
  // A quiet self-test of a channel has no body.
  const texts = (): readonly string[] => receiver.received.flatMap(({ body }) => (body === '' ? [] : [body]));
  return { ...desk, clock, drills, calls, evacuations, give, texts };
}

describe('a drill', () => {
  it('runs the same chain with the same people, marked everywhere, ends by itself and reports their times', async () => {
    const { give, drills, reader, texts, calls, evacuations, clock } = await county();
    expect(await give({ kind: 'drill', action: 'start', plan: PLAN })).toMatchObject({ ok: true });
    const [drill] = drills.list({ gridCodes: ['331004'] });
    const id = drill?.id ?? '';
    const alertId = await until('the alert', () => drills.get(id)?.alertIds[0]);
    expect(reader.get(alertId)).toMatchObject({ level: 'orange', origin: 'drill', drill: { id, broadcast: false } });
    await until('messages', () => texts().length > 0);
    await give({ kind: 'call', action: 'answer', alertId, personId: 'v1-head' }, 'v1-head');
    await clock.pass(T0 + 10 * MINUTE_MS);
    // At 00:10 it gets worse, and the households are to be woken.
    await until('red', () => reader.get(alertId)?.level === 'red');
    const list = await until('the list', () => evacuations.list({ gridCodes: ['331004'], origin: 'drill' })[0]);
    await give(
      { kind: 'evacuation', action: 'mark', evacuationId: list.id, householdId: 'h1', state: 'moved', arrived: 4 },
      'v1-member',
    );
    await give({ kind: 'call', action: 'answer', alertId, personId: 'v1-head' }, 'v1-head');
    // At 00:20 it is over, at 00:30 the drill is.
    await clock.pass(T0 + 30 * MINUTE_MS);
    const report = await until('the report', () => drills.report(id) ?? undefined);
    expect(drills.get(id)).toMatchObject({ state: 'ended', stepsDone: 3 });
    expect(reader.get(alertId)).toMatchObject({ lifecycle: 'closed', condition: 'cleared' });
    expect(texts().filter((text) => !text.includes('演练'))).toEqual([]);
    expect(
      reader
        .deliveries(alertId)
        .filter(({ channel }) => channel === 'live-only')
        .every(({ state }) => state === 'refused'),
    ).toBe(true);

    const head = report.times.filter(({ personId, answeredMs }) => personId === 'v1-head' && answeredMs !== null);
    expect(head.length).toBe(2);
    expect(report.tiers.find(({ tier }) => tier === 3)).toMatchObject({ answered: 2 });
    expect(report.notReached.map(({ personId }) => personId)).toContain('v1-member');
    expect(report.evacuations).toMatchObject([
      { pointId: 'P1', households: 2, outHouseholds: 1, outPeople: 4, people: 6 },
    ]);
    expect(report.channels.map(({ channel }) => channel)).toContain('sms');
    expect(report.text.zh).toContain('未叫醒');
    const end = reader.events(id).at(-1);
    expect(end).toMatchObject({
      kind: 'drill',
      by: 'alerts',
      facts: { action: 'end', report: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(evacuations.get(list.id)?.state).toBe('closed');
    const count = texts().length;
    expect(calls.ofAlert(alertId).every(({ state }) => state !== 'asking')).toBe(true);
    await clock.pass(clock.nowMs() + 10 * MINUTE_MS);
    expect(texts().length).toBe(count);
  });

  it('is ended at once by hand, in the middle of its calls, also after a restart; a real alert goes its way', async () => {
    const { give, drills, reader, sees, restart, texts, clock } = await county();
    await give({ kind: 'drill', action: 'start', plan: PLAN });
    const id = drills.list({ gridCodes: ['331004'] })[0]?.id ?? '';
    const alertId = await until('the alert', () => drills.get(id)?.alertIds[0]);
    sees({ ...transition({ n: 1, to: 'red' }), atMs: clock.nowMs() });
    const live = await until(
      'the real one',
      () => reader.list({ gridCodes: ['331004'], origin: 'live' }, 10, null).items[0],
    );
    expect(live.id).not.toBe(alertId);
    await until('its message', () => texts().some((text) => text.includes(live.id) && !text.includes('演练')));
    await restart();
    expect(await give({ kind: 'drill', action: 'end', drillId: id })).toMatchObject({ ok: true });
    expect(reader.get(alertId)?.lifecycle).toBe('closed');
    expect(reader.get(live.id)).toMatchObject({ lifecycle: 'raised', level: 'red' });
    expect(drills.report(id)?.stepsDone).toBeLessThan(3);
    expect(await give({ kind: 'drill', action: 'end', drillId: id })).toMatchObject({ ok: false });
    expect(reader.deliveries(alertId).some(({ state }) => state === 'queued')).toBe(false);
  });

  it('is refused with all reasons at once, and to whoever answers for another grid', async () => {
    const { give, drills } = await county();
    const [first] = PLAN.steps;
    const wrong = {
      ...PLAN,
      gridCode: '331004002',
      steps: [
        { ...first, pointId: 'P9' },
        { ...first, level: 'none' },
      ],
    };
    const refused = await give({ kind: 'drill', action: 'start', plan: wrong });
    expect(refused.ok).toBe(false);
    expect(refused.message.en).toMatch(/no point P9.*does not lie in.*331004002/);
    expect(await give({ kind: 'drill', action: 'start', plan: PLAN }, 't2-head')).toMatchObject({ ok: false });
    expect(await give({ kind: 'drill', action: 'start', plan: PLAN }, 'v1-member')).toMatchObject({ ok: false });
    expect(await give({ kind: 'drill', action: 'start', plan: PLAN })).toMatchObject({ ok: true });
    expect((await give({ kind: 'drill', action: 'start', plan: PLAN })).message.en).toContain('end it first');
    expect(drills.list({ gridCodes: ['331004'] })).toHaveLength(1);
    expect(drills.list({ gridCodes: ['331004002'] })).toHaveLength(0);
  });
});
