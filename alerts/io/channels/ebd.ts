/**
 * The emergency broadcast channel: one POST of the document that was made with the delivery. The platform's answer says
 * whether it took it (EBDResponse), or at once what became of a broadcast (EBMStateResponse).
 */
import type { EbdChannel } from '#model/channel.ts';
import { documentOf } from '../../cap/document.ts';
import { readResult, readState, receiptFrom } from '../../ebd/state.ts';
import type { SendResult } from '../../retry.ts';
import { readXml } from '../cap/read-xml.ts';
import type { Channel, ChannelTools } from './channel.ts';
import { addressOf, post, probe, secretOf, sign } from './http.ts';

/** An answer without a document is taken at its HTTP word. */
function judge(text: string, config: EbdChannel, tools: ChannelTools): SendResult {
  const tree = text.trim() === '' ? null : readXml(text);
  if (tree === null || !tree.ok) return { kind: 'accepted', detail: 'HTTP 200' };
  const state = readState(tree.value);
  if (state.ok) {
    const { ebmId, state: said, detail } = state.value;
    const event = said === 'failed' ? 'failed' : said === 'playing' || said === 'done' ? 'heard' : 'delivered';
    const from = receiptFrom(ebmId);
    tools.report({
      key: null,
      channel: config.id,
      from,
      event,
      atMs: tools.clock.nowMs(),
      detail: `${said} ${detail}`.trim(),
    });
    return { kind: 'accepted', detail: `state ${said}` };
  }
  const result = readResult(tree.value);
  if (result === null) return { kind: 'accepted', detail: 'HTTP 200' };
  return result.taken ? { kind: 'accepted', detail: result.detail } : { kind: 'rejected', detail: result.detail };
}

export function openEbd(config: EbdChannel, tools: ChannelTools): Channel {
  const { timeoutMs } = config;
  return {
    send: async ({ message, repeated }, signal) => {
      const document = documentOf(message, 'ebd');
      if (document === null) return { kind: 'rejected', detail: 'no broadcast document was made for this notice' };
      const url = addressOf(config.url);
      if (!url.ok) return url.away;
      const secret = config.secretEnv === null ? null : secretOf(config.secretEnv);
      if (secret !== null && !secret.ok) return secret.away;
      const headers = {
        'content-type': 'application/xml; charset=utf-8',
        'idempotency-key': message.key,
        ...(repeated ? { 'fengsui-repeat': 'unknown' } : {}),
        ...(secret === null ? {} : { 'fengsui-signature': sign(secret.value, document.body) }),
      };
      return post({
        url: url.value,
        body: document.body,
        headers,
        timeoutMs,
        signal,
        judge: (text) => judge(text, config, tools),
      });
    },
    selfTest: async (signal) => {
      const url = addressOf(config.url);
      return url.ok ? probe(url.value, timeoutMs, signal) : url.away;
    },
  };
}
