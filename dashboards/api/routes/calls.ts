/** Call-and-confirm (叫应) over HTTP: what each route takes, who may use it. */
import { z } from 'zod';
import { MEANS } from '#model/call.ts';
import { command, list, ofAlert, RESPONDERS, type Route } from '../access.ts';

/**
 * Whoever was asked may answer, wherever his post lies: a neighbouring brigade is asked about another village's works. The
 * handler looks that up. Receipts come from gateways, which sign them with their channel's secret instead of signing in.
 */
export const callRoutes = {
  calls: { ...list, path: '/api/v1/calls', summary: 'Who was asked, newest first; with notReached the 未叫醒名单' },
  myCalls: { ...list, path: '/api/v1/calls/mine', summary: 'What the caller is being asked, wherever it is' },
  alertCalls: { ...ofAlert, path: '/api/v1/alerts/:id/calls', summary: 'The calls of one alert, newest round first' },
  answer: {
    method: 'post',
    path: '/api/v1/alerts/:id/answer',
    who: 'signedIn',
    scope: 'list',
    effect: 'command',
    summary: 'Answer a call: by the one who was asked, or by the token for him',
  },
  reached: {
    ...command,
    posts: RESPONDERS,
    path: '/api/v1/alerts/:id/reached',
    summary: 'Record that somebody was reached by other means: at the door, by gong, by telephone',
  },
  receipts: {
    method: 'post',
    path: '/api/v1/receipts',
    who: 'public',
    scope: 'none',
    effect: 'command',
    summary: 'What a gateway heard; signed with its channel’s secret (fengsui-signature), or with the bearer token',
  },
} as const satisfies { readonly [id: string]: Route };

const id = z.string().min(1).max(200);
const note = z.string().max(2_000).default('');
const flag = z.enum(['true', 'false']).default('false');

export const callQueries = {
  calls: z.strictObject({
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Items in one answer'),
    cursor: z.string().min(1).max(200).optional().describe('`next` of the answer before'),
    grid: z.string().min(1).max(64).optional().describe('Only alerts of this grid and what lies below it'),
    alert: id.optional(),
    person: id.optional(),
    notReached: flag.describe('Only those who stand on the not-reached list of open alerts'),
  }),
};

const RECEIPT = z.strictObject({
  key: id.nullable().default(null).describe('The message’s key; null when only the sender is known'),
  from: z.string().min(1).max(200).nullable().default(null).describe('Telephone number or account of the sender'),
  event: z.enum(['delivered', 'read', 'heard', 'answered', 'cannot', 'failed']),
  atMs: z.number().int().optional().describe('Default: now'),
  detail: z.string().max(500).default(''),
});

export const callBodies = {
  answer: z.strictObject({
    person: id.optional().describe('With the token: for whom it speaks. Default: the caller'),
    action: z.enum(['answer', 'cannot', 'read']).default('answer'),
    note,
  }),
  reached: z.strictObject({ person: id, means: z.enum(MEANS), note }),
  receipts: z.strictObject({ channel: id, receipts: z.array(RECEIPT).min(1).max(500) }),
};
