/** The shape of `channels.yaml`, kind by kind. What refers to something else is checked in `channels.ts`. */
import { z } from 'zod';
import { duration, LEVELS, token } from '#cli/load/schemas.ts';
import { ORIGINS } from '#model/reading.ts';
import { HAZARDS } from '#model/registry.ts';

const HOUR = 3_600_000;
const level = z.enum(LEVELS);
/** The address may take a secret part from the environment: `…?key={FENGSUI_WECOM_KEY}`. */
const url = z.url({ protocol: /^https?$/, error: 'must be a web address beginning with http:// or https://' });
const env = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable, not the secret itself')
  .nullable()
  .default(null);
const written = (name: string) =>
  z
    .never({ error: `a secret does not belong in a file; give "${name}:" with the name of an environment variable` })
    .optional();

/** What every channel has; a key that would hold a secret is known only so that it can be refused in plain words. */
const base = (timeout: number, minLevel: (typeof LEVELS)[number] = 'blue') => ({
  id: token,
  minLevel: level.default(minLevel),
  timeout: duration.refine((ms) => ms > 0, 'must be longer than 0').default(timeout),
  /** Reaches nobody outside: only such a channel may take what is not live. */
  test: z.boolean().default(false),
  accepts: z.array(z.enum(ORIGINS)).min(1).default(['live']),
  ratePerMinute: z.number().int().min(1).max(100_000).optional(),
  fallback: z.string().optional(),
  selfTestEvery: duration.refine((ms) => ms >= 10_000, 'must be 10s or more').default(HOUR),
  secret: written('secretEnv'),
  password: written('passwordEnv'),
  token: written('secretEnv'),
});
const overHttp = (timeout = 10_000, minLevel: (typeof LEVELS)[number] = 'blue') => ({
  ...base(timeout, minLevel),
  url,
  secretEnv: env,
});
const modem = (timeout: number) => ({
  ...base(timeout),
  path: z.string().min(1),
  baudRate: z.number().int().min(300).max(1_000_000).default(115_200),
});
/** All three platforms take 20 messages a minute from one robot. */
const robot = { ...overHttp(), ratePerMinute: z.number().int().min(1).max(20).default(20) };
const resource = z.string().regex(/^\d{18}$/, 'must be the 18 digits of the platform, in quotes');

export const channelSchema = z.discriminatedUnion('kind', [
  z.strictObject({ id: token, kind: z.literal('console') }),
  z.strictObject({
    ...overHttp(),
    kind: z.literal('webhook'),
    /** A platform that takes incidents over: it gets these hazards from this level on, and what it needs to come. */
    handover: z.strictObject({ hazards: z.array(z.enum(HAZARDS)).min(1), minLevel: level.default('red') }).optional(),
  }),
  z.strictObject({
    ...base(30_000),
    kind: z.literal('email'),
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535).default(587),
    security: z.enum(['none', 'starttls', 'tls']).default('starttls'),
    from: z.email('must be an e-mail address'),
    userEnv: env,
    passwordEnv: env,
  }),
  z.strictObject({ ...overHttp(), kind: z.literal('sms-gateway') }),
  z.strictObject({ ...overHttp(15_000), kind: z.literal('voice-gateway') }),
  z.strictObject({ ...modem(60_000), kind: z.literal('gsm-sms') }),
  z.strictObject({ ...modem(120_000), kind: z.literal('gsm-voice') }),
  z.strictObject({ ...robot, kind: z.literal('wecom') }),
  z.strictObject({ ...robot, kind: z.literal('dingtalk') }),
  z.strictObject({ ...robot, kind: z.literal('feishu') }),
  z.strictObject({ ...base(30_000, 'red'), kind: z.literal('mqtt-broadcast'), expires: duration.default(600_000) }),
  z.strictObject({
    ...overHttp(20_000),
    kind: z.literal('cap'),
    sender: z.string().regex(/^[^\s,<&]{1,200}$/, 'must be without spaces, commas, "<" and "&" (CAP 1.2, sender)'),
  }),
  z.strictObject({
    ...overHttp(20_000, 'red'),
    kind: z.literal('ebd'),
    sourceId: resource,
    destinationId: resource,
  }),
]);
export type ChannelRow = z.infer<typeof channelSchema>;
