/** Takes the commands about an alert's sides. */
import type { AlertCommand } from '#model/alert.ts';
import type { EpochMs } from '#model/time.ts';
import { notFound } from '../problem.ts';
import type { Viewer } from '../viewer.ts';
import { alertJson } from '../wire.ts';
import { type Desk, type Handler, json, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';

type Body = { readonly note: string; readonly until?: EpochMs };

export function lifeHandlers(desk: Desk) {
  const handler = (action: AlertCommand['action']): Handler =>
    withInput<unknown, Body>(({ params, body, response }, viewer: Viewer) => {
      const said = { ...saidBy(desk, viewer, body.note), alertId: params.id, action };
      const command: AlertCommand = body.until === undefined ? said : { ...said, untilMs: body.until };
      return giveCommand(desk, command, response, () => {
        const alert = desk.alerts.get(params.id);
        return alert === undefined
          ? refuse(notFound('such alert'))
          : json(alertJson(desk.catalogue().registry, alert, desk.lang));
      });
    });
  return {
    shelve: handler('shelve'),
    unshelve: handler('unshelve'),
    reset: handler('reset'),
  } satisfies { readonly [id: string]: Handler };
}
