/** Which process is killed in which turn, and where: from the seed alone. */
import type { ProbePlace } from '#model/ports.ts';
import { shuffled } from '#test/chaos/random.ts';

export type Kill = { readonly stage: string; readonly place: ProbePlace | null };

const STAGES = ['edge', 'broker', 'ingest', 'rules', 'alerts'] as const;
const PLACED: readonly { readonly stage: string; readonly place: ProbePlace }[] = [
  { stage: 'ingest', place: 'journal.committed' },
  { stage: 'alerts', place: 'delivery.claimed' },
  { stage: 'edge', place: 'outbox.committed' },
  { stage: 'rules', place: 'rules.committed' },
];
/** At least so many at each of the two places that matter most. */
const MIN_PLACED = 5;
const MAX_PLACED = 12;

/** Stages in turn, so that each gets its share, then shuffled; places on top. */
export function planKills(kills: number, random: () => number): Kill[] {
  // The chain raises some ninety messages in a run, whatever its length: no more deaths wait for one than come early.
  const often = Math.min(MAX_PLACED, Math.max(MIN_PLACED, Math.round(kills / 12)));
  const seldom = Math.min(MAX_PLACED, Math.round(kills / 30));
  const rounds = Array.from({ length: MAX_PLACED }, (_, round) => round);
  const placed = rounds
    .flatMap((round) => PLACED.filter((_, index) => round < (index < 2 ? often : seldom)))
    .slice(0, kills >= 4 * MIN_PLACED ? Math.max(2 * MIN_PLACED + 2, Math.floor(kills / 3)) : Math.floor(kills / 2));
  const plain = Array.from({ length: Math.max(0, kills - placed.length) }, (_, index) => ({
    stage: STAGES[index % STAGES.length] as string,
    place: null,
  }));
  // These can only happen while alerts still rise: they come early, so that a slow machine has some left.
  const needsRise = (kill: Kill) => kill.place === 'delivery.claimed' || kill.place === 'rules.committed';
  const order = shuffled<Kill>([...plain, ...placed], random);
  const early = Math.ceil(order.length * 0.4);
  const late = order.slice(early).filter(needsRise);
  const rest = [...order.slice(0, early), ...order.slice(early).filter((kill) => !needsRise(kill))];
  for (const kill of late) rest.splice(Math.floor(random() * early), 0, kill);
  return rest;
}
