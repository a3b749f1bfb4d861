/**
 * Whom to ask when somebody is silent (叫应): first his deputy in the same grid, then whoever answers for the tier above.
 * Pure; who was asked already in this round is passed over, so that a call never goes round in a circle.
 */
import type { Alert, Recipient } from '#model/alert.ts';
import type { Grid, PersonId } from '#model/registry.ts';
import { ancestry } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { channelsFor } from './channels.ts';
import { both, type Claim, mergeClaims, noted } from './claim.ts';
import { atDesk, type Desk, holders } from './people.ts';

export type StandInStep = 'deputy' | 'above';

type Silent = Pick<Recipient, 'personId' | 'name' | 'gridCode' | 'post'>;
type Told = Pick<Alert, 'subject' | 'level' | 'hazard' | 'areas'>;

/** The first group of which somebody is left. */
function firstOf(groups: readonly (() => readonly Claim[])[], left: (of: Claim) => boolean): readonly Claim[] {
  for (const group of groups) {
    const found = group().filter(left);
    if (found.length > 0) return found;
  }
  return [];
}

/** In the same grid: for somebody at the desk the other one there first, for anybody else the deputy. */
function deputies(desk: Desk, grid: Grid, { post }: Silent, left: (of: Claim) => boolean): readonly Claim[] {
  const deputy = () => holders(desk, grid, ['deputy'], null);
  const onDesk = () => atDesk(desk, grid, null);
  const manager = () => holders(desk, grid, ['manager'], null);
  return firstOf(post === 'duty' ? [onDesk, deputy, manager] : [deputy, onDesk, manager], left);
}

/** The next grid upwards with anybody left: its desk, else its head, else its deputy or dispatcher. */
function above(desk: Desk, grid: Grid, left: (of: Claim) => boolean): readonly Claim[] {
  for (const upper of ancestry(desk.directory.registry, grid.code).slice(1)) {
    const found = firstOf(
      [
        () => atDesk(desk, upper, null),
        () => holders(desk, upper, ['head'], null),
        () => holders(desk, upper, ['deputy', 'dispatcher'], null),
      ],
      left,
    );
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * Those who are asked instead of a silent person, all of them at once; empty when this step has nobody (left).
 * `asked`: everybody who was asked about this alert in this round.
 */
export function standIns(
  silent: Silent,
  alert: Told,
  directory: Directory,
  atMs: EpochMs,
  step: StandInStep,
  asked: ReadonlySet<PersonId> = new Set(),
): readonly Recipient[] {
  const grid = directory.registry.grids.get(silent.gridCode);
  if (grid === undefined) return [];
  const desk: Desk = { directory, atMs };
  const left = ({ person }: Claim): boolean => person.id !== silent.personId && !asked.has(person.id);
  const found = step === 'deputy' ? deputies(desk, grid, silent, left) : above(desk, grid, left);
  const note = both(`代替未应答的${silent.name}`, `instead of ${silent.name}, who is silent`);
  return mergeClaims(found.map((one) => noted(one, note))).map((recipient) => {
    const channels = channelsFor(alert, recipient.gridCode, directory, atMs);
    return channels === undefined ? recipient : { ...recipient, channels };
  });
}
