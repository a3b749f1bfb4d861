/** Writes what a pure step decided: events into the ledger, then the projection, then what is to be delivered. */
import type { EpochMs } from '#model/time.ts';
import { planDeliveries } from '../deliveries.ts';
import type { Directory } from '../directory.ts';
import type { EventDraft, Outcome } from '../episode.ts';
import { gridPath } from '../place.ts';
import type { DeliveryTable } from './delivery-table.ts';
import type { EpisodeTable } from './episodes.ts';
import type { Ledger } from './ledger.ts';

export type Tables = { readonly ledger: Ledger; readonly episodes: EpisodeTable; readonly rows: DeliveryTable };

/** Inside the caller's transaction. */
export function writeOutcome(tables: Tables, outcome: Outcome, directory: Directory, nowMs: EpochMs): void {
  const { episode } = outcome;
  const events: EventDraft[] = [...outcome.events];
  const plans =
    episode === null
      ? []
      : outcome.notices.map((notice) => planDeliveries(notice, episode.alert, directory.registry, nowMs));
  for (const plan of plans) events.push(...plan.events);
  const version = events.reduce((_, draft) => tables.ledger.append(draft), 0);
  if (episode === null) return;
  tables.episodes.put(episode, version, gridPath(episode.alert.gridCode, directory.registry));
  for (const plan of plans) for (const planned of plan.deliveries) tables.rows.add(planned);
}
