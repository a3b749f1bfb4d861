/** Watches the cycles of the buses that run: one that stands still for longer than its wire can take is started anew. */
import type { BusConfig, EdgeConfigPush } from '../../model/edge-config.ts';
import type { FieldDeps } from './field.ts';
import type { LoopLimits, Watchdog, WatchedLoop } from './watchdog.ts';

const LEAST_MS = 60_000;
const MOST_MS = 600_000;
/** Each unit may be asked twice, and a late answer waited out. */
const WAITS_PER_UNIT = 4;
const MISSED_CYCLES = 3;

/** What the slowest cycle of this bus may take, with every unit dead. */
export function limitsOf(bus: BusConfig, profiles: EdgeConfigPush['profiles']): LoopLimits {
  const worstMs = bus.units.reduce((sum, { profile }) => sum + (profiles[profile]?.timeoutMs ?? 0) * WAITS_PER_UNIT, 0);
  return { realMs: Math.min(LEAST_MS + worstMs, MOST_MS), chainMs: bus.pollMs * MISSED_CYCLES };
}

export function watchBuses(
  watchdog: Watchdog,
  restart: (busId: string) => Promise<void> | undefined,
  limits = limitsOf,
): Required<Pick<FieldDeps, 'onCycle' | 'onBuses'>> {
  const loops = new Map<string, WatchedLoop & { readonly words: string }>();
  return {
    onCycle: (busId) => loops.get(busId)?.progress(),
    onBuses: (buses, profiles) => {
      const wanted = new Map(buses.map((bus) => [bus.id, limits(bus, profiles)] as const));
      for (const [busId, loop] of loops) {
        // One that was started anew is the same loop: its restarts are counted on.
        if (loop.words === JSON.stringify(wanted.get(busId))) continue;
        loop.cancel();
        loops.delete(busId);
      }
      for (const [busId, its] of wanted)
        if (!loops.has(busId)) {
          const loop = watchdog.watch(`bus ${busId}`, its, async () => restart(busId));
          loops.set(busId, { ...loop, words: JSON.stringify(its) });
        }
    },
  };
}
