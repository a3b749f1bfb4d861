/** Decides which reads one unit needs: neighbouring registers in one request, never a register nobody asked for. */
import {
  type AliveSpec,
  type DeviceProfile,
  type RegisterSpec,
  type Span,
  spanOf,
  wholeBytesOf,
} from '../../model/device-profile.ts';
import type { UnitConfig } from '../../model/edge-config.ts';
import type { SensorId } from '../../model/reading.ts';
import type { ReadRequest } from './frame.ts';

export type PlannedSensor = {
  readonly sensorId: SensorId;
  readonly spec: RegisterSpec;
  /** Place of its first word in the reply. */
  readonly at: number;
};
export type PlannedRead = {
  readonly request: ReadRequest;
  readonly sensors: readonly PlannedSensor[];
  /** Asked first, for the device's own sign of life: standing still for so long, the unit's values are old. */
  readonly aliveWithinMs?: number;
};

type Wanted = { readonly sensorId: SensorId; readonly spec: RegisterSpec; readonly span: Span };

/** Application protocol 1.1b3, 6.1 and 6.3. */
const MOST_BITS = 2_000;
const MOST_REGISTERS = 125;

/** What one request may ask of this unit; a unit whose buffer holds so many registers holds sixteen times as many bits. */
const mostPerRead = (functionCode: number, maxRegisters: number): number =>
  functionCode <= 2 ? Math.min(MOST_BITS, maxRegisters * 16) : Math.min(MOST_REGISTERS, maxRegisters);

/** The same read by whole bytes of bits. */
function byWholeBytes({ request, sensors }: PlannedRead): PlannedRead {
  if (request.functionCode > 2) return { request, sensors };
  const span = wholeBytesOf(request);
  const shift = request.address - span.address;
  return { request: { ...request, ...span }, sensors: sensors.map((sensor) => ({ ...sensor, at: sensor.at + shift })) };
}

const signOfLife = (unit: UnitConfig, { functionCode, address, count, withinMs }: AliveSpec): PlannedRead => ({
  request: { unitId: unit.unitId, functionCode, address, count },
  sensors: [],
  aliveWithinMs: withinMs,
});

/**
 * A gap between registers is never read across: many devices answer exception 02 for the whole request. Sensors whose
 * register the profile does not have are left out; the configuration's parser refuses them before.
 */
export function planReads(unit: UnitConfig, profile: DeviceProfile): readonly PlannedRead[] {
  const specs = new Map(profile.registers.map((spec) => [spec.key, spec]));
  const wanted: Wanted[] = unit.sensors.flatMap(({ sensorId, register }) => {
    const spec = specs.get(register);
    return spec === undefined ? [] : [{ sensorId, spec, span: spanOf(spec) }];
  });
  wanted.sort((a, b) => a.spec.functionCode - b.spec.functionCode || a.span.address - b.span.address);
  const reads: { request: ReadRequest; sensors: PlannedSensor[] }[] = [];
  for (const { sensorId, spec, span } of wanted) {
    const last = reads.at(-1);
    const end = span.address + span.count;
    const joins =
      last !== undefined &&
      last.request.functionCode === spec.functionCode &&
      span.address <= last.request.address + last.request.count &&
      end - last.request.address <= mostPerRead(spec.functionCode, profile.maxRegistersPerRead);
    if (joins) {
      const { request } = last;
      last.request = { ...request, count: Math.max(request.count, end - request.address) };
      last.sensors.push({ sensorId, spec, at: span.address - request.address });
    } else {
      reads.push({
        request: { unitId: unit.unitId, functionCode: spec.functionCode, ...span },
        sensors: [{ sensorId, spec, at: 0 }],
      });
    }
  }
  const planned = profile.wholeBytes === true ? reads.map(byWholeBytes) : reads;
  return profile.alive === undefined || planned.length === 0 ? planned : [signOfLife(unit, profile.alive), ...planned];
}
