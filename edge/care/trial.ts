/** Decides whether a configuration that was switched to runs: what was open and answered before must do so again. */
import type { BusConfig, LinkConfig } from '../../model/edge-config.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { BusSight } from './witness.ts';

/** A bus or a link with what was seen of it; a link's stations speak when they like and prove nothing. */
export type SeenLine = { readonly line: BusConfig | LinkConfig; readonly sight: BusSight };

/** A line is the same line when it bears the same name or lies in the same place. */
const placeOf = (line: BusConfig | LinkConfig): string =>
  line.kind === 'modbus-rtu' || line.kind === 'serial'
    ? line.path
    : `${line.kind} ${line.host}:${line.port}${line.kind === 'modbus-dtu' ? line.registration : ''}`;

const unitsOf = (line: BusConfig | LinkConfig): readonly number[] =>
  'units' in line ? line.units.map(({ unitId }) => unitId) : [];
const named = (ids: readonly number[]): string => (ids.length === 1 ? `unit ${ids[0]}` : `units ${ids.join(', ')}`);

/** The reason why it does not run, for people; a line that was shut before may stay so, and one that is new is no proof. */
export function judgeTrial(before: readonly SeenLine[], after: readonly SeenLine[]): Result<null, string> {
  for (const { line, sight } of after) {
    const old =
      before.find((one) => one.line.id === line.id) ?? before.find((one) => placeOf(one.line) === placeOf(line));
    if (old === undefined || !old.sight.isOpen) continue;
    if (!sight.isOpen) return err(`line ${line.id}, which was open before, cannot be opened`);
    const known = unitsOf(line).filter((unitId) => old.sight.answering.has(unitId));
    if (known.length > 0 && !known.some((unitId) => sight.answering.has(unitId)))
      return err(`no unit of bus ${line.id} that answered before answers any more (${named(known)})`);
  }
  return ok(null);
}
