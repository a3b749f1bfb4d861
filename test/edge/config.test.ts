import { afterAll, describe, expect, it } from 'vitest';
import { parseEdgeConfig } from '#edge/config.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import { formatLint } from '#model/result.ts';
import { edgeConfig, tempDir } from './support.ts';

const folder = tempDir();
afterAll(() => folder.remove());

const good: EdgeConfig = edgeConfig(folder.path, 1883, [
  {
    id: 'a',
    kind: 'modbus-rtu',
    path: '/dev/ttyS0',
    baudRate: 9600,
    parity: 'none',
    pollMs: 1_000,
    units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
  },
  { id: 'b', kind: 'modbus-tcp', host: '10.0.0.1', port: 502, pollMs: 60_000, units: [] },
]);
const lintsOf = (text: string): readonly string[] => {
  const parsed = parseEdgeConfig('edge.json', text);
  return parsed.ok ? [] : parsed.error.map(formatLint);
};
const text = JSON.stringify(good);

describe("an edge's configuration", () => {
  it('with every device of the catalogue comes back as it was written', () => {
    expect(parseEdgeConfig('edge.json', text)).toEqual({ ok: true, value: good });
  });
  it.each([
    ['"pollMs":1000', '"pollMs":"fast"', 'buses[0].pollMs'],
    ['"unitId":1', '"unitId":248', 'buses[0].units'],
    ['"register":"accumulated"', '"register":"depth"', 'buses[0].units[0].sensors[0].register'],
    ['"profile":"sl651-rain-gauge"', '"profile":"constructor"', 'buses[0].units[0].profile'],
    ['"port":502', '"port":0', 'buses[1].port'],
    ['"id":"b"', '"id":"a"', 'buses[1].id'],
    ['mqtt://127', 'http://127', 'mqttUrl'],
    ['"edgeId":"edge-test"', '"edgeId":"edge/test"', 'edgeId'],
  ])('with %s changed to %s is refused at its place', (from, to, path) => {
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    const lints = lintsOf(changed);
    expect(lints).toHaveLength(1);
    expect(lints[0]).toContain(`edge.json: error: ${path}: `);
  });
  it('that is no JSON, or no object, is refused with a sentence', () => {
    expect(lintsOf('{"edgeId":')[0]).toMatch(/JSON/);
    expect(lintsOf('[]').length).toBeGreaterThan(5);
  });
});
