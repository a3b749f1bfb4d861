/**
 * Notices when nothing is heard any more of a gateway that brings devices' messages: one loss instead of one a sensor.
 * Such a gateway says nothing of itself, so its messages are its signs of life.
 */
import type { EdgeUnit, RegistryPort } from '#model/registry.ts';
import type { Clock } from '#model/time.ts';
import type { Control } from './control.ts';

export type NativeWatch = {
  readonly heard: (gateway: string) => void;
  /** A gateway that is new counts as there: from now on it has its time to be heard. */
  readonly expect: () => void;
  /** `brokerUpSinceMs` is null while ingest hears nobody by MQTT. */
  readonly look: (brokerUpSinceMs: number | null) => void;
};

export function createNativeWatch(registry: RegistryPort, control: Control, clock: Clock): NativeWatch {
  const startedMs = clock.nowMs();
  const heardAt = new Map<string, number>();
  const gateways = (): readonly EdgeUnit[] =>
    [...registry.current().edges.values()].filter((edge) => edge.native !== undefined);
  return {
    heard: (gateway) => {
      heardAt.set(gateway, clock.nowMs());
      control.setGateway(gateway, 'online');
    },
    expect: () => {
      for (const { id } of gateways()) {
        if (control.gatewayState(id) !== undefined) continue;
        heardAt.set(id, clock.nowMs());
        control.setGateway(id, 'online');
      }
    },
    look: (brokerUpSinceMs) => {
      const nowMs = clock.nowMs();
      for (const { id, native } of gateways()) {
        if (native === undefined || control.gatewayState(id) !== 'online') continue;
        const upMs = native.transport === 'http' ? startedMs : brokerUpSinceMs;
        if (upMs === null) continue;
        if (nowMs - Math.max(heardAt.get(id) ?? startedMs, upMs) > native.lostAfterMs) control.setGateway(id, 'lost');
      }
    },
  };
}
