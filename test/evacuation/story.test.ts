/**
 * The mission's story: 62 households, 138 people under the slope behind 盘石. It rains, the crack opens, the callers go from
 * door to door with their telephones, everybody gets out, and home again. On the wire, on virtual time.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyLedger } from '#alerts/io/verify.ts';
import type { HouseholdState } from '#model/evacuation.ts';
import { MINUTE_MS } from '#model/time.ts';
import { type Answer, type Caller, get, post } from '#test/e2e/support/client.ts';
import { POINT, type Slope, startSlope } from './slope.ts';

const VILLAGE = '451099101204';
const CALLERS = ['meng-dali', 'huang-shuizhen', 'wei-lizhu', 'lu-hesheng', 'tan-tianyou'] as const;
const HEAD = 'meng-yongchang';
const TOWN = 'qin-haiyan';

type Household = {
  readonly householdId: string;
  readonly callerId: string;
  readonly people: number;
  readonly state: HouseholdState;
  readonly needsHelp: readonly string[] | null;
  readonly headName: string;
  readonly phone: string;
};
type Sum = { readonly households: number; readonly people: number };
type List = {
  readonly id: string;
  readonly state: string;
  readonly alertId: string;
  readonly returnOrder: readonly string[];
  readonly count: Sum & {
    readonly byState: { readonly [S in HouseholdState]: Sum };
    readonly unresolved: number;
  };
  readonly shelters: readonly { readonly shelterId: string; readonly inside: number; readonly state: string }[];
  readonly households: readonly Household[];
};
type Mark = { readonly state: HouseholdState; readonly arrived?: number; readonly at?: string; readonly note?: string };

describe('the night of 62 households', () => {
  let s: Slope;
  let listId = '';
  beforeAll(async () => {
    s = await startSlope([...CALLERS, HEAD, TOWN]);
  }, 60_000);
  afterAll(() => s?.stop());

  const list = async (caller: Caller = s.as(HEAD)): Promise<List> =>
    (await get(s.chain, `/api/v1/evacuations/${listId}`, caller)).body as unknown as List;
  const mark = (caller: string, household: string, what: Mark): Promise<Answer> =>
    post(s.chain, `/api/v1/evacuations/${listId}/mark`, { household, ...what }, s.as(caller));
  /** Households and people in each state, `moved 60/135` …; states without anybody are left out. */
  const counts = async (): Promise<string> =>
    Object.entries((await list()).count.byState)
      .filter(([, { households }]) => households > 0)
      .map(([state, { households, people }]) => `${state} ${households}/${people}`)
      .join(', ');
  /** Each caller says it of each of his households that are meant. */
  const callersSay = async (what: Mark, isMeant: (one: Household) => boolean = () => true) => {
    const meant = (await list()).households.filter(isMeant);
    const answers = await Promise.all(
      CALLERS.flatMap((caller) =>
        meant.filter(({ callerId }) => callerId === caller).map(({ householdId }) => mark(caller, householdId, what)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(meant.map(() => 200));
  };
  const actions = () =>
    s.chain.alerts
      .eventsAfter(0, 10_000)
      .filter(({ kind, facts }) => kind === 'evacuation' && facts['action'] !== 'mark')
      .map(({ facts }) => facts['action']);

  it('everybody gets out, and home again', { timeout: 60_000 }, async () => {
    // It rains on the slope until the rain alone is orange; nobody has to leave yet.
    const rained = s.comes('it to have rained enough', async () => {
      s.rain(25);
      await s.passes(10 * MINUTE_MS);
      return s.chain.alerts
        .list({ gridCodes: [VILLAGE] }, 10, null)
        .items.some(({ level }) => level === 'orange' || level === 'red');
    });
    await rained;
    expect((await get(s.chain, '/api/v1/evacuations')).body['items']).toEqual([]);

    // The crack opens to 95 mm: red. Those who wake the households are asked, and the list is open.
    s.crack(95);
    const red = await s.alert('red', ({ level }) => level === 'red');
    const asked = red.recipients.map(({ personId }) => personId);
    expect(asked).toEqual(expect.arrayContaining([...CALLERS]));
    const opened = await s.comes('the list', async () => {
      const { body } = await get(s.chain, '/api/v1/evacuations', s.as(HEAD));
      return (body['items'] as readonly List[])[0];
    });
    listId = opened.id;
    expect(opened).toMatchObject({ state: 'open', alertId: red.id, count: { households: 62, people: 138 } });
    expect(await counts()).toBe('waiting 62/138');
    const helpless = (await list()).households.filter(({ needsHelp }) => (needsHelp ?? []).length > 0);
    expect(helpless.length).toBeGreaterThanOrEqual(2);

    // Their telephones ring until they answer; each of them does.
    const callsOf = () =>
      s.readers.calls
        .ofAlert(red.id)
        .filter(({ personId, round }) => round === red.round && CALLERS.some((id) => id === personId));
    await s.comes('every caller to be asked', () => callsOf().length === CALLERS.length);
    for (const caller of CALLERS) {
      const answered = await post(s.chain, `/api/v1/alerts/${red.id}/answer`, { action: 'answer' }, s.as(caller));
      expect(answered.status).toBe(200);
    }
    expect(callsOf().map(({ state }) => state)).toEqual(CALLERS.map(() => 'answered'));

    // A caller sees his own households and no other's; he cannot speak for them either.
    const own = await list(s.as('tan-tianyou'));
    expect(new Set(own.households.map(({ callerId }) => callerId))).toEqual(new Set(['tan-tianyou']));
    expect((await mark('tan-tianyou', 'ps-01', { state: 'told' })).status).toBe(403);

    // Every door has been knocked at.
    await callersSay({ state: 'told' }, ({ householdId }) => householdId !== 'ps-51');
    await mark('lu-hesheng', 'ps-51', { state: 'notFound', note: '门锁着，电话不通' });
    expect(await counts()).toBe('told 61/136, notFound 1/2');

    // Most leave at once; two refuse; those who cannot walk wait for the stretchers.
    const waits = new Set([...helpless.map(({ householdId }) => householdId), 'ps-08', 'ps-16', 'ps-51']);
    await callersSay({ state: 'moved' }, ({ householdId }) => !waits.has(householdId));
    await mark('huang-shuizhen', 'ps-08', { state: 'refused', note: '要守牲口' });
    await mark('huang-shuizhen', 'ps-16', { state: 'refused' });
    const help = helpless.reduce((sum, { people }) => sum + people, 0);
    expect(await counts()).toBe(
      `told ${helpless.length}/${help}, moved ${59 - helpless.length}/${127 - help}, refused 2/9, notFound 1/2`,
    );

    // The township hears of them within minutes: numbers, no names.
    const above = await s.comes('the township to hear of them', () =>
      s.chain.alerts
        .events(red.id)
        .find(({ facts }) => facts['action'] === 'toldAbove' && (facts['households'] as string[]).length === 3),
    );
    expect(above.text.zh).toBe('拒绝转移2户9人，未找到1户2人，请派人到场');
    expect((above.facts['people'] as readonly string[]).length).toBeGreaterThan(0);

    // The head goes there himself and talks them round; the stretchers arrive; the last two were at their daughter's.
    await mark(HEAD, 'ps-08', { state: 'moved', note: '支书上门劝离' });
    await mark(HEAD, 'ps-16', { state: 'moved', arrived: 3 });
    expect((await list()).count.unresolved).toBe(2);
    await mark('huang-shuizhen', 'ps-16', { state: 'moved', arrived: 4 });
    await callersSay({ state: 'moved' }, ({ householdId }) => helpless.some((one) => one.householdId === householdId));
    await mark('lu-hesheng', 'ps-51', { state: 'safe', note: '在女儿家' });
    expect(await counts()).toBe('moved 61/136, safe 1/2');
    expect((await list()).count).toMatchObject({ households: 62, people: 138, unresolved: 0 });

    // A telephone that was out of reach brings an older word; it is on record and changes nothing.
    const late = await mark('huang-shuizhen', 'ps-08', {
      state: 'refused',
      at: new Date(red.raisedAtMs + MINUTE_MS).toISOString(),
    });
    expect(late.status).toBe(200);
    expect(late.body['message']).toBe('已记入台账；该户此后已有更新的登记，现状不变');
    expect(await counts()).toBe('moved 61/136, safe 1/2');

    // The county's desk sees the same figures by grid, and how full the shelters are.
    const county = (await get(s.chain, '/api/v1/evacuations/counts')).body as unknown as {
      readonly items: readonly {
        readonly grids: readonly (Sum & { readonly gridCode: string })[];
        readonly shelters: readonly { readonly shelterId: string; readonly inside: number; readonly state: string }[];
      }[];
    };
    const [figures] = county.items;
    expect(
      figures?.grids.slice(0, 3).map(({ gridCode, households, people }) => [gridCode, households, people]),
    ).toEqual([
      ['451099', 62, 138],
      ['451099101', 62, 138],
      [VILLAGE, 62, 138],
    ]);
    expect(figures?.shelters.reduce((sum, { inside }) => sum + inside, 0)).toBe(136);
    expect(figures?.shelters.map(({ state }) => state)).toEqual(['room', 'room']);

    // Nobody is sent home under a slope that still moves.
    const early = await post(s.chain, `/api/v1/evacuations/${listId}/return`, { note: '' }, s.as(HEAD));
    expect(early.status).toBe(409);

    // The rain is over, the crack is measured anew from where it stands; hours later the alert has cleared.
    s.crack(5);
    await s.alert('the condition to clear', ({ condition }) => condition === 'cleared');
    expect((await post(s.chain, `/api/v1/evacuations/${listId}/return`, {}, s.as('meng-dali'))).status).toBe(403);
    const home = await post(s.chain, `/api/v1/evacuations/${listId}/return`, { order: ['ps-02'] }, s.as(HEAD));
    expect(home.status).toBe(200);
    const { returnOrder, state } = home.body as unknown as List;
    expect(state).toBe('returning');
    expect(returnOrder).toHaveLength(62);
    expect(returnOrder[0]).toBe('ps-02');
    expect(new Set(returnOrder.slice(-helpless.length))).toEqual(new Set(helpless.map((one) => one.householdId)));

    // They go home one by one; the list is closed when the last is back, and not before.
    expect((await post(s.chain, `/api/v1/evacuations/${listId}/close`, {}, s.as(HEAD))).status).toBe(409);
    await callersSay({ state: 'returned' });
    expect(await counts()).toBe('returned 62/138');
    const closed = await post(s.chain, `/api/v1/evacuations/${listId}/close`, {}, s.as(TOWN));
    expect(closed.body['state']).toBe('closed');
    expect((await get(s.chain, '/api/v1/evacuations', s.as(HEAD))).body['items']).toEqual([]);

    // What stands for the inquiry: every step once, nobody's name, a chain that is whole.
    expect(actions().filter((action) => action !== 'toldAbove')).toEqual(['open', 'return', 'close']);
    const events = s.chain.alerts.eventsAfter(0, 10_000);
    const marks = events.filter(({ facts }) => facts['action'] === 'mark' && facts['overtaken'] !== true);
    expect(marks.length).toBeGreaterThan(62 * 3);
    const said = JSON.stringify(events);
    const point = s.registry.points.get(POINT);
    expect(point?.households).toHaveLength(62);
    for (const { headName, phone } of point?.households ?? []) {
      expect(said).not.toContain(phone);
      expect(said).not.toContain(headName);
    }
    expect(
      events.some(({ kind, by, facts }) => kind === 'access' && by === HEAD && facts['what'] === 'households'),
    ).toBe(true);
    expect(verifyLedger(s.chain.dataDir).ok).toBe(true);
  });
});
