import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, startUnderTest, TOKEN, type Under } from '#test/console/support/console-under-test.ts';
import { fakeAlert } from '#test/console/support/fake-alert.ts';
import { fakePorts } from '#test/console/support/fake-ports.ts';
import { until } from '#test/support/until.ts';
import { lastStatus, openHelper, statusTexts } from './nodes-helper.ts';

type Flow = Awaited<ReturnType<Awaited<ReturnType<typeof openHelper>>['run']>>;
type Relay = Awaited<ReturnType<typeof startRelay>>;
let open: Awaited<ReturnType<typeof openHelper>>;
let under: Under;
let relay: Relay;
let flow: Flow | undefined;

/** Between the nodes and the real console: it breaks connections and loses answers when a test says so. */
async function startRelay(target: string) {
  const sockets = new Set<import('node:net').Socket>();
  const seen: string[] = [];
  const open = new Set<object>();
  let loseAnswers = 0;
  let refuseAll = false;
  const server = createServer((incoming, answer) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    if (refuseAll) {
      answer.destroy();
      return;
    }
    const lose = incoming.method === 'POST' && loseAnswers > 0;
    if (lose) loseAnswers--;
    const { host: _host, ...headers } = incoming.headers;
    const onward = request(`${target}${incoming.url}`, { method: incoming.method ?? 'GET', headers }, (from) => {
      if (lose) {
        from.resume().on('end', () => answer.destroy());
        return;
      }
      answer.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    if (incoming.url === '/api/v1/stream') open.add(answer);
    answer.on('close', () => {
      open.delete(answer);
      onward.destroy();
    });
    incoming.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    /** Connections that stand idle are the agent's own affair. */
    openStreams: () => open.size,
    breakAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    setAway: (away: boolean) => {
      refuseAll = away;
    },
    loseNextAnswer: () => {
      loseAnswers++;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The ledger's facts, which the fake leaves out: what was done and with which note. */
function withFacts(fakes: ReturnType<typeof fakePorts>): ReturnType<typeof fakePorts> {
  const events: typeof fakes.alerts.reader.events = (id) =>
    fakes.alerts.reader.events(id).map((event) => {
      const [action = '', ...note] = event.text.zh.split(' ');
      return { ...event, facts: { action, note: note.join(' ') } };
    });
  return { ...fakes, ports: { ...fakes.ports, alerts: { ...fakes.ports.alerts, events } } };
}

beforeAll(async () => {
  open = await openHelper();
});
beforeEach(async () => {
  under = await startUnderTest({ heartbeatMs: 200 }, withFacts(fakePorts()));
  relay = await startRelay(under.base);
});
afterEach(async () => {
  await flow?.stop();
  flow = undefined;
  await relay.close();
  await under.stop();
});

const token = { server: { token: TOKEN } };
const server = () => ({ id: 'server', type: 'fengsui-server', url: relay.url });
const out = { id: 'out', type: 'helper' };
const refused = { id: 'refused', type: 'helper' };
const caught = { id: 'caught', type: 'helper' };
const alertsIn = (more: object = {}) => ({
  ...{ id: 'in', type: 'fengsui-alerts-in', server: 'server', wires: [['out']] },
  ...more,
});
const action = (more: object = {}) => ({
  ...{ id: 'act', type: 'fengsui-alert-action', server: 'server', action: 'message' },
  ...{ wires: [['out'], ['refused']] },
  ...more,
});
const catchAll = { id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [['caught']] };
const listening = (running: Flow, times = 1) =>
  until('the stream', 5_000, () => {
    const said = statusTexts(running.node('in')).filter((text) => text.endsWith('words.connected'));
    return said.length >= times;
  });
const changes = (running: Flow) => running.caught('out').map(({ change }) => change);
const live = (over: object = {}) => fakeAlert({ id: 'a-1', origin: 'live', level: 'yellow', ...over });

describe('alerts into a flow', () => {
  it('tells a new alert, its worsening and its end once each, and nothing of calls or of what is not live', async () => {
    flow = await open.run([server(), alertsIn(), out], token);
    await listening(flow);
    under.alerts.put(live());
    await flow.wait('out', 1);
    under.alerts.put(live({ id: 'a-2', origin: 'drill' }));
    under.alerts.put(live(), 'call');
    under.alerts.put(live({ level: 'red' }));
    await flow.wait('out', 2);
    under.alerts.put(live({ level: 'red', lifecycle: 'closed' }));
    const told = await flow.wait('out', 3);
    expect(changes(flow)).toEqual(['new', 'worse', 'closed']);
    expect(told[1]).toMatchObject({
      topic: 'alert/999900001001/a-1',
      previousLevel: 'yellow',
      atStart: false,
      alert: { id: 'a-1', level: 'red', origin: 'live', hazard: 'landslide' },
    });
    expect((told[1] as { payload: { subjectName: object } }).payload.subjectName).toEqual({
      zh: '上坪滑坡',
      en: 'Shangping slope',
    });
  });

  it('tells what happened while the connection was broken, once, and nothing that it told before', async () => {
    flow = await open.run([server(), alertsIn(), out], token);
    await listening(flow);
    under.alerts.put(live());
    await flow.wait('out', 1);
    relay.setAway(true);
    relay.breakAll();
    const running = flow;
    await until('the break', 5_000, () => lastStatus(running.node('in')).text?.endsWith('words.away'));
    under.alerts.put(live({ level: 'orange' }));
    under.alerts.put(live({ id: 'b-1' }));
    relay.setAway(false);
    await flow.wait('out', 3);
    await listening(flow, 2);
    under.alerts.put(live({ id: 'c-1' }));
    await flow.wait('out', 4);
    expect(changes(flow)).toEqual(['new', 'worse', 'new', 'new']);
  });

  it('is silent of alerts that stood open before, or tells them as such where that is asked', async () => {
    under.alerts.put(live());
    under.alerts.put(live({ id: 'a-old', lifecycle: 'closed' }));
    flow = await open.run(
      [server(), alertsIn(), out, alertsIn({ id: 'all', openAtStart: true, wires: [['refused']] }), refused],
      token,
    );
    const first = await flow.wait('refused', 1);
    expect(first[0]).toMatchObject({ change: 'new', atStart: true, alert: { id: 'a-1' } });
    under.alerts.put(live({ lifecycle: 'acknowledged' }));
    await flow.wait('refused', 2);
    await flow.wait('out', 1);
    expect(changes(flow)).toEqual(['lifecycle']);
    expect(flow.caught('refused')).toHaveLength(2);
  });

  it('reads the open alerts and compares when the stream cannot go on from where it was', async () => {
    under.alerts.put(live());
    under.alerts.put(live({ id: 'gone' }));
    flow = await open.run([server(), alertsIn({ openAtStart: true }), out], token);
    await flow.wait('out', 2);
    relay.setAway(true);
    relay.breakAll();
    under.alerts.put(live({ level: 'red' }));
    under.alerts.put(live({ id: 'gone', lifecycle: 'falseAlarm' }));
    under.alerts.put(live({ id: 'd-1' }));
    for (let entry = 0; entry < 5_001; entry++) under.alerts.put(live({ id: 'd-1' }), 'call');
    relay.setAway(false);
    await flow.wait('out', 5);
    const later = flow.caught('out').slice(2);
    expect(later.map(({ change, alert }) => `${change} ${(alert as { id: string }).id}`).sort()).toEqual([
      'closed gone',
      'new d-1',
      'worse a-1',
    ]);
  });

  it('leaves no connection behind when it is closed, and goes on after a deployment from where it was', async () => {
    under.alerts.put(live({ id: 'ends' }));
    flow = await open.run(
      [server(), alertsIn({ openAtStart: true }), alertsIn({ id: 'in2', wires: [[]] }), out],
      token,
    );
    await flow.wait('out', 1);
    expect(relay.seen.filter((line) => line.endsWith('/stream')).length).toBeLessThanOrEqual(2);
    await flow.redeploy(async () => {
      await until('the end of the streams', 5_000, () => relay.openStreams() === 0);
      under.alerts.put(live({ level: 'red' }));
      under.alerts.put(live({ id: 'ends', lifecycle: 'closed' }));
    });
    await flow.wait('out', 3);
    under.alerts.put(live({ id: 'last' }));
    await flow.wait('out', 4);
    expect(changes(flow)).toEqual(['new', 'new', 'closed', 'new']);
    expect(flow.caught('out')[1]).toMatchObject({ alert: { id: 'a-1', level: 'red' }, atStart: false });
  });

  it('filters by level, hazard and grid; what falls below the level is told once more', async () => {
    const narrow = alertsIn({ minLevel: 'orange', hazards: 'landslide', grids: '999900001001, 999900002' });
    flow = await open.run([server(), narrow, out], token);
    await listening(flow);
    under.alerts.put(live({ id: 'mild' }));
    under.alerts.put(live({ id: 'elsewhere', level: 'red', gridCode: '999900001002' }));
    under.alerts.put(live({ id: 'other', level: 'red', hazard: 'rainstorm' }));
    under.alerts.put(live({ id: 'a-1', level: 'red' }));
    await flow.wait('out', 1);
    under.alerts.put(live({ id: 'a-1', level: 'blue' }));
    await flow.wait('out', 2);
    expect(changes(flow)).toEqual(['new', 'milder']);
  });

  it('shows that nobody is signed in, or that no server is chosen', async () => {
    const nobody = alertsIn({ id: 'lonely', server: '' });
    flow = await open.run([server(), alertsIn(), out, nobody], { server: { token: 'wrong-token-0123456789' } });
    const running = flow;
    const lastOf = (id: string) => lastStatus(running.node(id)).text ?? '';
    await until('the refusal', 5_000, () => lastOf('in').endsWith('words.notSignedIn'));
    expect(lastOf('lonely')).toMatch(/words.noServer$/);
  });
});

describe('an action on an alert', () => {
  const person = { server: { user: 'p-head', password: PASSWORD } };
  const ask = (message: object) => flow?.node('act').receive(message);
  const notes = () => under.alerts.commandsSeen.map((command) => ('note' in command ? command.note : ''));

  it('is done in the name of the person, and its result comes on the first output', async () => {
    under.alerts.put(live());
    flow = await open.run([server(), action(), out, refused], person);
    ask({ action: 'acknowledge', alertId: 'a-1', note: '短信网关已送达', kept: 1 });
    const [done] = await flow.wait('out', 1);
    expect(done).toMatchObject({ kept: 1, result: { action: 'acknowledge', alertId: 'a-1', state: 'done' } });
    expect(under.alerts.commandsSeen).toMatchObject([{ by: 'p-head', action: 'acknowledge', note: '短信网关已送达' }]);
    ask({ action: 'close', alert: { id: 'a-1' } });
    await flow.wait('out', 2);
    expect(under.alerts.reader.get('a-1')?.lifecycle).toBe('closed');
  });

  it('that is refused comes on the second output with the reason', async () => {
    under.alerts.put(live());
    under.alerts.put(live({ id: 'far', gridCode: '999900002001' }));
    flow = await open.run([server(), action(), out, refused], person);
    ask({ action: 'note', alertId: 'far', note: 'x' });
    ask({ action: 'close', alertId: 'nowhere' });
    const told = await flow.wait('refused', 2);
    expect(told.map(({ refusal }) => (refusal as { kind: string }).kind).sort()).toEqual(['notFound', 'outsideGrid']);
    expect(flow.caught('out')).toEqual([]);
  });

  it('whose answer was lost is looked up in the ledger and not done twice', async () => {
    under.alerts.put(live());
    flow = await open.run([server(), action(), out, refused], token);
    relay.loseNextAnswer();
    ask({ action: 'note', alertId: 'a-1', note: '照片 sha256:abc' });
    const [done] = await flow.wait('out', 1);
    expect(done).toMatchObject({ result: { state: 'done' } });
    expect(notes()).toEqual(['照片 sha256:abc']);
  });

  it('of the same command is done once, and told to each who asked', async () => {
    under.alerts.put(live());
    flow = await open.run([server(), action(), out, refused], token);
    for (let time = 0; time < 3; time++) ask({ action: 'note', alertId: 'a-1', note: 'x', commandId: 'c-7' });
    await flow.wait('out', 3);
    expect(notes()).toEqual(['x']);
  });

  it('that makes no sense goes to a catch node, and nothing is asked', async () => {
    flow = await open.run([server(), action(), out, refused, catchAll, caught], token);
    ask({ action: 'drop table', alertId: 'a-1' });
    ask({ action: 'note', alertId: 'a-1' });
    ask({ action: 'close', payload: { id: '../session' } });
    await flow.wait('caught', 3);
    expect(relay.seen).toEqual([]);
  });
});
