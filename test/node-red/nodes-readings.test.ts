import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { decodeBatch } from '#model/batch.ts';
import { partitionOf } from '#model/partition.ts';
import { TOKEN } from '#test/console/support/console-under-test.ts';
import { until } from '#test/support/until.ts';
import { type Centre, startCentre } from './nodes-centre.ts';
import { lastStatus, openHelper, statusTexts } from './nodes-helper.ts';

type Flow = Awaited<ReturnType<Awaited<ReturnType<typeof openHelper>>['run']>>;
let open: Awaited<ReturnType<typeof openHelper>>;
let centre: Centre;
let flow: Flow | undefined;
beforeAll(async () => {
  open = await openHelper();
  centre = await startCentre();
});
afterEach(async () => {
  await flow?.stop();
  flow = undefined;
});
afterAll(() => centre.stop());

const helper = (id: string) => ({ id, type: 'helper' });
const server = (gateway: string, gatewayOrigin: string) => ({
  ...{ id: `at-${gateway}`, type: 'fengsui-server', url: centre.console.base, mqttUrl: centre.mqttUrl },
  ...{ pushUrl: centre.pushUrl, gateway, gatewayOrigin },
});
const secrets = (gateway: string) => ({
  ...{ token: TOKEN, mqttUser: 'svc-node-red', mqttPassword: centre.passwords['svc-node-red'] },
  pushToken: centre.passwords[gateway],
});
const credentials = () => ({ 'at-push-live': secrets('push-live'), 'at-push-sim': secrets('push-sim') });
const both = () => [server('push-live', 'live'), server('push-sim', 'simulated')];
const out = (gateway: string, device: string, field: string, more: object = {}) => ({
  ...{ id: `to-${gateway}`, type: 'fengsui-readings-out', server: `at-${gateway}`, device, field },
  ...{ missingTime: 'refuse', queue: '2', wires: [['pushed']] },
  ...more,
});
const into = (more: object = {}) => ({
  ...{ id: 'in', type: 'fengsui-readings-in', server: 'at-push-live', wires: [['good'], ['bad']] },
  ...more,
});
const catchAll = { id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [['caught']] };
const sinks = [helper('good'), helper('bad'), helper('pushed'), helper('caught'), catchAll];
const errorsOf = (running: Flow) => running.caught('caught').map(({ error }) => (error as { message: string }).message);
const connected = (running: Flow, id = 'in') =>
  until('the connection', 5_000, () => statusTexts(running.node(id)).some((text) => text.endsWith('connected')));

function stored(sensorId: string): readonly (number | string)[] {
  const journal = openJournalReader(centre.folder);
  const rows = journal.read(partitionOf('999900001'), 0, 10_000);
  journal.close();
  return rows.flatMap((row) => {
    const batch = row.kind === 'batch' ? decodeBatch(row.body) : undefined;
    if (batch === undefined || !batch.ok) return [];
    return batch.value.readings
      .filter((reading) => reading.sensorId === sensorId)
      .map((reading) => (reading.quality === 'bad' ? reading.reason : reading.value));
  });
}

describe('readings out and in again, through a real centre', () => {
  it('stores what a flow brings, and hands it to another flow with its unit, quality and origin', async () => {
    flow = await open.run([...both(), out('push-live', 'D1', 'crack-1'), into(), ...sinks], credentials());
    await connected(flow);
    const atMs = Date.now();
    flow.node('to-push-live').receive({ payload: 12.34, time: atMs });
    const [done] = await flow.wait('pushed', 1);
    expect(done).toMatchObject({ pushed: { stamped: false, repeated: false, quarantined: false } });
    expect(stored('crack-1')).toEqual([1_234]);
    const [message] = await flow.wait('good', 1);
    expect(message).toMatchObject({
      payload: 12.34,
      topic: 'reading/999900001001/slope-1/crack-1',
      reading: { sensorId: 'crack-1', quantity: 'displacement', unit: 'mm', quality: 'good', origin: 'live', atMs },
    });
    // A missing value is no 0: no payload, on the second output, with the reason.
    flow.node('to-push-live').receive({ payload: null, time: atMs + 1 });
    const [gap] = await flow.wait('bad', 1);
    expect(gap).not.toHaveProperty('payload');
    expect(gap).toMatchObject({ reading: { sensorId: 'crack-1', quality: 'bad' } });
    expect(String((gap as { reading: { reason: unknown } }).reading.reason)).not.toBe('undefined');
    expect(flow.caught('good')).toHaveLength(1);
  });

  it('brings them over MQTT too, with what the console adds to them', async () => {
    const narrow = into({ via: 'mqtt', grids: '999900001', quantities: 'displacement' });
    const flows = [out('push-live', 'D1', 'crack-1'), out('push-sim', 'D2', 'level-1'), narrow];
    flow = await open.run([...both(), ...flows, ...sinks], credentials());
    await connected(flow);
    const atMs = Date.now() + 10;
    flow.node('to-push-sim').receive({ payload: 3.5, time: atMs, origin: 'simulated' });
    flow.node('to-push-live').receive({ payload: 20.5, time: atMs });
    const told = await flow.wait('good', 1);
    expect(told.at(-1)).toMatchObject({
      payload: 20.5,
      reading: { sensorId: 'crack-1', pointId: 'slope-1', gridCode: '999900001001', unit: 'mm', origin: 'live', atMs },
    });
    expect(told.map(({ topic }) => String(topic)).filter((topic) => topic.includes('level'))).toEqual([]);
  });

  it('never lets what is simulated into a live gateway, nor out of readings in where it was not asked for', async () => {
    const flows = [out('push-live', 'D1', 'crack-1'), out('push-sim', 'D2', 'level-1')];
    const ins = [
      into({ sensors: 'level-1' }),
      into({ id: 'in2', sensors: 'level-1', simulated: true, wires: [['bad']] }),
    ];
    flow = await open.run([...both(), ...flows, ...ins, ...sinks], credentials());
    await connected(flow);
    const before = stored('crack-1').length;
    flow.node('to-push-live').receive({ payload: 99, time: Date.now(), origin: 'simulated' });
    flow.node('to-push-live').receive({ payload: 99, time: Date.now(), reading: { origin: 'replay' } });
    flow.node('to-push-sim').receive({ payload: 99, time: Date.now(), origin: 'live' });
    await flow.wait('caught', 3);
    expect(errorsOf(flow).every((text) => text.includes('origin:'))).toBe(true);
    flow.node('to-push-sim').receive({ payload: 4.5, time: Date.now() + 20, origin: 'simulated' });
    await flow.wait('bad', 1);
    expect(flow.caught('bad')[0]).toMatchObject({ payload: 4.5, reading: { origin: 'simulated' } });
    expect(flow.caught('good')).toEqual([]);
    expect(stored('crack-1')).toHaveLength(before);
  });

  const now = Date.now();
  const bad: readonly (readonly [string, object, RegExp])[] = [
    ['NaN', { payload: Number.NaN, time: now }, /NaN, not a number/],
    ['an infinity', { payload: Number.POSITIVE_INFINITY, time: now }, /Infinity, not a number/],
    ['a text', { payload: '12.3', time: now }, /not a text/],
    ['a text among values', { payload: { values: { 'crack-1': '12' } }, time: now }, /is a string/],
    ['nothing', { time: now }, /not nothing/],
    ['no time', { payload: 1 }, /time: missing/],
    ['a time without its offset', { payload: 1, time: '2026-01-01T08:00:00' }, /with an offset/],
    ['seconds instead of milliseconds', { payload: 1, time: Math.round(now / 1_000) }, /before the year 2000/],
    ['a time to come', { payload: 1, time: now + 3_600_000 }, /in the future/],
    ['no values', { payload: { values: {} }, time: now }, /values: none/],
    ['an empty list', { payload: [], time: now }, /an empty list/],
  ];
  it('refuses what is no reading with a reason, before it leaves', async () => {
    flow = await open.run([...both(), out('push-live', 'D1', 'crack-1'), ...sinks], credentials());
    const before = stored('crack-1').length;
    for (const [, message] of bad) flow.node('to-push-live').receive(message);
    await flow.wait('caught', bad.length);
    const errors = errorsOf(flow);
    for (const [index, [name, , says]] of bad.entries()) expect(errors[index], name).toMatch(says);
    expect(lastStatus(flow.node('to-push-live'))).toMatchObject({ fill: 'red' });
    expect(flow.caught('pushed')).toEqual([]);
    expect(stored('crack-1')).toHaveLength(before);
  });

  it('stamps a reading without a time where that is set, and says so', async () => {
    const stamping = out('push-live', 'D1', 'crack-1', { missingTime: 'now', queue: '10' });
    flow = await open.run([...both(), stamping, ...sinks], credentials());
    const before = stored('crack-1').length;
    // The same value twice within a millisecond is two readings.
    flow.node('to-push-live').receive({ payload: 7 });
    flow.node('to-push-live').receive({ payload: 7 });
    const told = await flow.wait('pushed', 2);
    expect(told).toMatchObject([{ pushed: { stamped: true } }, { pushed: { stamped: true, repeated: false } }]);
    expect(stored('crack-1')).toHaveLength(before + 2);
  });

  it('waits in its order while the centre is away, refuses what is more than the queue holds, and loses nothing', async () => {
    flow = await open.run([...both(), out('push-live', 'D1', 'crack-1'), ...sinks], credentials());
    const before = stored('crack-1').length;
    await centre.stopIngest();
    const atMs = Date.now() + 100;
    for (const value of [1, 2, 3]) flow.node('to-push-live').receive({ payload: value, time: atMs + value });
    await flow.wait('caught', 1);
    expect(errorsOf(flow)[0]).toMatch(/words.full$/);
    const running = flow;
    await until('the queue', 5_000, () => lastStatus(running.node('to-push-live')).fill === 'red');
    await centre.startIngest();
    await flow.wait('pushed', 2);
    expect(stored('crack-1').slice(before)).toEqual([100, 200]);
  });

  it('says that a token is wrong, keeps what waits, and how many were lost when it stops', async () => {
    const wrong = { 'at-push-live': { ...secrets('push-live'), pushToken: 'wrong', mqttPassword: 'wrong' } };
    const overMqtt = into({ via: 'mqtt' });
    flow = await open.run([...both(), out('push-live', 'D1', 'crack-1'), overMqtt, ...sinks], wrong);
    const running = flow;
    flow.node('to-push-live').receive({ payload: 1, time: Date.now() });
    await until('the refusal', 5_000, () => lastStatus(running.node('to-push-live')).text?.includes('waiting'));
    await until('the broker', 5_000, () => lastStatus(running.node('in')).text?.endsWith('notSignedIn'));
    const answer = await open.helper.request().post('/fengsui/server/at-push-live/test');
    const { lines } = answer.body as { lines: readonly string[] };
    expect(lines.map((line) => line.split('.').at(-1))).toEqual(['consoleOk', 'mqttBad', 'pushBad']);
    const node = flow.node('to-push-live');
    await open.helper.clearFlows();
    expect(node.warn.args.flat()).toContain('fengsui-readings-out.words.lost');
  });

  it('tries the connections of a server that is right, and finds a gateway whose origin is not what was said', async () => {
    const lying = { ...server('push-sim', 'live') };
    flow = await open.run([server('push-live', 'live'), lying, ...sinks], credentials());
    const linesOf = async (id: string) => {
      const { status, body } = await open.helper.request().post(`/fengsui/server/${id}/test`);
      return { status, lines: (body as { lines: readonly string[] }).lines.map((line) => line.split('.').at(-1)) };
    };
    expect(await linesOf('at-push-live')).toEqual({ status: 200, lines: ['consoleOk', 'mqttOk', 'pushOk'] });
    expect((await linesOf('at-push-sim')).lines).toEqual(['consoleOk', 'mqttOk', 'pushOrigin']);
    expect(await linesOf('nowhere')).toMatchObject({ status: 404 });
  });
});
