/** Exchange with other platforms, as `exchange.yaml` says it: feeds that are read, and the feed that is given. */
import { z } from 'zod';
import { duration, LEVELS, token } from '#cli/load/schemas.ts';
import { parsePart, type Source } from '#cli/load/source.ts';
import type { ExchangeConfig } from '#model/exchange.ts';

const feedSource = z.strictObject({
  id: token,
  url: z.url({ protocol: /^https?$/, error: 'must be a web address beginning with http:// or https://' }),
  poll: duration.refine((ms) => ms >= 10_000, 'must be 10s or longer').default(60_000),
  tokenEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable, not the token itself')
    .nullable()
    .default(null),
});

const schema = z.strictObject({
  exchange: z.strictObject({
    feeds: z.array(feedSource).max(20).default([]),
    feed: z
      .strictObject({
        sender: z.string().regex(/^[^\s,<&]{3,100}$/, 'may hold no space, comma, < or &'),
        minLevel: z.enum(LEVELS).default('yellow'),
        /** What is simulated never stands in a feed that others act on. */
        accepts: z
          .array(z.enum(['live', 'drill']))
          .min(1)
          .default(['live']),
      })
      .optional(),
  }),
});

/** Undefined where there is no such file. */
export function bindExchange(source: Source | undefined): ExchangeConfig | undefined {
  if (source?.value === undefined) return undefined;
  const parsed = parsePart(source, [], source.value, schema)?.exchange;
  if (parsed === undefined) return undefined;
  const seen = new Set<string>();
  for (const [at, { id, url }] of parsed.feeds.entries()) {
    if (seen.has(id))
      source.find(['exchange', 'feeds', at, 'id'], {
        kind: 'twice',
        message: `feed "${id}" is there twice`,
        mend: 'give each feed an id of its own',
      });
    seen.add(id);
    const { username, password, hostname, protocol } = new URL(url);
    if (username !== '' || password !== '')
      source.find(['exchange', 'feeds', at, 'url'], {
        kind: 'secret',
        message: 'holds a password',
        mend: 'leave it out and name a token with "tokenEnv:"',
      });
    if (protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(hostname))
      source.find(['exchange', 'feeds', at, 'url'], {
        kind: 'clear-text',
        message: `feed "${id}" is read without TLS: anybody on the way could issue warnings`,
        mend: 'use https://',
        severity: 'warning',
      });
  }
  const feeds = parsed.feeds.map(({ id, url, poll, tokenEnv }) => ({ id, url, pollMs: poll, tokenEnv }));
  return parsed.feed === undefined ? { feeds } : { feeds, feed: parsed.feed };
}
