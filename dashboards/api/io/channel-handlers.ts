/** Answers for channels, and passes on the wish to try one. No address and no secret leaves here: a robot's address is its key. */
import { type ChannelConfig, type ChannelHealth, reachOf } from '#model/channel.ts';
import { pageOf, sortedBy } from '../paging.ts';
import { notFound } from '../problem.ts';
import { type Desk, type Handler, json, type PageQuery, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';

const iso = (atMs: number | null | undefined): string | null =>
  atMs === null || atMs === undefined ? null : new Date(atMs).toISOString();

function channelJson(config: ChannelConfig, health: ChannelHealth | undefined) {
  const { id, kind } = config;
  const reach = reachOf(config);
  // To be in the store is to be delivered there: the console does as well as whoever reads this.
  if (config.kind === 'console') return { id, kind, reach, state: 'up' as const };
  return {
    id,
    kind,
    reach,
    minLevel: config.minLevel,
    accepts: config.accepts,
    ratePerMinute: config.ratePerMinute ?? null,
    fallback: config.fallback ?? null,
    state: health?.state ?? 'untested',
    since: iso(health?.sinceMs),
    failuresInARow: health?.failuresInARow ?? 0,
    lastOkAt: iso(health?.lastOkAtMs),
    testedAt: iso(health?.testedAtMs),
    detail: health?.detail ?? '',
  };
}

const byId = ({ id }: ChannelConfig): string => id;

export function channelHandlers(desk: Desk) {
  const channelsNow = (): readonly ChannelConfig[] => desk.ports.registry.current().channels;
  const one = (config: ChannelConfig) => {
    const health = desk.ports.parts
      .channels()
      .find(({ channel, kind }) => channel === config.id && kind === config.kind);
    return channelJson(config, health);
  };
  return {
    channels: withInput<PageQuery>(({ query }) => json(pageOf(sortedBy(channelsNow(), byId), byId, query, one))),
    testChannel: withInput<unknown, { readonly note: string }>(({ params, body, response }, viewer) => {
      const config = channelsNow().find(({ id }) => id === params.id);
      if (config === undefined) return refuse(notFound('such channel'));
      const said = saidBy(desk, viewer, body.note);
      return giveCommand(desk, { ...said, kind: 'channel', action: 'test', channel: config.id }, response, () =>
        json({ ...one(config), commandId: said.id }),
      );
    }),
  } satisfies { readonly [id: string]: Handler };
}
