import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkCounty, parseCounty } from '#cli/load/county.ts';
import { compileEdgeConfigs } from '#cli/load/edge-configs.ts';
import { formatLint } from '#model/result.ts';
import { compileRules } from '#rules/compile.ts';
import { placeOf, shippedFiles, shippedProfiles } from './shipped.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');
const profiles = shippedProfiles();
const example = (name: string) => readFileSync(new URL(`../../county/examples/${name}`, import.meta.url), 'utf8');
const NATIVE = 'native.yaml';
const POINTS = 'points/native.yaml';

function withExample(file = NATIVE, from = '', to = ''): ReadonlyMap<string, string> {
  const files = new Map(shippedFiles()).set(NATIVE, example('native.yaml')).set(POINTS, example('points-native.yaml'));
  const text = files.get(file) ?? '';
  if (from !== '' && text.split(from).length !== 2) throw new Error(`"${from}" is not in ${file} exactly once`);
  return files.set(file, from === '' ? text : text.replace(from, () => to));
}

describe('the example of devices that bring their own messages', () => {
  const parsed = parseCounty(withExample(), NOW, profiles);
  const registry = parsed.ok ? parsed.value : undefined;

  it('loads beside the shipped county without a finding', () => {
    const { lints, looked } = checkCounty(withExample(), NOW, profiles);
    expect(lints.map(formatLint)).toEqual([]);
    expect(looked).toMatchObject({ edges: 6, sensors: 24 });
  });

  it('makes each gateway an edge that needs no box, and binds fields by what the format says of them', () => {
    const native = registry?.edges.get('dp-shiqiao')?.native;
    expect(native).toMatchObject({ transport: 'mqtt', decoder: 'dp', lostAfterMs: 6_480_000 });
    expect(native?.devices[0]).toEqual({
      ...{ id: 'dp-station-1', key: '451099000001', codec: null },
      sensors: [
        {
          ...{ sensorId: 'example-rain', quantity: 'rain', path: 'L3_YL_1.totalValue', scale: 1, offset: 0 },
          ...{ counter: { modulus: null, maxPerMinute: 40 }, values: null },
        },
        {
          ...{ sensorId: 'example-crack', quantity: 'displacement', path: 'L1_LF_1', scale: 1, offset: 0 },
          ...{ counter: null, values: null },
        },
      ],
    });
    const configs = compileEdgeConfigs(registry ?? { edges: new Map(), points: new Map() }, profiles, {
      resolvePath: (path) => path,
      resolvePort: () => 502,
      ruleSetOf: () => undefined,
      mqttUrl: 'mqtt://127.0.0.1:1883',
      credentialFile: () => 'x',
      dataDir: () => 'x',
    });
    expect(configs.map(({ edgeId }) => edgeId)).toEqual(['edge-shiqiao', 'edge-qingxi', 'edge-park']);
  });

  it('has rules for what detectors say of themselves, each a condition of its own', () => {
    const files = [{ file: 'rules/detector-states.yaml', text: example('detector-states.yaml') }];
    const compiled = registry === undefined ? undefined : compileRules(files, registry, { tickMs: 5_000 });
    expect(compiled?.ok === false ? compiled.error.map(formatLint) : []).toEqual([]);
    const rules = compiled?.ok === true ? [...compiled.value.values()].flatMap((set) => set.rules) : [];
    const bound = rules.map(({ rule, sensorId }) => `${rule.split('@')[0]} ${sensorId}`).sort();
    expect(bound).toEqual([
      'detector-battery example-smoke-1-low-battery',
      'detector-charge example-smoke-1-battery',
      'detector-charge example-smoke-2-battery',
      'detector-removed example-smoke-1-tamper',
    ]);
  });

  it('misses a device after two of its messages, unless the sensor says otherwise', () => {
    expect(registry?.sensors.get('example-smoke-1')).toMatchObject({ edgeId: 'lora-park', staleAfterMs: 86_400_000 });
  });

  const mistakes: readonly (readonly [string, string, string, string, string, string, string])[] = [
    [
      'an unknown decoder',
      NATIVE,
      'decoder: chirpstack',
      'decoder: loriot',
      'loriot',
      'unknown-decoder',
      'use one of dp, chirpstack',
    ],
    ['an unknown codec', NATIVE, 'milesight-gs524n', 'gs524', 'gs524', 'unknown-codec', 'milesight-gs524n'],
    [
      'a codec that is missing',
      NATIVE,
      '        codec: milesight-gs524n\n',
      '',
      'id: park-detector-1',
      'unknown-codec',
      'is missing',
    ],
    ['a village as township', NATIVE, '"451099101"', '"451099101201"', '"451099101201"', 'tier', 'not a township'],
    ['the id of an edge', NATIVE, 'id: dp-shiqiao', 'id: edge-park', 'edge-park', 'duplicate', 'is an edge'],
    [
      'a missing mapping',
      NATIVE,
      '    mapping: { device: /IMEI, time: /timestamp, timeUnit: ms, messageId: /upPacketSN }\n',
      '',
      'id: nb-platform',
      'mapping',
      'needs "mapping:"',
    ],
    [
      'a pointer that is none',
      NATIVE,
      'device: /IMEI',
      'device: IMEI',
      'mapping: { device: IMEI',
      'type',
      'JSON pointer',
    ],
    ['a report once a month', NATIVE, 'report: 1h', 'report: 30d', '30d', 'value', 'must be 1s to 12d'],
    [
      'an unknown device',
      POINTS,
      'dp-station-1, field: L1_LF_1',
      'dp-station-9, field: L1_LF_1',
      'dp-station-9',
      'unknown-device',
      'no device',
    ],
    [
      'an unknown field',
      POINTS,
      'park-detector-1, field: battery',
      'park-detector-1, field: volts',
      'volts',
      'unknown-field',
      'smokeConcentration',
    ],
    [
      'stress taken for rain',
      POINTS,
      'L3_YL_1.totalValue',
      'L2_YL_1.totalValue',
      'quantity: rain',
      'quantity',
      'nothing that has a quantity',
    ],
    ['another quantity', POINTS, 'quantity: displacement', 'quantity: tilt', 'tilt', 'quantity', 'is displacement'],
  ];
  it.each(mistakes)('tells %s with its place', (_name, file, from, to, at, kind, says) => {
    const files = withExample(file, from, to);
    const { lints } = checkCounty(files, NOW, profiles);
    const lint = lints.find((one) => one.kind === kind && one.file === file);
    expect(lint === undefined ? lints.map(formatLint) : []).toEqual([]);
    if (lint === undefined) return;
    expect(formatLint(lint)).toContain(says);
    expect(lint.line).toBe(placeOf(files.get(file) ?? '', at).line);
  });

  it('warns of a device that feeds nothing', () => {
    const text = example('points-native.yaml');
    const files = new Map(withExample());
    files.set(POINTS, text.slice(0, text.indexOf('      - id: example-smoke-2')));
    const { lints, county } = checkCounty(files, NOW, profiles);
    expect(lints.map(({ kind }) => kind)).toEqual(['unused-device']);
    expect(county).not.toBeNull();
  });
});
