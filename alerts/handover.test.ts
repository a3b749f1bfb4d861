import { describe, expect, it } from 'vitest';
import type { Alert, AlertCondition } from '#model/alert.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { HazardPoint, Registry, Sensor, Team } from '#model/registry.ts';
import { planDeliveries } from './deliveries.ts';
import { indexRegistry } from './directory.ts';
import type { Notice } from './episode.ts';
import { handoverOf } from './handover.ts';
import { targetPeople } from './targeting.ts';
import { CONSOLE, POINTS, sampleRegistry, T0, webhook } from './testing/sample.ts';

const text = (en: string) => ({ zh: en, en });

const DESK: ChannelConfig = {
  ...(webhook('http://127.0.0.1:9/', ['live'], { id: 'desk', secretEnv: 'SECRET' }) as Extract<
    ChannelConfig,
    { kind: 'webhook' }
  >),
  handover: { hazards: ['fire'], minLevel: 'red' },
};

const BRIGADE: Team = {
  id: 'brigade',
  name: { zh: '下湾志愿消防队', en: 'lower bend brigade' },
  gridCode: '331004001002',
  hazards: ['fire'],
  covers: ['331004001002', '331004001001'],
  minLevel: 'orange',
  members: ['v2-head', 'c-a', 'nobody'],
};

const head = (id: string, zone: string | undefined): Sensor => {
  const bare = {
    id,
    pointId: 'P1',
    edgeId: 'edge-1',
    quantity: 'smoke',
    name: text(id),
    staleAfterMs: 60_000,
  } as const;
  return zone === undefined ? bare : { ...bare, zone };
};

function burning(): Registry {
  const points = POINTS.map(
    (point): HazardPoint =>
      point.id === 'P1'
        ? {
            ...point,
            lon: 106.5,
            lat: 24.2,
            site: {
              building: text('store'),
              floors: 2,
              zones: [
                { id: 'a', name: text('zone a'), floor: 1 },
                { id: 'b', name: text('zone b'), floor: 2 },
              ],
            },
          }
        : point,
  );
  const sensors = [head('h-1', 'a'), head('h-2', 'a'), head('h-3', 'b'), head('h-4', undefined), head('h-1x', 'a')];
  const registry = sampleRegistry([CONSOLE, DESK], points);
  const people = new Map([...registry.people].map(([id, person]) => [id, { ...person, phone: `tel-${id}` }]));
  return { ...registry, people, sensors: new Map(sensors.map((one) => [one.id, one])), teams: [BRIGADE] };
}

const condition = (sensorId: string, more: Partial<AlertCondition> = {}, measure = 'value'): AlertCondition => ({
  key: `${measure}-${sensorId}`,
  rule: 'smoke@1',
  level: 'yellow',
  state: 'active',
  sinceMs: T0,
  reason: text(`${sensorId} smells smoke`),
  evidence: {
    ...{ sensorId, quantity: 'smoke', measure, windowMs: null, value: 2, limit: 1, limits: [], coverage: null },
  },
  ...more,
});

const fire = (more: Partial<Alert> = {}): Alert => ({
  id: 'alert-1',
  subject: { kind: 'point', id: 'P1' },
  hazard: 'fire',
  origin: 'live',
  gridCode: '331004001001',
  level: 'red',
  lifecycle: 'raised',
  condition: 'active',
  shelvedUntilMs: null,
  raisedAtMs: T0,
  round: 2,
  acknowledged: null,
  closedAtMs: null,
  recipients: [],
  conditions: [],
  version: 1,
  ...more,
});

const notice = (more: Partial<Notice> = {}): Notice => ({
  ...{ alertId: 'alert-1', round: 2, step: 2, change: 'worsened', from: 'yellow', to: 'red', reason: text('why') },
  ...more,
});

describe('what is handed over', () => {
  it('sorts the heads that speak by zone, with the floor; a head that went quiet is not among them', () => {
    const conditions = [
      condition('h-1'),
      condition('h-3'),
      condition('h-4'),
      condition('h-2', { state: 'cleared', level: 'none' }),
    ];
    const { zones } = handoverOf(fire({ conditions }), 2, burning());
    expect(zones.map(({ zone, heads }) => [zone?.name.en, zone?.floor, heads.map(({ sensorId }) => sensorId)])).toEqual(
      [
        ['zone a', 1, ['h-1']],
        ['zone b', 2, ['h-3']],
        [undefined, undefined, ['h-4']],
      ],
    );
  });

  it('takes from a finding about a zone the heads that it names, each once, and what they say of themselves first', () => {
    const reason = text('2 of 3 detectors in alarm in one zone (h-1, h-2)');
    const conditions = [condition('h-1', { reason, level: 'red' }, 'zoneCoincidence'), condition('h-1')];
    const { zones } = handoverOf(fire({ conditions }), 2, burning());
    expect(zones).toHaveLength(1);
    expect(zones[0]?.findings).toEqual([reason]);
    expect(zones[0]?.heads.map(({ sensorId, reason: said }) => [sensorId, said.en])).toEqual([
      ['h-1', 'h-1 smells smoke'],
      ['h-2', reason.en],
    ]);
  });

  it('says where it is from the county down, and whom to ring: the posts of the place, then the brigade’s leader', () => {
    const { place, contacts, update, incident } = handoverOf(fire(), 7, burning());
    expect({ update, incident }).toEqual({ update: 7, incident: 'alert-1' });
    expect(place).toMatchObject({ lon: 106.5, lat: 24.2, site: { floors: 2, building: text('store') } });
    expect(place.grids.map(({ code }) => code)).toEqual(['331004', '331004001', '331004001001']);
    expect(contacts.map(({ phone }) => phone)).toEqual(['tel-v1-head', 'tel-v1-member', 'tel-v2-head']);
    expect(contacts[2]?.role.zh).toBe('下湾志愿消防队负责人');
  });

  it('still says what it can of a point that the registry does not know', () => {
    const stray = fire({ subject: { kind: 'point', id: 'P9' }, gridCode: '331004', conditions: [condition('h-9')] });
    const { place, zones } = handoverOf(stray, 1, burning());
    expect(place).toMatchObject({ pointId: 'P9', lon: null, lat: null, site: null });
    expect(zones[0]?.heads).toHaveLength(1);
  });
});

describe('which incidents a platform gets', () => {
  const rows = (alert: Alert, told: Notice) =>
    planDeliveries(told, alert, burning(), T0).deliveries.filter(({ delivery }) => delivery.channel === 'desk');

  it('a red fire, without the names of those who were told', () => {
    const [row] = rows(fire({ recipients: [] }), notice());
    expect(row?.delivery).toMatchObject({ state: 'queued', key: 'alert-1/2/2/0/*/desk' });
    expect(row?.message.handover?.incident).toBe('alert-1');
    expect(row?.message.recipients).toEqual([]);
  });

  it('no other hazard and no lower level, but the end of a red that it was told of', () => {
    expect(rows(fire({ hazard: 'landslide' }), notice())).toEqual([]);
    expect(rows(fire({ level: 'orange' }), notice({ from: 'yellow', to: 'orange' }))).toEqual([]);
    expect(rows(fire({ level: 'yellow' }), notice({ change: 'lowered', from: 'red', to: 'yellow' }))).toHaveLength(1);
  });

  it.each(['simulated', 'replay', 'drill'] as const)('nothing that is %s; the refusal is on the record', (origin) => {
    const plan = planDeliveries(notice(), fire({ origin }), burning(), T0);
    const refused = plan.deliveries.find(({ delivery }) => delivery.channel === 'desk');
    expect(refused?.delivery.state).toBe('refused');
    expect(plan.events.map(({ kind, facts }) => [kind, facts['channel'], facts['origin']])).toEqual([
      ['refused', 'desk', origin],
    ]);
  });

  it('what other channels say is as before: they have the recipients and no hand-over', () => {
    const plan = planDeliveries(notice(), fire({ recipients: [] }), burning(), T0);
    const board = plan.deliveries.find(({ delivery }) => delivery.channel === 'console');
    expect(board?.message.handover).toBeUndefined();
  });
});

describe('a team', () => {
  const team = (hazard: Alert['hazard'], level: Alert['level'], point = 'P1') =>
    targetPeople({ subject: { kind: 'point', id: point }, hazard, level }, indexRegistry(burning()), T0 + 1)
      .filter(({ post }) => post === 'team')
      .map(({ personId }) => personId);

  it('goes where its hazard is, from its level on, to the grids that it covers, its leader named as such', () => {
    expect(team('fire', 'orange')).toEqual(['v2-head']);
    const leader = targetPeople(
      { subject: { kind: 'point', id: 'P1' }, hazard: 'fire', level: 'orange' },
      indexRegistry(burning()),
      T0 + 1,
    ).find(({ personId }) => personId === 'v2-head');
    expect(leader?.reason.zh).toBe('下湾志愿消防队队长（负责该灾种的队伍，预案第6条）');
  });

  it('has each of its people once: who is on duty already is told as that, with the team among the reasons', () => {
    const onDuty = targetPeople(
      { subject: { kind: 'point', id: 'P1' }, hazard: 'fire', level: 'orange' },
      indexRegistry(burning()),
      T0 + 1,
    ).filter(({ personId }) => personId === 'c-a');
    expect(onDuty).toHaveLength(1);
    expect(onDuty[0]).toMatchObject({ post: 'duty' });
    expect(onDuty[0]?.reason.zh).toContain('下湾志愿消防队队员');
  });

  it('is not called for another hazard, a lower level, or a place that it does not cover', () => {
    expect(team('landslide', 'red')).toEqual([]);
    expect(team('fire', 'yellow')).toEqual([]);
    expect(team('fire', 'red', 'P3')).toEqual([]);
  });

  it('reaches every group of a village that it covers', () => {
    expect(team('fire', 'orange', 'P4')).toEqual(['v2-head']);
  });
});
