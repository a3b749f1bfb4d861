/** Acknowledges, handles, notes or closes an alert through the API; done on the first output, refused on the second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readWish } from '../../desk-action.ts';
import { type Red, textOf } from '../../red.ts';
import { type Acted, act } from '../act.ts';
import { registerNode, serverOf, short } from '../begin.ts';
import { createOnce } from '../once.ts';

/** More at a time than this are refused: a flow in a circle must not become a queue without an end. */
const MAX_RUNNING = 100;

export function register(RED: Red): void {
  registerNode(RED, 'fengsui-alert-action', (parts) => {
    const { node, config, say } = parts;
    const link = serverOf(RED, parts);
    if (link === undefined) return;
    const set = { action: textOf(config, 'action', 'acknowledge'), note: textOf(config, 'note') };
    const once = createOnce<Acted>((answer) => answer.kind !== 'failed');
    const closing = new AbortController();
    const wait = (ms: number) => sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined);
    let running = 0;

    node.on('input', (message, send, done) => {
      const fail = (why: string) => {
        node.status({ fill: 'red', shape: 'dot', text: say('failed', { why: short(why) }) });
        done(new Error(why));
      };
      const wish = readWish(message, set);
      if (!wish.ok) return fail(wish.error);
      if (running >= MAX_RUNNING) return fail(`more than ${MAX_RUNNING} at a time`);
      running++;
      node.status({ fill: 'blue', shape: 'dot', text: say('asking') });
      const { action, alertId, key } = wish.value;
      const tell = (answer: Acted): void => {
        switch (answer.kind) {
          case 'done':
          case 'queued':
            node.status({ fill: 'green', shape: 'dot', text: say(answer.kind) });
            send([{ ...message, result: { action, alertId, state: answer.kind, answer: answer.body } }, null]);
            done();
            return;
          case 'refused': {
            const { kind, message: why } = answer.problem;
            node.status({ fill: 'yellow', shape: 'dot', text: say('refused', { why: short(why) }) });
            send([null, { ...message, refusal: { action, alertId, status: answer.status, kind, message: why } }]);
            done();
            return;
          }
          case 'failed':
            fail(answer.mayBeTaken ? `${answer.message} (it may have been taken)` : answer.message);
            return;
          default:
            answer satisfies never;
        }
      };
      once
        .run(key, () => act(link.call, wish.value, wait))
        .then(tell, (cause: unknown) => fail(String(cause)))
        .finally(() => {
          running--;
        });
    });
    node.on('close', (_removed, done) => {
      closing.abort();
      done();
    });
  });
}
