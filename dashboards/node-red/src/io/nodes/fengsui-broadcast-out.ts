/** Asks for a broadcast: a drill as a drill, anything else only with a person's confirmation of exactly these words. */
import { readBroadcast } from '../../broadcast-wish.ts';
import { type Message, numberOf, type Red, type Send } from '../../red.ts';
import { type Asked, askBroadcast } from '../ask-broadcast.ts';
import { registerNode, serverOf, short } from '../begin.ts';
import { createOnce } from '../once.ts';

const MINUTE_MS = 60_000;

export function register(RED: Red): void {
  registerNode(RED, 'fengsui-broadcast-out', (parts) => {
    const { node, config, say } = parts;
    const link = serverOf(RED, parts);
    if (link === undefined) return;
    const minutes = numberOf(config, 'confirmedWithin', { min: 1, max: 60, otherwise: 10 });
    // Also what may have been taken is not asked for again under the same id.
    const once = createOnce<Asked>((answer) => answer.kind !== 'failed' || answer.mayBeTaken);

    function tell(message: Message, kind: string, by: string | null, answer: Asked, send: Send): Error | undefined {
      switch (answer.kind) {
        case 'done':
        case 'queued': {
          const { stoodAlready, body } = answer;
          node.status({ fill: 'green', shape: 'dot', text: say(stoodAlready ? 'stoodAlready' : answer.kind) });
          send([{ ...message, broadcast: { kind, by, state: answer.kind, stoodAlready, answer: body } }, null]);
          return undefined;
        }
        case 'refused': {
          const { kind: why, message: text } = answer.problem;
          node.status({ fill: 'red', shape: 'dot', text: say('refused', { why: short(text) }) });
          send([null, { ...message, refusal: { status: answer.status, kind: why, message: text } }]);
          return undefined;
        }
        case 'failed':
          return new Error(answer.mayBeTaken ? `${answer.message}: ${say('mayBeTaken')}` : answer.message);
        default:
          return answer satisfies never;
      }
    }

    node.on('input', (message, send, done) => {
      const fail = (cause: Error) => {
        node.status({ fill: 'red', shape: 'dot', text: say('refused', { why: short(cause.message) }) });
        done(cause);
      };
      const wish = readBroadcast(message, { nowMs: Date.now(), confirmedWithinMs: minutes * MINUTE_MS });
      if (!wish.ok) {
        fail(new Error(wish.error));
        return;
      }
      const { kind, by, key } = wish.value;
      node.status({ fill: 'blue', shape: 'dot', text: say('asking') });
      once
        .run(key, () => askBroadcast(link.call, wish.value))
        .then(
          (answer) => {
            const failure = tell(message, kind, by, answer, send);
            if (failure === undefined) done();
            else fail(failure);
          },
          (cause: unknown) => fail(new Error(String(cause))),
        );
    });
    node.on('close', (_removed, done) => done());
  });
}
