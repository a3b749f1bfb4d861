/** The door of other platforms: takes their documents as commands, and gives the feed of ours. */
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { atomFeed } from '../atom.ts';
import { notFound } from '../problem.ts';
import { type Desk, type Handler, json, type Reply, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';

const ENTRIES = 200;

type Source = { readonly source: string };

/** As the caller reached us, so that the links of the feed lead back here. */
const baseOf = (request: Request): string => `${request.protocol}://${request.get('host') ?? 'localhost'}`;

export function exchangeHandlers(desk: Desk) {
  const { exchange } = desk.ports.parts;
  const taken = (): Reply => json({ taken: true });
  return {
    takeCap: withInput<Source, string>(({ query, body, response }, viewer) => {
      const command = {
        ...saidBy(desk, viewer, ''),
        kind: 'warning',
        action: 'cap',
        source: query.source,
        xml: body,
      } as const;
      return giveCommand(desk, command, response, taken);
    }),
    takeEbd: withInput<Source, string>(({ query, body, response }, viewer) => {
      const command = {
        ...saidBy(desk, viewer, ''),
        kind: 'exchange',
        format: 'ebd',
        source: query.source,
        xml: body,
      } as const;
      return giveCommand(desk, command, response, taken);
    }),
    capFeed: ({ request, response }): Reply => {
      const { county } = desk.ports.registry.current();
      const entries = exchange.capEntries(ENTRIES);
      const name = createHash('sha256').update(
        `${baseOf(request)} ${entries.map(({ identifier }) => identifier).join()}`,
      );
      const tag = `"${name.digest('hex').slice(0, 24)}"`;
      const changedMs = entries[0]?.sentMs ?? 0;
      response.setHeader('ETag', tag);
      if (changedMs > 0) response.setHeader('Last-Modified', new Date(changedMs).toUTCString());
      if (request.get('if-none-match') === tag) {
        response.status(304).end();
        return { kind: 'taken' };
      }
      const title = `${county.name.zh} ${county.name.en} CAP`;
      const body = atomFeed({
        base: baseOf(request),
        countyCode: county.code,
        title,
        entries,
        nowMs: desk.ctx.clock.nowMs(),
      });
      return { kind: 'text', type: 'application/atom+xml; charset=utf-8', body };
    },
    capDocument: ({ params }): Reply => {
      const xml = exchange.capXml(params.id);
      return xml === undefined
        ? refuse(notFound('such message'))
        : { kind: 'text', type: 'application/cap+xml; charset=utf-8', body: xml };
    },
  } satisfies { readonly [id: string]: Handler };
}
