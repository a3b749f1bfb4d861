/** The simulator's side of an inventory: the same buses, units and profiles, seen from the other end. */
import { describe, expect, it } from 'vitest';
import type { BusConfig } from '#model/edge-config.ts';
import { formatLint } from '#model/result.ts';
import { lineIdOf, planSimulation } from '#simulators/plan.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { scenarioLints } from '#simulators/scenario-lints.ts';
import { crackMeter, rainGauge } from '#test/simulators/support/devices.ts';

const buses: BusConfig[] = [
  {
    id: 'shiqiao-a',
    pollMs: 1000,
    kind: 'modbus-rtu',
    path: 'tty:shiqiao-a',
    baudRate: 9600,
    parity: 'none',
    units: [
      { unitId: 1, profile: 'rain', sensors: [{ sensorId: 'taoshuwan-rain', register: 'accumulated' }] },
      { unitId: 2, profile: 'crack', sensors: [{ sensorId: 'taoshuwan-crack', register: 'displacement' }] },
    ],
  },
];
const edges = [
  { id: 'edge-shiqiao', buses },
  {
    id: 'edge-park',
    buses: [
      { id: 'park-a', pollMs: 1000, kind: 'modbus-tcp', host: '127.0.0.1', port: 0, units: [] } satisfies BusConfig,
    ],
  },
];
const profiles = new Map([
  ['rain', rainGauge],
  ['crack', crackMeter],
]);
const scenario = () => {
  const parsed = parseScenario(
    's.yaml',
    'seed: 7\nsensors:\n  - { sensor: taoshuwan-crack, kind: creep, from: 2, to: 95, durationS: 40 }\nfaults:\n  - { sensor: taoshuwan-rain, fault: silent, atS: 10, durationS: 10 }\n',
  );
  if (!parsed.ok) throw new Error('scenario');
  return parsed.value;
};

describe('planning a simulation', () => {
  it('makes a line for every bus, a unit for every unit, and a quiet register where the scenario is silent', () => {
    const planned = planSimulation(edges, profiles, scenario(), {
      dataDir: 'sim',
      resolveBus: (bus) => (bus.kind === 'modbus-rtu' ? { ...bus, path: `run/${bus.path.slice(4)}.edge` } : bus),
    });
    expect(planned).toMatchObject({ dataDir: 'sim', seed: 7, startAfterMs: null });
    expect(planned.lines).toMatchObject([
      {
        id: 'shiqiao-a',
        kind: 'pty',
        edgePath: 'run/shiqiao-a.edge',
        faults: [{ unitId: 1, fault: { kind: 'silent' }, fromMs: 10_000, toMs: 20_000 }],
        units: [
          { unitId: 1, kind: 'profile', registers: [{ register: 'accumulated', behaviour: { kind: 'tipping' } }] },
          {
            unitId: 2,
            kind: 'profile',
            registers: [{ register: 'displacement', behaviour: { kind: 'creep', to: 95 } }],
          },
        ],
      },
      { id: 'park-a', kind: 'modbus-tcp', port: 0, units: [] },
    ]);
  });
  it('names sensors and profiles that nobody has', () => {
    expect(
      scenarioLints('s.yaml', edges, new Map([['rain', rainGauge]]), {
        ...scenario(),
        sensors: new Map([['nobody', { kind: 'constant', value: 1, noise: 0 }]]),
      }).map((lint) => lint.message),
    ).toEqual(['no edge has a sensor nobody', 'no device profile crack']);
    expect(scenarioLints('s.yaml', edges, profiles, scenario())).toEqual([]);
  });
  it('names what a fault, a register or a line stands for and nobody has, at its line and column', () => {
    const parsed = parseScenario(
      's.yaml',
      [
        'sensors:',
        '  - { bus: shiqiao-a, unit: 2, register: displacement, kind: constant, value: 1 }',
        '  - { bus: shiqiao-a, unit: 2, register: nothing, kind: constant, value: 1 }',
        'faults:',
        '  - { sensor: nobody, fault: silent }',
        '  - { bus: nowhere, fault: unplug }',
        '  - { bus: shiqiao-a, unit: 9, fault: silent }',
        '  - { bus: shiqiao-a, unit: 1, register: accumulated, fault: stuck }',
        '  - { bus: shiqiao-a, unit: 1, register: nothing, fault: stuck }',
        'lines:',
        '  - { bus: park-b, listen: "0.0.0.0:1502" }',
      ].join('\n'),
    );
    if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
    const found = scenarioLints('s.yaml', edges, profiles, parsed.value);
    expect(found.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      '5:5 no edge has a sensor nobody',
      '3:5 unit 2 of shiqiao-a has no register nothing',
      '11:5 no edge has a bus park-b',
      '6:5 no edge has a bus nowhere',
      '7:5 bus shiqiao-a has no unit 9',
      '9:5 unit 1 of shiqiao-a has no register nothing',
    ]);
  });
  it('puts a bus on the wire of a bench, as slow as its own, and gives a push button its own behaviour', () => {
    const parsed = parseScenario(
      's.yaml',
      [
        'sensors:',
        '  - { bus: shiqiao-a, unit: 2, register: displacement, kind: constant, value: 7 }',
        'lines:',
        '  - { bus: shiqiao-a, serial: /dev/ttyUSB0, paced: true }',
        '  - { bus: park-a, listen: "0.0.0.0:1502" }',
      ].join('\n'),
    );
    if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
    expect(planSimulation(edges, profiles, parsed.value).lines).toMatchObject([
      {
        kind: 'serial',
        simPath: '/dev/ttyUSB0',
        baudRate: 9600,
        parity: 'none',
        pace: { baudRate: 9600, turnaroundMs: 5 },
        units: [{}, { registers: [{ register: 'displacement', behaviour: { kind: 'constant', value: 7 } }] }],
      },
      { kind: 'modbus-tcp', host: '0.0.0.0', port: 1502, pace: null },
    ]);
  });
  it('makes a DTU of a bus that waits for one', () => {
    const dialled: BusConfig = {
      ...{ id: 'mobile', pollMs: 1000, units: [], kind: 'modbus-dtu', host: '127.0.0.1', port: 7001 },
      ...{ registration: '44545531', heartbeat: 'FE' },
    };
    expect(planSimulation([{ id: 'edge', buses: [dialled] }], profiles, scenario()).lines).toMatchObject([
      { id: 'mobile', kind: 'dtu', host: '127.0.0.1', port: 7001, registration: '44545531', heartbeat: 'FE' },
    ]);
  });
  it('keeps line ids apart when two edges use one bus id', () => {
    const twice = [edges[0] ?? { id: 'x', buses: [] }, { id: 'edge-other', buses }];
    expect(twice.map((edge) => lineIdOf(twice, edge.id, 'shiqiao-a'))).toEqual([
      'edge-shiqiao-shiqiao-a',
      'edge-other-shiqiao-a',
    ]);
    expect(lineIdOf(edges, 'edge-park', 'park-a')).toBe('park-a');
  });
});
