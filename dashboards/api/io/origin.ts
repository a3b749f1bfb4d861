/** Where an alert came from, for lists whose rows belong to alerts: a drill's row is never taken for a real one. */
import type { Origin } from '#model/reading.ts';
import type { Desk } from './exchange.ts';

/** A row whose alert is gone is shown as real: nobody overlooks it. */
export const originOf = ({ alerts }: Pick<Desk, 'alerts'>, alertId: string): Origin =>
  alerts.get(alertId)?.origin ?? 'live';
