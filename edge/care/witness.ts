/** What the cycles of a bus tell of its wire: whether it is open, and which units answer; a trial is judged by that. */
import type { BusConfig, LinkConfig } from '../../model/edge-config.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { BadReason, SensorId } from '../../model/reading.ts';

export type BusSight = { readonly isOpen: boolean; readonly answering: ReadonlySet<number> };

type Seen = {
  readonly outcomes: readonly ({ readonly sensorId: SensorId } & (
    | { readonly kind: 'words' }
    | { readonly kind: 'failure'; readonly reason: BadReason }
  ))[];
  readonly events: readonly EdgeEvent[];
};
export type Witness = { readonly note: (seen: Seen) => void; readonly sight: () => BusSight };

/** What a unit's silence looks like; a disturbed frame says nothing about who is there. */
const SILENT: readonly BadReason[] = ['timeout', 'skipped', 'link'];

export function openWitness(line: BusConfig | LinkConfig): Witness {
  const units = 'units' in line ? line.units : [];
  const unitOf = new Map(units.flatMap(({ unitId, sensors }) => sensors.map((one) => [one.sensorId, unitId] as const)));
  const answering = new Set<number>();
  let isOpen = false;
  return {
    note: ({ outcomes, events }) => {
      for (const event of events)
        if (event.kind === 'bus' && event.busId === line.id) {
          isOpen = event.state === 'open';
          if (!isOpen) answering.clear();
        }
      for (const outcome of outcomes) {
        const unitId = unitOf.get(outcome.sensorId);
        if (unitId === undefined) continue;
        if (outcome.kind === 'words' || outcome.reason === 'exception') {
          answering.add(unitId);
          isOpen = true;
        } else if (SILENT.includes(outcome.reason)) answering.delete(unitId);
      }
    },
    sight: () => ({ isOpen, answering: new Set(answering) }),
  };
}
