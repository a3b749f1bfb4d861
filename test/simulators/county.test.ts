/** The shipped county on the wire: its inventory, its device models and its scenario make slaves whose registers tell the story. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDeviceProfile } from '#cli/load/devices.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { formatLint, type Lint, type Result } from '#model/result.ts';
import type { SimulatorService } from '#simulators/config.ts';
import { readServedLines, summarizeServed } from '#simulators/io/served-log.ts';
import { startSimulators } from '#simulators/main.ts';
import { sealFrame } from '#simulators/modbus/crc16.ts';
import { planSimulation } from '#simulators/plan.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { scenarioLints } from '#simulators/scenario-lints.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { openTalk } from '#test/simulators/support/talk.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));
const BEGIN = Date.parse('2026-06-01T08:00:00+08:00');

function must<T>(result: Result<T, readonly Lint[]>): T {
  if (!result.ok) throw new Error(result.error.map(formatLint).join('\n'));
  return result.value;
}
function shippedProfiles(): ReadonlyMap<string, DeviceProfile> {
  const files = readdirSync(`${top}/devices`).filter((file) => file.endsWith('.yaml'));
  const profiles = files.map((file) => must(parseDeviceProfile(file, readFileSync(`${top}/devices/${file}`, 'utf8'))));
  return new Map(profiles.map((profile) => [profile.id, profile]));
}

describe('the shipped county, simulated', () => {
  const profiles = shippedProfiles();
  const registry = must(readCounty(`${top}/county`, BEGIN, profiles));
  const edges = [...registry.edges.values()];
  const scenario = must(parseScenario('simulation.yaml', readFileSync(`${top}/county/simulation.yaml`, 'utf8')));
  const folder = tempFolder();
  const clock = openSteppedClock(BEGIN);
  let service: SimulatorService;
  beforeAll(async () => {
    const plan = planSimulation(edges, profiles, scenario, {
      dataDir: folder.path,
      // Serial lines as RTU over TCP: this test is about the values, and runs where no socat is.
      resolveBus: (bus) =>
        bus.kind === 'modbus-rtu'
          ? { ...bus, kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: 0 }
          : { ...bus, port: 0 },
    });
    service = await startSimulators(plan, testContext(clock));
  });
  afterAll(async () => {
    await service.stop();
    folder.remove();
  });

  it(`fits its inventory: ${scenario.sensors.size} sensors of the scenario on ${edges.flatMap((edge) => edge.buses).length} buses`, () => {
    expect(scenarioLints('simulation.yaml', edges, profiles, scenario).map(formatLint)).toEqual([]);
    expect(scenario.sensors.size).toBe(registry.sensors.size);
    expect(service.lines.map((line) => line.id).sort()).toEqual(['park-a', 'qingxi-a', 'shiqiao-a']);
  });

  it('takes the crack of Taoshuwan through 10, 20, 40 and 80 mm within 45 s, as read on the wire every second', async () => {
    const unit = edges
      .flatMap((edge) => edge.buses.flatMap((bus) => bus.units))
      .find(({ sensors }) => sensors.some(({ sensorId }) => sensorId === 'taoshuwan-crack'));
    const spec = profiles.get(unit?.profile ?? '')?.registers.find(({ key }) => key === 'displacement');
    const line = service.lines.find((candidate) => candidate.id === 'shiqiao-a');
    if (unit === undefined || spec === undefined || line === undefined || line.kind === 'modbus-rtu')
      throw new Error('no crack meter');
    const talk = await openTalk(line.port);
    service.begin();
    for (let second = 0; second <= 45; second++) {
      clock.advanceTo(BEGIN + second * 1000);
      talk.clear();
      talk.socket.write(sealFrame(unit.unitId, Uint8Array.of(spec.functionCode, 0, spec.address, 0, 2)));
      await until('the answer', () => talk.got().length === 9);
    }
    talk.socket.destroy();
    const { values, maximum } = summarizeServed(readServedLines(`${folder.path}/served-shiqiao-a.jsonl`), {
      ...spec,
      unitId: unit.unitId,
    });
    const mm = values.map(({ raw }) => raw * spec.scale + spec.offset);
    expect(values).toHaveLength(46);
    expect(mm).toEqual([...mm].sort((a, b) => a - b));
    const seconds = [10, 20, 40, 80].map((limit) => mm.findIndex((value) => value >= limit));
    expect(seconds).toEqual([12, 18, 26, 37]);
    expect(maximum).toBe(95);
  });
});
