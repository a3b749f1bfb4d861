/** The ways to a unit by kind of bus; a new one is one file and one line here. */
import type { BusConfig, EdgeConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import type { Result } from '../../model/result.ts';
import { dtuLines } from './dtu-line.ts';
import { freshLineMemory } from './line-memory.ts';
import { openModbusTcp } from './modbus-tcp.ts';
import { type ByteLine, characterMs, frameGapMs, openRtuLink, type RtuTiming } from './rtu-link.ts';
import { openSerialLine } from './serial-line.ts';
import { openTcpLine } from './tcp-line.ts';
import type { OnStray, Way } from './transport.ts';

/** A serial server or a DTU forwards a frame when its own line was silent: a pause keeps our frames apart for it. */
const TCP_FRAME_GAP_MS = 2;
const DTU_FRAME_GAP_MS = 20;
/** The line behind a serial server or a DTU is taken to be as slow as they come: only time-outs grow by that. */
const SLOW_BAUD = 9_600;
/** Parts of one packet arrive within this time. */
const STREAM_SPLIT_MS = 200;
/** There and back over 2G or a busy 4G cell. */
const MOBILE_DELAY_MS = 2_000;

type Kind = BusConfig['kind'];
type Of<K extends Kind> = Extract<BusConfig, { readonly kind: K }>;
export type WayParts = { readonly slowestUnitMs: number; readonly ctx: StageContext; readonly onStray: OnStray };
type OpenLine = (signal: AbortSignal) => Promise<Result<ByteLine, string>>;

const nothing = (): Promise<void> => Promise.resolve();
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

function rtuOver(openLine: OpenLine, timing: RtuTiming, parts: WayParts, delayMs = 0): Way {
  const memory = freshLineMemory(parts.slowestUnitMs + delayMs);
  return {
    open: async (signal) => {
      const line = await openLine(signal);
      return line.ok ? { ok: true, value: openRtuLink(line.value, timing, memory, parts.onStray) } : line;
    },
    release: nothing,
    delayMs,
  };
}

const stream = (gapMs: number, idlePackets: readonly Uint8Array[]): RtuTiming => ({
  frameGapMs: gapMs,
  characterMs: characterMs(SLOW_BAUD, 'none'),
  splitMs: STREAM_SPLIT_MS,
  idlePackets,
});

function dtuWay(bus: Of<'modbus-dtu'>, parts: WayParts): Way {
  const lines = dtuLines(bus, parts.ctx);
  // Some DTUs say their registration again and again instead of a heart-beat.
  const idle = [bus.registration, ...(bus.heartbeat === null ? [] : [bus.heartbeat])].map(bytesOf);
  const way = rtuOver(lines.open, stream(DTU_FRAME_GAP_MS, idle), parts, MOBILE_DELAY_MS);
  return { ...way, release: lines.release };
}

const WAYS: { readonly [K in Kind]: (bus: Of<K>, parts: WayParts) => Way } = {
  'modbus-rtu': (bus, parts) => {
    const { baudRate, parity } = bus;
    const timing = {
      frameGapMs: frameGapMs(baudRate, parity),
      characterMs: characterMs(baudRate, parity),
      splitMs: 0,
      idlePackets: [],
    };
    return rtuOver(() => openSerialLine(bus), timing, parts);
  },
  'modbus-rtu-tcp': (bus, parts) =>
    rtuOver((signal) => openTcpLine(bus.host, bus.port, signal), stream(TCP_FRAME_GAP_MS, []), parts),
  'modbus-dtu': dtuWay,
  'modbus-tcp': (bus, parts) => ({
    open: (signal) => openModbusTcp(bus.host, bus.port, signal, parts.onStray),
    release: nothing,
    delayMs: 0,
  }),
};

export const slowestUnitMs = (bus: BusConfig, profiles: EdgeConfig['profiles']): number =>
  Math.max(0, ...bus.units.map((unit) => profiles[unit.profile]?.timeoutMs ?? 0));

/** The way to the units of this bus. */
export function wayOf<K extends Kind>(bus: Of<K>, parts: WayParts): Way {
  const open: (bus: Of<K>, parts: WayParts) => Way = WAYS[bus.kind as K];
  return open(bus, parts);
}
