import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Warning } from '#model/warning.ts';
import { PASSWORD, startUnderTest, type Under } from '#test/console/support/console-under-test.ts';
import { fakePorts } from '#test/console/support/fake-ports.ts';
import { until } from '#test/support/until.ts';
import { lastStatus, openHelper, type Sent } from './nodes-helper.ts';

type Flow = Awaited<ReturnType<Awaited<ReturnType<typeof openHelper>>['run']>>;
let open: Awaited<ReturnType<typeof openHelper>>;
let under: Under;
let flow: Flow | undefined;
const standing: Warning[] = [];
const dutyFromMs = Date.now() - 3_600_000;

beforeAll(async () => {
  open = await openHelper();
});
beforeEach(async () => {
  const fakes = fakePorts(dutyFromMs, Date.now() + 3_600_000);
  const warnings = { list: () => standing, get: (id: string) => ({ ...EXAMPLE, id }) };
  const parts = { ...fakes.ports.parts, warnings };
  under = await startUnderTest({}, { ...fakes, ports: { ...fakes.ports, parts } });
});
afterEach(async () => {
  standing.length = 0;
  await flow?.stop();
  flow = undefined;
  await under.stop();
});

const EXAMPLE: Warning = {
  ...{ id: 'w-1', source: 'typed', message: null, origin: 'live', hazard: 'flood', state: 'inForce' },
  headline: { zh: '立即转移', en: 'leave now' },
  ...{ description: { zh: '', en: '' }, instruction: { zh: '上坡走', en: 'uphill' }, issuedBy: 'p-county' },
  ...{ issuedAtMs: 0, onsetMs: null, expiresAtMs: 0, areas: [], polygons: [] },
};
const server = () => ({ id: 'server', type: 'fengsui-server', url: under.base });
const dispatcher = { server: { user: 'p-county', password: PASSWORD } };
const sinks = [
  { id: 'out', type: 'helper' },
  { id: 'refused', type: 'helper' },
  { id: 'caught', type: 'helper' },
  { id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
];
const errorOf = (message: Sent | undefined): string => (message as { error: { message: string } }).error.message;

describe('a broadcast', () => {
  const node = { id: 'say', type: 'fengsui-broadcast-out', server: 'server', confirmedWithin: '10' };
  const begin = async () => {
    flow = await open.run([server(), { ...node, wires: [['out'], ['refused']] }, ...sinks], dispatcher);
    return flow;
  };
  const TEXT = '立即转移\n上坡走';
  const payload = () => ({
    ...{ hazard: 'flood', headline: { zh: '立即转移', en: 'leave now' }, instruction: '上坡走', level: 'red' },
    ...{ grids: ['999900001001'], expires: Date.now() + 3_600_000 },
  });
  const confirmed = (over: object = {}) => ({ by: '周建国', at: new Date().toISOString(), text: TEXT, ...over });

  it('is asked for with somebody’s confirmation of these very words, whose name goes into the ledger', async () => {
    const running = await begin();
    running.node('say').receive({ payload: payload(), confirmed: confirmed(), broadcastId: 'b-1' });
    running.node('say').receive({ payload: payload(), confirmed: confirmed(), broadcastId: 'b-1' });
    const told = await running.wait('out', 2);
    expect(told[0]).toMatchObject({ broadcast: { kind: 'warning', by: '周建国', state: 'done', stoodAlready: false } });
    expect(under.alerts.commandsSeen).toHaveLength(1);
    const [command] = under.alerts.commandsSeen;
    expect(command).toMatchObject({ kind: 'warning', action: 'issue', by: 'p-county' });
    expect(JSON.stringify(command)).toContain('周建国 于');
    expect(command).toMatchObject({ draft: { hazard: 'flood', areas: [{ gridCode: '999900001001', level: 'red' }] } });
  });

  const refusals: readonly (readonly [string, () => object, RegExp])[] = [
    ['nobody confirmed', () => ({ payload: payload() }), /neither a drill nor confirmed/],
    ['a tick instead of a confirmation', () => ({ payload: payload(), confirmed: true }), /neither a drill nor/],
    ['other words', () => ({ payload: payload(), confirmed: confirmed({ text: '立即转移' }) }), /not the words/],
    ['no name', () => ({ payload: payload(), confirmed: confirmed({ by: ' ' }) }), /who confirmed/],
    [
      'an old confirmation',
      () => ({ payload: payload(), confirmed: confirmed({ at: Date.now() - 700_000 }) }),
      /longer ago than 10 minutes/,
    ],
    [
      'one from the future',
      () => ({ payload: payload(), confirmed: confirmed({ at: Date.now() + 700_000 }) }),
      /in the future/,
    ],
    [
      'a drill’s alert',
      () => ({ payload: payload(), confirmed: confirmed(), alert: { origin: 'drill' } }),
      /may only be a drill/,
    ],
    [
      'the player’s value',
      () => ({ payload: payload(), confirmed: confirmed(), origin: 'simulated' }),
      /never said to anybody/,
    ],
    ['no end', () => ({ payload: { ...payload(), expires: undefined }, confirmed: confirmed() }), /expires/],
    ['a week', () => ({ payload: { ...payload(), minutes: 10_080 }, confirmed: confirmed() }), /5 minutes to 24 hours/],
    ['no grid', () => ({ payload: { ...payload(), grids: [] }, confirmed: confirmed() }), /grids/],
    ['a drill without a place', () => ({ payload: { name: '演练' }, drill: true }), /grid/],
  ];
  it('is refused in red, with an error, and nothing is asked, unless everything is in order', async () => {
    const running = await begin();
    for (const [, message] of refusals) running.node('say').receive(message());
    const caught = await running.wait('caught', refusals.length);
    for (const [index, [name, , says]] of refusals.entries()) expect(errorOf(caught[index]), name).toMatch(says);
    expect(lastStatus(running.node('say'))).toMatchObject({ fill: 'red' });
    expect(under.alerts.commandsSeen).toEqual([]);
    expect([...running.caught('out'), ...running.caught('refused')]).toEqual([]);
  });

  it('of a drill becomes a drill and nothing else, without real sirens unless it says so', async () => {
    const running = await begin();
    const drill = {
      name: '滑坡演练',
      grid: '999900001001',
      point: 'slope-1',
      hazard: 'landslide',
      level: 'red',
      minutes: 30,
    };
    running.node('say').receive({ payload: drill, drill: true, confirmed: confirmed() });
    const [told] = await running.wait('out', 1);
    expect(told).toMatchObject({ broadcast: { kind: 'drill', by: null, state: 'done' } });
    expect(under.alerts.commandsSeen).toMatchObject([
      { kind: 'drill', action: 'start', plan: { broadcast: false, endsAfterMs: 1_800_000, gridCode: '999900001001' } },
    ]);
  });

  it('that stands already is not said again', async () => {
    const running = await begin();
    const given = payload();
    standing.push({
      ...EXAMPLE,
      expiresAtMs: given.expires,
      areas: [{ gridCode: '999900001001', level: 'red', sinceMs: 0 }],
    });
    running.node('say').receive({ payload: given, confirmed: confirmed() });
    const [told] = await running.wait('out', 1);
    expect(told).toMatchObject({ broadcast: { stoodAlready: true } });
    expect(under.alerts.commandsSeen).toEqual([]);
  });

  it('of somebody who may not is refused by the centre, on the second output', async () => {
    const member = { server: { user: 'p-member', password: PASSWORD } };
    flow = await open.run([server(), { ...node, wires: [['out'], ['refused']] }, ...sinks], member);
    flow.node('say').receive({ payload: payload(), confirmed: confirmed() });
    const [told] = await flow.wait('refused', 1);
    expect(told).toMatchObject({ refusal: { status: 403, kind: 'outsideGrid' } });
  });
});

describe('the roster', () => {
  const node = {
    id: 'who',
    type: 'fengsui-roster',
    server: 'server',
    grid: '999900001',
    wires: [['out'], ['refused']],
  };

  it('says who is on duty now, and nobody on the second output', async () => {
    flow = await open.run([server(), node, ...sinks], dispatcher);
    flow.node('who').receive({});
    const [told] = await flow.wait('out', 1);
    expect(told).toMatchObject({ payload: [{ id: 'p-none', name: '沈无', place: 'a' }] });
    flow.node('who').receive({ at: dutyFromMs - 60_000 });
    flow.node('who').receive({ grid: '999900001001' });
    const empty = await flow.wait('refused', 2);
    expect(empty.map(({ payload }) => payload)).toEqual([[], []]);
    flow.node('who').receive({ grid: '../session' });
    flow.node('who').receive({ grid: '000' });
    await flow.wait('caught', 2);
    expect(flow.caught('out')).toHaveLength(1);
  });
});

describe('the scenario player', () => {
  const player = (more: object) => ({
    id: 'play',
    type: 'fengsui-scenario-player',
    wires: [['out'], ['refused']],
    ...more,
  });
  const events = (running: Flow) => running.caught('refused').map(({ payload }) => payload);

  it('plays a list in its order and marks every value simulated, a missing one without a payload', async () => {
    const list = [
      { afterMs: 400, sensor: 'crack-1', value: 22.5 },
      { afterMs: 0, sensor: 'crack-1', value: 2 },
      { afterMs: 800, sensor: 'crack-1', value: null },
    ];
    flow = await open.run([player({ scenario: JSON.stringify(list), speed: '10' }), ...sinks]);
    flow.node('play').receive({ payload: 'start' });
    const told = await flow.wait('out', 3);
    expect(told.map((message) => ('payload' in message ? message['payload'] : 'none'))).toEqual([2, 22.5, 'none']);
    for (const message of told)
      expect(message).toMatchObject({ origin: 'simulated', reading: { origin: 'simulated' } });
    await flow.wait('refused', 2);
    expect(events(flow)).toEqual(['started', 'finished']);
  });

  it('plays the simulators’ form, and stands still while it is paused', async () => {
    const scenario = `
      sensors:
        - { sensor: crack-1, kind: ramp, from: 0, to: 10, durationS: 1000 }
        - { sensor: level-1, kind: timeline, interpolate: linear, points: [{ atS: 0, value: 1 }, { atS: 1000, value: 2 }] }`;
    flow = await open.run([player({ scenario, speed: '1', everyS: '250', lengthS: '600' }), ...sinks]);
    const running = flow;
    flow.node('play').receive({ payload: 'start' });
    await flow.wait('out', 2);
    flow.node('play').receive({ payload: 'pause' });
    await until('the pause', 5_000, () => events(running).includes('paused'));
    flow.node('play').receive({ payload: 'speed', speed: 10_000 });
    expect(flow.caught('out')).toHaveLength(2);
    flow.node('play').receive({ payload: 'resume' });
    const told = await flow.wait('out', 10);
    expect(told.map(({ payload }) => payload)).toEqual([0, 1, 2.5, 1.25, 5, 1.5, 7.5, 1.75, 10, 2]);
  });

  it('says what is wrong with a scenario or a command, and plays nothing', async () => {
    flow = await open.run([player({ scenario: 'sensors: [{ sensor: a, kind: fireHead }]' }), ...sinks]);
    const wrong = [
      { payload: 'start' },
      { payload: 'start', scenario: [{ afterMs: -1, sensor: 'a', value: 1 }] },
      { payload: 'start', scenario: [{ afterMs: 0, sensor: 'a', value: 'x' }] },
      { payload: 'start', scenario: 'a: [' },
      { payload: 'start', scenario: [{ afterMs: 0, sensor: 'a', value: 1 }], speed: 0 },
      { payload: 'begin' },
    ];
    for (const message of wrong) flow.node('play').receive(message);
    const caught = await flow.wait('caught', wrong.length);
    expect(errorOf(caught[0])).toMatch(/fireHead is not played here/);
    expect(flow.caught('out')).toEqual([]);
  });
});
