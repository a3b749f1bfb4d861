/**
 * A warehouse burns: heads by zone on a real wire, from smouldering to flames. Who is told at each step, and what the
 * platform gets that takes the incident over.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '#model/alert.ts';
import { until } from '#test/support/until.ts';
import { setOrigin, swap } from './support/county-copy.ts';
import { openPlatform119 } from './support/platform-119.ts';
import { startWarehouse, type Warehouse } from './support/warehouse.ts';

const SECRET = 'shared-with-the-119-desk';
const SECRET_NAME = 'FENGSUI_TEST_119_SECRET';
const LIMIT = { timeout: 60_000 } as const;

/** Concentrators: unit 1 in the east, unit 2 in the west; two heads each. */
const EAST = 1;
const WEST = 2;

const told = (alert: Alert): readonly string[] => alert.recipients.map(({ personId }) => personId);

describe('a fire in warehouse No. 3', () => {
  let desk: Awaited<ReturnType<typeof openPlatform119>>;
  let house: Warehouse;
  beforeAll(async () => {
    process.env[SECRET_NAME] = SECRET;
    desk = await openPlatform119(SECRET, 1);
    const channel = `  - id: fire-119
    kind: webhook
    url: ${desk.url}
    secretEnv: ${SECRET_NAME}
    handover: { hazards: [fire], minLevel: red }`;
    house = await startWarehouse((county) => {
      county.edit('edges.yaml', setOrigin('edge-park', 'live'));
      county.edit('channels.yaml', (text) => swap(text, 'channels:\n', `channels:\n${channel}\n`));
    });
  }, 60_000);
  afterAll(async () => {
    await house?.stop();
    await desk?.stop();
    delete process.env[SECRET_NAME];
  });

  it('smoulders: one head is yellow, the works and the park’s duty desk are told, nobody else', LIMIT, async () => {
    house.show(EAST, 'detector-1', 1);
    const alert = await house.fire('the pre-alarm', ({ level }) => level === 'yellow');
    expect(told(alert)).toEqual(expect.arrayContaining(['chen-guangda', 'qin-xiaobing']));
    expect(alert.recipients.map(({ tier }) => tier)).not.toContain(1);
    expect(told(alert)).not.toContain('mo-youcai');
    expect(alert.recipients.find(({ personId }) => personId === 'chen-guangda')).toMatchObject({
      tier: 3,
      post: 'head',
      gridCode: '451099103-E01',
    });
    house.show(EAST, 'detector-1', 2);
    house.show(WEST, 'detector-1', 2);
    const two = await house.fire('both zones to have one head each', ({ conditions }) =>
      ['cangku-3-smoke-1', 'cangku-3-smoke-2'].every((id) =>
        conditions.some(({ rule, evidence }) => rule.startsWith('fire-zone@') && evidence.sensorId === id),
      ),
    );
    expect(two).toMatchObject({ id: alert.id, level: 'yellow', round: alert.round });
    expect(desk.attempts).toEqual([]);
  });

  it(
    'burns: the second head of a zone is red, and the village’s brigade and every head of a tier are told',
    LIMIT,
    async () => {
      house.show(EAST, 'detector-2', 2);
      const alert = await house.fire('red', ({ level }) => level === 'red');
      expect(told(alert)).toEqual(
        expect.arrayContaining(['chen-guangda', 'lin-zhiyuan', 'wei-guoping', 'mo-youcai', 'mo-yanling']),
      );
      const leader = alert.recipients.find(({ personId }) => personId === 'mo-youcai');
      expect(leader).toMatchObject({ post: 'team', gridCode: '451099101203' });
      expect(leader?.reason.zh).toBe('岩口村志愿消防队队长（负责该灾种的队伍，预案第6条）');
      const zone = alert.conditions.find(({ level }) => level === 'red');
      expect(zone?.reason.zh).toContain('2/2 个探测器报警（cangku-3-smoke-1、cangku-3-smoke-3）');
    },
  );

  it(
    'is handed over to 119 with place, floor, zone, heads and whom to ring; once, though the desk was busy at first',
    LIMIT,
    async () => {
      const alert = await house.fire('red', ({ level }) => level === 'red');
      await until('the hand-over to be recorded', 20_000, () =>
        house.chain.alerts
          .deliveries(alert.id)
          .some(({ channel, state, attempts }) => channel === 'fire-119' && state === 'sent' && attempts === 2),
      );
      expect(desk.attempts.map(({ key, signed }) => ({ key, signed }))).toEqual([
        { key: desk.attempts[0]?.key, signed: true },
        { key: desk.attempts[0]?.key, signed: true },
      ]);
      expect(desk.attempts[1]?.text).toBe(desk.attempts[0]?.text);
      expect(desk.taken()).toHaveLength(1);
      const message = desk.taken()[0]?.message;
      expect(message?.recipients).toEqual([]);
      const handover = message?.handover;
      expect(handover).toMatchObject({ incident: alert.id, hazard: 'fire', level: 'red' });
      expect(handover?.place).toEqual({
        pointId: 'cangku-3',
        name: { zh: '三号仓库', en: 'Warehouse No. 3' },
        lon: 106.4845,
        lat: 24.236,
        grids: [
          { code: '451099', name: { zh: '云岭县', en: 'Yunling County' } },
          { code: '451099103', name: { zh: '云岭工业园区', en: 'Yunling Industrial Park' } },
          { code: '451099103-E01', name: { zh: '云岭仓储公司', en: 'Yunling Storage' } },
        ],
        site: {
          building: { zh: '云岭仓储公司三号仓库', en: 'Yunling Storage, warehouse No. 3' },
          floors: 2,
          address: '云岭工业园区仓储路 3 号',
        },
      });
      const zones = handover?.zones.map(({ zone, heads }) => ({
        zone: zone?.id,
        floor: zone?.floor,
        heads: heads.map(({ sensorId }) => sensorId).sort(),
      }));
      expect(zones).toEqual([
        { zone: 'east', floor: 1, heads: ['cangku-3-smoke-1', 'cangku-3-smoke-3'] },
        { zone: 'west', floor: 2, heads: ['cangku-3-smoke-2'] },
      ]);
      expect(handover?.contacts).toEqual([
        { name: '陈广达', phone: '13600004101', role: { zh: '云岭仓储公司网格长', en: 'head of Yunling Storage' } },
        {
          name: '覃小兵',
          phone: '13600004102',
          role: { zh: '云岭仓储公司网格员', en: 'grid member of Yunling Storage' },
        },
        {
          name: '莫有才',
          phone: '13900002401',
          role: { zh: '岩口村志愿消防队负责人', en: 'leader of Yankou volunteer fire brigade' },
        },
      ]);
    },
  );

  it('keeps what is no fire apart: a loop fault is the technician’s, and 119 hears nothing of it', LIMIT, async () => {
    house.show(EAST, 'fault', 7);
    const fault = await until('the fault', 20_000, () => house.alerts().find(({ hazard }) => hazard === 'equipment'));
    expect(fault).toMatchObject({ level: 'yellow', subject: { id: 'cangku-3' } });
    await house.chain.settled();
    expect(desk.attempts).toHaveLength(2);
  });
});
