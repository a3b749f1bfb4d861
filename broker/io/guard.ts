/** The doors of the broker: who gets in, what is let through, and what happens to the rest (answered, counted, dropped). */
import type { AedesOptions, AuthenticateError, Client } from 'aedes';
import type { StageContext } from '#model/ports.ts';
import { isTopicToken } from '#model/topics.ts';
import { type BrokerLimits, DENIED_TOPIC } from '../config.ts';
import { type Denial, type Identity, judgePublish, judgeSubscribe, mayRetain } from '../permissions.ts';
import type { Refusal, Verifier } from './verifier.ts';

type Hooks = Required<
  Pick<AedesOptions, 'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'>
>;
export type Guard = {
  readonly hooks: Hooks;
  /** Closes whoever is connected with a credential that is gone, means something else now or has another password. */
  readonly review: (clients: Iterable<Client>) => void;
};

const IDENTIFIER_REJECTED = 2;
const NOT_AUTHORIZED = 5;
const LOGGED_CHARACTERS = 80;

/** A name that came from outside, fit for one line of a log. */
const printable = (raw: string | undefined): string =>
  (raw ?? '').slice(0, LOGGED_CHARACTERS).replaceAll(/[^A-Za-z0-9_./:+#$-]/g, '?');

function refusalError(returnCode: number, message: string): AuthenticateError {
  return Object.assign(new Error(message), { returnCode }) as AuthenticateError;
}

export function createGuard(verifier: Verifier, limits: BrokerLimits, ctx: StageContext): Guard {
  const identities = new WeakMap<Client, Identity>();
  const salts = new WeakMap<Client, string>();
  const filters = new WeakMap<Client, number>();

  const refuse = (client: Client, user: string | undefined, reason: Refusal | 'name' | 'door'): void => {
    ctx.metrics.count('fengsui_broker_refused_total', { reason });
    ctx.log.warn('connection refused', { reason, user: printable(user), client: printable(client.id) });
  };
  const deny = (client: Client | null, direction: 'publish' | 'subscribe', reason: Denial, topic: string): void => {
    const user = client === null ? undefined : identities.get(client)?.user;
    ctx.metrics.count('fengsui_broker_denied_total', { direction, reason });
    ctx.log.warn('denied by topic permissions', { direction, reason, user: printable(user), topic: printable(topic) });
  };

  const hooks: Hooks = {
    // Every session is clean: whoever acknowledges, does so by an ack topic, and a broker queues nothing for anybody.
    preConnect: (_client, packet, done) => {
      packet.clean = true;
      done(null, true);
    },
    authenticate: (client, user, password, done) => {
      if (!isTopicToken(client.id) || user === undefined || !isTopicToken(user)) {
        refuse(client, user, 'name');
        return done(refusalError(IDENTIFIER_REJECTED, 'identifier rejected'), false);
      }
      const outcome = verifier.verify(client.id, user, password ?? Buffer.alloc(0));
      const isDevice = 'identity' in outcome && outcome.identity.kind === 'device';
      if ('refusal' in outcome || isDevice) {
        refuse(client, user, 'refusal' in outcome ? outcome.refusal : 'door');
        return done(refusalError(NOT_AUTHORIZED, 'not authorized'), false);
      }
      identities.set(client, outcome.identity);
      salts.set(client, outcome.salt);
      return done(null, true);
    },
    // A denied publish is answered like any other: closing the connection would make the sender repeat it for ever.
    authorizePublish: (client, packet, done) => {
      const identity = client === null ? undefined : identities.get(client);
      if (identity === undefined) return done(new Error('nobody publishes here unnamed'));
      const verdict = judgePublish(identity, packet.topic);
      if (verdict.ok) {
        if (packet.retain && !mayRetain(packet.topic)) packet.retain = false;
        return done(null);
      }
      deny(client, 'publish', verdict.error, packet.topic);
      packet.topic = DENIED_TOPIC;
      packet.payload = '';
      packet.retain = false;
      done(null);
    },
    authorizeSubscribe: (client, subscription, done) => {
      const identity = identities.get(client);
      const taken = (filters.get(client) ?? 0) + 1;
      const verdict = identity === undefined ? undefined : judgeSubscribe(identity, subscription.topic);
      if (verdict?.ok === true && taken <= limits.filtersPerClient) {
        filters.set(client, taken);
        return done(null, subscription);
      }
      deny(client, 'subscribe', verdict?.ok === false ? verdict.error : 'foreign', subscription.topic);
      done(null, null);
    },
    authorizeForward: (client, packet) => (identities.has(client) && !packet.topic.startsWith('$') ? packet : null),
  };

  return {
    hooks,
    review: (clients) => {
      for (const client of clients) {
        const had = identities.get(client);
        const has = had === undefined ? undefined : verifier.identityOf(had.user);
        if (had === undefined) continue;
        if (JSON.stringify(had) === JSON.stringify(has?.identity) && salts.get(client) === has?.salt) continue;
        ctx.metrics.count('fengsui_broker_revoked_total');
        ctx.log.warn('closed a connection whose credential changed', { user: had.user });
        client.close();
      }
    },
  };
}
