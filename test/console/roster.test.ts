import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { rosterHandover } from '#cli/io/roster-handover.ts';
import type { RosterCommand } from '#model/command.ts';
import { HOUR_MS } from '#model/time.ts';
import { asToken, post, startUnderTest, TOKEN, type Under } from './support/console-under-test.ts';
import { fakeAlert } from './support/fake-alert.ts';
import { fakePorts } from './support/fake-ports.ts';

const DESK = '999900001';
const fromMs = Date.now() - HOUR_MS;
const toMs = Date.now() + HOUR_MS;
let under: Under;
beforeAll(async () => {
  under = await startUnderTest({}, fakePorts(fromMs, toMs));
});
afterAll(() => under.stop());

type Json = { readonly [key: string]: unknown };
const get = async (path: string, headers: Record<string, string>): Promise<Json> =>
  (await (await fetch(`${under.base}${path}`, { headers })).json()) as Json;

describe('the duty roster over HTTP', () => {
  test('says who is on duty at each desk of the caller’s subtrees', async () => {
    const { items } = (await get('/api/v1/roster', asToken)) as { items: readonly Json[] };
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      gridCode: DESK,
      empty: false,
      people: [{ place: 'a', id: 'p-none', name: '沈无' }],
    });
    const far = { cookie: await under.cookieOf('p-far') };
    expect(await get('/api/v1/roster', far)).toEqual({ items: [], next: null });
  });

  test('says who was on duty at another moment, and that nobody was', async () => {
    const { items } = (await get(`/api/v1/roster?at=${toMs}`, asToken)) as { items: readonly Json[] };
    expect(items[0]).toMatchObject({ empty: true, people: [], next: null });
    const bad = await fetch(`${under.base}/api/v1/roster?at=yesterday`, { headers: asToken });
    expect(bad.status).toBe(400);
  });

  test('makes a hand-over note of what is open in the desk’s grids', async () => {
    under.alerts.put(fakeAlert());
    const note = (await get(`/api/v1/grids/${DESK}/handover`, asToken)) as {
      readonly open: { readonly alerts: readonly Json[] };
    };
    expect(note.open.alerts).toMatchObject([{ id: 'a-1', subjectName: { zh: '上坪滑坡' } }]);
    expect(note).toMatchObject({
      gridCode: DESK,
      records: [],
      open: { notReached: [], reports: [], evacuations: [{ id: 'ev-1', households: 3, waiting: 2 }], channelsDown: [] },
    });
    const other = (await get('/api/v1/grids/999900002/handover', asToken)) as {
      readonly open: { readonly alerts: readonly Json[] };
    };
    expect(other.open.alerts).toEqual([]);
  });

  test('takes the running shift over in the caller’s name', async () => {
    const headers = { cookie: await under.cookieOf('p-none') };
    const answer = await fetch(`${under.base}/api/v1/grids/${DESK}/handover`, post(headers, { note: '接班' }));
    expect(answer.status).toBe(200);
    const command = under.alerts.commandsSeen.at(-1) as RosterCommand;
    expect(command).toMatchObject({
      kind: 'roster',
      action: 'takeOver',
      by: 'p-none',
      gridCode: DESK,
      shiftFromMs: fromMs,
      note: '接班',
    });
  });

  test('refuses a desk without shifts, and says what to do', async () => {
    const answer = await fetch(`${under.base}/api/v1/grids/999900002/handover`, post(asToken, { action: 'handOver' }));
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ error: { kind: 'noShift' } });
  });
});

describe('the explanation of a point', () => {
  test('says who would be told and why, in both languages, for the hazard that its kind suggests', async () => {
    const explained = await get('/api/v1/points/slope-1/explain?level=yellow', asToken);
    expect(explained).toMatchObject({
      pointId: 'slope-1',
      level: 'yellow',
      hazard: 'landslide',
      policy: 'default',
      households: 1,
    });
    const { people, sentences } = explained as {
      readonly people: readonly { readonly personId: string; readonly thenAbove: readonly Json[] }[];
      readonly sentences: readonly { readonly zh: string; readonly en: string }[];
    };
    expect(people.map(({ personId }) => personId)).toEqual(['p-head', 'p-member', 'p-none']);
    expect(people[0]?.thenAbove).toMatchObject([{ personId: 'p-none' }]);
    expect(sentences[0]?.zh).toContain('通知3人');
    expect(sentences[0]?.en).toContain('3 people are told');
    expect(JSON.stringify(explained)).not.toMatch(/1[39]\d00000/);
  });

  test('refuses a level that there is not', async () => {
    const answer = await fetch(`${under.base}/api/v1/points/slope-1/explain?level=purple`, { headers: asToken });
    expect(answer.status).toBe(400);
  });
});

test('fengsui roster handover prints the note of the running console, and writes through it', async () => {
  const said: string[] = [];
  const spies = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
  for (const spy of spies) spy.mockImplementation((line: unknown) => void said.push(String(line)));
  vi.stubEnv('FENGSUI_URL', under.base);
  vi.stubEnv('FENGSUI_TOKEN', TOKEN);
  try {
    under.alerts.put(fakeAlert());
    const options = { grid: DESK, give: false, take: false, note: '', json: false };
    expect(await rosterHandover(options)).toBe(0);
    expect(said.join('\n')).toMatch(
      /当班 on duty: 沈无 \(A岗\).*未结预警 open alerts \(1\).*转移清单 evacuations \(1\)/s,
    );
    expect(await rosterHandover({ ...options, give: true, note: '注意上坪' })).toBe(0);
    expect(under.alerts.commandsSeen.at(-1)).toMatchObject({
      kind: 'roster',
      action: 'handOver',
      note: '注意上坪',
      from: 'api',
    });
    expect(await rosterHandover({ ...options, give: true, take: true })).toBe(2);
    expect(await rosterHandover({ ...options, grid: 'nowhere' })).toBe(1);
    expect(said.at(-1)).toContain('There is no such grid');
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
});
