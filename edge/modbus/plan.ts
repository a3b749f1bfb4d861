/** Decides which reads one unit needs: neighbouring registers in one request, never a register nobody asked for. */
import { type DeviceProfile, REGISTER_TYPES, type RegisterSpec } from '../../model/device-profile.ts';
import type { UnitConfig } from '../../model/edge-config.ts';
import type { SensorId } from '../../model/reading.ts';
import type { ReadRequest } from './frame.ts';

export type PlannedSensor = {
  readonly sensorId: SensorId;
  readonly spec: RegisterSpec;
  /** Place of its first word in the reply. */
  readonly at: number;
};
export type PlannedRead = { readonly request: ReadRequest; readonly sensors: readonly PlannedSensor[] };

type Wanted = { readonly sensorId: SensorId; readonly spec: RegisterSpec };

const widthOf = (spec: RegisterSpec): number => REGISTER_TYPES[spec.type].words;

/**
 * A gap between registers is never read across: many devices answer exception 02 for the whole request. Sensors whose
 * register the profile does not have are left out; the configuration's parser refuses them before.
 */
export function planReads(unit: UnitConfig, profile: DeviceProfile): readonly PlannedRead[] {
  const specs = new Map(profile.registers.map((spec) => [spec.key, spec]));
  const wanted: Wanted[] = unit.sensors.flatMap(({ sensorId, register }) => {
    const spec = specs.get(register);
    return spec === undefined ? [] : [{ sensorId, spec }];
  });
  wanted.sort((a, b) => a.spec.functionCode - b.spec.functionCode || a.spec.address - b.spec.address);
  const reads: { request: ReadRequest; sensors: PlannedSensor[] }[] = [];
  for (const { sensorId, spec } of wanted) {
    const last = reads.at(-1);
    const end = spec.address + widthOf(spec);
    const joins =
      last !== undefined &&
      last.request.functionCode === spec.functionCode &&
      spec.address <= last.request.address + last.request.count &&
      end - last.request.address <= profile.maxRegistersPerRead;
    if (joins) {
      const { request } = last;
      last.request = { ...request, count: Math.max(request.count, end - request.address) };
      last.sensors.push({ sensorId, spec, at: spec.address - request.address });
    } else {
      const { functionCode, address } = spec;
      reads.push({
        request: { unitId: unit.unitId, functionCode, address, count: widthOf(spec) },
        sensors: [{ sensorId, spec, at: 0 }],
      });
    }
  }
  return reads;
}
