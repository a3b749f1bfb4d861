/** The transports by kind of bus; a new one is one file and one line here. */
import type { BusConfig, EdgeConfig } from '../../model/edge-config.ts';
import { openModbusTcp } from './modbus-tcp.ts';
import { frameGapMs, openRtuLink } from './rtu-link.ts';
import { openSerialLine } from './serial-line.ts';
import { openTcpLine } from './tcp-line.ts';
import type { OnStray, OpenTransport } from './transport.ts';

/** A serial server forwards a frame when its own line was silent: a short pause keeps our frames apart for it. */
const TCP_FRAME_GAP_MS = 2;

export function slowestUnitMs(bus: BusConfig, profiles: EdgeConfig['profiles']): number {
  return Math.max(0, ...bus.units.map((unit) => profiles[unit.profile]?.timeoutMs ?? 0));
}

export function transportOf(bus: BusConfig, profiles: EdgeConfig['profiles'], onStray: OnStray): OpenTransport {
  const slowest = slowestUnitMs(bus, profiles);
  switch (bus.kind) {
    case 'modbus-rtu':
      return async () => {
        const line = await openSerialLine(bus);
        const timing = { frameGapMs: frameGapMs(bus.baudRate, bus.parity), slowestUnitMs: slowest };
        return line.ok ? { ok: true, value: openRtuLink(line.value, timing, onStray) } : line;
      };
    case 'modbus-rtu-tcp':
      return async () => {
        const line = await openTcpLine(bus.host, bus.port);
        const timing = { frameGapMs: TCP_FRAME_GAP_MS, slowestUnitMs: slowest };
        return line.ok ? { ok: true, value: openRtuLink(line.value, timing, onStray) } : line;
      };
    case 'modbus-tcp':
      return () => openModbusTcp(bus.host, bus.port);
    case 'modbus-dtu':
      return async () => ({ ok: false, error: 'dial-in lines are not there yet' });
    default:
      return bus satisfies never;
  }
}
