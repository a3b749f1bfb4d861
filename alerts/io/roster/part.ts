/** Hand-overs as a part of the stage: taken from commands, and missed where nobody took a shift over in time. */
import type { DeskCommand } from '#model/command.ts';
import { inSubtree } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { World } from '../../episode.ts';
import { policyOf } from '../../policy.ts';
import { emptyHandover, handOver, overdueEvent } from '../../roster/hand-over.ts';
import type { CommandResult, OpenPart, Part, PartTools } from '../part.ts';
import { openHandoverTable, ROSTER_SCHEMA } from './table.ts';

function openRoster({ db, tables: { ledger, episodes } }: PartTools): OpenPart {
  const rows = openHandoverTable(db);
  let nextMs: EpochMs | null = null;

  const withinOf = ({ directory }: World): number | undefined => policyOf(directory.registry).takeOverWithinMs;
  /** A shift that began before anybody looked is not held against those who were on it. */
  const since = (nowMs: EpochMs): EpochMs => {
    const known = rows.until();
    if (known === undefined) rows.setUntil(nowMs);
    return known ?? nowMs;
  };
  const plan = (world: World): void => {
    const within = withinOf(world);
    nextMs = null;
    if (within === undefined) return;
    const seen = since(world.nowMs);
    for (const { fromMs } of world.directory.registry.duty)
      if (fromMs > seen && (nextMs === null || fromMs + within < nextMs)) nextMs = fromMs + within;
  };
  const openAlerts = ({ directory }: World, gridCode: string): readonly string[] =>
    episodes
      .allOpen()
      .map(({ alert }) => alert)
      .filter((alert) => inSubtree(directory.registry, alert.gridCode, gridCode))
      .map(({ id }) => id);

  return {
    command: (command: DeskCommand, world: World): CommandResult | undefined => {
      if (command.kind !== 'roster') return undefined;
      const before = rows.get(command.gridCode, command.shiftFromMs);
      const step = handOver(command, before, openAlerts(world, command.gridCode), world.directory);
      if (step.ok) {
        rows.put(step.handover);
        ledger.append(step.event);
      } else {
        const { gridCode, shiftFromMs, action, by, atMs } = command;
        const facts = { command: command.id, action, gridCode, shiftFromMs };
        ledger.append({ alertId: `roster/${gridCode}`, atMs, by, kind: 'refused', text: step.message, facts });
      }
      return { ok: step.ok, message: step.message };
    },
    onRegistry: plan,
    nextDueMs: () => nextMs,
    runDue: (world: World): void => {
      const within = withinOf(world);
      if (within === undefined || nextMs === null || world.nowMs < nextMs) return;
      const seen = since(world.nowMs);
      const upTo = world.nowMs - within;
      for (const shift of world.directory.registry.duty) {
        if (shift.fromMs <= seen || shift.fromMs > upTo) continue;
        const row = rows.get(shift.gridCode, shift.fromMs);
        if (row?.takenOver != null || row?.overdueAtMs != null) continue;
        rows.put({ ...(row ?? emptyHandover(shift)), overdueAtMs: world.nowMs });
        ledger.append(overdueEvent(shift, world.nowMs, world.directory.registry));
      }
      rows.setUntil(Math.max(seen, upTo));
      plan(world);
    },
  };
}

export const rosterPart: Part = { name: 'roster', schema: ROSTER_SCHEMA, open: openRoster };
