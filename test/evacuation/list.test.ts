/** The lists in the store of the alerts stage, on virtual time: by policy and by hand, told above, told anew, across restarts. */
import { afterEach, describe, expect, it } from 'vitest';
import { openEvacuationReader } from '#alerts/io/evacuation/reader.ts';
import { verifyLedger } from '#alerts/io/verify.ts';
import { CONSOLE, POINTS, sampleRegistry, T0, transition } from '#alerts/testing/sample.ts';
import type { AccessCommand, EvacuationCommand } from '#model/command.ts';
import type { Evacuation, HouseholdState } from '#model/evacuation.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import type { HazardPoint, Household } from '#model/registry.ts';
import { MINUTE_MS } from '#model/time.ts';
import { openDesk, registryPort, stageContext, until } from '#test/alerts/support.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const household = (id: string, people: number, callerId = 'v1-member'): Household => ({
  id,
  headName: `户主${id}`,
  people,
  phone: `1390000${id.slice(1).padStart(4, '0')}`,
  callerId,
});
const HOUSEHOLDS = [household('h1', 4), household('h2', 2), household('h3', 3, 'g1-member')];
const withHouseholds = (households: readonly Household[]) =>
  sampleRegistry(
    [CONSOLE],
    POINTS.map((point): HazardPoint => (point.id === 'P1' ? { ...point, households } : point)),
  );

async function desk() {
  const clock = openSteppedClock(T0 + 10 * MINUTE_MS);
  const registry = registryPort(withHouseholds(HOUSEHOLDS));
  const { context } = stageContext(clock);
  const opened = await openDesk(registry, context);
  closing.push(opened.close);
  const reader = openEvacuationReader(opened.dataDir);
  closing.push(async () => reader.close());
  let n = 0;
  const give = async (command: object, by = 'v1-member', atMs = clock.nowMs()) => {
    n++;
    const said = { id: `c${n}`, by, atMs, from: 'console', note: '', kind: 'evacuation' };
    opened.does({ ...said, ...command } as EvacuationCommand);
    return until(`the result of c${n}`, () => opened.reader.commandResult(`c${n}`));
  };
  const list = (): Evacuation | undefined => reader.list({ gridCodes: ['331004'], open: true })[0];
  const listed = (what: string, isSo: (one: Evacuation) => boolean = () => true) =>
    until(what, () => {
      const one = list();
      return one !== undefined && isSo(one) ? one : undefined;
    });
  const events = () => opened.reader.eventsAfter(0, 10_000).filter(({ kind }) => kind === 'evacuation');
  return {
    ...opened,
    clock,
    registry,
    lists: reader,
    list,
    listed,
    give,
    events,
    states: () => list()?.households.map(({ householdId, state }) => `${householdId} ${state}`),
    mark: (householdId: string, state: HouseholdState, by = 'v1-member', atMs = clock.nowMs()) =>
      give({ action: 'mark', evacuationId: list()?.id, householdId, state, arrived: null }, by, atMs),
    passes: (ms: number) => clock.advanceTo(clock.nowMs() + ms),
  };
}

describe('an evacuation list', () => {
  it('opens at the policy’s level and not before; a point without households has none', async () => {
    const d = await desk();
    d.sees(transition({ n: 1, to: 'orange' }), transition({ n: 2, to: 'red', point: 'P2' }));
    await until('both alerts', () => d.reader.list({ gridCodes: ['331004'] }, 10, null).items.length === 2);
    expect(d.list()).toBeUndefined();
    d.sees(transition({ n: 3, from: 'orange', to: 'red' }));
    const list = await d.listed('the list');
    expect(list).toMatchObject({ pointId: 'P1', origin: 'live', state: 'open', openedBy: 'alerts' });
    expect(d.events().map(({ text }) => text.zh)).toEqual(['青石岭启动转移：3户9人']);
    expect(d.lists.list({ gridCodes: ['331004001001'] })).toHaveLength(1);
    expect(d.lists.list({ gridCodes: ['331004001002'] })).toHaveLength(0);
    expect(d.lists.list({ gridCodes: ['331004'], open: false })).toHaveLength(0);
    expect(d.lists.get('nothing')).toBeUndefined();
  });

  it('is one for a point and an origin: a drill has its own beside the real one', async () => {
    const d = await desk();
    d.sees(
      transition({ n: 1, to: 'red' }),
      transition({ n: 2, to: 'red', hazard: 'rainstorm', rule: 'rain@1' }),
      transition({ n: 3, to: 'red', origin: 'drill' }),
    );
    const lists = await until('two lists', () => {
      const all = d.lists.list({ gridCodes: ['331004'], open: true });
      return all.length === 2 ? all : undefined;
    });
    expect(lists.map(({ origin }) => origin).sort()).toEqual(['drill', 'live']);
    await until('three alerts', () => d.reader.list({ gridCodes: ['331004'] }, 10, null).items.length === 3);
    expect(d.lists.list({ gridCodes: ['331004'], open: true })).toHaveLength(2);
  });

  it('opened by hand stands for itself, is refused twice, and to whoever has no post there', async () => {
    const d = await desk();
    const open = (by: string) => d.give({ action: 'open', pointId: 'P1', alertId: null }, by);
    expect((await open('v2-head')).ok).toBe(false);
    expect((await open('v1-member')).ok).toBe(false);
    expect((await open('v1-head')).ok).toBe(true);
    expect(d.list()).toMatchObject({ alertId: null, origin: 'live', openedBy: 'v1-head' });
    expect((await open('v1-head')).message.zh).toContain('已经启动');
    expect((await d.give({ action: 'open', pointId: 'P2', alertId: null }, 'v2-head')).message.zh).toContain(
      '没有登记',
    );
    expect((await d.mark('h1', 'told')).ok).toBe(true);
    expect((await d.mark('h3', 'told', 'v2-head')).ok).toBe(false);
  });

  it('tells the township once for marks that come together, and not of one that was put right within the minute', async () => {
    const d = await desk();
    d.sees(transition({ n: 1, to: 'red' }));
    await d.listed('the list');
    await d.mark('h1', 'refused');
    d.passes(5_000);
    await d.mark('h1', 'moved');
    d.passes(MINUTE_MS);
    await d.mark('h2', 'refused');
    d.passes(20_000);
    await d.mark('h3', 'notFound', 'g1-member');
    d.passes(MINUTE_MS);
    const told = await until('the township to be told', () =>
      d.events().find(({ facts }) => facts['action'] === 'toldAbove'),
    );
    expect(told.text.zh).toBe('拒绝转移1户2人，未找到1户3人，请派人到场');
    expect(told.facts['people']).toEqual(['t1-a', 't1-b']);
    const alert = d.reader.list({ gridCodes: ['331004'] }, 1, null).items[0];
    const notice = d.reader.deliveries(alert?.id ?? '').filter(({ channel }) => channel === 'console');
    // One of the red, one of the households; nobody is asked anew because of them.
    expect(notice).toHaveLength(2);
    expect(alert?.round).toBe(1);
    d.passes(10 * MINUTE_MS);
    expect(d.events().filter(({ facts }) => facts['action'] === 'toldAbove')).toHaveLength(1);
  });

  it('a restart catches up with what the township has yet to hear', async () => {
    const d = await desk();
    d.sees(transition({ n: 1, to: 'red' }));
    await d.listed('the list');
    await d.mark('h2', 'refused');
    await d.stop();
    d.passes(30 * MINUTE_MS);
    await d.restart();
    await until('the township to be told', () => d.events().some(({ facts }) => facts['action'] === 'toldAbove'));
    expect(d.states()).toEqual(['h1 waiting', 'h2 refused', 'h3 waiting']);
  });

  it('keeps the newest instant when telephones come back late; both words stay in the ledger', async () => {
    const d = await desk();
    d.sees(transition({ n: 1, to: 'red' }));
    const { openedAtMs } = await d.listed('the list');
    d.passes(20 * MINUTE_MS);
    await d.mark('h1', 'moved');
    const late = await d.mark('h1', 'refused', 'v1-head', openedAtMs + MINUTE_MS);
    expect(late).toMatchObject({ ok: true, message: { zh: expect.stringContaining('现状不变') } });
    expect(d.states()?.[0]).toBe('h1 moved');
    const marks = d.events().filter(({ facts }) => facts['action'] === 'mark');
    expect(marks.map(({ facts }) => [facts['state'], facts['overtaken'] ?? false])).toEqual([
      ['moved', false],
      ['refused', true],
    ]);
  });

  it('is told anew when the hazard comes back: the order home is withdrawn', async () => {
    const d = await desk();
    d.sees(transition({ n: 1, to: 'red' }));
    await d.listed('the list');
    for (const id of ['h1', 'h2', 'h3']) await d.mark(id, 'moved', id === 'h3' ? 'g1-member' : 'v1-member');
    d.sees(transition({ n: 2, from: 'red', to: 'none' }));
    await until('the condition to clear', () =>
      d.reader.list({ gridCodes: ['331004'] }, 1, null).items.some(({ condition }) => condition === 'cleared'),
    );
    const id = d.list()?.id;
    expect((await d.give({ action: 'return', evacuationId: id, order: [] }, 'v1-head')).ok).toBe(true);
    d.passes(MINUTE_MS);
    await d.mark('h1', 'returned');
    d.sees(transition({ n: 3, from: 'none', to: 'red' }));
    await d.listed('the order to be withdrawn', ({ state }) => state === 'open');
    expect(d.list()?.returnOrder).toEqual([]);
    expect(d.states()).toEqual(['h1 waiting', 'h2 moved', 'h3 moved']);
    expect((await d.mark('h1', 'returned')).ok).toBe(false);
    expect((await d.give({ action: 'return', evacuationId: id, order: [] }, 'v1-head')).ok).toBe(false);
  });

  it('takes in a household that is entered in the registry meanwhile, and keeps one that is struck out', async () => {
    const d = await desk();
    d.sees(transition({ n: 1, to: 'red' }));
    await d.listed('the list');
    await d.mark('h1', 'moved');
    d.registry.replace({ ...withHouseholds([household('h1', 5), household('h4', 1)]), version: 'v2' });
    await d.listed('the new household', ({ households }) => households.length === 4);
    expect(d.states()).toEqual(['h1 moved', 'h2 waiting', 'h3 waiting', 'h4 waiting']);
    expect(d.list()?.households[0]?.people).toBe(5);
  });

  it('names nobody in the ledger, whose chain is whole', async () => {
    const d = await desk();
    d.sees(transition({ n: 1, to: 'red' }));
    await d.listed('the list');
    await d.mark('h1', 'refused');
    await d.mark('h9', 'told');
    await d.stop();
    const said = JSON.stringify(d.reader.eventsAfter(0, 10_000));
    for (const { headName, phone } of HOUSEHOLDS) {
      expect(said).not.toContain(headName);
      expect(said).not.toContain(phone);
    }
    expect(verifyLedger(d.dataDir).ok).toBe(true);
  });
});

describe('the reading of personal data', () => {
  it('is one entry for a viewer, an object and ten minutes, whichever process asks', async () => {
    const d = await desk();
    let n = 0;
    const reads = async (by: string, object: string, afterMs: number) => {
      d.passes(afterMs);
      const id = `r${++n}`;
      const said = { id, by, atMs: d.clock.nowMs(), from: 'console', note: '' };
      d.does({ ...said, kind: 'access', what: 'households', object } satisfies AccessCommand);
      await until('it to be taken', () => d.reader.commandResult(id));
    };
    await reads('v1-head', 'point/P1', 0);
    await reads('v1-head', 'point/P1', MINUTE_MS);
    await reads('v1-head', 'point/P2', 0);
    await reads('t1-head', 'point/P1', 0);
    await reads('v1-head', 'point/P1', 9 * MINUTE_MS);
    const entries = d.reader.eventsAfter(0, 100).filter(({ kind }) => kind === 'access');
    expect(entries.map(({ by, facts }) => `${by} ${String(facts['object'])}`)).toEqual([
      'v1-head point/P1',
      'v1-head point/P2',
      't1-head point/P1',
      'v1-head point/P1',
    ]);
    expect(entries[0]?.text.zh).toBe('上湾支书查看个人信息：households point/P1');
  });
});
