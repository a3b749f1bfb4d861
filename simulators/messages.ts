/** What a simulator that runs can be told by the process that started it. */
import { z } from 'zod';
import { err, ok, type Result } from '#model/result.ts';
import {
  faultObjections,
  faultSchema,
  id,
  type ScenarioFault,
  scenarioFaultOf,
  unitId,
} from '#simulators/scenario-faults.ts';

export type SimulatorMessage =
  /** Begins the scenario; one that has begun goes on, unless it is asked to begin again. */
  | { readonly kind: 'begin'; readonly again: boolean }
  /** A fault as a scenario file writes it; its times count from now. */
  | { readonly kind: 'fault'; readonly fault: ScenarioFault }
  /** Ends what was ordered, for one unit or for the line and all its units. */
  | { readonly kind: 'heal'; readonly lineId: string; readonly unitId: number | null }
  /** A register shows this for so long, or until it is healed. */
  | {
      readonly kind: 'force';
      readonly lineId: string;
      readonly unitId: number;
      readonly register: string;
      readonly value: number;
      readonly forMs: number | null;
    };

const schema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('begin'), again: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal('fault'), fault: faultSchema }),
  z.strictObject({ kind: z.literal('heal'), bus: id, unit: unitId.nullable().default(null) }),
  z.strictObject({
    kind: z.literal('force'),
    bus: id,
    unit: unitId,
    register: z.string().min(1),
    value: z.number(),
    forMs: z.number().positive().nullable().default(null),
  }),
]);

/** Why a message was refused, in one line. */
export function parseMessage(raw: unknown): Result<SimulatorMessage, string> {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return err(parsed.error.issues.map((issue) => issue.message).join('; '));
  const { data } = parsed;
  switch (data.kind) {
    case 'begin':
      return ok(data);
    case 'fault': {
      const [objection] = faultObjections(data.fault);
      if (objection !== undefined) return err(objection.message);
      return data.fault.bus === undefined
        ? err('a fault that is ordered names a bus, and a unit unless it strikes the whole line')
        : ok({ kind: 'fault', fault: scenarioFaultOf(data.fault) });
    }
    case 'heal':
      return ok({ kind: 'heal', lineId: data.bus, unitId: data.unit });
    case 'force': {
      const { bus: lineId, unit, register, value, forMs } = data;
      return ok({ kind: 'force', lineId, unitId: unit, register, value, forMs });
    }
    default:
      return data satisfies never;
  }
}
