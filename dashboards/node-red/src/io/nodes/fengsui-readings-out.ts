/** Brings readings of protocols that Fengsui does not speak to its push door; a message is done when it is on the centre's disk. */
import { type PushSettings, readPush } from '../../push-record.ts';
import { type Message, numberOf, type Red, textOf } from '../../red.ts';
import { registerNode, serverOf, short } from '../begin.ts';
import { createPushQueue, type Fate } from '../push-queue.ts';

export function register(RED: Red): void {
  registerNode(RED, 'fengsui-readings-out', (parts) => {
    const { node, config, say } = parts;
    const link = serverOf(RED, parts);
    if (link === undefined) return;
    const set: PushSettings = {
      device: textOf(config, 'device'),
      field: textOf(config, 'field'),
      missingTime: textOf(config, 'missingTime') === 'now' ? 'now' : 'refuse',
      gatewayOrigin: link.gatewayOrigin,
    };
    const max = numberOf(config, 'queue', { min: 1, max: 100_000, otherwise: 1_000 });
    const queue = createPushQueue({
      push: link.push,
      max,
      onLater: ({ message }, waiting) =>
        node.status({ fill: 'red', shape: 'ring', text: say('waiting', { count: waiting, why: short(message) }) }),
    });
    // Of this start: a number of another start is another reading.
    const start = Date.now().toString(36);
    let count = 0;
    const nextId = () => `nr-${node.id}-${start}-${count++}`;

    const settle = (message: Message, stamped: boolean, fate: Fate): Error | Message => {
      switch (fate.kind) {
        case 'onDisk': {
          node.status({ fill: 'green', shape: 'dot', text: say(fate.quarantined ? 'quarantined' : 'onDisk') });
          const { repeated, quarantined, unknownDevices } = fate;
          return { ...message, pushed: { stamped, repeated, quarantined, unknownDevices } };
        }
        case 'refused':
          node.status({ fill: 'red', shape: 'dot', text: say('refused', { why: short(fate.message) }) });
          return new Error(fate.message);
        case 'full':
          node.status({ fill: 'red', shape: 'dot', text: say('full', { count: max }) });
          return new Error(say('full', { count: max }));
        case 'closed':
          return new Error(say('lost', { count: 1 }));
        default:
          return fate satisfies never;
      }
    };
    node.on('input', (message, send, done) => {
      const record = readPush(message, set, { nowMs: Date.now(), nextId });
      if (!record.ok) {
        node.status({ fill: 'red', shape: 'dot', text: say('refused', { why: short(record.error) }) });
        done(new Error(record.error));
        return;
      }
      const { body, stamped } = record.value;
      queue.add(body).then(
        (fate) => {
          const outcome = settle(message, stamped, fate);
          if (outcome instanceof Error) return done(outcome);
          send(outcome);
          done();
        },
        (cause: unknown) => done(new Error(String(cause))),
      );
    });
    node.on('close', (_removed, done) => {
      const left = queue.close();
      if (left > 0) node.warn(say('lost', { count: left }));
      done();
    });
  });
}
