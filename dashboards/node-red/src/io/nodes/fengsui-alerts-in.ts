/** Brings the changes of alerts into a flow, each once, also across a reconnect and a redeployment. */

import { isLevel } from '../../../../../model/level.ts';
import { type AlertFilter, isWanted, type Seen } from '../../alert-change.ts';
import { createAlertTracker, type Memory, type Told } from '../../alert-tracker.ts';
import { isFields } from '../../link.ts';
import { type Config, flagOf, namesOf, type Red, type RedNode, textOf } from '../../red.ts';
import { registerNode, serverOf, showLink } from '../begin.ts';
import { loadAlert, loadOpenAlerts } from '../open-alerts.ts';

const RETRY_MS = 5_000;
const MEMORY = 'fengsui-alerts';

function filterOf(config: Config): AlertFilter {
  const level = textOf(config, 'minLevel', 'blue');
  const origins = ['live', ...['simulated', 'replay', 'drill'].filter((origin) => flagOf(config, origin))];
  return {
    minLevel: isLevel(level) ? level : 'blue',
    hazards: namesOf(config, 'hazards'),
    grids: namesOf(config, 'grids'),
    origins,
    everything: flagOf(config, 'everything'),
  };
}

function recall(node: RedNode, base: string): Memory {
  const kept = node.context().get(MEMORY);
  if (!isFields(kept) || kept['base'] !== base || !isFields(kept['known'])) return { lastEventId: null, known: {} };
  const at = kept['lastEventId'];
  return { lastEventId: typeof at === 'number' ? at : null, known: kept['known'] as { readonly [id: string]: Seen } };
}

function messageOf({ alert, change, before, atStart }: Told) {
  const { id, level, lifecycle, condition, origin, hazard, gridCode } = alert;
  return {
    topic: `alert/${gridCode}/${id}`,
    payload: alert,
    alert: { id, level, lifecycle, condition, origin, hazard, gridCode },
    change,
    previousLevel: before?.level ?? null,
    atStart,
  };
}

export function register(RED: Red): void {
  registerNode(RED, 'fengsui-alerts-in', (parts) => {
    const { node, config, say } = parts;
    const link = serverOf(RED, parts);
    if (link === undefined) return;
    const filter = filterOf(config);
    let timer: NodeJS.Timeout | undefined;
    const tracker = createAlertTracker(recall(node, link.base), flagOf(config, 'openAtStart'), {
      loadOpen: () => loadOpenAlerts(link.call),
      loadOne: (id) => loadAlert(link.call, id),
      tell: (told) => {
        if (isWanted(filter, told.alert, told.change, told.before)) node.send(messageOf(told));
      },
      keep: (memory) => node.context().set(MEMORY, { base: link.base, ...memory }),
      retryLater: (run) => {
        timer = setTimeout(run, RETRY_MS);
      },
    });
    const end = link.listen({
      onEvent: tracker.take,
      onState: (state) => showLink(node, say, state),
      lastEventId: tracker.lastEventId,
    });
    node.on('close', (_removed, done) => {
      clearTimeout(timer);
      end();
      done();
    });
  });
}
