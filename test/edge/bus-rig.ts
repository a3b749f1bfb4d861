/** What the tests and benches of a bus share: a profile, units that do what a script says on any stream, a poller whose cycles are kept. */
import type { Duplex } from 'node:stream';
import type { Outcome } from '#edge/acquire/judge.ts';
import { type BusPoller, startBus } from '#edge/io/bus.ts';
import type { CycleDeps } from '#edge/io/bus-cycle.ts';
import { crc16 } from '#edge/modbus/crc16.ts';
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import type { BusConfig, UnitConfig } from '#model/edge-config.ts';
import type { EdgeEvent } from '#model/edge-event.ts';
import { type TestContext, testContext } from './support.ts';

const REGISTER: RegisterSpec = {
  name: 'register',
  key: 'r0',
  quantity: 'level',
  functionCode: 3,
  address: 0,
  type: 'uint16',
  order: 'ABCD',
  scale: 1,
  offset: 0,
  sentinels: [],
  counter: null,
  plausible: { min: -100_000, max: 100_000, maxPerMinute: null },
};

/** Holding registers at these addresses, keys `r<address>`; a coil `siren` at 3 written by function 05, and so on to 16. */
export function selfDescribing(addresses: readonly number[], changes: Partial<DeviceProfile> = {}): DeviceProfile {
  const outputs = ([5, 6, 15, 16] as const).map((functionCode): RegisterSpec => {
    const isCoil = functionCode === 5 || functionCode === 15;
    return {
      ...REGISTER,
      key: `out${functionCode}`,
      functionCode: isCoil ? 1 : 3,
      address: 200 + functionCode,
      write: { functionCode, on: isCoil ? 1 : 0x0102, off: 0 },
    };
  });
  return {
    id: 'described',
    maker: 'none',
    model: 'none',
    name: { zh: '自述', en: 'self-describing' },
    source: 'made for tests',
    baudRate: 9600,
    parity: 'none',
    maxRegistersPerRead: 16,
    timeoutMs: 300,
    gapMs: 0,
    registers: [...addresses.map((address) => ({ ...REGISTER, key: `r${address}`, address })), ...outputs],
    ...changes,
  };
}

/** Sensors `<unit>-<address>` of a unit with the profile `described`. */
export const describedUnit = (unitId: number, addresses: readonly number[]): UnitConfig => ({
  unitId,
  profile: 'described',
  sensors: addresses.map((address) => ({ sensorId: `${unitId}-${address}`, register: `r${address}` })),
});

export type AskedFrame = { readonly unitId: number; readonly functionCode: number; readonly bytes: Uint8Array };
export type FrameScript = (asked: AskedFrame, reply: (bytes: Uint8Array, afterMs?: number) => void) => void;

export const sealed = (body: readonly number[]): Uint8Array => {
  const crc = crc16(Uint8Array.from(body));
  return Uint8Array.of(...body, crc & 0xff, crc >> 8);
};
export const addressOf = ({ bytes }: AskedFrame): number => ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
const secondWord = ({ bytes }: AskedFrame): number => ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0);

/** Every register holds unit × 1000 + address; a write is repeated. */
export function describedReply(asked: AskedFrame): Uint8Array {
  const { unitId, functionCode, bytes } = asked;
  if (functionCode > 4) return sealed([...bytes.subarray(0, 6)]);
  const words = Array.from({ length: secondWord(asked) }, (_, at) => unitId * 1_000 + addressOf(asked) + at);
  if (functionCode <= 2) return sealed([unitId, functionCode, 1, 1]);
  return sealed([unitId, functionCode, words.length * 2, ...words.flatMap((word) => [word >> 8, word & 0xff])]);
}

const lengthOf = (bytes: Uint8Array): number => ((bytes[1] ?? 0) <= 6 ? 8 : 9 + (bytes[6] ?? 0));

/** Units at the far end of a stream; what is received is cut into requests. */
export function serveFrames(stream: Duplex, script: FrameScript): void {
  let received = Buffer.alloc(0);
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 8 && received.length >= lengthOf(received)) {
      const bytes = Uint8Array.from(received.subarray(0, lengthOf(received)));
      received = received.subarray(bytes.length);
      script({ unitId: bytes[0] ?? 0, functionCode: bytes[1] ?? 0, bytes }, (answer, afterMs = 0) => {
        const write = () => void (stream.writable && stream.write(answer));
        if (afterMs === 0) write();
        else setTimeout(write, afterMs);
      });
    }
  });
}

export type BusRig = {
  readonly poller: BusPoller;
  readonly ctx: TestContext;
  readonly outcomes: Outcome[];
  readonly events: EdgeEvent[];
  readonly cycles: () => number;
  /** Numbers read for a sensor, in order. */
  readonly values: (sensorId: string) => readonly number[];
  readonly reasons: (sensorId: string) => readonly string[];
  readonly count: (name: string) => number;
};

/** A bus whose cycles go to memory. */
export function startBusRig(
  bus: BusConfig,
  profile: DeviceProfile,
  isUrgent?: NonNullable<CycleDeps['isUrgent']>,
): BusRig {
  const ctx = testContext();
  const outcomes: Outcome[] = [];
  const events: EdgeEvent[] = [];
  let cycles = 0;
  const poller = startBus(
    bus,
    { [profile.id]: profile },
    {
      ctx,
      outbox: { silentUnits: () => [], lastCycleMs: () => undefined },
      recorder: {
        record: (cycle) => {
          cycles++;
          outcomes.push(...cycle.outcomes);
          events.push(...cycle.events);
          return true;
        },
      },
      ...(isUrgent === undefined ? {} : { isUrgent }),
    },
  );
  const of = (sensorId: string) => outcomes.filter((outcome) => outcome.sensorId === sensorId);
  return {
    poller,
    ctx,
    outcomes,
    events,
    cycles: () => cycles,
    values: (sensorId) => of(sensorId).flatMap((outcome) => (outcome.kind === 'words' ? [outcome.words[0] ?? -1] : [])),
    reasons: (sensorId) => of(sensorId).flatMap((outcome) => (outcome.kind === 'failure' ? [outcome.reason] : [])),
    count: (name) => ctx.counts.get(name) ?? 0,
  };
}
